"""A job that is cancelled at the moment its turn comes."""

from functools import partial
from uuid import UUID

from studio.accounts.models import User
from studio.jobs import line, moves, orders, pace
from studio.jobs.models import Job
from studio.jobs.states import State
from tests.jobs.cast import order
from tests.races.cast import books, jobs, member

ROUNDS = 10


def ask(owner: int) -> str:
    """A job that waits."""
    return str(order(User.objects.get(pk=owner)).pk)


def take() -> str | None:
    """The job whose turn it is."""
    job = line.take()
    return str(job.pk) if job else None


def cancel(owner: int, job: str) -> bool:
    """Cancel one's own job."""
    return orders.cancel(User.objects.get(pk=owner), UUID(job))


def refuse(job: str) -> bool:
    """The API does not want the job that was taken: the next one's turn comes."""
    taken = Job.objects.get(pk=UUID(job))
    pace.not_counted(taken)
    return moves.end(taken, State.FAILED)


def test_a_job_is_taken_or_cancelled_and_never_both(processes):
    processes.setting(STUDIO_SUBMITS_PER_MINUTE="60")
    maya = processes.alone(member, credits=250)
    taken = 0
    for _ in range(ROUNDS):
        job = processes.alone(ask, owner=maya)
        race = [partial(take), partial(cancel, owner=maya, job=job)] * 2
        results = processes.at_once(race)
        assert results.count(job) + results.count(True) == 1, results
        assert processes.alone(books, owner=maya)["held"] == 5 * results.count(job)
        if job in results:
            assert processes.alone(refuse, job=job)
            taken += 1
    ends = {"failed": taken, "cancelled": ROUNDS - taken}
    assert processes.alone(jobs, owner=maya) == {state: number for state, number in ends.items() if number}
    entries = {"grant": 1, "hold": ROUNDS, "release": ROUNDS}
    assert processes.alone(books, owner=maya) == {"available": 250, "held": 0} | entries
