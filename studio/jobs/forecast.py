"""What people are told about time: when a job starts and when it will be ready. Never invented, rounded to minutes."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from studio import remote
from studio.credits import wallet
from studio.imageapi import GEMINI_25_FLASH
from studio.jobs import line, pace, watch
from studio.jobs.models import Job, Line


@dataclass(frozen=True, slots=True)
class Turn:
    """A job's place in the line, from 1, and when it will start; None while that can't be said."""

    place: int
    start: datetime | None


def schedule() -> dict[uuid.UUID, Turn]:
    """Every waiting job's turn, in the order of the line."""
    jobs = line.order()
    return dict(
        zip(jobs, (Turn(place, start) for place, start in enumerate(_starts(len(jobs)), 1)), strict=True)
    )


def _starts(count: int) -> list[datetime | None]:
    """When the next jobs start; unknown while the line is stopped."""
    row = Line.objects.get()
    if row.stop:
        return [None] * count
    now = timezone.now()
    starts = pace.next_starts(row, wallet.api_in_use(), now, count) if count else []
    # One in flight is answered in a moment; for the estimate that moment is now.
    return [start or now for start in starts]


def ready_if_ordered_now() -> datetime | None:
    """When one picture would be ready that is ordered now and waits behind everyone; None while the line is stopped."""
    start = _starts(len(line.order()) + 1)[-1]
    return start and start + middle(GEMINI_25_FLASH.usual_seconds)


def ready(job: Job, start: datetime) -> datetime:
    """When a job that starts then will be ready."""
    return start + middle(watch.usual(job))


def middle(usual: tuple[float, float]) -> timedelta:
    """The middle of the usual times."""
    return timedelta(seconds=sum(usual) / 2)


def usually(job: Job) -> str:
    """How long it usually takes, in words."""
    least, most = (round(seconds) for seconds in watch.usual(job))
    return f"usually {least} s" if least == most else f"usually {least}–{most} s"


def clock(moment: datetime | None) -> str:
    """A time of day to the minute, rounded up so that nobody waits longer than told."""
    if moment is None:
        return ""
    return f"{timezone.localtime(moment + timedelta(seconds=30)):%H:%M}"


def is_sandbox(api: str) -> bool:
    """Whether pictures are drawn by this machine."""
    return api == remote.SANDBOX
