"""Threads that take one kind of step with jobs as they become due, by a clock of their own."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from queue import SimpleQueue

import structlog
from django.conf import settings
from django.db import close_old_connections, connections
from django.utils import timezone

from studio.jobs.models import Job

log = structlog.get_logger(__name__)
# No round follows the one before sooner, and none waits longer than this after one that broke.
SHORTEST, AFTER_TROUBLE = 0.05, 1.0


class Crew:
    """Threads that take one kind of step with the jobs that are due for it.

    `claim` gives at most so many jobs with their leases, `due` says when the next one may be claimed.
    """

    def __init__(
        self,
        threads: int,
        *,
        claim: Callable[[int], list[Job]],
        step: Callable[[Job], object],
        due: Callable[[], datetime | None],
    ) -> None:
        self._claim, self._step, self._due = claim, step, due
        self._free, self._called, self._closed = threads, False, False
        self._change = threading.Condition()
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]
        self._threads.append(threading.Thread(target=self._go_round, daemon=True))

    def start(self) -> None:
        """Begin; the threads end with the process or by `close`."""
        for thread in self._threads:
            thread.start()

    def call(self) -> None:
        """Something has become due, or is ready to be written."""
        with self._change:
            self._called = True
            self._change.notify_all()

    def close(self) -> None:
        """Claim nothing more."""
        with self._change:
            self._closed = True
            self._change.notify_all()

    def join(self, seconds: float) -> None:
        """Wait for what is under way, at most so long."""
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _go_round(self) -> None:
        """Hand out what is due, round after round."""
        while not self._closed:
            pause = AFTER_TROUBLE
            try:
                pause = self._round()
            except Exception:
                # The database is away, maybe; nothing may end the rounds.
                log.exception("a round broke")
            close_old_connections()
            # What comes within the shortest pause is dealt with together.
            time.sleep(SHORTEST)
            with self._change:
                self._change.wait_for(lambda: self._called or self._closed, pause - SHORTEST)
                self._called = False
        self._end()

    def _round(self) -> float:
        """Hand out as many jobs as there are threads free. In how many seconds the next round is."""
        jobs = self._claim(self._free)
        with self._change:
            self._free -= len(jobs)
        for job in jobs:
            self._jobs.put(job)
        # Nobody sets a due time less than one pause between looks ahead: to look so often is to be in time.
        due, longest = self._due(), float(settings.STUDIO_LOOK_SECONDS)
        return min((due - timezone.now()).total_seconds(), longest) if due and self._free else longest

    def _end(self) -> None:
        """Let the threads end, and once they have, write what they found."""
        *others, _myself = self._threads
        for _ in others:
            self._jobs.put(None)
        for thread in others:
            thread.join()
        with suppress(Exception):
            self._claim(0)
        connections.close_all()

    def _work(self) -> None:
        """One thread's life: a step with one job after the other."""
        while job := self._jobs.get():
            try:
                self._step(job)
            except Exception:
                # Its lease runs out, and then it is tried again.
                log.exception("a step broke", job=str(job.pk), state=job.state)
            close_old_connections()
            with self._change:
                self._free += 1
            self.call()
        connections.close_all()
