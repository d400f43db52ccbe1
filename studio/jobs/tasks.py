"""Celery's side: a task is an id, and always safe to run twice. Waking never raises."""

import time
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from celery import Task, shared_task
from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from gallery import aside, files
from studio import embedded
from studio.credits import wallet
from studio.imageapi import ImageAPIError
from studio.jobs import leases, line, moves, outlay, pace, steps, watch
from studio.jobs.models import Heard, Job, Line, Source
from studio.jobs.states import State

log = structlog.get_logger(__name__)
# Longer ones would be lost with the broker and held back by it; `sweep` finds what is due by then.
LONGEST_COUNTDOWN = 60.0
# Further ahead nobody writes but before the clock goes back.
AHEAD = timedelta(seconds=1)
# As often as the wallet is read at most when jobs are settled one after the other.
WALLET_EVERY = timedelta(seconds=20)
# After the broker did not answer we leave it alone for a moment, so that it can't slow down page after page.
QUIET_SECONDS = 3.0
# So many sweeps in a row that nobody asked for are no accident.
UNASKED = 10
_quiet_until = 0.0


def wake(task: "Task[..., None]", *args: str, at: datetime | None = None) -> None:
    """Ask a worker to run a task, now or within the next minute. Never raises: `sweep` is the safety net."""
    global _quiet_until  # noqa: PLW0603 - one clock for the process
    countdown = max(0.0, (at - timezone.now()).total_seconds()) if at else 0.0
    if countdown > LONGEST_COUNTDOWN or time.monotonic() < _quiet_until:
        return
    try:
        task.apply_async(args=args, countdown=countdown, retry=False, ignore_result=True)
    except (OperationalError, RedisError, OSError) as error:
        _quiet_until = time.monotonic() + QUIET_SECONDS
        log.warning(
            "the broker does not answer; jobs are found by the next sweep", error=type(error).__name__
        )


def wake_line() -> None:
    """Let the next job be sent as soon as it may: at once, or by one timer for the moment the window opens."""
    start = line.next_start()
    if start is None:
        return
    now = timezone.now()
    if start <= now:
        wake(advance)
    elif start > now + timedelta(seconds=LONGEST_COUNTDOWN):
        return  # a later sweep sets its timer
    elif Line.objects.filter(_no_timer_for(start, now)).update(wake_at=start):
        wake(advance, at=start)


def _no_timer_for(start: datetime, now: datetime) -> Q:
    """Whether no timer is under way that fires by then. One of the past has fired, maybe a moment early and in vain."""
    return Q(wake_at=None) | Q(wake_at__lt=now + moves.EARLY) | Q(wake_at__gt=start)


@shared_task
def advance() -> None:
    """One turn of the line: send the next job if a slot is free, and see to it that the turn after comes in time."""
    if leases.closing.is_set():
        wake(advance)  # of another worker: this one takes no more messages
        return
    steps.probe()
    job = line.take()
    wake_line()
    if job is None:
        return
    steps.send(job)
    settled(job.pk)
    wake_line()


def settled(job_id: UUID) -> None:
    """Have the wallet read once a job is settled."""
    job = Job.objects.only("settled_at", "api").get(pk=job_id)
    if job.settled_at:
        last = wallet.latest(job.api)
        again = last.at + WALLET_EVERY if last else None
        wake(read_wallet_after, job.settled_at.isoformat(), at=again)


@shared_task
def prepare(job_id: str) -> None:
    """Have an edit's sources made ready while it waits, so that its slot is not spent on shrinking pictures."""
    aside.later(partial(make_ready, job_id))


def make_ready(job_id: str) -> None:
    """Make an edit's sources small and clean, as they are sent."""
    for source in Source.objects.filter(job=UUID(job_id)).select_related("image"):
        try:
            files.for_api(source.image)
        except (OSError, files.NotAPicture):
            log.warning("a source can't be prepared", job=job_id, image=source.image_id)


@shared_task
def sweep() -> None:
    """Find what nobody was woken for: dead senders, answers that never came, a line that could move."""
    heard("sweep")
    _sweep()


def _sweep() -> None:
    now = timezone.now()
    line.notice_a_restore()
    line.clear()
    moves.each(Job.objects.filter(moves.unleased(now), state=State.SENDING), steps.overdue)
    unknown = Job.objects.filter(state=State.UNKNOWN, settled_at=None)
    # What was written before the clock went back counts from now on, so that nobody's credits wait for the difference.
    unknown.filter(state_at__gt=now + AHEAD).update(state_at=now)
    lost = list(unknown.filter(state_at__lte=now - watch.late_answers()))
    moves.each(lost, moves.give_back)
    if lost:
        # Nothing is under way for them any more: now the wallet says whether they were paid for.
        wake(read_wallet)
    if line.stopped():
        wake(advance)
    wake_line()


def unasked() -> bool:
    """Whether no sweep was asked for so long that beat or the broker must be away."""
    silent = silent_since("sweep")
    if silent is None:
        heard("sweep")  # nobody has had the time to ask for one
        return False
    return silent > UNASKED * timedelta(seconds=settings.STUDIO_SWEEP_SECONDS)


def by_itself() -> None:
    """What a worker does that nobody asks: a sweep, and one turn of the line."""
    _sweep()
    advance()


@shared_task
def read_wallet() -> None:
    """Keep the wallet's figure fresh for the pages and the books, and forget submits no window counts any more."""
    pace.forget()
    try:
        outlay.read_wallet(wallet.api_in_use())
    except ImageAPIError as error:
        log.warning("the wallet can't be read", words=str(error))


@shared_task
def read_wallet_after(moment: str) -> None:
    """Read the wallet unless that was done since: of many jobs that are settled together the first one's task reads."""
    last = wallet.latest(wallet.api_in_use())
    if last is None or last.at <= datetime.fromisoformat(moment):
        read_wallet()


def broker_answers() -> bool:
    """Whether Valkey or Redis answers within a second."""
    return bool(settings.REDIS_URL) and embedded.answers(settings.REDIS_URL)


def heard(name: str) -> None:
    """Note that a process is alive, or that something was done."""
    Heard.objects.update_or_create(name=name, defaults={"at": timezone.now()})


def silent_since(name: str) -> timedelta | None:
    """How long a process has not been heard of; None when it never was.

    Heard in the future was before the clock went back: the silence counts from now on, as nobody knows when it began.
    Else a dead process would seem to live for the difference, or a living one to be dead.
    """
    now = timezone.now()
    Heard.objects.filter(name=name, at__gt=now + AHEAD).update(at=now)
    row = Heard.objects.filter(name=name).first()
    return max(now - row.at, timedelta()) if row else None
