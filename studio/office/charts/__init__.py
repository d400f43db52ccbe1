"""Charts drawn on the server: figures in, places out, all in percent.

A drawing as wide as its page has no fixed places, and to scale it would scale its letters. In percent nothing has to be
scaled, and the templates (office/charts/) have no sums to do. The table under a chart is what is read aloud.
"""

from studio.office.charts.columns import DayPoint, DaysChart, days
from studio.office.charts.line import WalletChart, WalletPoint, wallet
from studio.office.charts.rows import BarRow, BarsChart, bars

__all__ = [
    "BarRow",
    "BarsChart",
    "DayPoint",
    "DaysChart",
    "WalletChart",
    "WalletPoint",
    "bars",
    "days",
    "wallet",
]
