"""A job's end, delivered five times to five processes, each time in another order."""

import random
from collections import Counter
from functools import partial
from uuid import UUID

import pytest
from django.utils import timezone

from gallery.models import Image
from studio.accounts.models import User
from studio.credits import ledger
from studio.jobs import moves, tasks
from studio.jobs.models import Job
from studio.jobs.states import State
from studio.sandbox import Pace, SandboxServer, World
from tests.jobs import cast
from tests.jobs.cast import in_state, order
from tests.races.cast import books, jobs, member

TIMES = 5


def shuffled(names: list[str], number: int) -> list[str]:
    """The same jobs in another order for each process."""
    return random.Random(number).sample(names, len(names))


def saved(owner: int, number: int) -> list[str]:
    """Jobs of which three pictures of four are home, and the fourth will not come."""
    user = User.objects.get(pk=owner)
    return [str(in_state(user, State.SAVING, num_images=4, delivered=3).pk) for _ in range(number)]


def end(names: list[str]) -> int:
    """Bring jobs to rest; how many of them this process did."""
    return sum(moves.end(Job.objects.get(pk=UUID(name)), State.DONE) for name in names)


def settle(names: list[str]) -> int:
    """Settle jobs in the books alone, past the fence of their state; how many of them this process did."""
    rows = [Job.objects.get(pk=UUID(name)) for name in names]
    return sum(ledger.settle(held=20, captured=15, pictures=3, booking=moves.booking(job)) for job in rows)


@pytest.mark.parametrize("work", [end, settle])
def test_what_is_settled_five_times_in_any_order_is_settled_once(processes, work):
    maya = processes.alone(member, credits=200)
    names = processes.alone(saved, owner=maya, number=10)
    did = processes.at_once([partial(work, names=shuffled(names, number)) for number in range(TIMES)])
    assert sum(did) == 10
    entries = {"grant": 1, "hold": 10, "capture": 10, "release": 10}
    assert processes.alone(books, owner=maya) == {"available": 50, "held": 0} | entries


def made(owner: int, number: int) -> list[str]:
    """Jobs that the API has finished, and nobody has looked at yet."""
    user = User.objects.get(pk=owner)
    names = [str(order(user).pk) for _ in range(number)]
    for _ in names:
        tasks.advance()
    assert Job.objects.filter(state=State.MAKING).update(due_at=timezone.now()) == number
    return names


def work(names: list[str]) -> dict[str, int]:
    """Look at and save each job, as a worker does; how many pictures each has then."""
    for name in names:
        cast.work(Job(pk=UUID(name)))
    return Counter(str(image.job) for image in Image.objects.all())


@pytest.fixture
def provider(processes, tmp_path):
    """The API behind the processes, whose pictures are ready at once."""
    world = World(tmp_path / "provider", pace=Pace(seconds=(0, 0), per_minute=0))
    with SandboxServer(world) as server:
        processes.setting(STUDIO_SANDBOX_URL=server.url, STUDIO_SUBMITS_PER_MINUTE="60")
        yield world
    world.close()


def test_a_task_delivered_five_times_in_any_order_brings_each_picture_home_and_is_paid_once(
    processes, provider
):
    provider.predraw(4)
    maya = processes.alone(member, credits=50)
    names = processes.alone(made, owner=maya, number=4)
    processes.at_once([partial(work, names=shuffled(names, number)) for number in range(TIMES)])
    assert processes.alone(jobs, owner=maya) == {"done": 4}
    assert processes.alone(work, names=names) == dict.fromkeys(names, 1)
    entries = {"grant": 1, "hold": 4, "capture": 4}
    assert processes.alone(books, owner=maya) == {"available": 30, "held": 0} | entries
    assert len(provider.truth()) == 4


def take(most: int, rounds: int) -> list[list[str]]:
    """Take up to so many due jobs, round after round, as a worker does."""
    return [[str(job.pk) for job in moves.claim_due(State.SAVING, most)] for _ in range(rounds)]


def test_workers_take_due_jobs_at_once_each_others_alone_and_none_comes_away_empty(processes):
    maya = processes.alone(member, credits=2000)
    names = processes.alone(saved, owner=maya, number=64)
    rounds = processes.at_once([partial(take, most=4, rounds=4)] * 4)
    assert {len(taken) for one in rounds for taken in one} == {4}
    assert sorted(name for one in rounds for taken in one for name in taken) == sorted(names)
