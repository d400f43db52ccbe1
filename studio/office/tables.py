"""Tables of figures: rows and their sum, sorted by any column, for pages and for files."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from studio.credits.sheets import Cell

Sums = Mapping[str, int | Decimal]
Value = int | Decimal | None


def _plainly(value: int | Decimal) -> str:
    return f"{value:,}".replace("-", "−")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Figures under a head. `value` makes one of what a row adds up to, None when there is none to make."""

    name: str
    title: str
    value: Callable[[Sums], Value]
    words: Callable[[Any], str] = _plainly
    unit: str = ""


def summed(name: str, title: str, words: Callable[[Any], str] = _plainly) -> Column:
    """A column whose figures are sums."""
    return Column(name=name, title=title, value=lambda sums: sums.get(name, 0), words=words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a line is about, and what it adds up to. `cells` say the same as `name` and `note` in a file."""

    name: str
    sums: Sums
    cells: tuple[Cell, ...]
    note: str = ""
    url: str = ""
    level: str = ""
    order: Any = None


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column, with the address that sorts by it and how it is sorted now."""

    title: str
    url: str
    sort: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it is shown; a figure that is nothing is empty."""

    row: Row
    figures: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A table for a page."""

    slug: str
    title: str
    heads: list[Head]
    lines: list[Line]
    sums: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows about things of one kind, in the order of `sort`: a column's name, with a minus the largest first."""

    slug: str
    title: str
    head: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    sort: str = "name"
    file_heads: tuple[str, ...] = ()

    @property
    def sums(self) -> dict[str, int | Decimal]:
        """What all rows add up to."""
        found: dict[str, int | Decimal] = {}
        for row in self.rows:
            for name, number in row.sums.items():
                found[name] = found.get(name, 0) + number
        return found

    def shown(self, asked: Mapping[str, str]) -> Shown:
        """The table as an address asks for it: its slug names the column to sort by."""
        sort = asked.get(self.slug, self.sort)
        if sort.removeprefix("-") not in {"name", *(column.name for column in self.columns)}:
            sort = self.sort
        heads = [self._head("name", self.head, sort, asked)]
        heads += [self._head(column.name, column.title, sort, asked) for column in self.columns]
        lines = [Line(row, self._figures(row.sums)) for row in self.ordered(sort)]
        sums = [figure or "0" for figure in self._figures(self.sums)]
        return Shown(slug=self.slug, title=self.title, heads=heads, lines=lines, sums=sums)

    def _head(self, name: str, title: str, sort: str, asked: Mapping[str, str]) -> Head:
        """A head that turns the order round when the table is sorted by it; figures begin with the largest."""
        usual, other = (name, f"-{name}") if name == "name" else (f"-{name}", name)
        query = urlencode({**asked, self.slug: other if sort == usual else usual})
        words = {name: "ascending", f"-{name}": "descending"}.get(sort, "")
        return Head(title, f"?{query}#{self.slug}", words)

    def _figures(self, sums: Sums) -> list[str]:
        """What sums come to in each column, in words; empty where that is nothing."""
        values = [(column, column.value(sums)) for column in self.columns]
        return [column.words(value) if value else "" for column, value in values]

    def ordered(self, sort: str) -> list[Row]:
        """The rows by a column; those that are the same there by name, those without a figure last."""
        rows = sorted(self.rows, key=lambda row: (row.order is None, row.order, row.name.casefold()))
        name, down = sort.removeprefix("-"), sort.startswith("-")
        if name == "name":
            return rows[::-1] if down else rows
        value = next(column.value for column in self.columns if column.name == name)
        figures = [(row, value(row.sums)) for row in rows]
        known = [(row, figure) for row, figure in figures if figure is not None]
        known.sort(key=lambda pair: pair[1], reverse=down)
        return [*(row for row, _ in known), *(row for row, figure in figures if figure is None)]

    def sheet(self) -> tuple[list[str], Iterator[list[Cell]]]:
        """The head and the rows of a file: figures as they are, without a line for their sum."""
        heads = [f"{column.title}{column.unit and f' ({column.unit})'}" for column in self.columns]
        rows = (
            [*row.cells, *(column.value(row.sums) for column in self.columns)]
            for row in self.ordered(self.sort)
        )
        return [*(self.file_heads or (self.head,)), *heads], rows
