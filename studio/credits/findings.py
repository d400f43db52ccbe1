"""Changes of the wallet that the books don't explain, found between two readings with nothing under way.

Balance and spent together stay the same from one such quiet reading to the next, unless somebody tops up, spends
outside the studio, or the provider keeps what it should give back. Whatever they differ by is a finding.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import structlog
from django.db.models import QuerySet, Sum

from studio.credits.models import ApiUsed, Loss, WalletFinding, WalletReading

log = structlog.get_logger(__name__)
Verdict = WalletFinding.Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisional:
    """A change that is seen although jobs are under way: at least `least` (a fall is negative) since a moment."""

    least: Decimal
    since: datetime


def lock(api: str) -> None:
    """Let nobody else keep a reading of this real API, or book what one shows, until the transaction ends."""
    ApiUsed.objects.get_or_create(name=api)
    list(ApiUsed.objects.select_for_update().filter(name=api))


def quiet(api: str) -> "QuerySet[WalletReading, Any]":
    """The readings beside which nothing was under way, oldest first; by number, since clocks go back."""
    return WalletReading.objects.filter(api=api, open=0).order_by("pk")


def total(reading: WalletReading) -> Decimal:
    """What stays the same while all that leaves the wallet stands in the books. Only of a reading that has both."""
    return reading.balance + (reading.spent or 0)


def look(reading: WalletReading) -> WalletFinding | None:
    """Write down what a new reading shows against the quiet one before it; the caller holds the lock."""
    if reading.open != 0:
        return None
    before = quiet(reading.api).filter(pk__lt=reading.pk).last()
    amount = total(reading) - total(before) if before else Decimal(0)
    if before is None or not amount:
        return None
    log.warning("the books don't explain the wallet", amount=str(amount), since=before.at.isoformat())
    return WalletFinding.objects.create(
        api=reading.api,
        amount=amount,
        # A clock that went back in between must not turn the window inside out.
        since=min(before.at, reading.at),
        until=reading.at,
        balance_before=before.balance,
        balance_after=reading.balance,
    )


def provisional(api: str) -> Provisional | None:
    """What the newest reading shows for certain although jobs are under way; None when they may explain it."""
    newest = WalletReading.objects.filter(api=api, open__isnull=False).order_by("pk").last()
    settled = quiet(api).last()
    if newest is None or settled is None:
        return None
    rise = total(newest) - total(settled)
    fall = rise + (newest.open or 0)
    least = max(rise, Decimal(0)) or min(fall, Decimal(0))
    return Provisional(least=least, since=settled.at) if least else None


def rest(finding: WalletFinding) -> Decimal:
    """What a finding leaves to be explained when the losses booked on it are taken off."""
    lost: int | None = finding.losses.aggregate(sum=Sum("credits"))["sum"]
    return finding.amount + (lost or 0)


def lost_on(found: Collection[WalletFinding]) -> dict[int, int]:
    """The losses booked on each of these findings that has some, by its number."""
    losses = Loss.objects.filter(finding__in=[finding.pk for finding in found])
    rows = losses.values_list("finding").annotate(sum=Sum("credits")).order_by()
    return {number: credits for number, credits in rows if number}


def missed(api: str) -> list[tuple[WalletReading, WalletReading]]:
    """Quiet readings one after the other whose difference is not what the finding between them says: none.

    Unless somebody wrote past the studio. `housekeeping` keeps the readings that findings begin and end with.
    """
    found = dict(WalletFinding.objects.filter(api=api).values_list("until", "amount"))
    return [
        (first, second)
        for first, second in pairwise(quiet(api))
        if total(second) - total(first) != found.get(second.at, 0)
    ]
