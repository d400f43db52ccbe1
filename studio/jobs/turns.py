"""Whose turn it is: the order of the line, and how people change it."""

import enum
import heapq
import uuid
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from django.db import transaction
from django.db.models import Max, OuterRef, Subquery
from django.utils import timezone

from studio.accounts.models import User
from studio.credits import wallet
from studio.jobs.models import Job, Line
from studio.jobs.states import State

log = structlog.get_logger(__name__)
# What tells two moments apart.
TICK = timedelta(microseconds=1)
# Another process may have sent by a clock that is a little ahead.
AHEAD = timedelta(seconds=1)


class To(enum.StrEnum):
    """Where a job may go among those of its owner."""

    SOONER = "sooner"
    LATER = "later"
    TOP = "top"


class Waiting(NamedTuple):
    """What the order of the line needs to know of a job, once they come as they were queued."""

    id: uuid.UUID
    owner_id: int
    first_at: datetime | None = None


def turns(waiting: Sequence[Waiting], served: Mapping[int, datetime]) -> list[Waiting]:
    """The order: what was moved first, the latest such move at the head, then fair turns.

    `waiting` comes as it was queued. Whoever's job was moved first has had a turn when it is sent, as with any other.
    """
    moved = [(job.first_at, job) for job in waiting if job.first_at]
    head = [job for _at, job in sorted(moved, reverse=True)]
    last = {owner: when.timestamp() for owner, when in served.items()}
    latest = max(last.values(), default=0.0)
    last |= {job.owner_id: latest + place for place, job in enumerate(head, 1)}
    return head + _fair([job for job in waiting if not job.first_at], last)


def _fair(waiting: Sequence[Waiting], served: Mapping[int, float]) -> list[Waiting]:
    """The member served longest ago goes first, and among their jobs the one queued first.

    Who was never served goes before everyone who was, the earliest order first.
    """
    own: dict[int, deque[Waiting]] = defaultdict(deque)
    for job in waiting:
        own[job.owner_id].append(job)
    # Who comes first in `own` ordered first: that decides where nothing else does.
    heap = [(owner in served, served.get(owner, 0.0), place, owner) for place, owner in enumerate(own)]
    heapq.heapify(heap)
    order: list[Waiting] = []
    last = max(served.values(), default=0.0)
    while heap:
        *_, place, owner = heapq.heappop(heap)
        order.append(own[owner].popleft())
        last += 1
        if own[owner]:
            heapq.heappush(heap, (True, last, place, owner))
    return order


def order() -> list[uuid.UUID]:
    """The jobs that wait for the API in use, in the order in which they will be sent."""
    return [job.id for job in in_turn()]


def in_turn(*also: Waiting) -> list[Waiting]:
    """The same with whose they are, and with what somebody might order now."""
    # Of two that were queued at once the owner decides, so that it changes nothing which of their jobs it is.
    rows = Job.objects.filter(state=State.WAITING, api=wallet.api_in_use())
    waiting = [
        *(Waiting(*row) for row in rows.order_by("queued_at", "owner", "id").values_list(*Waiting._fields)),
        *also,
    ]
    return turns(waiting, _served({job.owner_id for job in waiting}))


def _served(owners: Iterable[int]) -> dict[int, datetime]:
    """When members last had a turn; who never had one is left out.

    A turn of the future was had before the clock went back: who had it would else come last until then.
    """
    sent = Job.objects.filter(owner=OuterRef("pk"), sent_at__lte=timezone.now() + AHEAD).order_by("-sent_at")
    # The newest of each by their index: to group all that members ever sent takes longer year after year.
    people = User.objects.filter(pk__in=owners).annotate(last=Subquery(sent.values("sent_at")[:1]))
    return dict(people.exclude(last=None).values_list("pk", "last"))


def reorder(job_id: uuid.UUID, to: To, *, by: User) -> bool:
    """Move a job that waits among its owner's own; False when it does not wait any more.

    They swap the moments at which they were queued, and only these: nobody gains on other members by it.
    """
    with transaction.atomic():
        # Whoever takes the next job has this lock as well: a job that waits now is not sent before we are done.
        Line.objects.select_for_update().get()
        job = Job.objects.get(pk=job_id)
        jobs = Job.objects.select_for_update().filter(owner=job.owner_id, api=job.api, state=State.WAITING)
        own = list(jobs.filter(first_at=None).order_by("queued_at", "id"))
        if job not in own:
            return jobs.filter(pk=job_id).exists()
        moved = _moved(own, own.index(job), to)
        changed = [one for one, at in zip(moved, _moments(own), strict=True) if _queue(one, at)]
        Job.objects.bulk_update(changed, ["queued_at"], batch_size=200)
    log.info("reordered", job=str(job_id), to=to.value, owner=job.owner_id, by=by.pk)
    return True


def _moved(own: Sequence[Job], at: int, to: To) -> list[Job]:
    """A member's jobs with the one at a place put elsewhere; who is at the end already stays there."""
    place = {To.SOONER: max(0, at - 1), To.LATER: at + 1, To.TOP: 0}[to]
    moved = [*own[:at], *own[at + 1 :]]
    moved.insert(place, own[at])
    return moved


def _moments(own: Iterable[Job]) -> list[datetime]:
    """The moments at which a member's jobs were queued, no two the same."""
    moments: list[datetime] = []
    for job in own:
        moments.append(max(job.queued_at, moments[-1] + TICK) if moments else job.queued_at)
    return moments


def _queue(job: Job, at: datetime) -> bool:
    """Give a job its place; False when it has it."""
    changed = job.queued_at != at
    job.queued_at = at
    return changed


def move_first(job_id: uuid.UUID, *, by: User) -> bool:
    """Move a job that waits before everything else, also before what was moved first earlier; False when too late."""
    with transaction.atomic():
        Line.objects.select_for_update().get()
        waiting = Job.objects.filter(state=State.WAITING)
        latest, now = waiting.aggregate(latest=Max("first_at"))["latest"], timezone.now()
        # Also when the clock has gone back since then.
        at = max(now, latest + TICK) if latest else now
        moved = bool(waiting.filter(pk=job_id).update(first_at=at, first_by=by))
    log.info("moved first" if moved else "too late to be moved first", job=str(job_id), by=by.pk)
    return moved


def put_back(job_id: uuid.UUID, *, by: User) -> bool:
    """Let a job that was moved first wait where it stood; False when too late."""
    with transaction.atomic():
        Line.objects.select_for_update().get()
        waiting = Job.objects.filter(pk=job_id, state=State.WAITING)
        moved = bool(waiting.update(first_at=None, first_by=None))
    log.info("put back" if moved else "too late to be put back", job=str(job_id), by=by.pk)
    return moved
