"""When the wallet will be empty at the pace of the last two weeks, if there is enough to go on."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from django.db.models import Max
from django.db.models.functions import TruncDate
from django.utils import timezone

from studio import remote
from studio.credits import findings, periods, wallet
from studio.credits.models import WalletFinding, WalletReading

Verdict = WalletFinding.Verdict
# Two whole weeks, so that each has as many weekends as the other.
LOOKS_BACK = timedelta(days=14)
LEAST_HISTORY, LEAST_DAYS_WITH_USE = timedelta(days=7), 3
A_YEAR = 365
# Within so many days no other one has the same number.
ONE_OF_ITS_NUMBER = 27


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The credits that leave the wallet a day, of the average of so many days, and the day on which none is left.

    `empty_on` is None when that is more than a year away.
    """

    pace: Decimal
    days: int
    empty_on: date | None

    @property
    def words(self) -> str:
        """The same as a sentence."""
        when = "lasts for more than a year" if self.empty_on is None else f"is empty {_day(self.empty_on)}"
        pace = "less than one credit" if self.pace < 1 else f"about {self.pace:,.0f} credits"
        return f"At the pace of the last {self.days} days, {pace} a day, the wallet {when}."


def words() -> str:
    """The outlook of the API in use as a sentence; empty without one, and for play money."""
    api = wallet.api_in_use()
    found = None if api == remote.SANDBOX else of(api)
    return found.words if found else ""


def of(api: str) -> Outlook | None:
    """The outlook of a wallet; None with less than a week of readings, or less than three days with use."""
    readings = _readings(api)
    if not readings:
        return None
    time = readings[-1].at - readings[0].at
    used = _used(api, readings)
    if time < LEAST_HISTORY or sum(one > 0 for one in used) < LEAST_DAYS_WITH_USE:
        return None
    days = Decimal(time / periods.DAY)
    pace, left = sum(used, Decimal(0)) / days, readings[-1].balance
    if pace <= 0 or left <= 0:
        return None
    lasts = left / pace
    ends = periods.today(readings[-1].at + timedelta(days=float(lasts))) if lasts <= A_YEAR else None
    return Outlook(pace=pace, days=round(days), empty_on=ends)


def _readings(api: str) -> list[WalletReading]:
    """The last reading of each of the last 14 days and of today, oldest first."""
    now = timezone.now()
    first = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) - LOOKS_BACK
    # One from before the books were kept beside it has no findings that would tell a top-up from use.
    rows = WalletReading.objects.filter(api=api, at__gte=first, at__lte=now, spent__isnull=False)
    lasts = rows.values(day=TruncDate("at")).annotate(last=Max("pk")).values("last")
    return list(WalletReading.objects.filter(pk__in=lasts.order_by()).order_by("at"))


def _used(api: str, readings: list[WalletReading]) -> list[Decimal]:
    """What left the wallet between each reading and the next, with top-ups taken off; less than nothing is a refund."""
    rises = WalletFinding.objects.filter(
        api=api, amount__gt=0, until__gt=readings[0].at, verdict__in=[Verdict.OPEN, Verdict.TOP_UP]
    )
    paid_in = [(one.until, findings.rest(one)) for one in rises]
    seen = findings.provisional(api)
    if seen and seen.least > 0:
        paid_in.append((readings[-1].at, seen.least))
    return [
        before.balance - after.balance + _between(paid_in, before.at, after.at)
        for before, after in pairwise(readings)
    ]


def _between(amounts: list[tuple[datetime, Decimal]], first: datetime, last: datetime) -> Decimal:
    return sum((amount for at, amount in amounts if first < at <= last), Decimal(0))


def _day(day: date) -> str:
    """ "today", "tomorrow", "on Tuesday the 24th", "on Tuesday the 24th of March"."""
    away = (day - periods.today()).days
    if away <= 1:
        return "tomorrow" if away == 1 else "today"
    month = "" if away <= ONE_OF_ITS_NUMBER else f" of {day:%B}"
    return f"on {day:%A} the {_ordinal(day.day)}{month}"


def _ordinal(number: int) -> str:
    """ "1st", "2nd", "13th"."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if 11 <= number <= 13 else ending}"
