"""The team's wallet at the provider, and which API this installation works with."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import (
    BigIntegerField,
    Case,
    Exists,
    Expression,
    F,
    Func,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils import timezone

from studio import remote
from studio.credits import findings
from studio.credits.models import Account, ApiUsed, Entry, Loss, WalletReading

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the books say beside the wallet at one moment, in credits.

    `spent` is what this API was paid in all, `open` how much more it may have taken for jobs under way, and
    `sent_since` tells when it is asked what the jobs cost that were sent after that moment.
    """

    spent: int
    open: int
    sent_since: Callable[[], int]


def api_in_use() -> str:
    """The name of the API that new jobs go to: its address, or `sandbox` until a key is there.

    A set-up that once had a key never falls back: without its key the line stops instead.
    """
    if remote.key():
        ApiUsed.objects.get_or_create(name=settings.STUDIO_API_URL)
        return str(settings.STUDIO_API_URL)
    return str(settings.STUDIO_API_URL) if ApiUsed.objects.exists() else remote.SANDBOX


def api_in_sql() -> Expression | Case:
    """The same name as a query's expression, which writes nothing: for pages that ask all the time."""
    real = Value(str(settings.STUDIO_API_URL))
    return (
        real
        if remote.key()
        else Case(When(Exists(ApiUsed.objects.all()), then=real), default=Value(remote.SANDBOX))
    )


def in_sandbox() -> bool:
    """Whether new jobs are drawn by the sandbox."""
    return api_in_use() == remote.SANDBOX


def in_sandbox_in_sql() -> Expression:
    """The same for a query, which writes nothing: which kind of account is in use."""
    return Case(When(Exists(ApiUsed.objects.all()), then=False), default=not remote.key())


def spent_in_sql(api: str) -> Expression:
    """What the real API was paid for pictures and for losses no finding shows, as part of a query.

    What was paid for pictures is what came into all real accounts less what they still have: a look at a few
    rows, where adding up the captures would read the whole ledger each time. That knows one real API; who adds
    what was paid to another address takes it off.
    """
    came_in = Entry.objects.filter(job=None, account__sandbox=False)
    there = Account.objects.filter(sandbox=False)
    lost = Loss.objects.filter(api=api, finding=None)
    return (
        sum_in_sql(came_in, F("d_available"))
        - sum_in_sql(there, F("available") + F("held"))
        + sum_in_sql(lost, F("credits"))
    )


def sum_in_sql(rows: "QuerySet[Any, Any]", figure: F | Combinable) -> Coalesce:
    """The sum of a figure over all these rows, as part of a query; 0 when there are none."""
    # Django's own Sum would group the rows.
    total = Func(figure, function="SUM", output_field=BigIntegerField())
    return Coalesce(Subquery(rows.order_by().annotate(total=total).values("total")), 0)


def read(api: str, under_way: Callable[[], Standing] | None = None) -> WalletReading:
    """Ask the provider and keep what it says beside the books; a change they don't explain becomes a finding.

    The books are asked before the wallet, and afterwards what was sent meanwhile: a race makes `open` more, and
    never hides that something is open. Reading and finding are written together, so each reading is looked at
    once. Of two processes that read at the same time the first keeps its reading, since nobody could say which
    of the balances is the older one; the second gets that too. Any `ImageAPIError` is the caller's to handle.
    """
    before = _newest(api)
    standing = under_way() if under_way else None
    at = timezone.now()
    balance = remote.named(api).balance().quantize(CENT)
    books = {} if standing is None else _books(standing)
    with transaction.atomic():
        if standing:
            findings.lock(api)
        newest = _newest(api)
        if newest and newest != before:
            return newest
        reading = WalletReading.objects.create(api=api, balance=balance, at=at, **books)
        findings.look(reading)
    return reading


def _books(standing: Standing) -> dict[str, int]:
    return {"spent": standing.spent, "open": standing.open + standing.sent_since()}


def _newest(api: str) -> WalletReading | None:
    """The reading that was written last, whatever the clock said."""
    return WalletReading.objects.filter(api=api).order_by("-pk").first()


def latest(api: str) -> WalletReading | None:
    """The newest reading there is."""
    return WalletReading.objects.filter(api=api).order_by("-at").first()
