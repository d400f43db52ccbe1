"""Members and projects beside each other, as bars."""

from collections.abc import Sequence
from dataclasses import dataclass

from studio.office.charts.axis import percent


@dataclass(frozen=True, slots=True)
class BarRow:
    """A member or project: its figure, and the words at the end of its bar."""

    label: str
    value: int
    words: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A row, and how far its bar goes."""

    label: str
    words: str
    url: str
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BarsChart:
    """Horizontal bars in the order they were given."""

    title: str
    bars: list[Bar]


def bars(rows: Sequence[BarRow], *, title: str = "Credits used") -> BarsChart:
    """A bar for each row; the longest goes all the way."""
    most = max((row.value for row in rows), default=0)
    drawn = [Bar(row.label, row.words, row.url, percent(row.value, most)) for row in rows]
    return BarsChart(title=title, bars=drawn)
