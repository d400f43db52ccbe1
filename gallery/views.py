"""The gallery's pages."""

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from gallery import access, library, lineage, pages, projects
from gallery.access import Person
from gallery.forms import DownloadForm
from gallery.models import Image, Project

HEADING_LENGTH = 60
LONGEST_NUMBER = 19


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The team's pictures by day: a page, or for htmx the next piece of it."""
    scope, before = scope_of(request.GET), number(request.GET.get("before", ""))
    page = pages.page(request.user, scope=scope, before=before)
    query = request.GET.copy()
    if page.next:
        query["before"] = str(page.next)
    context = {
        "days": page.days,
        "older_url": f"?{query.urlencode()}" if page.next else "",
        "tabs": projects.tabs(scope),
    }
    if not (getattr(request, "htmx", False) and before):
        return render(request, "gallery/index.html", context)
    return render(request, "gallery/_days.html", context | {"continued": day_of(request.user, before)})


def number(text: str) -> int | None:
    """A number from an address, if it is one that could name a row."""
    return int(text) if text.isdecimal() and len(text) < LONGEST_NUMBER else None


def day_of(user: Person, image_id: int) -> date | None:
    """The day of the last picture that the page shows already, so that its heading isn't repeated."""
    made = access.visible_to(user).filter(pk=image_id).values_list("created_at", flat=True).first()
    return made and timezone.localdate(made)


def scope_of(query: QueryDict) -> pages.Scope:
    """What the address asks to see: the team's, one's own, or a project's pictures."""
    if (project := number(query.get("project", ""))) is not None:
        return project
    return "mine" if query.get("by") == "me" else "team"


@login_required
@require_GET
def image(request: HttpRequest, image_id: int) -> HttpResponse:
    """One picture with its prompt, its details, and the versions before and after it."""
    found = access.find(request.user, image_id)
    versions = lineage.versions(found, request.user)
    strip = list(versions)
    place = next((index for index, version in enumerate(strip) if version.pk == found.pk), 0)
    context = {
        "image": found,
        "heading": heading(found),
        "back_url": back_url(request),
        "versions": strip,
        "several": versions.several,
        "previous_url": strip[place - 1].get_absolute_url() if place else "",
        "next_url": strip[place + 1].get_absolute_url() if place + 1 < len(strip) else "",
        "parents": lineage.parents(found, request.user),
        "children": lineage.children(found, request.user)[: lineage.MOST_CHILDREN],
        "facts": facts(found),
        "edit_url": f"/?edit={found.pk}",
        "again_url": f"/?again={found.job}" if found.job and found.owner_id == request.user.pk else "",
        "elsewhere": elsewhere(found, request.user),
        "download": DownloadForm(auto_id="download-%s"),
    }
    return render(request, "gallery/image.html", context)


def elsewhere(picture: Image, user: Person) -> list[projects.Group]:
    """The projects to which this person may move the picture."""
    if not library.answers_for(picture, user):
        return []
    others = access.open_projects().exclude(pk=picture.project_id)
    return projects.by_client(projects.alphabetical(others))


@login_required
@require_POST
def move(request: HttpRequest, image_id: int) -> HttpResponse:
    """Put the whole order of a picture into another project, and offer the way back."""
    found = access.find(request.user, image_id)
    chosen = number(request.POST.get("project") or request.GET.get("project", ""))
    if not library.answers_for(found, request.user):
        raise Http404
    before, project = found.project, get_object_or_404(Project, pk=chosen)
    try:
        moved = library.move_order(image=found, project=project, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        words = "This picture is" if moved == 1 else f"All {moved} pictures of this order are"
        back = "" if before.archived_at else f"{request.path}?project={before.pk}"
        if moved:
            messages.success(request, f"{words} in {project} now.", extra_tags=back)
    return redirect(found)


def back_url(request: HttpRequest) -> str:
    """The gallery, with the tab that one came from."""
    index = reverse("gallery:index")
    came, _, query = request.headers.get("Referer", "").partition("?")
    if came != request.build_absolute_uri(index):
        return index
    # Only what names a tab is taken over, never the address itself.
    scope = scope_of(QueryDict(query))
    return index + {"team": "", "mine": "?by=me"}.get(str(scope), f"?project={scope}")


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
        ("Seen by", "Only you" if picture.private else "The team"),
    ]
    return [(name, value) for name, value in known if value]
