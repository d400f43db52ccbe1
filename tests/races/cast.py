"""What races begin with and what is looked at when they are over. All of it runs in processes, and speaks JSON."""

from datetime import UTC, datetime
from unittest.mock import patch

from django.db.models import Count
from django.utils import timezone

from studio.accounts.models import User
from studio.credits import audit, ledger, seals
from studio.credits.models import Entry
from studio.jobs.models import Job
from tests.conftest import person


def at(year: int, month: int):
    """The first seconds of a month."""
    moment = datetime(year, month, 1, 0, 0, 3, tzinfo=UTC)
    return patch.object(timezone, "now", lambda: moment)


def member(name: str = "Maya", **fields) -> int:
    """A member of the team; limited when `credits` are given. Their number."""
    return person(name, **fields).pk


def jobs(owner: int) -> dict[str, int]:
    """How many of a member's jobs are in each state."""
    rows = Job.objects.filter(owner=owner).values_list("state")
    return dict(rows.annotate(number=Count("pk")).order_by())


def books(owner: int) -> dict[str, int]:
    """A member's account: its sums, and how many entries it has of each kind. Nobody's books are wrong."""
    assert not audit.drift().exists()
    chain = Entry.objects.order_by("id").values_list("id", "seal", *seals.SEALED)
    assert list(seals.broken(chain)) == []
    account = ledger.account_of(User.objects.get(pk=owner))
    entries = account.entries.values_list("kind").annotate(number=Count("pk")).order_by()
    return {"available": account.available, "held": account.held, **dict(entries)}
