"""What an account says, for pages: the figures and the entries in words."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery, Sum

from studio.accounts.models import User
from studio.credits import ledger, periods, wallet
from studio.credits.models import Account, Entry

Kind = Entry.Kind
PAGE = 50
Titles = Callable[[User, Collection[UUID]], Mapping[UUID, str]]


@dataclass(frozen=True, slots=True)
class Balance:
    """A member's own figures, in credits. `used` is what was paid for pictures, `held` what running jobs may cost."""

    limited: bool
    available: int
    held: int

    @property
    def used(self) -> int:
        """What an unlimited member used so far, without what is only held."""
        return max(0, -self.available - self.held)


def of(user: User) -> Balance:
    """A member's figures in the account in use, which is opened when there is none yet."""
    mine = Account.objects.filter(user=user, sandbox=wallet.in_sandbox_in_sql())
    account = mine.first() or ledger.account_of(user)
    return Balance(limited=account.limited, available=account.available, held=account.held)


def _entries(user: User) -> "QuerySet[Entry, Any]":
    """What was booked in the account in use."""
    return Entry.objects.filter(account__user=user, account__sandbox=wallet.in_sandbox_in_sql())


def used_in_sql(account: str) -> Subquery:
    """What was used this month in the account that a query has under this name; None for nothing."""
    paid = Entry.objects.filter(
        account=OuterRef(account), day__gte=periods.month_of(periods.today()), kind=Kind.CAPTURE
    )
    return Subquery(paid.order_by().values("account").annotate(sum=-Sum("d_held")).values("sum"))


def this_month(user: User) -> dict[str, int]:
    """What was used and granted since the first of this month."""
    entries = _entries(user).filter(day__gte=periods.month_of(periods.today()))
    used = entries.filter(kind=Kind.CAPTURE).aggregate(sum=Sum("d_held"))["sum"] or 0
    given = entries.filter(kind__in=[Kind.GRANT, Kind.ADJUST]).aggregate(sum=Sum("d_available"))["sum"] or 0
    return {"used": -used, "given": given}


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """An entry for the page."""

    id: int
    at: datetime
    words: str
    job: UUID | None
    project: str
    available: str
    held: str


def untitled(_user: User, _jobs: Collection[UUID]) -> Mapping[UUID, str]:
    """Entries that don't tell what was ordered."""
    return {}


def entries(user: User, before: int | None, titles: Titles = untitled) -> tuple[list[EntryRow], int | None]:
    """A page of a member's entries, newest first, and where the next page begins.

    `titles` names a member's jobs, of which the books themselves know only the number.
    """
    rows = _entries(user).select_related("actor").order_by("-id")
    found = list((rows.filter(id__lt=before) if before else rows)[: PAGE + 1])
    shown = found[:PAGE]
    names = titles(user, {entry.job for entry in shown if entry.job})
    return [_row(entry, names) for entry in shown], shown[-1].pk if len(found) > PAGE else None


def _row(entry: Entry, names: Mapping[UUID, str]) -> EntryRow:
    title = names.get(entry.job, "") if entry.job else ""
    return EntryRow(
        id=entry.pk,
        at=entry.at,
        words=f"{_words(entry)}: {title}" if title else _words(entry),
        job=entry.job,
        project=entry.project_name,
        available=signed(entry.d_available),
        held=signed(entry.d_held),
    )


def _words(entry: Entry) -> str:
    """What an entry means, with who did it and why."""
    by = f" by {entry.actor}" if entry.actor else ""
    why = f": {entry.reason}" if entry.reason else ""
    return {
        Kind.GRANT: f"Given{by}{why}",
        Kind.ADJUST: f"Corrected{by}{why}",
        Kind.HOLD: "Held for an order",
        Kind.CAPTURE: "Paid for pictures received",
        Kind.RELEASE: "Given back, not delivered",
        Kind.EXPIRE: f"Expired{why}",
    }[Kind(entry.kind)]


def signed(number: int) -> str:
    """A figure with its sign: "+5", "−10", "0"."""
    return f"{number:+,}".replace("-", "−") if number else "0"
