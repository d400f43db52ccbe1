"""What all charts have: round figures up the side, words along the foot, and places in percent."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import count

# What is there must be seen, and nothing is drawn that is 0 high.
LEAST = 0.001


@dataclass(frozen=True, slots=True)
class Tick:
    """A figure of the axis, at its height from the top."""

    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Words under the axis; those for wide charts are left out on a phone."""

    x: float
    words: str
    anchor: str
    wide: bool


def axis(most: int) -> list[int]:
    """Round figures from 0 to the most or a little above, six at most."""
    steps = (step * 10**power for power in count() for step in (1, 2, 5))
    step = next(step for step in steps if step * 5 >= most)
    return list(range(0, max(most, 1) + step, step))


def percent(part: float | Decimal, whole: float | Decimal) -> float:
    """How much of the whole a part is; 0 only for nothing."""
    return max(round(100 * float(part) / float(whole), 3), LEAST) if part > 0 else 0.0


def short(figure: int, top: int) -> str:
    """A figure of an axis that goes to the top, in six characters: 50,000, or 50k beside 100k, or 0.5M beside 1M."""
    if top < 100_000 or not figure:
        return f"{figure:,}"
    return f"{figure / 1_000_000:,.10g}M" if top >= 1_000_000 else f"{figure / 1000:g}k"


def from_top(figure: int | Decimal, top: int) -> float:
    """Where a figure stands; places are counted from the top."""
    return round(100 - percent(figure, top), 3)


def ticks(figures: list[int]) -> list[Tick]:
    """The axis, from the bottom up."""
    return [Tick(from_top(figure, figures[-1]), short(figure, figures[-1])) for figure in figures]


def mark(x: float, words: str, *, wide: bool) -> Mark:
    """Words centred under their place; at an edge they begin or end there."""
    anchor = "start" if x < 4 else "end" if x > 96 else "middle"
    return Mark(round(x, 3), words, anchor, wide)
