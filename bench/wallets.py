"""The team's wallet as it was read, and what its changes tell."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from bench.written import Written, moment
from studio.credits.models import WalletFinding


def readings_of(day: date, today: date) -> list[tuple]:
    """When the wallet was read: in the evening, and in the last week every five minutes."""
    seconds = [17 * 3600.0]
    if (today - day).days < 7:
        seconds = [300.0 * number for number in range(17 * 12)]
    now = timezone.now()
    return [(at, read) for at in (moment(day, second) for second in seconds) if at < now]


def read(written: Written, at: datetime) -> None:
    """A reading; an empty wallet is topped up before it."""
    wallet = written.wallet
    if wallet.balance < 2000:
        wallet.balance += 100_000
    # The provider takes an order's price when it is sent.
    balance = wallet.balance - wallet.open
    what = {"balance": Decimal(balance), "spent": wallet.spent, "open": wallet.open}
    written.readings.add(api=settings.STUDIO_API_URL, at=at, **what)
    if not wallet.open:
        find(written, at, balance)


def find(written: Written, at: datetime, balance: int) -> None:
    """What the books don't explain between two readings with nothing under way; the newest nobody has looked at."""
    wallet = written.wallet
    since, before, spent = wallet.quiet or (at, balance, wallet.spent)
    wallet.quiet = at, balance, wallet.spent
    if not (amount := balance + wallet.spent - before - spent):
        return
    fresh = timezone.now() - at < timedelta(days=5)
    verdict = WalletFinding.Verdict.TOP_UP if amount > 0 else WalletFinding.Verdict.OUTSIDE
    decided = {} if fresh else {"verdict": verdict.value, "decided_by_id": written.admin.pk, "decided_at": at}
    written.findings.add(
        api=settings.STUDIO_API_URL,
        amount=Decimal(amount),
        since=since,
        until=at,
        balance_before=Decimal(before),
        balance_after=Decimal(balance),
        **decided,
    )
