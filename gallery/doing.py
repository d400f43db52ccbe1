"""Views of what people do to pictures: an act on those they chose, and the way back."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from gallery import acts, asked, selection
from gallery.acts import Done
from gallery.forms import ActForm

SEE_OTHER = 303
AT_ONCE = "Somebody changed these pictures at the same moment. Try it again."
TOO_MANY_FOR_A_LINK = (
    f"A link holds at most {asked.MOST_CHOSEN} pictures. Add them to an album, and share that."
)


@login_required
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Do something to the chosen pictures: `act`, a target if it needs one, and `images` or `all`; 422 with why not."""
    form = ActForm(request.POST)
    try:
        chosen = selection.chosen(request.user, request.POST)
        name, target = form.said()
        done = acts.do(name, chosen, by=request.user, target=target)
    except ValidationError as error:
        return _refused(request, " ".join(error.messages))
    except IntegrityError:
        return _refused(request, AT_ONCE)
    return _answer(request, done)


@login_required
@require_POST
def undo(request: HttpRequest, deed_id: UUID) -> HttpResponse:
    """Take back what one did; once."""
    try:
        done = acts.undo(deed_id, by=request.user)
    except ValidationError as error:
        return _refused(request, " ".join(error.messages))
    except IntegrityError:
        return _refused(request, AT_ONCE)
    return _answer(request, done)


@login_required
@require_GET
def numbers(request: HttpRequest) -> JsonResponse:
    """The numbers of all pictures that an address of the gallery shows, for who chooses them all; 422 if too many."""
    try:
        return JsonResponse({"images": selection.shown(request.user, request.GET.urlencode())})
    except ValidationError as error:
        return JsonResponse({"problem": " ".join(error.messages)}, status=422)


@login_required
@require_POST
def gather(request: HttpRequest) -> HttpResponse:
    """To the address that shows the chosen pictures alone, for who hands it on; 422 if it would be too long."""
    try:
        chosen = selection.chosen(request.user, request.POST)
    except ValidationError as error:
        return _refused(request, " ".join(error.messages))
    if len(chosen) > asked.MOST_CHOSEN:
        return _refused(request, TOO_MANY_FOR_A_LINK)
    address = asked.Asked({"images": ",".join(map(str, chosen))}).url
    return HttpResponseRedirect(address, status=SEE_OTHER)


def for_script(request: HttpRequest) -> bool:
    """Whether a script asks, which shows what came of it in place."""
    return request.headers.get("Accept", "") == "application/json"


def _answer(request: HttpRequest, done: Done) -> HttpResponse:
    """To a script what happened, else back to where one was, with the words and the way back there."""
    way_back = reverse("gallery:undo", args=[done.deed]) if done.deed else ""
    if for_script(request):
        see = {"see": reverse(done.leads_to)} if done.leads_to else {}
        return JsonResponse({"words": done.words, "images": done.images, "undo": way_back, **see})
    messages.success(request, _with_link(done), extra_tags=way_back)
    return HttpResponseRedirect(_came_from(request), status=SEE_OTHER)


def _with_link(done: Done) -> str:
    """The words, of which "the trash" leads there."""
    before, place, after = done.words.partition("the trash")
    if not done.leads_to or not place:
        return done.words
    return format_html('{}<a href="{}">{}</a>{}', before, reverse(done.leads_to), place, after)


def _refused(request: HttpRequest, problem: str) -> HttpResponse:
    if for_script(request):
        return JsonResponse({"problem": problem}, status=422)
    return render(request, "422.html", {"detail": problem}, status=422)


def _came_from(request: HttpRequest) -> str:
    """Where the form says one should go, or the page one came from; never another host's."""
    for where in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        if where and url_has_allowed_host_and_scheme(where, {request.get_host()}, request.is_secure()):
            return where
    return reverse("gallery:index")
