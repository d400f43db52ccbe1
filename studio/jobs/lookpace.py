"""How often an API lets us look: as often as we like, until it refuses a look. Then looks take turns."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone

from studio.jobs import moves, pace, watch
from studio.jobs.models import Job, LookPace
from studio.jobs.states import WORKING, State

log = structlog.get_logger(__name__)
# A lesson holds for so many windows and fades over as many again.
KEPT = 10
# Looks are this much further apart than they seem to be allowed, and each lesson more makes them rarer by as much.
SPARE, RARER = 1.25, 1.5
# So many a window are looked at whatever it refuses: when it refuses by chance, rarer looks only make pictures late.
LEAST = 4
# Whoever was under way when we learned it is no lesson of its own.
UNDER_WAY = timedelta(seconds=1)
MOST_JOBS = 1000


def every(row: LookPace, now: datetime) -> float:
    """Seconds from one look to the next; 0 when as many as we like. A lesson from the future is forgotten, too."""
    if row.refused_at is None:
        return 0.0
    return row.every * min(1.0, max(0.0, 2 - abs(now - row.refused_at) / (KEPT * pace.window())))


def refused(api: str, seconds: float, *, asked_at: datetime) -> None:
    """A look was refused: none for as long as the API says, and from then on in turns."""
    now = timezone.now()
    with transaction.atomic():
        row = LookPace.objects.select_for_update().get_or_create(api=api)[0]
        row.next_at = max(row.next_at or now, now + watch.seconds(seconds))
        if row.refused_at is None or abs(asked_at - row.refused_at) > UNDER_WAY:
            # As many a window as it took until now; or each as long after the other as it says, when that is sooner.
            apart = SPARE * min(seconds, pace.window().total_seconds() / max(1.0, _lately(api, now)))
            rarest = pace.window().total_seconds() / LEAST
            row.every, row.refused_at = min(rarest, max(apart, RARER * every(row, now))), now
            log.warning("the API refuses looks; they take turns now", api=api, every=row.every, wait=seconds)
        row.save()


def claim(most: int) -> list[Job]:
    """Take the leases of jobs to look at now, at most so many.

    Of an API that refuses looks it is one job a turn, whoever's turn it is: the one nearest to ready.
    """
    now = timezone.now()
    paced = _paced(now)
    jobs = moves.claim_due(State.MAKING, most, apart_from=[row.api for row in paced])
    return jobs + [job for row in paced[: most - len(jobs)] if (job := _take_turn(row, now))]


def next_look() -> datetime | None:
    """When the next look is due and allowed; None when nothing is being made."""
    allowed = {row.api: row.next_at for row in _paced(timezone.now())}
    making = Job.objects.filter(state=State.MAKING, lease_until=None).order_by()
    due = making.values_list("api").annotate(Min("due_at"))
    return min((max(at, allowed.get(api) or at) for api, at in due), default=None)


def _paced(now: datetime) -> list[LookPace]:
    """The APIs that refused looks lately."""
    return [row for row in LookPace.objects.all() if every(row, now)]


def _lately(api: str, now: datetime) -> float:
    """How many looks the API took within the last window, as near as the jobs can tell."""
    since = now - pace.window()
    recent = Job.objects.filter(Q(state__in=WORKING) | Q(finished_at__gt=since), api=api, sent_at__lt=now)
    return sum(
        looks * min(1.0, pace.window() / (now - sent_at))
        for looks, sent_at in recent.values_list("looks", "sent_at")
        if sent_at
    )


def _take_turn(row: LookPace, now: datetime) -> Job | None:
    """The job whose turn it is, with its lease; None when it is nobody's yet."""
    waiting = Job.objects.filter(moves.due(now), moves.unleased(now), state=State.MAKING, api=row.api)
    if _closed(row, now) or not (jobs := list(waiting.order_by("due_at")[:MOST_JOBS])):
        return None
    # Whoever writes the next turn has this one: no two workers do.
    mine = LookPace.objects.filter(api=row.api, next_at=row.next_at)
    if not mine.update(next_at=now + timedelta(seconds=every(row, now))):
        return None
    return moves.claim(min(jobs, key=lambda job: watch.nearness(job, now)).pk, State.MAKING)


def _closed(row: LookPace, now: datetime) -> bool:
    """Whether the next turn is still to come; one too far ahead was written by a clock that ran ahead."""
    return bool(row.next_at and now < row.next_at <= now + watch.SLOWEST)
