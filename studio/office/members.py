"""What a member has, used, and may spend from now on: for the page where an admin answers for it."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncMonth

from studio.accounts.models import User
from studio.credits import allowances, periods, wallet
from studio.credits.models import Account, Change, Entry
from studio.credits.modes import Monthly, mode_of
from studio.office import names

Counted = list[dict[str, Any]]


@dataclass(slots=True)
class Row:
    """What was used in a month, or for a project: credits, and the pictures received for them."""

    subject: date | names.Name
    used: int = 0
    pictures: int = 0


@dataclass(frozen=True, slots=True)
class Used:
    """What a member used in this month and the twelve before, counted twice: months and projects add up to the same."""

    months: list[Row]
    projects: list[Row]


def used(account: Account) -> Used:
    """What was used in an account lately: the newest month first, and the projects by what they took."""
    this = periods.month_of(periods.today())
    paid = account.entries.filter(
        kind=Entry.Kind.CAPTURE, day__gte=this.replace(year=this.year - 1)
    ).order_by()
    counted = paid.annotate(month=TruncMonth("day")).values("month", "project_id")
    found: Counted = list(counted.annotate(used=-Sum("d_held"), pictures=Sum("pictures")))
    projects = names.projects({row["project_id"] for row in found})
    months = _added(found, lambda row: row["month"])
    by_project = _added(found, lambda row: projects[row["project_id"]])
    return Used(
        sorted(months, key=lambda row: str(row.subject), reverse=True),
        sorted(by_project, key=lambda row: -row.used),
    )


def _added(found: Counted, subject: Callable[[dict[str, Any]], Any]) -> list[Row]:
    """Rows added up for each subject."""
    rows: dict[Hashable, Row] = {}
    for counted in found:
        row = rows.setdefault(subject(counted), Row(subject(counted)))
        row.used += counted["used"]
        row.pictures += counted["pictures"]
    return list(rows.values())


def history(user: User) -> QuerySet[Change]:
    """Who changed how a member gets credits, and when, newest first."""
    changes = Change.objects.filter(of=Change.Of.ALLOWANCE, subject_id=user.pk)
    return changes.select_related("actor").order_by("-id")


def usual_history() -> QuerySet[Change]:
    """Who changed what new members get, and when, newest first."""
    return Change.objects.filter(of=Change.Of.DEFAULT).select_related("actor").order_by("-id")


def has_now(account: Account) -> str:
    """What a limited member has, and how long it lasts, in a sentence each."""
    has = f"{account.user} has {account.available:,} credits now."
    day = allowances.next_renewal(account)
    if day is None:
        return f"{has} They last until they are spent."
    return f"{has} What is left of them on {day:%-d %B} expires."


def more_than_the_wallet() -> str:
    """A sentence when members have more credits in sum than the team's wallet; empty when it covers them."""
    reading = wallet.latest(wallet.api_in_use())
    limited = Account.objects.filter(sandbox=wallet.in_sandbox(), limited=True, user__is_active=True)
    have = limited.aggregate(sum=Sum("available", default=0))["sum"]
    if reading is None or have <= reading.balance:
        return ""
    return f"Members have {have:,} credits in all, and the team's wallet has {int(reading.balance):,}."


def lasting(account: Account) -> str:
    """What stands beside what a limited member has left."""
    mode = mode_of(account)
    if isinstance(mode, Monthly):
        return f"of {mode.credits:,} a month, anew on {allowances.next_renewal(account):%-d %B}"
    return "lasts until it is spent"
