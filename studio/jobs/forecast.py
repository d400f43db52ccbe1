"""What people are told about time: when a job starts and when it will be ready. Never invented, to the minute."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from weakref import WeakKeyDictionary

from django.db.models import Subquery
from django.http import HttpRequest
from django.utils import timezone

from gallery.models import Image
from studio.accounts.models import User
from studio.credits import wallet
from studio.imageapi import GEMINI_25_FLASH
from studio.jobs import making, pace, turns
from studio.jobs.models import Heard, Job, Line

HALF_A_MINUTE = timedelta(seconds=30)


class Turn(NamedTuple):
    """A job's place in the line, from 1, and when it will start; None while that can't be said.

    `among_own` is its place among those of its owner, from 1; 0 when it was moved before all of them.
    """

    place: int
    start: datetime | None
    owner_id: int
    among_own: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """The line at a moment: what holds it up, and the turn of everyone who waits, in the order of the line.

    It is `delayed` when nobody is there who could send.
    """

    line: Line
    turns: dict[uuid.UUID, Turn]
    delayed: bool = False


# What one request shows it shows in several places: the line is worked out once for all of them.
_schedules: WeakKeyDictionary[HttpRequest, Schedule] = WeakKeyDictionary()


def of(request: HttpRequest) -> Schedule:
    """The line as a request found it."""
    if request not in _schedules:
        _schedules[request] = schedule()
    return _schedules[request]


def schedule(*also: turns.Waiting) -> Schedule:
    """The line as it stands now, or as it would with what somebody might order."""
    worker = Heard.objects.filter(name="worker")
    line = Line.objects.annotate(heard=Subquery(worker.values("at"))).get()
    now, jobs = timezone.now(), turns.in_turn(*also)
    delayed = is_dead(line.heard, now)
    starts: Sequence[datetime | None] | None = None
    if jobs and not line.stop and not delayed:
        starts = pace.expected_starts(line, wallet.api_in_use(), now, len(jobs))
    return Schedule(line, _turns(jobs, starts or [None] * len(jobs)), delayed)


def is_dead(heard: datetime | None, now: datetime) -> bool:
    """Whether the last worker died; one that was never heard of may be about to start."""
    return heard is not None and now - heard >= Heard.SILENT


def _turns(jobs: Sequence[turns.Waiting], starts: Sequence[datetime | None]) -> dict[uuid.UUID, Turn]:
    found, own = dict[uuid.UUID, Turn](), Counter[int]()
    for place, (job, start) in enumerate(zip(jobs, starts, strict=True), 1):
        own[job.owner_id] += not job.first_at
        found[job.id] = Turn(place, start, job.owner_id, 0 if job.first_at else own[job.owner_id])
    return found


@dataclass(frozen=True, slots=True)
class Prospect:
    """An order that nobody has made, and the turn it would have."""

    job: Job
    turn: Turn


def if_ordered(owner: User, pictures: int = 1, *, edit: bool = False) -> Prospect:
    """What a member's order of so many pictures would have before it if it were made now."""
    made = Image.Kind.EDIT if edit else Image.Kind.GENERATE
    job = Job(model_name=GEMINI_25_FLASH.name, made=made, asked=pictures, api=wallet.api_in_use())
    asked = turns.Waiting(job.pk, owner.pk)
    return Prospect(job, schedule(asked).turns[asked.id])


def ready(job: Job, turn: Turn) -> datetime | None:
    """When a job will be ready: half of those like it were by then, counted from when they were sent."""
    return turn.start and turn.start + timedelta(seconds=making.of(job).middle)


def usually(job: Job) -> str:
    """How long it usually takes, in words: as half and as nine in ten of the last ones did, else as documented."""
    times = making.of(job)
    least, most = (max(1, round(seconds)) for seconds in _range(times))
    return f"usually {least} s" if least == most else f"usually {least}–{most} s"


def _range(times: making.Times) -> tuple[float, float]:
    return (times.middle, times.high) if times.learned else (times.taken[0], times.taken[-1])


def clock(moment: datetime | None) -> str:
    """A time of day to the minute, rounded up: what is promised comes no later."""
    return about(moment + HALF_A_MINUTE - turns.TICK) if moment else ""


def about(moment: datetime | None) -> str:
    """The nearest minute as a time of day."""
    return f"{timezone.localtime(moment + HALF_A_MINUTE):%H:%M}" if moment else ""
