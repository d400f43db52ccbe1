"""Entries that are booked while others fold: each of them comes into the totals, and once."""

import time
from functools import partial

from django.db import transaction

from studio.accounts.models import User
from studio.credits import proof, totals
from studio.credits.models import ApiUsed, Entry
from studio.credits.periods import Period, today
from tests.conftest import person
from tests.credits.books import made

ORDERS, WRITERS, FOLDERS = 15, 4, 3


def members() -> list[int]:
    """A team that works with the real API, for play money is in no total."""
    ApiUsed.objects.create(name="https://api.example")
    return [person(f"Member{number}").pk for number in range(WRITERS)]


def spend(owner: int) -> None:
    """Order and receive again and again."""
    for _ in range(ORDERS):
        made(User.objects.get(pk=owner), 2, delivered=1)


def fold() -> None:
    """Fold again and again."""
    for _ in range(ORDERS):
        totals.fold()


def join() -> None:
    """Somebody joins slowly, with credits, while others are quick: smaller numbers are written later."""
    with transaction.atomic():
        person("Slow", credits=100)
        time.sleep(0.5)


def figures() -> dict[str, int]:
    """What all of it comes to, and whether the totals say the same as the ledger when all are folded."""
    totals.fold()
    assert list(proof.disagreements()) == []
    assert totals.folded() == Entry.objects.latest("id").pk
    day = today()
    sums = totals.figures(Period(day, day))[()]
    return {"orders": sums.orders, "used": sums.used, "released": sums.released, "granted": sums.granted}


def test_what_is_booked_while_three_fold_is_counted_once(processes):
    owners = processes.alone(members)
    writers = [partial(spend, owner=owner) for owner in owners]
    processes.at_once([*writers, *[partial(fold)] * FOLDERS])
    orders = ORDERS * WRITERS
    assert processes.alone(figures) == {
        "orders": orders,
        "used": 5 * orders,
        "released": 5 * orders,
        "granted": 0,
    }


def test_what_a_slow_transaction_books_is_not_left_out(processes):
    owners = processes.alone(members)
    calls = [partial(join), *[partial(spend, owner=owner) for owner in owners[:2]]]
    processes.at_once([*calls, partial(fold)])
    found = processes.alone(figures)
    assert (found["granted"], found["orders"]) == (100, 2 * ORDERS)
