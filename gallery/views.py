"""The gallery's pages."""

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from gallery import access, lineage, pages
from gallery.access import Person
from gallery.models import Image

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
        "tabs": tabs(scope),
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


def tabs(scope: pages.Scope) -> list[dict[str, Any]]:
    """Team, Mine, and the open projects."""
    fixed: list[tuple[str, pages.Scope, str]] = [("Team", "team", ""), ("Mine", "mine", "?by=me")]
    projects: list[tuple[str, pages.Scope, str]] = [
        (project.name, project.pk, f"?project={project.pk}")
        for project in access.open_projects().order_by("name")
    ]
    return [
        {
            "label": label,
            "url": reverse("gallery:index") + query,
            "current": name == scope,
            "last": name == "mine",
        }
        for label, name, query in fixed + projects
    ]


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
    }
    return render(request, "gallery/image.html", context)


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
        ("Project", str(picture.project)),
        ("By", str(picture.owner)),
        ("Made" if picture.prompt else "Added", f"{made:%-d %b %Y, %H:%M}"),
        ("Seen by", "Only you" if picture.private else "The team"),
    ]
    return [(name, value) for name, value in known if value]
