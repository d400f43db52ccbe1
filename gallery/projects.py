"""Projects as people choose among them: grouped by client, and as tabs of the gallery."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Lower
from django.urls import reverse

from gallery.models import Image, Project
from gallery.pages import Scope

MOST_TABS = 10
NO_CLIENT = "No client"
P = TypeVar("P", bound=Project)


@dataclass(frozen=True, slots=True)
class Group:
    """A client's projects; without a label when there is nothing to tell apart."""

    label: str
    projects: list[Project]


def by_client(projects: Iterable[Project]) -> list[Group]:
    """Projects under their clients, both in the order in which they come."""
    groups: dict[str, list[Project]] = {}
    for project in projects:
        groups.setdefault(project.client, []).append(project)
    named = len(groups) > 1
    return [Group((client or NO_CLIENT) if named else "", found) for client, found in groups.items()]


def alphabetical(projects: Iterable[P]) -> list[P]:
    """Projects by client and name; those of no client come last."""
    return sorted(projects, key=lambda one: (not one.client, one.client.casefold(), one.name.casefold()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """Whose pictures the gallery shows; `last` ends those that are always there."""

    label: str
    url: str
    current: bool
    last: bool = False


def tabs(scope: Scope) -> list[Tab]:
    """Team, Mine, the projects with the newest pictures, and the one that is looked at, archived or not."""
    index = reverse("gallery:index")
    fixed: list[tuple[str, Scope, str]] = [("Team", "team", ""), ("Mine", "mine", "?by=me")]
    return [
        *(
            Tab(label=label, url=index + query, current=name == scope, last=name == "mine")
            for label, name, query in fixed
        ),
        *(
            Tab(
                label=f"{project} (archived)" if project.archived_at else str(project),
                url=f"{index}?project={project.pk}",
                current=project.pk == scope,
            )
            for project in _with_tabs(scope)
        ),
    ]


def _with_tabs(scope: Scope) -> list[Project]:
    """The projects that have a tab, by name; first the one that is looked at, so that it is seen on a phone too."""
    looked_at = scope if isinstance(scope, int) else 0
    newest = Image.objects.filter(project=OuterRef("pk"), trashed_at=None).order_by("-pk").values("pk")[:1]
    first = Case(When(pk=looked_at, then=Value(1)), default=Value(0))
    found = Project.objects.filter(Q(archived_at=None) | Q(pk=looked_at)).annotate(newest=Subquery(newest))
    lately = found.order_by(first.desc(), F("newest").desc(nulls_last=True), Lower("name"))
    return sorted(lately[:MOST_TABS], key=lambda one: (one.pk != looked_at, one.name.casefold()))
