"""Orders as the books see them, without jobs: for tests of what is made from entries."""

import hashlib
import uuid
from datetime import date

from studio.credits import ledger, periods


def booking(project: tuple[int, str] = (1, "General"), *, made: str = "generate") -> ledger.Booking:
    number, name = project
    return ledger.Booking(
        job=uuid.uuid4(), project_id=number, project_name=name, made=made, model_name="gemini-2.5-flash"
    )


def held(user, pictures: int = 1, project: tuple[int, str] = (1, "General")) -> ledger.Booking:
    """An order that is under way."""
    job = booking(project)
    ledger.hold(user, 5 * pictures, job)
    return job


def settled(job: ledger.Booking, *, of: int, delivered: int) -> None:
    ledger.settle(held=5 * of, captured=5 * delivered, pictures=delivered, booking=job)


def made(user, pictures: int = 1, project: tuple[int, str] = (1, "General"), delivered: int | None = None):
    """An order from hold to settlement."""
    job = held(user, pictures, project)
    settled(job, of=pictures, delivered=pictures if delivered is None else delivered)
    return job


def it_is(monkeypatch, day: str) -> None:
    """Let it be another day, for the books."""
    monkeypatch.setattr(periods, "today", lambda *_at: date.fromisoformat(day))


def digest(entries) -> str:
    """The hash of entries that their statement holds."""
    return hashlib.sha256("".join(entry.seal for entry in entries).encode()).hexdigest()
