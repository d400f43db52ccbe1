"""Sending a job, and starting a stopped line again. Each step is safe to run twice and ends in a fenced move."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from django.db import DatabaseError, close_old_connections, transaction
from django.utils import timezone

from gallery import files
from studio import remote
from studio.credits import wallet
from studio.imageapi import (
    Accepted,
    ImageAPI,
    ImageAPIError,
    KeyRefused,
    LineStopped,
    NotSent,
    Order,
    OrderRefused,
    OutcomeUnknown,
    ServiceRefused,
    Throttled,
    WalletEmpty,
)
from studio.imageapi import Source as ApiSource
from studio.jobs import leases, line, moves, outlay, pace, watch
from studio.jobs.models import Job, Line, RefusedOption, Submit
from studio.jobs.states import State

log = structlog.get_logger(__name__)
# Options we can make good ourselves when the API refuses them: the format by converting, the ratio by cropping.
MADE_GOOD = frozenset({"output_format", "aspect_ratio"})
# An API may learn an option again; to ask once a week costs nothing.
REMEMBERED = timedelta(days=7)
# For how long a task id is tried to be written while the database is away.
ATTEMPTS, AGAIN_SECONDS = 30, 2.0
ABANDONED = "The studio was stopped while sending."


def order_of(job: Job) -> Order:
    """The job in the API's terms. Its sources are files made smaller and stripped of metadata."""
    files_to_send = [files.for_api(row.image) for row in job.sources.select_related("image")]
    since = timezone.now() - REMEMBERED
    refused = RefusedOption.objects.filter(api=job.api, model_name=job.model_name, at__gt=since)
    return Order(
        model=job.model,
        prompt=job.prompt,
        num_images=job.asked,
        aspect_ratio=job.aspect_ratio,
        output_format=job.output_format,
        sources=tuple(ApiSource(mime=mime, path=path) for mime, path in files_to_send),
        leave_out=frozenset(refused.values_list("option", flat=True)),
        idempotency_key=str(job.pk),
    )


def send(job: Job) -> None:
    """POST a job that `line.take` brought to `sending`: once, and never again by machine if its fate is unclear."""
    try:
        ready = _prepared(job)
    except DatabaseError:
        log.exception("the database is away; nothing was sent", job=str(job.pk))
        _insist(lambda: _back_to_the_line(job))
    else:
        if ready and leases.closing.is_set():
            _back_to_the_line(job)  # nothing left: the next worker sends it
        elif ready:
            _post(job, *ready)


def _prepared(job: Job) -> tuple[ImageAPI, Order] | None:
    """All that a POST needs, under a lease that outlasts it; None when there will be none. So far nothing left."""
    try:
        order = order_of(job)
    except DatabaseError:
        raise
    except Exception as trouble:
        log.exception("sources can't be read", job=str(job.pk))
        _fail(job, "source", f"A picture to edit can't be read: {trouble}")
        return None
    try:
        api = remote.named(job.api)
    except (ImageAPIError, ValueError) as error:
        known = error if isinstance(error, ImageAPIError) else NotSent(str(error))
        _not_accepted(job, known, order)
        return None
    if not moves.renew(job):
        # Somebody declared the answer lost meanwhile and its owner may have ordered again.
        log.error("not sent, since the lease was lost", job=str(job.pk))
        return None
    return api, order


def _post(job: Job, api: ImageAPI, order: Order) -> None:
    """From here on the order may arrive, whatever happens."""
    try:
        accepted = api.edit(order) if order.sources else api.generate(order)
    except ImageAPIError as error:
        refusal = error
        _insist(lambda: _not_accepted(job, refusal, order))
    except Exception:
        # Whatever it was, the POST may have left: only `unknown` is honest.
        log.exception("sending broke", job=str(job.pk))
        _insist(lambda: _lost(job, OutcomeUnknown("The studio broke while sending.")))
    else:
        _accepted(job, accepted, order)


def _accepted(job: Job, accepted: Accepted, order: Order) -> None:
    """Remember the task id, whatever happened to the job or the database meanwhile."""
    facts = {
        "task_id": accepted.task_id,
        "remote_at": accepted.created_at,
        "left_out": sorted(order.leave_out),
        "due_at": watch.first_look(job, timezone.now()),
        "troubles": 0,
    }
    if not _insist(lambda: _keep_task(job, facts)):
        log.critical("a task id is lost", job=str(job.pk), task=accepted.task_id)


def _insist(write: Callable[[], None]) -> bool:
    """Write what only this process knows; a database that restarts must not cost it. False when it stays away."""
    for _ in range(ATTEMPTS):
        try:
            write()
        except DatabaseError:
            log.exception("not written yet")
            close_old_connections()
            time.sleep(AGAIN_SECONDS)
        else:
            return True
    return False


def _keep_task(job: Job, facts: dict[str, Any]) -> None:
    """Write down that the job is being made, and that its slot is used, in one transaction."""
    with transaction.atomic():
        _being_made(job, facts)
        line.accepted()
        pace.accepted(job)


def _being_made(job: Job, facts: dict[str, Any]) -> None:
    """Move it on, in the caller's transaction."""
    if moves.move(job, State.MAKING, **facts):
        return
    # Our lease ran out and somebody declared the answer lost, and its owner may have put it aside; here it is.
    late = Job.objects.get(pk=job.pk)
    if not moves.move(late, State.MAKING, reason_code="", reason="", dismissed_at=None, **facts):
        log.critical("a task id found no job", job=str(job.pk), task=facts["task_id"], state=late.state)


def _not_accepted(job: Job, error: ImageAPIError, order: Order) -> None:
    """Sort what went wrong by what it means for the line first, then for the job."""
    words = str(error)
    log.warning(
        "submit not accepted", job=str(job.pk), error=type(error).__name__, code=error.code, words=words
    )
    match error:
        case Throttled():
            with transaction.atomic():
                _back_to_the_line(job)
                pace.refused(job, error.seconds)
        case ServiceRefused() if _others_were_taken(job):
            # Should the API take none any more, the next order is not ended, too.
            line.stop(Line.Stop.REFUSED, words, job.api)
            _fail(job, error.code or "refused", words)
        case ServiceRefused():
            line.stop(Line.Stop.REFUSED, words, job.api)
            # It may be this order that a wall dislikes: others are tried first, its owner's too.
            now = timezone.now()
            last = {"sent_at": job.sent_at, "queued_at": now, "first_at": None, "first_by": None}
            _back_to_the_line(job, disliked_at=now, **last)
        case LineStopped() | NotSent():
            line.stop(_stop_for(error), words, job.api)
            _back_to_the_line(job)
        case OrderRefused() if error.parameter in MADE_GOOD - order.leave_out:
            _learn(job, error.parameter)
            _back_to_the_line(job)
        case OrderRefused():
            _fail(job, error.code or "refused", words)
        case _:
            _lost(job, error)


def _others_were_taken(job: Job) -> bool:
    """Whether the API took orders of others since it last took none: then it is about this one."""
    if job.disliked_at is None:
        return False
    since = max(job.disliked_at, Line.objects.get().stopped_at or job.disliked_at)
    sent = Submit.objects.filter(api=job.api, counted=True, answered_at__gt=since, started_at__gt=since)
    return sent.exclude(job=job).exclude(job__task_id="").exists()


def _stop_for(error: ImageAPIError) -> Line.Stop:
    """Which cause stops the line."""
    match error:
        case KeyRefused():
            return Line.Stop.KEY
        case WalletEmpty():
            return Line.Stop.WALLET
        case _:
            return Line.Stop.UNREACHABLE


def _learn(job: Job, option: str) -> None:
    """Remember for a while that the API refuses an option."""
    RefusedOption.objects.update_or_create(
        api=job.api, model_name=job.model_name, option=option, defaults={"at": timezone.now()}
    )


def _back_to_the_line(job: Job, **served: Any) -> None:
    """It was surely not accepted: its slot is free, and it waits again at the place it had, or counts as served."""
    with transaction.atomic():
        # Done once before, and not heard that it was, the slot may be another attempt's by now.
        if moves.move(job, State.WAITING, **({"sent_at": None} | served)):
            pace.not_counted(job)


def _fail(job: Job, code: str, reason: str) -> None:
    """It was surely not accepted and never will be: its slot is free and its credits go back."""
    with transaction.atomic():
        if moves.end(job, State.FAILED, reason_code=code[:40], reason=reason[:400]):
            pace.not_counted(job)


def _lost(job: Job, error: ImageAPIError) -> None:
    """Its fate is unclear: say so, keep the hold for a late answer, and send nothing until the API answers again."""
    with transaction.atomic():
        if moves.move(job, State.UNKNOWN, reason_code="lost", reason=str(error)[:400]):
            line.stop(Line.Stop.LOST, str(error), job.api)
            pace.accepted(job)


def overdue(job: Job) -> None:
    """A sender let its lease run out: it is taken for dead when it stays silent."""
    if moves.take_over(job):
        abandon(job)


def abandon(job: Job) -> None:
    """A worker died while sending: nobody knows whether the API took it."""
    _lost(job, OutcomeUnknown(ABANDONED))


def probe() -> bool:
    """Try to start a stopped line: a free wallet read must answer first. Returns whether it goes on."""
    stopped = line.claim_probe()
    if stopped is None:
        return False
    if stopped.stop == Line.Stop.UNREACHABLE:
        return line.start(stopped)
    job = line.next_job()
    if stopped.stop == Line.Stop.BUDGET:
        words = line.over_budget(job) if job else ""
        return not line.still(stopped, words) and line.start(stopped)
    api = wallet.api_in_use()
    try:
        reading = outlay.read_wallet(api)
    except KeyRefused as error:
        line.stop(Line.Stop.KEY, str(error), api)
        return False
    except ImageAPIError as error:
        log.info("the line stays stopped", why=stopped.stop, words=str(error))
        return False
    if stopped.stop == Line.Stop.WALLET and reading.balance < (job.cost if job else 1):
        return False
    return line.start(stopped)
