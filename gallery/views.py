"""The gallery's pages."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from gallery import access, acts, asked, bymonth, finding, library, lineage, marking, pages, projects
from gallery.access import Person
from gallery.asked import Asked, number
from gallery.doing import SEE_OTHER, for_script
from gallery.forms import DownloadForm, NoteForm
from gallery.models import Image, Project

HEADING_LENGTH = 60


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The pictures that the address asks for, by day: a page, or for htmx the next piece above or below."""
    wanted, user = asked.read(request.GET), request.user
    before, after = (number(request.GET.get(way, "")) for way in ("before", "after"))
    place = pages.Place(before=before or None, after=after, at=wanted.parts.get("at", ""))
    albums, member = finding.names(user, wanted)
    page = pages.page(user, wanted, place, albums=albums)
    context = days(wanted, page)
    if getattr(request, "htmx", False) and (before or after is not None):
        more = (
            {"piece": "up"}
            if after is not None
            else {"piece": "down", "continued": day_of(user, before or 0)}
        )
        return render(request, "gallery/_days.html", context | more)
    context |= {
        "tabs": projects.tabs(user, wanted),
        "wanted": wanted,
        "chips": finding.chips(wanted, albums, page, member),
        "count": finding.count(page),
        "empty": finding.nothing(wanted, place),
    }
    return render(request, "gallery/index.html", context)


def days(wanted: Asked, page: pages.Page) -> dict[str, Any]:
    """The days of a page and the ways on from it."""
    on = wanted.but()
    return {
        "days": page.days,
        "older_url": on.query(before=page.older) if page.older is not None else "",
        "newer_url": on.query(after=page.newer) if page.newer is not None else "",
    }


def day_of(user: Person, image_id: int) -> date | None:
    """The day of the last picture that the page shows already, so that its heading isn't repeated."""
    made = access.visible_to(user).filter(pk=image_id).values_list("created_at", flat=True).first()
    return made and timezone.localdate(made)


@login_required
@require_GET
def filters(request: HttpRequest) -> HttpResponse:
    """The search with all its filters: a page, or for htmx what a panel shows."""
    wanted = asked.read(request.GET)
    return _panel(request, "filters", finding.choices(request.user, wanted) | {"wanted": wanted})


@login_required
@require_GET
def months(request: HttpRequest) -> HttpResponse:
    """The months one can jump to, with how many pictures each has."""
    wanted, user = asked.read(request.GET), request.user
    found = bymonth.months(user, wanted, finding.albums(user, wanted))
    return _panel(request, "months", {"years": bymonth.by_year(found), "wanted": wanted})


def _panel(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    part = "_" if getattr(request, "htmx", False) else ""
    return render(request, f"gallery/{part}{name}.html", context)


@login_required
@require_GET
def image(request: HttpRequest, image_id: int) -> HttpResponse:
    """One picture with its prompt, its details, and the versions before and after it."""
    return _image(request, access.find(request.user, image_id))


def _image(request: HttpRequest, found: Image, refused: NoteForm | None = None) -> HttpResponse:
    """The page of a picture; with a note that could not be kept it stands in its field."""
    versions, marks = lineage.versions(found, request.user), marking.of(found, request.user)
    strip, seen = list(versions), [version for version in versions if isinstance(version, Image)]
    nth = {sibling: place for place, sibling in enumerate(versions.siblings, 1)}
    place = seen.index(found) if found in seen else 0
    context = {
        "image": found,
        "heading": heading(found),
        "back_url": back_url(request),
        "versions": [(one, nth.get(one, 0) if isinstance(one, Image) else 0) for one in strip],
        "several": versions.several,
        "previous_url": seen[place - 1].get_absolute_url() if place else "",
        "next_url": seen[place + 1].get_absolute_url() if place + 1 < len(seen) else "",
        "parents": lineage.parents(found, request.user),
        "children": lineage.children(found, request.user)[: lineage.MOST_CHILDREN],
        "facts": facts(found),
        "edit_url": f"/?edit={found.pk}",
        "again_url": f"/?again={found.job}" if found.job and found.owner_id == request.user.pk else "",
        "elsewhere": elsewhere(found) if marks.answers else [],
        "download": DownloadForm(auto_id="download-%s"),
        "marks": marks,
        "known_tags": finding.tags(request.user),
        "note": refused["note"].value() if refused else found.note,
        "note_problems": refused.errors.get("note", []) if refused else [],
    }
    return render(request, "gallery/image.html", context, status=422 if refused else 200)


def elsewhere(picture: Image) -> list[projects.Group]:
    """The projects to which the picture may be moved."""
    others = access.open_projects().exclude(pk=picture.project_id)
    return projects.by_client(projects.alphabetical(others))


@login_required
@require_POST
def note(request: HttpRequest, image_id: int) -> HttpResponse:
    """Write a picture's note, by its owner or an admin; what can't be kept is said beside the field."""
    found, form = access.find(request.user, image_id), NoteForm(request.POST)
    if not access.answered_by(request.user).filter(pk=found.pk).exists():
        raise Http404("No such picture.")
    try:
        if form.is_valid():
            library.note(found, text=form.cleaned_data["note"], started=form.started_from(), by=request.user)
    except ValidationError as error:
        form.add_error("note", error)
        # Shown beside what was typed: who saves again has read it.
        found.refresh_from_db(fields=["note"])
    if for_script(request):
        problem = {"problem": " ".join(map(str, form.errors.get("note", []))), "note": found.note}
        words = {"words": "The note is saved.", "images": [found.pk], "undo": ""}
        return JsonResponse(problem, status=422) if form.errors else JsonResponse(words)
    if form.errors:
        return _image(request, found, form)
    messages.success(request, "The note is saved.")
    return HttpResponseRedirect(found.get_absolute_url(), status=SEE_OTHER)


@login_required
@require_POST
def move(request: HttpRequest, image_id: int) -> HttpResponse:
    """Put the whole order of a picture into another project, and offer the way back."""
    found = access.find(request.user, image_id)
    chosen = number(request.POST.get("project", ""))
    if not access.answered_by(request.user).filter(pk=found.pk).exists():
        raise Http404
    project = get_object_or_404(Project, pk=chosen)
    try:
        done = acts.do("project", [found.pk], target=str(project.pk), by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        way_back = reverse("gallery:undo", args=[done.deed]) if done.deed else ""
        messages.success(request, done.words, extra_tags=way_back)
    return redirect(found)


def back_url(request: HttpRequest) -> str:
    """The gallery, with the tab and the filters that one came from."""
    came, _, query = request.headers.get("Referer", "").partition("?")
    if came != request.build_absolute_uri(reverse("gallery:index")):
        return reverse("gallery:index")
    # Only what names them is taken over, never the address itself.
    return asked.read(QueryDict(query)).url


def heading(picture: Image) -> str:
    """The prompt's beginning, or the upload's name."""
    words = " ".join((picture.prompt or picture.file_name or "Picture").split())
    return words if len(words) <= HEADING_LENGTH else f"{words[: HEADING_LENGTH - 1].rstrip()}…"


def facts(picture: Image) -> list[tuple[str, str]]:
    """What is known of a picture, in words."""
    made = timezone.localtime(picture.created_at)
    known = [
        ("Size", f"{picture.width} × {picture.height}"),
        ("Shape", picture.ratio.replace("-", ":")),
        ("Format", f"{picture.format.upper()} · {filesizeformat(picture.size)}"),
        ("Cost", f"{picture.credits} credits" if picture.credits else ""),
        ("By", str(picture.owner)),
        ("Made" if picture.prompt else "Added", f"{made:%-d %b %Y, %H:%M}"),
        ("Seen by", seen_by(picture)),
    ]
    return [(name, value) for name, value in known if value]


def seen_by(picture: Image) -> str:
    """Who sees a picture besides its owner."""
    if not picture.private:
        return "The team"
    return "Those it is shared with" if access.is_shared(picture) else "Only you"
