"""Projects as people choose among them: grouped by client, and as tabs of the gallery."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Lower

from gallery import access
from gallery.access import Person
from gallery.asked import Asked
from gallery.models import Project

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


def tabs(user: Person, wanted: Asked) -> list[Tab]:
    """Team, Mine, the projects with the newest pictures, and the one that is looked at, archived or not.

    They keep what was searched for.
    """
    here = wanted.parts.get("project", "")
    nowhere = wanted.but(project="", by="" if wanted.parts.get("by") == "me" else wanted.parts.get("by", ""))
    mine = wanted.parts.get("by") == "me" and not here
    return [
        Tab(label="Team", url=nowhere.url, current=not here and not mine),
        Tab(label="Mine", url=nowhere.but(by="me").url, current=mine, last=True),
        *(
            Tab(
                label=f"{project} (archived)" if project.archived_at else str(project),
                url=nowhere.but(project=str(project.pk)).url,
                current=str(project.pk) == here,
            )
            for project in _with_tabs(user, int(here or 0))
        ),
    ]


def _with_tabs(user: Person, looked_at: int) -> list[Project]:
    """The projects that have a tab, by name; first the one that is looked at, so that it is seen on a phone too."""
    newest = access.visible_to(user).filter(project=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    first = Case(When(pk=looked_at, then=Value(1)), default=Value(0))
    found = Project.objects.filter(Q(archived_at=None) | Q(pk=looked_at)).annotate(newest=Subquery(newest))
    lately = found.order_by(first.desc(), F("newest").desc(nulls_last=True), Lower("name"))
    return sorted(lately[:MOST_TABS], key=lambda one: (one.pk != looked_at, one.name.casefold()))
