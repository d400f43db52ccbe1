"""Looking after a job in the making: what the API says of it, and what that means. A look is safe to make twice."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from studio import remote
from studio.credits import wallet
from studio.imageapi import Asset, ImageAPIError, KeyRefused, Progress, Status, TaskUnknown, Throttled
from studio.jobs import line, lookpace, making, moves, watch
from studio.jobs.models import Job, Output
from studio.jobs.states import State

log = structlog.get_logger(__name__)
LetGo = Callable[..., object]
EXPIRED = "The pictures expired at the provider before they could be fetched."


def look(job: Job, let_go: LetGo = moves.let_go) -> State:
    """Ask the API how a job in the making is doing; the caller holds its lease. The state it came to.

    `let_go` writes, now or soon, what is found of one that is not ready.
    """
    now = timezone.now()
    try:
        progress = remote.named(job.api).progress(job.task_id)
    except TaskUnknown:
        return _missing(job)
    except Throttled as error:
        lookpace.refused(job.api, error.seconds, asked_at=now)
        # It stays due, and is looked at when its turn comes.
        moves.let_go(job, job.due_at, missing_since=None)
        return State.MAKING
    except (ImageAPIError, OSError) as error:
        return _look_failed(job, error)
    return _looked(job, progress, now, let_go)


def _looked(job: Job, progress: Progress, now: datetime, let_go: LetGo) -> State:
    """What the answer to a look means for the job; `now` is when the API was asked."""
    seen: dict[str, Any] = {"looks": F("looks") + 1, "troubles": 0, "missing_since": None}
    finished = progress.status == Status.FINISHED
    if progress.status == Status.FAILED:
        reason = progress.failure_reason or "The model could not make this picture."
        return _fail(job, "model", reason, **seen)
    if finished and _all_there(job, progress, now):
        return _to_fetch(job, progress, took=making.took(job, now), **seen)
    if now > watch.give_up(job):
        return _fail(job, "expired", EXPIRED, **seen)
    if finished:
        since = job.empty_since or now
        due_at = watch.for_results(now, (now - since).total_seconds())
        seen |= {"empty_since": since}
    else:
        percent = max(progress.percent or 0, job.progress or 0)
        due_at = watch.next_look(job, now, percent)
        seen |= {"progress": percent or None}
    let_go(job, due_at, looked_at=now, **seen)
    return State.MAKING


def _fail(job: Job, code: str, reason: str, **changes: Any) -> State:
    """It will never be ready: its credits go back."""
    moves.end(job, State.FAILED, reason_code=code, reason=reason[:400], **changes)
    return State.FAILED


def _all_there(job: Job, progress: Progress, now: datetime) -> bool:
    """FINISHED can come before its results are attached: wait for all of them for a while, then take what is there."""
    assets = results(progress.assets, job.asked)
    waited = now - (job.empty_since or now)
    return len(assets) == job.asked or bool(assets and waited >= watch.patience())


def _to_fetch(job: Job, progress: Progress, **changes: Any) -> State:
    """Note what has to come home, together with the move: a job is never saving nothing."""
    assets = results(progress.assets, job.asked)
    with transaction.atomic():
        if moves.move(job, State.SAVING, progress=100, empty_since=None, **changes):
            Output.objects.bulk_create(
                Output(job=job, position=position, url=asset.url) for position, asset in enumerate(assets)
            )
    return State.SAVING


def results(assets: tuple[Asset, ...], asked: int) -> list[Asset]:
    """The results we paid for: each address once, at most as many as were asked for."""
    return list({asset.url: asset for asset in assets}.values())[:asked]


def _look_failed(job: Job, error: Exception) -> State:
    """Look again later; past the day's end there is nothing left to fetch, and the job comes to rest."""
    now = timezone.now()
    log.info("look failed", job=str(job.pk), error=type(error).__name__, words=str(error))
    if isinstance(error, KeyRefused):
        _doubt_the_key(job)
    if now > watch.give_up(job):
        return _fail(job, "expired", EXPIRED)
    later = watch.after_trouble(job, now)
    moves.let_go(job, later, looks=F("looks") + 1, troubles=F("troubles") + 1, missing_since=None)
    return State.MAKING


def _doubt_the_key(job: Job) -> None:
    """A look's 401 may be about a task of another account; the line stops only if the wallet is refused as well."""
    if job.api != wallet.api_in_use() or line.stopped():
        return
    try:
        remote.named(job.api).balance()
    except KeyRefused as error:
        line.stop(line.Stop.KEY, str(error), job.api)
    except ImageAPIError as error:
        log.info("the key is in doubt", words=str(error))


def _answers(job: Job) -> bool:
    """Whether the API is there at all: of one that is not, a 404 says nothing about what it has made."""
    try:
        remote.named(job.api).balance()
    except ImageAPIError as error:
        log.info("a 404 is in doubt", job=str(job.pk), words=str(error))
        return False
    return True


def _missing(job: Job) -> State:
    """A 404: a fresh task may not be known everywhere yet, so it only counts once repeated for minutes."""
    now = timezone.now()
    since = job.missing_since or now
    if now > watch.results_expire(job):
        return _fail(job, "expired", EXPIRED)
    if now - since >= watch.missing_long_enough() and _answers(job):
        return _fail(job, "expired", EXPIRED)
    again = {"looks": F("looks") + 1, "troubles": F("troubles") + 1, "missing_since": since}
    moves.let_go(job, watch.after_trouble(job, now), **again)
    return State.MAKING
