"""The wallet read beside the books: what the provider was paid, and what it may have taken for jobs under way."""

from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from studio import remote
from studio.credits import wallet
from studio.credits.models import ApiUsed, WalletReading
from studio.jobs import evidence, moves
from studio.jobs.evidence import COST
from studio.jobs.models import Job, Line, Submit
from studio.jobs.states import WORKING, State


def read_wallet(api: str) -> WalletReading:
    """Read an API's wallet beside the books, and explain what can be. Any `ImageAPIError` is the caller's to handle.

    Play money has no books beside it.
    """
    if api == remote.SANDBOX:
        return wallet.read(api)
    reading = wallet.read(api, under_way=lambda: standing(api))
    evidence.explain(api)
    return reading


def standing(api: str) -> wallet.Standing:
    """What the books and the jobs say at this moment.

    From one query, so that all of it is of the same moment: between two of them a job that ends would be found
    neither under way nor paid.
    """
    newest = Submit.objects.filter(api=api).order_by("-pk").values("pk")[:1]
    spent, elsewhere, open_credits, mark = Line.objects.values_list(
        wallet.spent_in_sql(api),
        _captured_elsewhere(api),
        wallet.sum_in_sql(_open(timezone.now()), COST - F("captured")),
        Coalesce(Subquery(newest), 0),
    ).get()
    return wallet.Standing(
        spent=spent - elsewhere, open=open_credits, sent_since=lambda: _sent_since(api, mark)
    )


def _captured_elsewhere(api: str) -> Coalesce | Value:
    """What was paid for pictures to other real APIs; who only ever had one need not add up all jobs for that."""
    if not ApiUsed.objects.exclude(name=api).exists():
        return Value(0)
    others = Job.objects.filter(captured__gt=0).exclude(api__in=[api, remote.SANDBOX])
    return wallet.sum_in_sql(others, F("captured"))


def _open(now: datetime) -> "QuerySet[Job, Any]":
    """The jobs for which more may be taken than the books say: those under way, and those that ended a moment ago
    with fewer pictures than were ordered, until the provider has had the time to refund the others.

    An end far ahead was written by a clock that ran ahead, and is long past. Those of another real API count too:
    what they are paid in this moment is not told apart from what this one is.
    """
    under_way = Q(state__in=WORKING) | Q(state=State.UNKNOWN, settled_at=None)
    just_now = Q(due_at__gt=now - evidence.refunds(), due_at__lte=now + moves.LONGEST_WAIT)
    refunded = Q(just_now, state__in=evidence.ENDED, captured__lt=COST) & ~Q(task_id="")
    return Job.objects.filter(under_way | refunded).exclude(api=remote.SANDBOX)


def _sent_since(api: str, mark: int) -> int:
    """What the jobs cost that were sent after that submit."""
    sent = Submit.objects.filter(api=api, pk__gt=mark)
    return int(sent.aggregate(sum=Sum(F("job__price") * F("job__asked")))["sum"] or 0)
