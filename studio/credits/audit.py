"""Holds the books against themselves: accounts, their entries, and the chain that seals them."""

from collections.abc import Iterator
from typing import Any

from django.db.models import CheckConstraint, Count, F, Max, Model, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from studio.credits.models import Account, Entry, Loss
from studio.credits.reading import Reading


def drift() -> "QuerySet[Account, Any]":
    """Accounts whose sums are not the sums of their entries: none, unless somebody wrote past the ledger."""
    return Account.objects.annotate(
        sum_available=Coalesce(Sum("entries__d_available"), 0), sum_held=Coalesce(Sum("entries__d_held"), 0)
    ).exclude(available=F("sum_available"), held=F("sum_held"))


def disagreements(reading: Reading) -> Iterator[str]:
    """Where accounts and entries disagree, each in a sentence."""
    yield from reading.wrong
    yield from _sums()
    yield from _heads(reading)
    yield from _half_settled(reading)
    yield from _strays()
    yield from _twice()
    for model, rows in (
        (Account, Account.objects.filter(sandbox=False)),
        (Entry, Entry.objects.filter(account__sandbox=False)),
        (Loss, Loss.objects.all()),
    ):
        yield from lawless(model, rows)


def _sums() -> Iterator[str]:
    """Balances that are not what their entries come to."""
    for account in drift().filter(sandbox=False).select_related("user"):
        yield (
            f"Account {account.pk} of {account.user} has {account.available:,} and holds {account.held:,};"
            f" its entries come to {account.sum_available:,} and {account.sum_held:,}."
        )


def _heads(reading: Reading) -> Iterator[str]:
    """Accounts whose chain ends elsewhere than they know."""
    for account_id, seal in Account.objects.filter(sandbox=False).values_list("pk", "seal").order_by("pk"):
        if seal != reading.heads.get(account_id, ""):
            yield (
                f"The newest entry of account {account_id} is not the one the account knows:"
                " entries were taken from the end of its chain or put there, or changed."
            )


def _half_settled(reading: Reading) -> Iterator[str]:
    """Orders of which only a part is paid or given back: both are booked at once."""
    for job, held in reading.open.items():
        if held.left != held.held:
            yield f"Order {job} held {held.held:,}, of which {held.left:,} are neither paid nor given back."


def _strays() -> Iterator[str]:
    """Entries of accounts that are not there."""
    accounts = list(Account.objects.values_list("pk", flat=True))
    for entry_id, account_id in Entry.objects.exclude(account__in=accounts).values_list("pk", "account_id"):
        yield f"Entry {entry_id} belongs to account {account_id}, which is not there."


def _twice() -> Iterator[str]:
    """What was booked a second time under the same key: an allowance, an expiry, a gift."""
    keys = Entry.objects.values("key").annotate(times=Count("pk"), last=Max("pk")).filter(times__gt=1)
    for row in keys:
        yield f"Entry {row['last']} books {row['key']} another time."


def lawless(model: type[Model], rows: "QuerySet[Any, Any]") -> Iterator[str]:
    """Rows that break a rule the database itself should hold: somebody wrote with its checks switched off."""
    rules = [rule for rule in model._meta.constraints if isinstance(rule, CheckConstraint)]  # noqa: SLF001 - the documented way to a model's rules
    if not rows.exclude(Q(*(rule.condition for rule in rules))).exists():
        return
    for rule in rules:
        for number in rows.exclude(rule.condition).values_list("pk", flat=True):
            yield f"{model.__name__} {number} breaks the rule that {rule.name.replace('_', ' ')}."
