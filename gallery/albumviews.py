"""The pages of the albums: the list, one album, what its owner sets, and the order of its pictures."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gallery import access, acts, asked, library, projects, selection
from gallery import albums as shelves
from gallery.asked import number
from gallery.forms import AlbumForm, ShareForm
from gallery.library.albums import NAME_LENGTH
from gallery.library.trash import KEPT_FOR, left
from gallery.models import Album

SEE_OTHER = 303
# An album is put in order a good part at a time.
TO_ORDER = 200
# Whom an album was taken away from, beside the numbers of members.
TEAM = "team"


@login_required
@require_http_methods(["GET", "POST"])
def albums(request: HttpRequest) -> HttpResponse:
    """The albums one sees, newest first, and a form for another one."""
    form = AlbumForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = library.add_album(**form.cleaned_data, by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return HttpResponseRedirect(made.get_absolute_url(), status=SEE_OTHER)
    mine = "mine" in request.GET
    before = number(request.GET.get("before", ""))
    shelf = shelves.shelf(request.user, before=before, mine=mine)
    context = {
        "form": form,
        "shelf": shelf,
        "mine": mine,
        "first": before is None,
        "more_url": "?" + urlencode({"before": shelf.more} | ({"mine": 1} if mine else {})),
        "thrown_away": [(one, left(one.trashed_at)) for one in shelves.in_trash(request.user)],
    }
    return render(request, "gallery/albums.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """The albums one may add to and a field for a new one: a page, or for htmx what a form around it sends.

    By POST too: the form where the pictures are ticked is sent so, and its numbers may be more than an address holds.
    """
    chosen = request.POST or request.GET
    named = chosen.get("named", "").strip()[:NAME_LENGTH]
    offered = shelves.to_choose(request.user, named)
    context = {
        "albums": offered[: shelves.MOST_CHOICES],
        "more": len(offered) > shelves.MOST_CHOICES,
        "findable": named or len(offered) > shelves.FEW,
        "named": named,
        "images": ",".join(map(str, selection.numbers(chosen.getlist("images")))),
        "all": chosen.get("all"),
        "next": chosen.get("next", ""),
    }
    part = "_" if getattr(request, "htmx", False) else ""
    return render(request, f"gallery/{part}choose_album.html", context)


@login_required
@require_GET
def album(request: HttpRequest, album_id: int) -> HttpResponse:
    """An album's pictures in their order: a page, or for htmx the next piece."""
    found, user = access.find_album(request.user, album_id), request.user
    after = request.GET.get("after", "")
    context: dict[str, Any] = {"album": found, "page": shelves.page(user, found, after), "after": after}
    if getattr(request, "htmx", False) and after:
        return render(request, "gallery/_places.html", context)
    own = found.owner_id == user.pk
    context |= {
        "shown": shelves.one(user, found),
        "guests": [guest for guest in shelves.guests(found) if guest.member.is_active],
        "own": own,
        "may_add": access.filled_by(user).filter(pk=found.pk).exists(),
        "may_take_out": own or access.taken_out_by(user, found).exists(),
        "wanted": asked.read({"album": str(found.pk)}),
        "groups": projects.by_client(access.open_projects()),
        "quiet": shelves.quiet(user, found)[: selection.MOST],
    }
    return render(request, "gallery/album.html", context)


def _mine(request: HttpRequest, album_id: int) -> Album:
    """One's own album; nobody else's, for admins neither."""
    found = access.find_album(request.user, album_id)
    if found.owner_id != request.user.pk:
        raise Http404("No such album.")
    return found


@login_required
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, album_id: int) -> HttpResponse:
    """What an album is called and who sees it; who closes it is offered the way back."""
    found = _mine(request, album_id)
    if request.method == "GET":
        return _settings(request, found)
    # The way back says it in the address.
    said = request.POST if "name" in request.POST else request.GET
    form, before = AlbumForm(said), found.team
    if not form.is_valid():
        return _settings(request, found, form=form)
    now, since = timezone.now(), _undoes(request, found, TEAM)
    try:
        unshown = library.change_album(album=found, **form.cleaned_data, by=request.user, since=since)
    except ValidationError as error:
        form.add_error(None, error)
        return _settings(request, found, form=form)
    closed = bool(before) and not found.team
    back = {"name": found.name, "team": before, "undoes": _signed(found, TEAM, now)} if closed else {}
    told = f"Saved.{_leaves(unshown) if closed else _stays_hidden(unshown)}"
    messages.success(request, told, extra_tags=f"{request.path}?{urlencode(back)}" if back else "")
    return _back_to_settings(found)


def _signed(album: Album, whom: int | str, at: datetime) -> str:
    """That an album's owner took it away from a member or the team, and when: for the way back."""
    return signing.dumps([album.pk, str(whom), at.isoformat()], salt=__name__)


def _undoes(request: HttpRequest, album: Album, whom: int | str) -> datetime | None:
    """When that was which is undone now, if it is: up to then they saw what was in the album."""
    try:
        said = signing.loads(request.GET.get("undoes", ""), salt=__name__, max_age=acts.CAN_BE_UNDONE_FOR)
    except signing.BadSignature:
        return None
    *about, at = said
    return datetime.fromisoformat(at) if about == [album.pk, str(whom)] else None


def _stays_hidden(count: int) -> str:
    """What else there is to say when more people see an album: others have not shown their private pictures to them."""
    if not count:
        return ""
    some = (
        "A private picture that another member" if count == 1 else f"{count:,} private pictures that others"
    )
    rest = "is not shown by it until they add it" if count == 1 else "are not shown by it until they add them"
    return f" {some} put in {rest} again."


def _leaves(count: int) -> str:
    """What else there is to say when fewer people see an album."""
    if not count:
        return ""
    some = "A private picture" if count == 1 else f"{count:,} private pictures"
    return f" {some} of members who don’t see it any more {'is' if count == 1 else 'are'} not shown in it."


def _settings(
    request: HttpRequest, album: Album, *, form: AlbumForm | None = None, share_form: ShareForm | None = None
) -> HttpResponse:
    context = {
        "album": album,
        "form": form or AlbumForm(initial={"name": album.name, "team": album.team}),
        "share_form": share_form or ShareForm(guests=shelves.to_invite(album)),
        "guests": shelves.guests(album),
        "days": KEPT_FOR.days,
    }
    refused = (form and form.errors) or (share_form and share_form.errors)
    return render(request, "gallery/album_settings.html", context, status=422 if refused else 200)


@login_required
@require_POST
def share(request: HttpRequest, album_id: int) -> HttpResponse:
    """Let a member see an album, and add to it if so said."""
    found = _mine(request, album_id)
    # The way back of `unshare` says it in the address.
    said = request.POST if "guest" in request.POST else request.GET
    form = ShareForm(said, guests=shelves.to_invite(found))
    if not form.is_valid():
        return _settings(request, found, share_form=form)
    guest = form.cleaned_data["guest"]
    since = _undoes(request, found, guest.pk)
    try:
        unshown = library.share(album=found, **form.cleaned_data, by=request.user, since=since)
    except ValidationError as error:
        form.add_error("guest", error)
        return _settings(request, found, share_form=form)
    may = "sees the album and may add to it" if form.cleaned_data["may_add"] else "sees the album"
    messages.success(request, f"{guest} {may} now.{_stays_hidden(unshown)}")
    return _back_to_settings(found)


@login_required
@require_POST
def unshare(request: HttpRequest, album_id: int) -> HttpResponse:
    """Take an album away from a member, and offer the way back."""
    found = _mine(request, album_id)
    invited = get_object_or_404(shelves.guests(found), member=number(request.POST.get("guest", "")) or 0)
    now = timezone.now()
    unshown = library.unshare(album=found, guest=invited.member, by=request.user)
    again = {"guest": invited.member.pk} | ({"may_add": "on"} if invited.may_add else {})
    again |= {"undoes": _signed(found, invited.member.pk, now)}
    back = f"{reverse('gallery:share_album', args=[found.pk])}?{urlencode(again)}"
    told = f"The album is not shared with {invited.member} any more.{_leaves(unshown)}"
    messages.success(request, told, extra_tags=back if invited.member.is_active else "")
    return _back_to_settings(found)


def _back_to_settings(album: Album) -> HttpResponse:
    return HttpResponseRedirect(reverse("gallery:change_album", args=[album.pk]), status=SEE_OTHER)


@login_required
@require_http_methods(["GET", "POST"])
def order(request: HttpRequest, album_id: int) -> HttpResponse:
    """Where an album's owner puts it in order and takes pictures out; others take out what they put in."""
    user, after = request.user, request.GET.get("after", "")
    if request.method == "POST":
        return _moved(request, _mine(request, album_id))
    found = access.find_album(user, album_id)
    own = found.owner_id == user.pk
    page = shelves.page(user, found, after, by=None if own else user, size=TO_ORDER)
    if not own and not page.images:
        raise Http404("Nothing of yours is in it.")
    part = "_places_to_order" if getattr(request, "htmx", False) and after else "album_order"
    context = {"album": found, "page": page, "own": own, "after": after}
    return render(request, f"gallery/{part}.html", context)


def _moved(request: HttpRequest, album: Album) -> HttpResponse:
    """Move a picture: `move` is a way and its number, as of a button, or `image` comes before another one, or last."""
    for_script = request.headers.get("Accept", "") == "application/json"
    try:
        image, before = _where(request, album)
        library.order([image], album=album, by=request.user, before=before)
    except ValidationError as error:
        problem = " ".join(error.messages)
        if for_script:
            return JsonResponse({"problem": problem}, status=422)
        return render(request, "422.html", {"detail": problem}, status=422)
    if for_script:
        return HttpResponse(status=204)
    return HttpResponseRedirect(f"{request.get_full_path()}#p-{image}", status=SEE_OTHER)


def _where(request: HttpRequest, album: Album) -> tuple[int, int | None]:
    """The picture that is meant, and before which one it shall come."""
    to, _, moved = request.POST.get("move", "").partition(":")
    image = number(moved or request.POST.get("image", ""))
    if image is None:
        raise ValidationError("Choose a picture to move.")
    if to:
        return image, shelves.before_which(request.user, album, image, to)
    return image, number(request.POST.get("before", ""))


@login_required
@require_POST
def cover(request: HttpRequest, album_id: int) -> HttpResponse:
    """Let a picture stand for its album, or without one the first again."""
    found = _mine(request, album_id)
    chosen = number(request.POST.get("cover", ""))
    try:
        library.set_cover(album=found, image=chosen, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request, "That is the cover now." if chosen else "The first picture is the cover now."
        )
    place = f"#p-{chosen}" if chosen else ""
    query = urlencode({"after": after}) if (after := request.GET.get("after", "")) else ""
    where = reverse("gallery:order_album", args=[found.pk])
    return HttpResponseRedirect(f"{where}{'?' if query else ''}{query}{place}", status=SEE_OTHER)


@login_required
@require_POST
def trash(request: HttpRequest, album_id: int) -> HttpResponse:
    """Throw an album away, and offer the way back."""
    found = _mine(request, album_id)
    library.trash_album(album=found, by=request.user)
    back = reverse("gallery:restore_album", args=[found.pk])
    told = (
        f"“{found}” is thrown away, and goes for good in {KEPT_FOR.days} days."
        " Its pictures are still in the gallery."
    )
    messages.success(request, told, extra_tags=back)
    return HttpResponseRedirect(reverse("gallery:albums"), status=SEE_OTHER)


@login_required
@require_POST
def restore(request: HttpRequest, album_id: int) -> HttpResponse:
    """Bring back an album that one threw away."""
    found = get_object_or_404(shelves.in_trash(request.user), pk=album_id)
    try:
        library.restore_album(album=found, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(reverse("gallery:albums"), status=SEE_OTHER)
    return HttpResponseRedirect(found.get_absolute_url(), status=SEE_OTHER)
