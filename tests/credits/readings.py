"""Readings of a wallet as the studio keeps them, for tests of what they show."""

from datetime import timedelta

from django.utils import timezone

from studio.credits import findings
from studio.credits.models import WalletFinding, WalletReading

API = "https://api.example.com"


def read(balance, spent: int | None = 0, going: int | None = 0, *, hours: float = 0) -> WalletReading:
    """A reading with so much under way, and what comes of it; hours ago, or now."""
    at = timezone.now() - timedelta(hours=hours)
    if spent is None:
        going = None
    reading = WalletReading.objects.create(api=API, balance=balance, spent=spent, open=going, at=at)
    reading.refresh_from_db()
    findings.look(reading)
    return reading


def amounts() -> list[float]:
    """The findings, oldest first."""
    return [float(amount) for amount in WalletFinding.objects.order_by("pk").values_list("amount", flat=True)]
