"""The entries of an account for pages and spreadsheets: chosen by month, kind and project, and told in words."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Min, QuerySet, Sum
from django.utils import timezone

from studio.credits import periods
from studio.credits.models import Account, Entry
from studio.credits.sheets import Cell

Kind = Entry.Kind
PAGE = 50
# No id of a database has more digits.
LONGEST_ID = 18
# So many rows of a file are told apart by one look at what was ordered.
BATCH = 500
KINDS: Mapping[str, str] = {
    Kind.GRANT: "Given",
    Kind.ADJUST: "Corrected",
    Kind.HOLD: "Held for orders",
    Kind.CAPTURE: "Paid for pictures",
    Kind.RELEASE: "Given back",
    Kind.EXPIRE: "Expired",
}
OF_NO_JOB = {Kind.GRANT, Kind.ADJUST, Kind.EXPIRE}
MADE: Mapping[str, str] = {"generate": "New pictures", "edit": "Edited pictures"}
HEADER = (
    *("When", "Day", "What", "Order", "Kind", "Made", "Model", "Project"),
    *("Pictures", "Credits", "Held", "By", "Reason", "Job"),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that an order brought, and that its reader may see."""

    url: str
    thumb: str
    name: str


@dataclass(frozen=True, slots=True)
class Ordered:
    """What a job was, of which the books themselves know only the number."""

    title: str
    pictures: tuple[Picture, ...] = ()


Orders = Callable[[Collection[UUID]], Mapping[UUID, Ordered]]


def untold(_jobs: Collection[UUID]) -> Mapping[UUID, Ordered]:
    """Entries that don't tell what was ordered."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which entries: of a month, of a kind of entry or of work, of a project; all unless told otherwise."""

    month: date | None = None
    kind: str = ""
    project: int | None = None

    @property
    def conditions(self) -> dict[str, Any]:
        """The same as the conditions of a query."""
        found: dict[str, Any] = {} if self.project is None else {"project_id": self.project}
        if self.month:
            period = periods.month(self.month)
            found["day__range"] = (period.first, period.last)
        if self.kind:
            found["made" if self.kind in MADE else "kind"] = self.kind
        if self.kind in OF_NO_JOB:
            # There are few of them, and an index of their own leads to them.
            found["job"] = None
        return found


ALL = Choice()


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from: the months since the first entry, the newest first, and the team's projects."""

    months: list[date]
    projects: Mapping[int, str]
    kinds: tuple[tuple[str, Mapping[str, str]], ...] = (("What happened", KINDS), ("What was made", MADE))

    def chosen(self, asked: Mapping[str, str]) -> Choice:
        """What an address asks for; what is not among the choices is not asked."""
        month = next((one for one in self.months if f"{one:%Y-%m}" == asked.get("month")), None)
        kind = next((one for one in (*KINDS, *MADE) if one == asked.get("kind")), "")
        project = next((one for one in self.projects if str(one) == asked.get("project")), None)
        return Choice(month=month, kind=kind, project=project)


def choices(account: Account, projects: Mapping[int, str]) -> Choices:
    """What there is to choose from in an account. Which of the projects it has entries of would be long to find out."""
    first: date | None = account.entries.aggregate(day=Min("day"))["day"]
    return Choices(_months(first) if first else [], projects)


def _months(first: date) -> list[date]:
    """Every month from a day's until now, the newest first."""
    months = [periods.month_of(max(first, periods.today()))]
    while months[-1] > first:
        months.append(periods.last_month(months[-1]))
    return months


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """An entry for the page. The pictures stand beside what was paid for them, which had been held before."""

    id: int
    at: datetime
    when: str
    words: str
    job: UUID | None
    project: str
    available: str
    held: str
    paid: int = 0
    pictures: tuple[Picture, ...] = ()


def page(
    account: Account, before: int | None, *, choice: Choice = ALL, orders: Orders = untold
) -> tuple[list[EntryRow], int | None]:
    """A page of an account's entries, the newest first, and where the next page begins."""
    rows = _chosen(account, choice)
    found = list((rows.filter(id__lt=before) if before else rows)[: PAGE + 1])
    shown = found[:PAGE]
    told = orders({entry.job for entry in shown if entry.job})
    return [_row(entry, told) for entry in shown], shown[-1].pk if len(found) > PAGE else None


def begins(asked: Mapping[str, str]) -> int | None:
    """Before which row the page of an address begins; None for the first page."""
    before = asked.get("before", "")
    return int(before) if before.isdecimal() and len(before) <= LONGEST_ID else None


def sums(account: Account, choice: Choice) -> tuple[str, str]:
    """What the chosen entries add up to: available and held. All of them are what the account has."""
    if choice == ALL:
        return signed(account.available), signed(account.held)
    added = account.entries.filter(**choice.conditions).aggregate(
        available=Sum("d_available", default=0), held=Sum("d_held", default=0)
    )
    return signed(added["available"]), signed(added["held"])


def sheet(account: Account, choice: Choice, orders: Orders) -> Iterator[Sequence[Cell]]:
    """The chosen entries as the rows of a file under `HEADER`, the newest first."""
    left = _chosen(account, choice).iterator(chunk_size=BATCH)
    while some := list(islice(left, BATCH)):
        told = orders({entry.job for entry in some if entry.job})
        yield from (_cells(entry, told) for entry in some)


def _chosen(account: Account, choice: Choice) -> "QuerySet[Entry, Any]":
    rows: QuerySet[Entry, Any] = Entry.objects.filter(account=account, **choice.conditions)
    return rows.select_related("actor").order_by("-id")


def _row(entry: Entry, told: Mapping[UUID, Ordered]) -> EntryRow:
    order = told.get(entry.job) if entry.job else None
    return EntryRow(
        id=entry.pk,
        at=entry.at,
        when=_when(entry.at),
        words=f"{words(entry)}: {order.title}" if order else words(entry),
        job=entry.job,
        project=entry.project_name,
        available=signed(entry.d_available),
        held=signed(entry.d_held),
        paid=-entry.d_held if entry.kind == Kind.CAPTURE else 0,
        pictures=order.pictures if order and entry.kind == Kind.CAPTURE else (),
    )


def _cells(entry: Entry, told: Mapping[UUID, Ordered]) -> Sequence[Cell]:
    order = told.get(entry.job) if entry.job else None
    return (
        *(entry.at, entry.day, KINDS[entry.kind], order.title if order else "", entry.kind),
        *(entry.made, entry.model_name, entry.project_name, entry.pictures),
        *(entry.d_available, entry.d_held, str(entry.actor or ""), entry.reason, entry.job),
    )


def _when(moment: datetime) -> str:
    """A moment as short as it is clear: of other years the hour matters to nobody."""
    at = timezone.localtime(moment)
    return f"{at:%-d %b, %H:%M}" if at.year == periods.today().year else f"{at:%-d %b %Y}"


def words(entry: Entry) -> str:
    """What an entry means, with who did it and why."""
    by = f" by {entry.actor}" if entry.actor else ""
    why = f": {entry.reason}" if entry.reason else ""
    return {
        Kind.GRANT: f"Given{by}{why}",
        Kind.ADJUST: f"Corrected{by}{why}",
        Kind.HOLD: f"Held {entry.d_held:,} for an order",
        Kind.CAPTURE: f"Paid {-entry.d_held:,} for {entry.pictures} picture{'' if entry.pictures == 1 else 's'}",
        Kind.RELEASE: f"Given back {entry.d_available:,}, not delivered",
        Kind.EXPIRE: f"Expired{why}",
    }[Kind(entry.kind)]


def signed(number: int) -> str:
    """A figure with its sign: "+5", "−10", "0"."""
    return f"{number:+,}".replace("-", "−") if number else "0"
