"""The only writer of a job's state: every move is one conditional UPDATE, fenced by state and lease."""

import uuid
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from studio import remote
from studio.credits import ledger, reconcile
from studio.credits.models import Loss
from studio.jobs import leases
from studio.jobs.models import Job, Output
from studio.jobs.states import AT_REST, State, sources_of

log = structlog.get_logger(__name__)
# No due time is set further ahead than this: one that is was written by a clock that ran ahead.
LONGEST_WAIT = timedelta(seconds=600)
DUE = F("due_at")
# A wake-up may come a moment early.
EARLY = timedelta(seconds=0.05)
# So many times a sender's lease may be found to have run out: a clock that jumps ahead and back again does it twice.
DOUBTS = 2
# The reason of an order that an admin waited for no longer.
GIVEN_UP = "given_up"


def lease_length() -> timedelta:
    """How long a worker may work on a job before another one takes over."""
    return timedelta(seconds=settings.STUDIO_LEASE_SECONDS)


def last_while() -> timedelta:
    """How long a sender whose lease ran out has to say that it lives; one of its submits may last two of these."""
    return timedelta(seconds=settings.STUDIO_POST_SECONDS / DOUBTS + 2)


def due(now: datetime) -> Q:
    """Jobs whose next look has come, or lies impossibly far ahead."""
    return Q(due_at__lte=now + EARLY) | Q(due_at__gt=now + LONGEST_WAIT)


def unleased(now: datetime) -> Q:
    """Jobs nobody works on; a lease much longer than leases are was written by a clock that ran ahead.

    Much longer, since one taken by somebody else after we read the clock ends after ours would.
    """
    return Q(lease_until=None) | Q(lease_until__lte=now) | Q(lease_until__gt=now + 2 * lease_length())


def claim(job_id: uuid.UUID, state: State) -> Job | None:
    """Take the lease of a job that is due in this state, and say so with the job; None when somebody else was first."""
    now = timezone.now()
    token = leases.new()
    taken = Job.objects.filter(due(now), unleased(now), pk=job_id, state=state).update(
        lease_token=token, lease_until=now + lease_length()
    )
    return Job.objects.select_related("owner").get(pk=job_id) if taken else None


def claim_due(
    state: State, most: int, *, first: F | Coalesce = DUE, apart_from: Collection[str] = ()
) -> list[Job]:
    """Take the leases of jobs that are due in this state, at most so many, by one UPDATE however many they are.

    `first`: the moment that says who comes before whom. `apart_from`: names of APIs whose jobs are left alone.
    """
    now = timezone.now()
    ready = Job.objects.filter(due(now), unleased(now), state=state).exclude(api__in=apart_from)
    soonest = ready.order_by(first.asc(nulls_last=True), "due_at").values_list("pk", flat=True)
    # Asked first, since a write waits for all other writes and mostly nothing is due.
    if not soonest[:1]:
        return []
    token = leases.new()
    with transaction.atomic():
        # What another worker takes at this moment is passed over where the database can: of four workers' claims one
        # in two found all of its jobs taken before.
        ids = list(soonest.select_for_update(skip_locked=True)[:most])
        Job.objects.filter(pk__in=ids).update(lease_token=token, lease_until=now + lease_length())
    return list(Job.objects.filter(pk__in=ids, lease_token=token).select_related("owner"))


def next_due(state: State) -> datetime | None:
    """When the next job in this state is due that nobody works on; None when there is none."""
    waiting = Job.objects.filter(state=state, lease_until=None)
    return waiting.order_by("due_at").values_list("due_at", flat=True).first()


def each(jobs: Iterable[Job], step: Callable[[Job], object]) -> None:
    """Take a step with each job; one that can't be dealt with must not hold up the others."""
    for job in jobs:
        try:
            step(job)
        except Exception:
            log.exception("a job can't be dealt with", job=str(job.pk), state=job.state)


def renew(job: Job) -> bool:
    """Lengthen the lease before a long piece of work, which ends every doubt; False when it is lost."""
    return note(job, lease_until=timezone.now() + lease_length(), doubts=0)


def take_over(job: Job) -> bool:
    """Take the lease from a sender who let it run out, once that was found several times; False while in doubt.

    A clock that jumps ends leases that were taken a moment before, by senders who live and are about to send: so each
    time a last while begins, and together these are longer than a submit can take. From then on the sender can't.
    """
    now, token = timezone.now(), leases.new()
    # Asked anew: the clock may have jumped, or the sender renewed its lease, since the job was read.
    overdue = Job.objects.filter(unleased(now), pk=job.pk, state=job.state, lease_token=job.lease_token)
    if overdue.filter(doubts__gte=DOUBTS).update(lease_token=token, lease_until=now + lease_length()):
        job.lease_token = token
        return True
    overdue.update(doubts=F("doubts") + 1, lease_until=now + last_while())
    return False


def note(job: Job, **changes: Any) -> bool:
    """Write facts about a job whose lease we hold, without moving it; False when the lease is lost."""
    return bool(Job.objects.filter(pk=job.pk, lease_token=job.lease_token, state=job.state).update(**changes))


def let_go(job: Job, due_at: datetime, **changes: Any) -> bool:
    """Give the lease back and say when to look again."""
    return note(job, lease_token=None, lease_until=None, due_at=due_at, **changes)


def move(job: Job, to: State, **changes: Any) -> bool:
    """Bring a job to a state if it is in one that leads there and its lease is still the one we know.

    The lease ends with the move unless `changes` sets a new one. Returns whether we were the one to move it.
    """
    now = timezone.now()
    fresh: dict[str, Any] = {
        "state": to,
        "state_at": now,
        "due_at": now,
        "lease_token": None,
        "lease_until": None,
        "doubts": 0,
    }
    fence = Job.objects.filter(pk=job.pk, state__in=sources_of(to), lease_token=job.lease_token)
    moved = bool(fence.update(**(fresh | changes)))
    log.info(
        "job moved" if moved else "job not moved",
        job=str(job.pk),
        to=to.value,
        why=changes.get("reason_code"),
    )
    return moved


def end(job: Job, to: State, **changes: Any) -> bool:
    """Bring a job to rest and settle its hold: what was delivered is paid, the rest goes back, in one transaction."""
    with transaction.atomic():
        if not move(job, to, finished_at=timezone.now(), **changes):
            return False
        _settle(Job.objects.get(pk=job.pk))
    return True


def give_back(job: Job) -> bool:
    """Release the hold of a job whose answer was lost; should its pictures still come, the team bears their cost."""
    with transaction.atomic():
        row = Job.objects.select_for_update().get(pk=job.pk)
        if row.state != State.UNKNOWN or row.settled_at:
            return False
        _settle(row)
    log.info("credits of an unknown job given back", job=str(job.pk), credits=job.cost)
    return True


def booking(job: Job) -> ledger.Booking:
    """What the books say of a job."""
    return ledger.Booking(
        job=job.pk,
        project_id=job.project_id,
        project_name=job.project_name,
        made=job.made,
        model_name=job.model_name,
    )


def _settle(job: Job) -> None:
    """Book a job's end once; one given back before stays as it was booked then, and what came late is the team's."""
    if job.settled_at:
        _lose_late(job)
        return
    captured = job.price * job.delivered
    ledger.settle(held=job.cost, captured=captured, pictures=job.delivered, booking=booking(job))
    Job.objects.filter(pk=job.pk).update(settled_at=timezone.now(), captured=captured)
    credits, why = _made_in_vain(job)
    # Play money is not lost.
    if job.api != remote.SANDBOX:
        ledger.lose(job.pk, credits, api=job.api, why=why)


def _lose_late(job: Job) -> None:
    """All that was made for a job whose credits went back is the team's loss, the pictures that came too."""
    in_vain, why = _made_in_vain(job)
    if job.api != remote.SANDBOX and job.settled_at:
        reconcile.lose_late(
            job.pk,
            in_vain + job.price * job.delivered,
            api=job.api,
            why=Loss.Why.LATE if job.delivered else why,
            given_back=job.settled_at,
        )


def _made_in_vain(job: Job) -> tuple[int, Loss.Why]:
    """The credits that pictures cost which were made, and so paid for, but are not home when a job ends; and why."""
    made = list(job.outputs.filter(saved_at=None).values_list("trouble", flat=True))
    if job.reason_code == "expired" and not (made or job.delivered):
        return job.cost, Loss.Why.EXPIRED
    unusable = {Output.Trouble.REFUSED, Output.Trouble.UNUSABLE}.issuperset(made)
    unusable |= job.reason_code == GIVEN_UP
    lost = job.price * len(made) if job.state in AT_REST else 0
    return lost, Loss.Why.UNUSABLE if unusable else Loss.Why.EXPIRED
