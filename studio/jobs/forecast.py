"""What people are told about time: when a job starts and when it will be ready. Never invented, rounded to minutes."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from studio.credits import wallet
from studio.imageapi import GEMINI_25_FLASH
from studio.jobs import pace, turns, watch
from studio.jobs.models import Job, Line


@dataclass(frozen=True, slots=True)
class Turn:
    """A job's place in the line, from 1, and when it will start; None while that can't be said."""

    place: int
    start: datetime | None


def schedule() -> dict[uuid.UUID, Turn]:
    """Every waiting job's turn, in the order of the line."""
    jobs = turns.order()
    return dict(
        zip(jobs, (Turn(place, start) for place, start in enumerate(_starts(len(jobs)), 1)), strict=True)
    )


def _starts(count: int) -> list[datetime | None]:
    """When the next jobs start; unknown while the line is stopped."""
    row = Line.objects.get()
    if row.stop:
        return [None] * count
    now, api = timezone.now(), wallet.api_in_use()
    starts = pace.next_starts(row, api, now, count) if count else []
    # Who waits for an answer is told what holds if it comes now: its slot is free a window later.
    most, known = pace.allowed(row, api, now), list[datetime]()
    for place, start in enumerate(starts):
        before = known[place - most] if place >= most else now
        known.append(start or before + pace.window())
    return [*known]


def ready_if_ordered_now(pictures: int = 1) -> datetime | None:
    """When pictures would be ready that are ordered now and wait behind everyone; None while the line is stopped."""
    start = _starts(len(turns.order()) + 1)[-1]
    job = Job(model_name=GEMINI_25_FLASH.name, asked=pictures, api=wallet.api_in_use())
    return start and start + timedelta(seconds=sum(watch.usual(job)) / 2)


def usually(job: Job) -> str:
    """How long it usually takes, in words."""
    least, most = (max(1, round(seconds)) for seconds in watch.usual(job))
    return f"usually {least} s" if least == most else f"usually {least}–{most} s"


def clock(moment: datetime | None) -> str:
    """A time of day to the minute, rounded up so that nobody waits longer than told."""
    if moment is None:
        return ""
    return f"{timezone.localtime(moment + timedelta(seconds=59.999)):%H:%M}"
