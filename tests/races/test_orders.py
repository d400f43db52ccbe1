"""Credit for fifty, asked for a hundred by twenty."""

from collections import Counter
from functools import partial

from studio.accounts.models import User
from studio.credits import ledger
from tests.jobs.cast import order
from tests.races.cast import books, jobs, member


def ask(owner: int, times: int) -> dict[str, int]:
    """Ask for one picture so many times; how often that was accepted and how often refused."""
    user, said = User.objects.get(pk=owner), Counter()
    for _ in range(times):
        try:
            order(user)
            said["accepted"] += 1
        except ledger.NotEnough:
            said["not enough"] += 1
    return said


def test_credit_for_fifty_orders_is_fifty_orders_of_a_hundred_that_twenty_processes_ask_for(processes):
    maya = processes.alone(member, credits=250)
    said = processes.at_once([partial(ask, owner=maya, times=5)] * 20)
    assert sum(map(Counter, said), Counter()) == {"accepted": 50, "not enough": 50}
    assert processes.alone(books, owner=maya) == {"available": 0, "held": 250, "grant": 1, "hold": 50}
    assert processes.alone(jobs, owner=maya) == {"waiting": 50}
