"""A worker that is asked to stop: it finishes what it can in time, and hands the rest over to others at once.

Looks and savings are let go, so that nobody waits for their leases to run out. A POST that was not answered by then is
a lost answer: the process that could have heard it ends. It is never sent again.
"""

import os
import threading
import time

import structlog
from celery.signals import worker_shutdown, worker_shutting_down
from django.conf import settings
from django.db import Error
from django.utils import timezone

from studio.jobs import leases, moves, steps
from studio.jobs.models import Job
from studio.jobs.states import State

log = structlog.get_logger(__name__)
# What is written by then is written; a thread that still waits for the network would hold up the end.
LAST_SECONDS = 1.0
_hurry = threading.Event()


@worker_shutting_down.connect
def stop(**_told: object) -> None:
    """Take nothing more up, and see to it that the process ends in time; asked a second time, hurry."""
    if leases.closing.is_set():
        _hurry.set()
        return
    leases.closing.set()
    threading.Thread(target=_end_in_time, name="end in time", daemon=True).start()


def _end_in_time() -> None:
    """Unless the process has ended by itself: hand over what it still holds, and end it."""
    _hurry.wait(settings.STUDIO_STOP_SECONDS)
    hand_over()
    time.sleep(LAST_SECONDS)
    log.warning("stopped with work under way; it was handed over")
    os._exit(0)


@worker_shutdown.connect
def hand_over(**_told: object) -> None:
    """Let go of every job that this process still has the lease of."""
    held = Job.objects.filter(lease_token__range=leases.ours())
    try:
        free = {"lease_token": None, "lease_until": None, "due_at": timezone.now()}
        let_go = held.filter(state__in=[State.MAKING, State.SAVING]).update(**free)
        unanswered = list(held.filter(state=State.SENDING))
        moves.each(unanswered, steps.abandon)
    except Error:
        log.exception("not handed over; the leases run out by themselves")
    else:
        if let_go or unanswered:
            log.warning("handed over", jobs=let_go, unanswered=len(unanswered))
