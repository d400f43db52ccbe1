"""Days and months as people mean them: in the studio's time zone, from the first to the last."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

DAY = timedelta(days=1)


def today(at: datetime | None = None) -> date:
    """The day it is, or was at a moment, in the studio's time zone."""
    return timezone.localdate(at)


def month_of(day: date) -> date:
    """The first day of a day's month."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """The first day of the month after a day's."""
    return month_of(month_of(day) + timedelta(days=31))


def last_month(day: date) -> date:
    """The first day of the month before a day's."""
    return month_of(month_of(day) - DAY)


@dataclass(frozen=True, slots=True)
class Period:
    """From a first to a last day, both part of it."""

    first: date
    last: date

    @property
    def end(self) -> date:
        """The first day after it."""
        return self.last + DAY

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.first).days


def month(first: date) -> Period:
    """A whole month, from its first day."""
    return Period(first, next_month(first) - DAY)
