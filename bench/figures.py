"""How figures are summed up."""

from collections.abc import Sequence
from statistics import quantiles


def percentile(values: Sequence[float], percent: int) -> float:
    """The value below which `percent` of the values lie."""
    return quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]


def spread(values: Sequence[float], unit: str, digits: int = 2) -> str:
    """Median, 95th percentile and maximum, as a table has them."""
    figures = (percentile(values, 50), percentile(values, 95), max(values))
    return " / ".join(f"{figure:.{digits}f}" for figure in figures) + f" {unit}"
