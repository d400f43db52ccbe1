"""A clock that can be set to any moment of any time zone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone


class Calendar:
    """The studio's clock: it stands where a test sets it, in the studio's time zone."""

    def __init__(self, monkeypatch, settings) -> None:
        self._settings = settings
        self.moment = timezone.now()
        monkeypatch.setattr(timezone, "now", lambda: self.moment)

    def zone(self, name: str) -> None:
        """Move the studio to another time zone."""
        self._settings.TIME_ZONE = name

    def set(self, words: str) -> None:
        """Set it to a moment as the studio's people write it: "2026-11-01 00:00"."""
        self.moment = datetime.fromisoformat(words).replace(tzinfo=ZoneInfo(self._settings.TIME_ZONE))

    def forward(self, **time: float) -> None:
        """Put it forward, or back, by so many days, hours, minutes or seconds that really pass."""
        self.moment = self.moment.astimezone(ZoneInfo("UTC")) + timedelta(**time)


@pytest.fixture
def calendar(monkeypatch, settings):
    """The studio's clock, at noon of an ordinary day."""
    moved = Calendar(monkeypatch, settings)
    moved.set("2026-10-20 12:00")
    return moved
