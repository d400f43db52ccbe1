"""The wallet over time, as a line in steps."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby, pairwise
from math import ceil

from django.utils import timezone

from studio.office.charts.axis import Mark, Tick, axis, from_top, mark, ticks

SLIVERS = 120


@dataclass(frozen=True, slots=True)
class WalletPoint:
    """What the wallet held at a moment; `topup` is what has just been paid in."""

    at: datetime
    balance: Decimal
    topup: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that shows its title: a moment of the line, or a top-up."""

    x: float
    y: float
    width: float
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletChart:
    """A line in steps, as the data of two paths in a box of 100 by 100; no ticks when there is no reading."""

    title: str
    name: str
    words: str
    ticks: list[Tick]
    marks: list[Mark]
    line: str
    area: str
    spots: list[Spot]
    topups: list[Spot]
    last: Spot | None


def wallet(points: Sequence[WalletPoint], *, title: str = "The wallet", name: str = "wallet") -> WalletChart:
    """The balance over time, in the order of time, from 0 up; every top-up has its mark."""
    figures = axis(ceil(max((point.balance for point in points), default=0)))
    place = _placing(points)
    topups = [point for point in points if point.topup]

    def spot(point: WalletPoint, width: float = 0) -> Spot:
        return Spot(place(point.at), from_top(point.balance, figures[-1]), width, _moment_in_words(point))

    kept = [spot(point) for point in _thinned(points, place)]
    line, area = _paths(kept)
    return WalletChart(
        title=title,
        name=name,
        words=_wallet_in_words(points, topups),
        ticks=ticks(figures) if points else [],
        marks=_time_marks(points),
        line=line,
        area=area,
        spots=_spots(kept),
        topups=[spot(point) for point in topups],
        last=kept[-1] if kept else None,
    )


def _placing(points: Sequence[WalletPoint]) -> Callable[[datetime], float]:
    """Where a moment stands between the first reading and the last; a lone one stands in the middle."""
    if not points or points[0].at == points[-1].at:
        return lambda _: 50.0
    first, span = points[0].at, points[-1].at - points[0].at
    return lambda at: round(100 * ((at - first) / span), 3)


def _thinned(points: Sequence[WalletPoint], place: Callable[[datetime], float]) -> Iterable[WalletPoint]:
    """No more than can be seen: of each sliver of the width the first, the last, the lowest and the highest."""
    kept = set[int]()
    for _, sliver in groupby(range(len(points)), key=lambda one: int(place(points[one].at) * SLIVERS / 100)):
        ones = list(sliver)
        lowest = min(ones, key=lambda one: points[one].balance)
        highest = max(ones, key=lambda one: points[one].balance)
        kept.update((ones[0], lowest, highest, ones[-1]))
    return (points[one] for one in sorted(kept))


def _paths(kept: list[Spot]) -> tuple[str, str]:
    """The line in steps, and the area under it."""
    if not kept:
        return "", ""
    line = f"M{kept[0].x} {kept[0].y}" + "".join(f"H{spot.x}V{spot.y}" for spot in kept[1:])
    return line, f"{line}V100H{kept[0].x}Z"


def _spots(kept: list[Spot]) -> list[Spot]:
    """What each stretch of the line shows: the balance at its beginning."""
    return [Spot(spot.x, 0, round(after.x - spot.x, 3), spot.title) for spot, after in pairwise(kept)]


def _time_marks(points: Sequence[WalletPoint]) -> list[Mark]:
    """Five moments from the first to the last, as exact as their distance asks."""
    if not points:
        return []
    first, span = points[0].at, points[-1].at - points[0].at
    pattern = "%-d %b, %H:%M" if span < timedelta(5) else "%-d %b" if span < timedelta(300) else "%b %Y"
    if not span:
        return [mark(50, f"{timezone.localtime(first):{pattern}}", wide=False)]
    moments = [timezone.localtime(first + span * quarter / 4) for quarter in range(5)]
    return [
        mark(25 * quarter, f"{moment:{pattern}}", wide=bool(quarter % 2))
        for quarter, moment in enumerate(moments)
    ]


def _moment_in_words(point: WalletPoint) -> str:
    """What the wallet held when."""
    paid = f", after a top-up of {_amount(point.topup)}" if point.topup else ""
    return f"{timezone.localtime(point.at):%-d %b %Y, %H:%M}: {_amount(point.balance)} credits{paid}"


def _wallet_in_words(points: Sequence[WalletPoint], topups: Sequence[WalletPoint]) -> str:
    """The chart in a few sentences, for who doesn't see it."""
    if not points:
        return ""
    lowest = min(points, key=lambda point: point.balance)
    paid = sum((point.topup for point in topups), Decimal(0))
    return (
        f"From {_moment_in_words(points[0])} to {_moment_in_words(points[-1])}. "
        f"Lowest on {_moment_in_words(lowest)}." + (f" Topped up with {_amount(paid)}." if paid else "")
    )


def _amount(credits: Decimal) -> str:
    """Credits, with cents only where there are some."""
    return f"{credits:,.0f}" if credits == int(credits) else f"{credits:,.2f}"
