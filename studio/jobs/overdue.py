"""Orders that should be home by now: paid for and not saved, or without any news. Tried at once, or given up."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from studio.accounts.models import User
from studio.jobs import moves, watch
from studio.jobs.models import Job
from studio.jobs.moves import GIVEN_UP
from studio.jobs.states import State

log = structlog.get_logger(__name__)
# The provider throws results away after 24 hours: admins are told when half of that is gone, and late.
ALARMS = (12, 20)
# What takes no longer is on its way.
SOON = timedelta(minutes=2)
UNDER_WAY = (State.MAKING, State.SAVING)


def not_saved(now: datetime) -> "QuerySet[Job, Any]":
    """Orders that were made, and so paid for, whose pictures are not all home; what expires first comes first."""
    saving = Q(state=State.SAVING, state_at__lte=now - SOON)
    handed_over = Q(state=State.MAKING, empty_since__lte=now - SOON)
    return Job.objects.filter(saving | handed_over).order_by("sent_at")


def stalled(now: datetime) -> "QuerySet[Job, Any]":
    """Orders in the making of which nobody knows whether they ever come, the oldest first."""
    quiet = Job.objects.filter(state=State.MAKING, empty_since=None, sent_at__lte=now - watch.STALLED)
    return quiet.order_by("sent_at")


def older_than(hours: int, now: datetime) -> "QuerySet[Job, Any]":
    """Orders sent so long ago that are not home yet."""
    return Job.objects.filter(state__in=UNDER_WAY, sent_at__lte=now - timedelta(hours=hours))


def to_alarm(hours: int, now: datetime) -> list[Job]:
    """The orders of which admins are to be told now that they are not home for so long; each is given out once."""
    # A clock that ran ahead has told of them too early.
    young = Job.objects.filter(state__in=UNDER_WAY, sent_at__gt=now - timedelta(hours=hours))
    young.filter(alarmed__gte=hours).update(alarmed=0)
    found = older_than(hours, now).filter(alarmed__lt=hours).select_related("owner").order_by("sent_at")
    return [job for job in found if Job.objects.filter(pk=job.pk, alarmed__lt=hours).update(alarmed=hours)]


def try_now(job_id: UUID) -> bool:
    """Have an order looked at, or saved, at once. False when somebody does at this moment, or it is over."""
    now = timezone.now()
    free = Job.objects.filter(moves.unleased(now), pk=job_id, state__in=UNDER_WAY)
    return bool(free.update(due_at=now))


def may_be_given_up(job: Job, now: datetime) -> bool:
    """Whether it has taken so long that to wait on is a person's choice."""
    return job.state in UNDER_WAY and now - (job.sent_at or now) >= watch.STALLED


def give_up(job_id: UUID, *, by: User) -> bool:
    """Wait no longer for an order: its owner pays for what is home, the rest goes back. False when it is too late.

    What its pictures cost that were made and are not home is the team's loss. Whether an order without any news was
    paid for only the wallet shows, as with a lost answer.
    """
    now = timezone.now()
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        if not may_be_given_up(job, now):
            return False
        log.warning("given up", job=str(job.pk), by=by.pk, state=job.state)
        late = bool(job.delivered and job.settled_at)
        return moves.end(
            job,
            State.DONE if job.delivered else State.FAILED,
            reason_code="late" if late else GIVEN_UP,
            reason=f"{by} gave this order up after {waited(job, now)}: {_why(job)}."[:400],
        )


def waited(job: Job, now: datetime) -> str:
    """How long ago it was sent: "40 min", "3 h 5 min"."""
    minutes = int((now - (job.sent_at or now)) / timedelta(minutes=1))
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{minutes} min"


def _why(job: Job) -> str:
    if job.state == State.SAVING:
        return "its pictures could not be fetched"
    return "the API never handed its pictures over" if job.empty_since else "there was no news of it"
