"""What entries come to, added up by all that tells them apart in reports."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Sum

from studio.credits.models import Entry
from studio.credits.periods import Period, month_of

Kind = Entry.Kind
# The day first: so SQLite finds the entries of a period by it, and has them in order.
COLUMNS = ("day", "account_id", "project_id", "made", "model_name")


@dataclass(slots=True, kw_only=True)
class Figures:
    """Credits, but `orders` and `pictures`. Only `adjusted` may be negative."""

    orders: int = 0
    pictures: int = 0
    held: int = 0
    used: int = 0
    released: int = 0
    granted: int = 0
    adjusted: int = 0
    expired: int = 0

    def add(self, other: "Figures") -> None:
        """Count what others come to as well."""
        self.orders += other.orders
        self.pictures += other.pictures
        self.held += other.held
        self.used += other.used
        self.released += other.released
        self.granted += other.granted
        self.adjusted += other.adjusted
        self.expired += other.expired


Table = dict[tuple[Any, ...], Figures]
Cell = tuple[dict[str, Any], Figures]


def cells(entries: "QuerySet[Entry, Any]") -> Iterator[Cell]:
    """Entries added up by `COLUMNS`, with what these are: of entries of no job, project_id is None."""
    sums = (Count("id"), Sum("d_available"), Sum("d_held"), Sum("pictures"))
    for *place, kind, number, available, held, pictures in entries.values_list(*COLUMNS, "kind").annotate(
        *sums
    ):
        yield (
            dict(zip(COLUMNS, place, strict=True)),
            _figures(Kind(kind), number, (available, held), pictures),
        )


def each(entries: "QuerySet[Entry, Any]") -> Iterator[Cell]:
    """The same one by one, for entries in an order that leads to few of them.

    To group them would lead SQLite through all there are, in the order of the first column.
    """
    for *place, kind, available, held, pictures in entries.values_list(
        *COLUMNS, "kind", "d_available", "d_held", "pictures"
    ):
        yield dict(zip(COLUMNS, place, strict=True)), _figures(Kind(kind), 1, (available, held), pictures)


def _figures(kind: Entry.Kind, number: int, moved: tuple[int, int], pictures: int) -> Figures:
    """What so many entries of a kind come to that moved (available, held) in all."""
    match kind:
        case Kind.GRANT:
            return Figures(granted=moved[0])
        case Kind.ADJUST:
            return Figures(adjusted=moved[0])
        case Kind.EXPIRE:
            return Figures(expired=-moved[0])
        case Kind.HOLD:
            return Figures(orders=number, held=moved[1])
        case Kind.CAPTURE:
            return Figures(pictures=pictures, used=-moved[1])
        case Kind.RELEASE:
            return Figures(released=moved[0])


def count(found: Iterable[Cell], period: Period, by: Sequence[str], table: Table) -> None:
    """Add a period's cells to a table by some of `COLUMNS` and month; by project those of no job are left out."""
    for cell, sums in found:
        if not period.first <= cell["day"] <= period.last:
            continue
        if "project_id" in by and cell["project_id"] is None:
            continue
        key = tuple(month_of(cell["day"]) if name == "month" else cell[name] for name in by)
        table.setdefault(key, Figures()).add(sums)
