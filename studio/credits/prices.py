"""What a credit costs in money, from a day on. Amounts are exact, and currencies are never added to each other."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from studio.accounts.models import User
from studio.credits import ledger
from studio.credits.models import Change, Price
from studio.credits.periods import DAY, Period, next_month

Money = Mapping[str, Decimal]
"""Amounts by currency (ISO 4217)."""


def versions() -> list[Price]:
    """Every price there was and will be, by its start."""
    return list(Price.objects.select_related("by"))


def on(day: date, known: Iterable[Price]) -> Price | None:
    """The price that held on a day, of `versions`; None before the first."""
    return max((price for price in known if price.start <= day), key=lambda price: price.start, default=None)


def segments(period: Period) -> list[tuple[Period, Price]]:
    """The parts of a period in which one price held each, oldest first; days before the first price are left out."""
    known = [price for price in versions() if price.start <= period.last]
    # Each lasts until the next one begins, the newest to the end.
    ends = [*(later.start - DAY for later in known[1:]), period.last]
    parts = [
        (Period(max(price.start, period.first), end), price) for price, end in zip(known, ends, strict=False)
    ]
    return [(part, price) for part, price in parts if part.first <= part.last]


def worth(used: Iterable[tuple[date, int]], known: Iterable[Price]) -> dict[str, Decimal]:
    """What credits cost that were used on these days."""
    prices, money = list(known), defaultdict[str, Decimal](Decimal)
    for day, credits in used:
        if price := on(day, prices):
            money[price.currency] += credits * price.amount
    return dict(money)


def words(money: Money) -> str:
    """Amounts for people: "12.00 EUR", with up to four decimals when there is something in them; "" for none."""
    return " + ".join(f"{_exact(amount)} {currency}" for currency, amount in sorted(money.items()))


def _exact(amount: Decimal) -> str:
    """All of its decimals, at least two."""
    digits = f"{amount:,.4f}"
    return digits.removesuffix("00") if digits.endswith("00") else digits.rstrip("0")


def set_price(*, start: date, amount: Decimal, currency: str, by: User) -> Price:
    """Let a credit cost something else from a day on. A closed month keeps its own: ValidationError for its days."""
    with transaction.atomic():
        if closed := _closed_for_good(start):
            raise ValidationError({"start": f"{closed:%B %Y} is closed and keeps its price. Start later."})
        before = on(start, versions())
        price = Price.objects.filter(start=start).first() or Price(start=start)
        price.amount, price.currency, price.by = amount, currency.upper(), by
        price.full_clean()
        price.save()
        Change.objects.create(
            of=Change.Of.PRICE,
            before=f"{_exact(before.amount)} {before.currency}" if before else "",
            after=f"{_exact(amount)} {price.currency} a credit from {start:%-d %B %Y}",
            actor=by,
        )
    return price


def take_back(price: Price, *, by: User) -> None:
    """Remove a price, as if it had not been set; ValidationError when a closed month has days of it."""
    with transaction.atomic():
        if closed := _closed_for_good(price.start):
            raise ValidationError(f"{closed:%B %Y} is closed and keeps its price.")
        # As it is now: somebody may have changed it a moment ago.
        now = Price.objects.filter(pk=price.pk).first()
        if now is None:
            return
        now.delete()
        Change.objects.create(
            of=Change.Of.PRICE,
            before=f"{_exact(now.amount)} {now.currency} a credit from {now.start:%-d %B %Y}",
            after="Removed",
            actor=by,
        )


def open_from() -> date | None:
    """The first day whose price can be changed; None when every day's can."""
    closed = ledger.last_closed_month()
    return next_month(closed) if closed else None


def _closed_for_good(start: date) -> date | None:
    """The last closed month when it has this day; else None, until the transaction ends."""
    # Who closes a month holds the same lock while it has its last look at the prices.
    ledger.lock_all()
    closed = ledger.last_closed_month()
    return closed if closed and start < next_month(closed) else None
