"""Months that are closed while findings of the wallet are explained, orders are settled and prices change."""

import random
from collections import Counter
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from studio.accounts.models import User
from studio.credits import findings, prices, reading, reconcile, statementproof, statements
from studio.credits.models import ApiUsed, Entry, Loss, Scope, Statement, WalletFinding
from studio.credits.reconcile import Decision
from tests.conftest import person
from tests.credits.books import held, made, settled
from tests.races.cast import at, books

API = "https://api.example"
MONTHS = [(2024 + number // 12, 1 + number % 12) for number in range(30)]
MEMBERS, FINDINGS, LATE = 6, 24, 8


def team() -> list[int]:
    """A team that works with the real API, each of whom has one picture in the first month."""
    ApiUsed.objects.create(name=API)
    with at(*MONTHS[0]):
        users = [person(f"Member{number}") for number in range(MEMBERS)]
        for user in users:
            made(user)
    return [user.pk for user in users]


def unanswered(owners: list[int], number: int) -> list[str]:
    """Orders whose answer was lost and whose credits went back, one of each member after the other."""
    with at(*MONTHS[0]):
        users = [User.objects.get(pk=owner) for owner in owners] * number
        return [str(made(user, delivered=0).job) for user in users]


def falls(number: int, amount: int) -> list[int]:
    """Falls of the wallet that nobody has explained."""
    said = {"api": API, "amount": -amount, "balance_before": 1000, "balance_after": 1000 - amount}
    moments = [timezone.now() - timedelta(hours=hours) for hours in range(number)]
    return [WalletFinding.objects.create(since=at, until=at, **said).pk for at in moments]


def explain(found: list[int], jobs: list[str]) -> int:
    """Say of each fall that it was one order of each member, in any order; of how many nobody had said so."""
    explained = 0
    for place, number in enumerate(found):
        lost = [UUID(job) for job in jobs[place * MEMBERS : (place + 1) * MEMBERS]]
        random.shuffle(lost)
        with at(*MONTHS[1 + place]), suppress(reconcile.Decided):
            reconcile.decide(number, Decision(lost=dict.fromkeys(lost, 5)), by=None)
            explained += 1
    return explained


def come_late(jobs: list[str]) -> None:
    """Lost answers come after all."""
    for place, job in enumerate(jobs):
        with at(*MONTHS[place % len(MONTHS)]), transaction.atomic():
            reconcile.lose_late(UUID(job), 5, api=API, why=Loss.Why.LATE, given_back=timezone.now())


def work(owner: int) -> None:
    """Order and receive again and again, in whatever month is still open."""
    for month in MONTHS:
        with at(*month):
            settled(held(User.objects.get(pk=owner), 2), of=2, delivered=1)


def close() -> None:
    """Close one month after the other."""
    for month in MONTHS[1:]:
        with at(*month):
            statements.close_past_months()


def closed() -> dict[str, int]:
    """How many months are closed, and what findings and losses came of it; the audit agrees with every statement."""
    assert list(statementproof.disagreements(reading.read())) == []
    months = Statement.objects.filter(scope=Scope.TEAM)
    rests = [findings.rest(finding) for finding in WalletFinding.objects.all()]
    return {
        "months": months.count(),
        "unexplained": sum(rest != 0 for rest in rests),
        **Counter(Loss.objects.values_list("why", flat=True)),
    }


def test_months_close_while_findings_are_explained_and_orders_settled_and_nobody_waits_in_a_circle(processes):
    owners = processes.alone(team)
    jobs = processes.alone(unanswered, owners=owners, number=FINDINGS)
    late = processes.alone(unanswered, owners=owners, number=LATE)
    found = processes.alone(falls, number=FINDINGS, amount=5 * MEMBERS)
    did = processes.at_once(
        [
            *[partial(explain, found=found, jobs=jobs)] * 2,
            *[partial(close)] * 2,
            *[partial(come_late, jobs=random.sample(late, len(late))) for _ in range(2)],
            *[partial(work, owner=owner) for owner in owners[:2]],
        ]
    )
    assert sum(did[:2]) == FINDINGS
    assert processes.alone(closed) == {
        "months": len(MONTHS) - 1,
        "unexplained": 0,
        "unknown": FINDINGS * MEMBERS,
        "late": LATE * MEMBERS,
    }
    orders = 1 + FINDINGS + LATE + len(MONTHS)
    assert processes.alone(books, owner=owners[0]) == {
        "available": -5 * (1 + len(MONTHS)),
        "held": 0,
        "hold": orders,
        "capture": 1 + len(MONTHS),
        "release": orders - 1,
    }


def every_month() -> None:
    """A member who receives a picture a month."""
    ApiUsed.objects.create(name=API)
    person("Ada", is_staff=True, is_superuser=True)
    user = person("Maya")
    for month in MONTHS:
        with at(*month):
            made(user)


def set_prices(cents: int) -> int:
    """Let a credit cost something else from each month on; for how many of them it was not too late."""
    ada, done = User.objects.get(name="Ada"), 0
    for month in MONTHS:
        with suppress(ValidationError):
            prices.set_price(start=date(*month, 1), amount=Decimal(cents), currency="EUR", by=ada)
            done += 1
    return done


def worth() -> list[str]:
    """The statements whose money is not what their month's credits cost by the prices there are."""
    wrong = []
    for row in Statement.objects.filter(scope=Scope.TEAM):
        entries = statements.entries_of(row.month).filter(kind=Entry.Kind.CAPTURE)
        used = [(entry.day, -entry.d_held) for entry in entries]
        money = prices.worth(used, prices.versions())
        if row.body["money"] != {currency: str(amount) for currency, amount in money.items()}:
            wrong.append(row.number)
    return wrong


def test_a_price_for_a_month_that_is_being_closed_is_in_its_statements_or_refused(processes):
    processes.alone(every_month)
    done = processes.at_once([partial(close), *[partial(set_prices, cents=cents) for cents in (1, 2, 3)]])
    assert max(done[1:]) > 0
    assert processes.alone(worth) == []
