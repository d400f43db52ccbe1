"""Killed before any statement of its whole life, a job still ends well: sent once, settled once, its picture home."""

import itertools
from collections.abc import Callable

import pytest
from django.db import connection
from django.utils import timezone

from gallery.models import Image
from studio.credits import audit
from studio.credits.models import Account
from studio.jobs import line, tasks
from studio.jobs.models import Job, Submit
from studio.jobs.states import AT_REST, State
from tests.conftest import person
from tests.jobs.cast import order, work

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


class Killed(BaseException):
    """The process is gone; what was not committed is rolled back."""


class Killer:
    """Kills before the statement of a number."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, execute, sql, params, many, context):
        if self.left == 0:
            self.left -= 1
            raise Killed
        self.left -= 1
        return execute(sql, params, many, context)


def live(job: Job) -> None:
    """Everything the workers do for one job, from the line to the gallery."""
    tasks.sweep()
    tasks.advance()
    Job.objects.filter(state=State.MAKING).update(due_at=timezone.now())
    work(job)


def at_rest(job: Job) -> bool:
    job.refresh_from_db()
    return job.state in AT_REST or bool(job.state == State.UNKNOWN and job.settled_at)


def recover(job: Job, clock) -> None:
    """What other workers and beat do in the hours after, and an admin whom the line waits for."""
    for _ in range(12):
        if at_rest(job):
            return
        clock.forward(200)
        line.try_now() or line.start_by_hand(job.owner)
        live(job)
    raise AssertionError(f"stuck: {job.state} {job.reason_code}")


def every_death(run: Callable[[int], bool]) -> int:
    """Let `run` die before statement 0, 1, 2 … until it lives to the end; how many deaths that were."""
    return next(number for number in itertools.count() if not run(number))


def test_a_worker_killed_before_any_statement_loses_nothing(provider, clock):
    provider.predraw(3)
    ends = {State.DONE: 0, State.UNKNOWN: 0}

    def run(number: int) -> bool:
        owner = person(f"P{number}", credits=5)
        job = order(owner)
        killed = False
        with connection.execute_wrapper(Killer(number)):
            try:
                live(job)
            except Killed:
                killed = True
        recover(job, clock)
        sent = [task for task in provider.truth() if task.idempotency_key == str(job.pk)]
        submits = [submit for submit in provider.submits() if submit.idempotency_key == str(job.pk)]
        assert len(submits) <= 1, number
        assert job.state in ends, (number, job.state, job.reason)
        ends[job.state] += 1
        pictures = Image.objects.filter(job=job.pk).count()
        assert pictures == job.delivered == (1 if job.state == State.DONE else 0)
        assert len(sent) == 1 or job.state == State.UNKNOWN
        account = Account.objects.get(user=owner)
        assert (account.available, account.held) == ((0, 0) if pictures else (5, 0)), number
        assert not audit.drift().exists()
        assert not Submit.objects.filter(answered_at=None).exists(), number
        return killed

    deaths = every_death(run)
    assert deaths > 40
    assert ends[State.DONE] > 3 * ends[State.UNKNOWN] > 0
