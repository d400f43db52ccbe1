"""All entries of the real accounts, read once from the first to the last, for everything the audit asks of them."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from studio.credits import periods, seals, totals
from studio.credits.figures import Figures, Table
from studio.credits.models import Account, Entry, MemberTotal, ProjectTotal, Scope

Kind = Entry.Kind
HOLD, CAPTURE = Kind.HOLD.value, Kind.CAPTURE.value
TEAM, MEMBER, PROJECTS = Scope.TEAM.value, Scope.MEMBER.value, Scope.PROJECT.value
COLUMNS = ("id", "seal", *seals.SEALED)
ID, SEAL, ACCOUNT, KIND, AVAILABLE, HELD, JOB = map(
    COLUMNS.index, ("id", "seal", "account_id", "kind", "d_available", "d_held", "job")
)
PROJECT, MADE, MODEL, PICTURES, DAY = map(
    COLUMNS.index, ("project_id", "made", "model_name", "pictures", "day")
)
MODELS: tuple[tuple[totals.Model, int], ...] = ((MemberTotal, ACCOUNT), (ProjectTotal, PROJECT))
# Rows that are read in small parts die young: to look through more of them for rings costs a sixth of the time.
AT_ONCE = 500
Row = tuple[Any, ...]
Days = dict[tuple[totals.Model, date], Table]


@dataclass(slots=True)
class Held:
    """What was set aside for a job, and what of it is neither paid nor given back."""

    held: int
    left: int


@dataclass(slots=True)
class Month:
    """The entries of a month that concern somebody: their number, and their hash as statements have it."""

    hash: Any = field(default_factory=hashlib.sha256)
    entries: int = 0


@dataclass(slots=True)
class Reading:
    """What the entries tell as they go by.

    `users` are the members by their accounts, `open` the jobs that still hold credits, `days` what entries come to
    by model and month, as the totals of days have it: up to entry `folded`, and those after it in `fresh`.
    Scopes are plain strings here, which are quicker than their names.
    """

    users: Mapping[int, int]
    folded: int
    entries: int = 0
    holds: int = 0
    captured: int = 0
    heads: dict[int, str] = field(default_factory=dict)
    open: dict[UUID, Held] = field(default_factory=dict)
    months: dict[tuple[date, str, int], Month] = field(default_factory=dict)
    days: Days = field(default_factory=dict)
    fresh: Days = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    _first: dict[date, date] = field(default_factory=dict)

    def watch(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Pass on the entries of the real accounts, and keep what they tell."""
        for row in rows:
            if row[ACCOUNT] not in self.users:
                continue
            self.entries += 1
            self.heads[row[ACCOUNT]] = row[SEAL]
            day = row[DAY]
            month = self._first.get(day) or self._first.setdefault(day, periods.month_of(day))
            self._add(row, month)
            _count(row, month, self.days if row[ID] <= self.folded else self.fresh)
            if row[JOB]:
                self._book(row)
            yield row

    def _add(self, row: Row, month: date) -> None:
        """Add the entry to its month of the team, its member and its project."""
        said = row[SEAL].encode()
        concerned = [(month, TEAM, 0), (month, MEMBER, self.users[row[ACCOUNT]])]
        if row[PROJECT]:
            concerned.append((month, PROJECTS, row[PROJECT]))
        for place in concerned:
            whole = self.months.get(place) or self.months.setdefault(place, Month())
            whole.hash.update(said)
            whole.entries += 1

    def _book(self, row: Row) -> None:
        """A job is held once, and what is paid or given back was held."""
        job, kind = row[JOB], row[KIND]
        held = self.open.get(job)
        if kind == HOLD:
            self.holds += 1
            if held:
                self.wrong.append(f"Entry {row[ID]} holds credits for order {job} a second time.")
            self.open[job] = Held(row[HELD], row[HELD])
        elif held:
            self._close(row, held)
        else:
            self.wrong.append(f"Entry {row[ID]} is a {kind} for order {job}, which holds nothing.")

    def _close(self, row: Row, held: Held) -> None:
        """Take what is paid or given back off what is held."""
        held.left += row[HELD]
        if row[KIND] == CAPTURE:
            self.captured -= row[HELD]
        if held.left < 0:
            self.wrong.append(f"Entry {row[ID]} takes {-held.left:,} more than order {row[JOB]} held.")
        if held.left <= 0:
            del self.open[row[JOB]]

    def figures(self) -> dict[tuple[date, str, int], Figures]:
        """What each month comes to for the team, each member and each project."""
        found: dict[tuple[date, str, int], Figures] = {}
        for days in (self.days, self.fresh):
            for (model, month), table in days.items():
                for (_day, whose, *_work), figures in table.items():
                    places = [(month, PROJECTS, whose)]
                    if model is MemberTotal:
                        places = [(month, MEMBER, self.users[whose]), (month, TEAM, 0)]
                    for place in places:
                        found.setdefault(place, Figures()).add(figures)
        return found


def _count(row: Row, month: date, days: Days) -> None:
    """Add the entry to the day of its account and of its project."""
    for model, whose in MODELS:
        if row[whose] is not None:
            table = days.get((model, month)) or days.setdefault((model, month), {})
            place = (row[DAY], row[whose], row[MADE], row[MODEL])
            _add(table.get(place) or table.setdefault(place, Figures()), row)


def _add(figures: Figures, row: Row) -> None:
    """Count an entry."""
    match row[KIND]:
        case Kind.HOLD:
            figures.orders += 1
            figures.held += row[HELD]
        case Kind.CAPTURE:
            figures.pictures += row[PICTURES]
            figures.used -= row[HELD]
        case Kind.RELEASE:
            figures.released += row[AVAILABLE]
        case Kind.GRANT:
            figures.granted += row[AVAILABLE]
        case Kind.ADJUST:
            figures.adjusted += row[AVAILABLE]
        case Kind.EXPIRE:
            figures.expired -= row[AVAILABLE]


def read() -> Reading:
    """Go through all entries of the real accounts once, with their chains."""
    users = dict(Account.objects.filter(sandbox=False).values_list("pk", "user_id"))
    reading = Reading(users, totals.folded())
    rows = Entry.objects.order_by("id").values_list(*COLUMNS).iterator(chunk_size=AT_ONCE)
    for account_id, entry_id in seals.broken(reading.watch(rows)):
        reading.wrong.append(
            f"Entry {entry_id} of account {account_id} is not as it was sealed:"
            " it was changed, or one before it was changed, taken out or put in."
        )
    return reading
