"""Orders that are moved at the moment their turn comes, or by two people at once."""

from functools import partial
from uuid import UUID

from studio.accounts.models import User
from studio.jobs import line, moves, orders, pace, turns
from studio.jobs.models import Job
from studio.jobs.states import State
from tests.jobs.cast import order
from tests.races.cast import member

ROUNDS = 5


def ask(owner: int, count: int) -> list[str]:
    """So many orders that wait, in their order."""
    return [str(order(User.objects.get(pk=owner)).pk) for _ in range(count)]


def take() -> str | None:
    """The job whose turn it is."""
    job = line.take()
    return str(job.pk) if job else None


def reorder(owner: int, job: str, to: str) -> bool:
    """Move one's own."""
    return turns.reorder(UUID(job), turns.To(to), by=User.objects.get(pk=owner))


def first(admin: int, job: str) -> bool:
    """Move somebody's before all."""
    return turns.move_first(UUID(job), by=User.objects.get(pk=admin))


def cancel(owner: int, job: str) -> bool:
    """Cancel one's own."""
    return orders.cancel(User.objects.get(pk=owner), UUID(job))


def in_line() -> list[str]:
    """Who waits."""
    return [str(job) for job in turns.order()]


def moments() -> list[str]:
    """When each that ever was there was queued."""
    return sorted(str(at) for at in Job.objects.values_list("queued_at", flat=True))


def end(job: str) -> bool:
    """The API does not want the job that was taken."""
    taken = Job.objects.get(pk=UUID(job))
    pace.not_counted(taken)
    return moves.end(taken, State.FAILED)


def test_who_is_moved_while_it_is_sent_is_sent_once_and_nothing_is_lost(processes):
    processes.setting(STUDIO_SUBMITS_PER_MINUTE="60")
    maya, ada = (processes.alone(member, name=name) for name in ("Maya", "Ada"))
    for _ in range(ROUNDS):
        mine = processes.alone(ask, owner=maya, count=4)
        before = processes.alone(moments)
        race = [
            partial(take),
            partial(reorder, owner=maya, job=mine[0], to="later"),
            partial(reorder, owner=maya, job=mine[3], to="top"),
            partial(first, admin=ada, job=mine[2]),
            partial(cancel, owner=maya, job=mine[1]),
            partial(reorder, owner=maya, job=mine[1], to="sooner"),
        ]
        taken, *_moved, cancelled, _last = processes.at_once(race)
        left = processes.alone(in_line)
        gone = {taken} | ({mine[1]} if cancelled else set())
        assert sorted(left) == sorted(set(mine) - gone)
        assert processes.alone(moments) == before
        assert processes.alone(end, job=taken)
        for job in left:
            assert processes.alone(cancel, owner=maya, job=job)


def test_two_who_move_one_first_at_once_leave_an_order_everyone_sees(processes):
    maya, ada = (processes.alone(member, name=name) for name in ("Maya", "Ada"))
    mine = processes.alone(ask, owner=maya, count=3)
    assert processes.at_once([partial(first, admin=ada, job=job) for job in mine[1:] * 2]) == [True] * 4
    assert sorted(processes.alone(in_line)[:2]) == sorted(mine[1:])
    assert processes.alone(in_line)[2] == mine[0]
