"""Orders that come to rest while others count: each of them is counted, and once."""

from functools import partial

from django.db.models import Sum

from studio.accounts.models import User
from studio.credits.models import ApiUsed
from studio.jobs import moves, statistics
from studio.jobs.models import DayOfJobs, Job
from studio.jobs.states import State
from tests.jobs.cast import order
from tests.races.cast import member

ORDERS, OWNERS, COUNTERS = 12, 3, 3


def members() -> list[int]:
    """A team that works with the real API, for what the sandbox draws is not counted."""
    ApiUsed.objects.create(name="https://api.example")
    return [member(f"Member{number}") for number in range(OWNERS)]


def receive(owner: int) -> None:
    """Order and receive again and again."""
    user = User.objects.get(pk=owner)
    for _ in range(ORDERS):
        job = order(user, num_images=2)
        Job.objects.filter(pk=job.pk).update(state=State.SAVING, task_id="task", delivered=2)
        moves.end(job, State.DONE)


def count() -> None:
    """Count again and again, until all are counted."""
    while Job.objects.filter(counted=True).count() < ORDERS * OWNERS:
        statistics.fold()


def counted() -> dict[str, int]:
    """What is counted when nothing is left to count."""
    statistics.fold()
    assert not Job.objects.filter(counted=False).exists()
    return DayOfJobs.objects.aggregate(orders=Sum("orders"), pictures=Sum("pictures"))


def test_what_comes_to_rest_while_three_count_is_counted_once(processes):
    owners = processes.alone(members)
    processes.at_once([*(partial(receive, owner=owner) for owner in owners), *[partial(count)] * COUNTERS])
    assert processes.alone(counted) == {"orders": ORDERS * OWNERS, "pictures": 2 * ORDERS * OWNERS}
