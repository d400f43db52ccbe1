"""What the jobs say of a change of the wallet: answers that were lost in its time, orders that came home short."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q, QuerySet

from studio.credits import reconcile
from studio.credits.models import Loss, WalletFinding
from studio.jobs.models import Job
from studio.jobs.moves import GIVEN_UP
from studio.jobs.states import WORKING, State

# Of orders that came to rest, `due_at` is the moment of it, and the index knows it by state.
ENDED = {State.DONE, State.FAILED}
COST = F("price") * F("asked")
# As far as the clocks of two machines may be apart.
CLOCKS = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The orders that may have to do with a finding.

    `lost`: their answers were lost, or they were given up, and nobody knows whether the provider took their cost.
    `coming`: such answers that came late after all, so that the order will explain itself. `short`: the provider
    took these orders and delivered less; it may not have refunded the rest.
    """

    lost: tuple[Job, ...]
    coming: tuple[Job, ...]
    short: tuple[Job, ...]

    @property
    def costs(self) -> dict[UUID, int]:
        """What each order with a lost answer may have taken."""
        return {job.pk: job.cost for job in self.lost}


def refunds() -> timedelta:
    """For how long the provider may take to give back what a failed order cost."""
    return timedelta(seconds=settings.STUDIO_REFUND_SECONDS)


def of(finding: WalletFinding) -> Evidence:
    """The evidence for one finding: credits go back while nothing is read as quiet, so the window has them all."""
    window = {"settled_at__gt": finding.since, "settled_at__lte": finding.until}
    # What was lost before was under way then, and the reading would not have been quiet; but for two clocks.
    lost = unanswered(finding.api, finding.since - CLOCKS, finding.until)
    given_back = list(lost.filter(**window).order_by("sent_at"))
    ended = Job.objects.filter(
        api=finding.api, state__in=ENDED, due_at__gt=finding.since - refunds(), due_at__lte=finding.until
    )
    return Evidence(
        lost=_not_booked(job for job in given_back if job.state in {State.UNKNOWN, State.FAILED}),
        coming=tuple(job for job in given_back if job.state in WORKING),
        short=_not_booked(
            ended.exclude(task_id="")
            .exclude(state=State.FAILED, reason_code=GIVEN_UP)
            .filter(captured__lt=COST)
            .select_related("owner")
        ),
    )


def unanswered(api: str, since: datetime, until: datetime) -> "QuerySet[Job, Any]":
    """The orders whose answer was lost in this time, or that were given up in it, and all whose answer came after
    their credits had gone back.
    """
    # `due_at` of a lost order is when it was lost, and has an index; of one given up when that was.
    window = Q(due_at__gt=since, due_at__lte=until)
    lost = window & (Q(state=State.UNKNOWN) | Q(state=State.FAILED, reason_code=GIVEN_UP))
    late = Q(state__in=[State.MAKING, State.SAVING], settled_at__isnull=False)
    return Job.objects.filter(lost | late, api=api).select_related("owner")


def _not_booked(jobs: Iterable[Job]) -> tuple[Job, ...]:
    """Those without a loss in the books."""
    found = list(jobs)
    booked = set(Loss.objects.filter(job__in=[job.pk for job in found]).values_list("job", flat=True))
    return tuple(job for job in found if job.pk not in booked)


def explain(api: str) -> None:
    """Decide the findings that only lost answers can explain, so that admins are asked about the others."""
    for finding in WalletFinding.objects.filter(api=api, verdict="", amount__lt=0):
        found = of(finding)
        others = bool(found.short or found.coming)
        if decision := reconcile.certainty(finding, found.costs, others=others):
            # An admin, or a picture that came late, may be a moment ahead; the next reading looks again.
            with suppress(reconcile.Decided, reconcile.TooMuch):
                reconcile.decide(finding.pk, decision, by=None)
