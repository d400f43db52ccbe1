"""The entries behind the figures of a report: chosen by days, member, project, kind and model, page by page."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from gallery import access, previews
from studio.accounts.models import User
from studio.credits import entries, totals
from studio.credits.figures import Figures
from studio.credits.models import Entry
from studio.credits.periods import Period
from studio.credits.sheets import Cell
from studio.office import names

Kind = Entry.Kind
PAGE = 50
# So many rows of a file are read at once.
BATCH = 2000
PLACE = re.compile(r"(\d{4}-\d\d-\d\d)\.(\d{1,18})")
FIGURES = {
    "orders": "Orders",
    "held": "Held for orders",
    "pictures": "Pictures",
    "used": "Used",
    "released": "Given back",
    "granted": "Given",
    "adjusted": "Corrected",
    "expired": "Expired",
}
OF_NO_JOB = {Kind.GRANT, Kind.ADJUST, Kind.EXPIRE}
# What entries of a kind add up to.
OF_A_KIND: Mapping[str, set[str]] = {
    Kind.GRANT: {"granted"},
    Kind.ADJUST: {"adjusted"},
    Kind.EXPIRE: {"expired"},
    Kind.HOLD: {"orders", "held"},
    Kind.CAPTURE: {"pictures", "used"},
    Kind.RELEASE: {"released"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which entries: all of some days, unless somebody or something is named. `member` has an account."""

    period: Period
    member: int | None = None
    account: int | None = None
    project: int | None = None
    kind: str = ""
    model: str = ""

    @property
    def whose(self) -> dict[str, int]:
        """The member and the project as the totals know them."""
        found = {"account_id": self.account, "project_id": self.project}
        return {name: number for name, number in found.items() if number is not None}

    @property
    def work(self) -> dict[str, str]:
        """The kind of work and the model, if any is named."""
        made = self.kind if self.kind in entries.MADE else ""
        return {name: said for name, said in (("made", made), ("model_name", self.model)) if said}

    @property
    def rows(self) -> "QuerySet[Entry, Any]":
        """The entries, the newest first: in the order of their days, by which there are indexes."""
        rows = totals.real_entries().filter(day__range=(self.period.first, self.period.last))
        rows = rows.filter(**self.whose, **self.work)
        if self.kind in Kind.values:
            rows = rows.filter(kind=self.kind)
        if self.kind in OF_NO_JOB:
            rows = rows.filter(job=None)
        # Whose they are is asked afterwards: in one query, members would be looked at first.
        return rows.order_by("-day", "-id").prefetch_related("account__user", "actor")

    @property
    def sums(self) -> list[tuple[str, int]]:
        """What they add up to, in words."""
        found = Figures()
        by = ("made", "model_name")
        for key, row in totals.tables(self.period, [by], **self.whose)[0].items():
            if all(dict(zip(by, key, strict=True))[name] == said for name, said in self.work.items()):
                found.add(row)
        shown = OF_A_KIND.get(self.kind, set(FIGURES))
        return [(words, getattr(found, name)) for name, words in FIGURES.items() if name in shown]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """An entry for the page."""

    at: datetime
    words: str
    member: str
    project: str
    job: UUID | None
    pictures: list[entries.Picture]
    available: int
    held: int


def page(choice: Choice, reader: User, before: str) -> tuple[list[EntryRow], str]:
    """A page of entries with the pictures its reader may see, and the place where the next page begins."""
    found = list(_after(choice.rows, before)[: PAGE + 1])
    shown = found[:PAGE]
    seen = _pictures(reader, [entry.job for entry in shown if entry.kind == Kind.CAPTURE])
    older = f"{shown[-1].day}.{shown[-1].pk}" if len(found) > PAGE else ""
    return [_row(entry, seen) for entry in shown], older


def _after(rows: "QuerySet[Entry, Any]", place: str) -> "QuerySet[Entry, Any]":
    """What stands after a place of the list; all, when it is no place."""
    found = PLACE.fullmatch(place)
    try:
        day = date.fromisoformat(found[1]) if found else None
    except ValueError:
        day = None
    if found is None or day is None:
        return rows
    return rows.filter(Q(day__lt=day) | Q(id__lt=int(found[2])), day__lte=day)


def _row(entry: Entry, seen: Mapping[UUID | None, list[entries.Picture]]) -> EntryRow:
    return EntryRow(
        at=entry.at,
        words=names.plain(entries.words(entry)),
        member=names.plain(str(entry.account.user)),
        project=names.plain(entry.project_name),
        job=entry.job,
        pictures=seen.get(entry.job, []) if entry.kind == Kind.CAPTURE else [],
        available=entry.d_available,
        held=entry.d_held,
    )


def _pictures(reader: User, jobs: Sequence[UUID | None]) -> dict[UUID | None, list[entries.Picture]]:
    """The pictures of jobs that a person may see."""
    found: dict[UUID | None, list[entries.Picture]] = {}
    for image in access.visible_to(reader).filter(job__in=jobs).order_by("position"):
        picture = entries.Picture(
            image.get_absolute_url(), previews.url(image, 320), f"picture {image.position + 1}"
        )
        found.setdefault(image.job, []).append(picture)
    return found


HEADER = (
    *(
        "When",
        "Day",
        "Member",
        "E-mail address",
        "What",
        "Kind",
        "Made",
        "Model",
        "Project number",
        "Project",
    ),
    *("Pictures", "Credits", "Held", "By", "Reason", "Job"),
)


def sheet(choice: Choice) -> Iterator[Sequence[Cell]]:
    """All entries that were chosen as rows of a file, read page by page: nobody waits for a million rows."""
    place = ""
    while some := list(_after(choice.rows, place)[:BATCH]):
        yield from map(_cells, some)
        place = f"{some[-1].day}.{some[-1].pk}"


def _cells(entry: Entry) -> Sequence[Cell]:
    user = entry.account.user
    return (
        *(entry.at, entry.day, names.plain(str(user)), names.plain(user.email), entries.KINDS[entry.kind]),
        *(entry.kind, entry.made, entry.model_name, entry.project_id, names.plain(entry.project_name)),
        *(entry.pictures, entry.d_available, entry.d_held, names.plain(str(entry.actor or ""))),
        *(names.plain(entry.reason), entry.job),
    )
