"""The worker's own rounds: jobs are looked at and saved when they are due, and nobody has to be woken for it.

Looks and savings have threads of their own. So neither waits for the other, nor a submit for any of them, and what was
paid for comes home while the broker is away. Any number of workers share the jobs by their leases.
"""

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from queue import SimpleQueue
from typing import Any, NamedTuple

import structlog
from celery import bootsteps
from django.conf import settings
from django.db import connections, transaction
from django.db.models.functions import Coalesce

from studio.jobs import lookpace, looks, moves, saving, tasks
from studio.jobs.crew import Crew
from studio.jobs.models import Job
from studio.jobs.states import State

log = structlog.get_logger(__name__)
# For how long a worker that stops waits for what is under way; a lease hands on what takes longer.
STOP_SECONDS = 15.0
# When the day began after which results are gone: an API that does not say so counts from about when it was asked.
BEGAN = Coalesce("remote_at", "sent_at")


class Pulse:
    """Says that the worker lives; and should nobody ask for sweeps, because beat or the broker is away, sweeps itself.

    Then it also takes the turns of the line, one after the other. Each does so by a thread of its own.
    """

    HEARD_SECONDS = 10.0

    def __init__(self) -> None:
        self._closed = threading.Event()
        every = ((self.HEARD_SECONDS, say_so), (settings.STUDIO_SWEEP_SECONDS, sweep_unasked))
        self._threads = [threading.Thread(target=self._go_on, args=one, daemon=True) for one in every]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Begin nothing more."""
        self._closed.set()

    def join(self, seconds: float) -> None:
        """Wait until what is under way is done, at most so long."""
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _go_on(self, seconds: float, do: Callable[[], object]) -> None:
        while not self._closed.is_set():
            try:
                do()
            except Exception:
                log.exception("the pulse missed a beat")
            finally:
                connections.close_all()
            self._closed.wait(seconds)


def say_so() -> None:
    """Note that this worker lives."""
    tasks.heard("worker")


def sweep_unasked() -> None:
    """Sweep, if nobody asks for it any more."""
    if tasks.unasked():
        tasks.by_itself()


class Note(NamedTuple):
    """What a look found and is still to be written."""

    job: Job
    due_at: datetime
    changes: dict[str, Any]


class Rounds:
    """What a worker does by its own clock: those who look, those who save, and its pulse."""

    def __init__(self) -> None:
        threads = settings.STUDIO_WORKER_THREADS
        self._notes: SimpleQueue[Note] = SimpleQueue()
        self._savers = Crew(max(1, threads // 4), claim=to_save, step=save, due=next_saving)
        # They wait for the network and seldom write: many, so that a slow disk or API makes no look late.
        self._lookers = Crew(2 * threads, claim=self._claim, step=self._look, due=lookpace.next_look)
        self._pulse = Pulse()

    def start(self) -> None:
        """Begin."""
        self._savers.start()
        self._lookers.start()
        self._pulse.start()

    def close(self) -> None:
        """Take nothing more up."""
        self._pulse.close()
        self._lookers.close()
        self._savers.close()

    def stop(self) -> None:
        """Finish what is under way."""
        self.close()
        end = time.monotonic() + STOP_SECONDS
        # What the pulse sends nobody else could go on with.
        for crew in (self._pulse, self._lookers, self._savers):
            crew.join(end - time.monotonic())

    def _look(self, job: Job) -> None:
        if look(job, self._let_go) == State.SAVING:
            self._savers.call()

    def _let_go(self, job: Job, due_at: datetime, **changes: Any) -> None:
        """Note what is to be written of a job: one transaction for many looks, and one that waits for the disk."""
        self._notes.put(Note(job, due_at, changes))

    def _claim(self, most: int) -> list[Job]:
        """Write what looks found, and take the leases of what is due next."""
        notes = [self._notes.get() for _ in range(self._notes.qsize())]
        try:
            with transaction.atomic() if notes else nullcontext():
                for note in notes:
                    write(note)
                return lookpace.claim(most) if most else []
        except BaseException:
            # Else they would wait until their leases run out.
            for note in notes:
                self._notes.put(note)
            raise


class RoundsStep(bootsteps.StartStopStep):
    """Makes the rounds part of a Celery worker, before it waits for the broker."""

    # Celery's types say None where its code keeps what it gets.
    def create(self, _worker: object) -> Rounds:  # type: ignore[override]
        """The rounds: Celery starts and stops what this gives."""
        return Rounds()

    def close(self, _worker: object) -> None:
        """The worker stops: called before anything is waited for."""
        self.obj.close()


def write(note: Note) -> None:
    """Write what a look found; what can't be written must not hold up the others."""
    try:
        with transaction.atomic():
            moves.let_go(note.job, note.due_at, **note.changes)
    except Exception:
        log.exception("a look is not written", job=str(note.job.pk))


def look(job: Job, let_go: looks.LetGo = moves.let_go) -> State:
    """Look at a job whose lease we hold. The state it came to."""
    state = looks.look(job, let_go)
    if state == State.FAILED:
        tasks.settled(job.pk)
    return state


def save(job: Job) -> None:
    """Bring the results of a job home whose lease we hold."""
    saving.save(job)
    tasks.settled(job.pk)


def to_save(most: int) -> list[Job]:
    """Take the leases of jobs to save now, at most so many: what expires first is rescued first."""
    return moves.claim_due(State.SAVING, most, first=BEGAN) if most else []


def next_saving() -> datetime | None:
    """When the next one is due; None when nothing is to be saved."""
    return moves.next_due(State.SAVING)
