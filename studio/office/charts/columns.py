"""Credits day by day, as columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil

from studio.office.charts.axis import Mark, Tick, axis, mark, percent, ticks

MOST_LABELS, MOST_NARROW_LABELS = 7, 3
# More than two months of days are labelled where a month begins.
MANY_DAYS = 62
# More columns than a phone has room for with gaps between them.
DENSE = 120
WIDEST = 8.0


@dataclass(frozen=True, slots=True)
class DayPoint:
    """The credits of a day, or of a month that begins on `start`; the label has at most eight characters."""

    start: date
    label: str
    used: int
    released: int


@dataclass(frozen=True, slots=True)
class Part:
    """A stacked part of a column."""

    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A day: its column, and the slot around it that shows its title."""

    slot: float
    slot_width: float
    x: float
    width: float
    title: str
    used: Part | None
    released: Part | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysChart:
    """Stacked columns; none when nothing was used or given back."""

    title: str
    name: str
    words: str
    ticks: list[Tick]
    marks: list[Mark]
    columns: list[Column]
    dense: bool
    used: int
    released: int


def days(
    points: Sequence[DayPoint], *, title: str = "Credits used and given back", name: str = "days"
) -> DaysChart:
    """Columns of what was used with what was released on it, one for each day; the days have no gaps."""
    used, released = sum(point.used for point in points), sum(point.released for point in points)
    figures = axis(max((point.used + point.released for point in points), default=0))
    drawn = points if used or released else []
    return DaysChart(
        title=title,
        name=name,
        words=_days_in_words(drawn),
        ticks=ticks(figures),
        marks=_day_marks(drawn),
        columns=[_column(point, place, len(drawn), figures[-1]) for place, point in enumerate(drawn)],
        dense=len(drawn) > DENSE,
        used=used,
        released=released,
    )


def _column(point: DayPoint, place: int, columns: int, top: int) -> Column:
    """One of so many columns under an axis that goes to the top."""
    slot = 100 / columns
    width = slot if columns > DENSE else min(slot * 0.72, WIDEST)
    used, released = percent(point.used, top), percent(point.released, top)
    return Column(
        slot=round(place * slot, 3),
        slot_width=round(slot, 3),
        x=round((place + 0.5) * slot - width / 2, 3),
        width=round(width, 3),
        title=f"{point.label}: {point.used:,} used, {point.released:,} given back",
        used=Part(round(100 - used, 3), used) if used else None,
        released=Part(round(100 - used - released, 3), released) if released else None,
    )


def _day_marks(points: Sequence[DayPoint]) -> list[Mark]:
    """Every so many days their label, or the first of every so many months."""
    places = list(range(len(points)))
    firsts = [place for place in places if points[place].start.day == 1]
    if len(points) > MANY_DAYS and len(firsts) > 1:
        places = firsts
    labelled = places[:: ceil(len(places) / MOST_LABELS) or 1]
    every = ceil(len(labelled) / MOST_NARROW_LABELS)
    return [
        mark(100 * (place + 0.5) / len(points), points[place].label, wide=bool(number % every))
        for number, place in enumerate(labelled)
    ]


def _days_in_words(points: Sequence[DayPoint]) -> str:
    """The chart in a sentence, for who doesn't see it."""
    if not points:
        return ""
    most = max(points, key=lambda point: point.used + point.released)
    used, released = sum(point.used for point in points), sum(point.released for point in points)
    return (
        f"{used:,} credits used and {released:,} given back from {points[0].label} to {points[-1].label}. "
        f"The most: {most.label}, {most.used:,} used and {most.released:,} given back."
    )
