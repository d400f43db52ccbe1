"""The team's budget of the month: what it is, what is spent of it, and how far the month is."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from studio.credits import budgets, periods, wallet
from studio.credits.models import BudgetWarning, Change, TeamBudget
from studio.jobs import line

# The warnings that the page tells of: those of a year and this month.
WARNINGS = 13 * len(budgets.TOLD_AT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The month so far, in credits of the real API.

    `under_way` is the part of `spent` that orders hold still; what those `in_line` hold is no part of it.
    """

    budget: TeamBudget | None
    month: periods.Period
    spent: int
    under_way: int
    in_line: int
    gone: int

    @property
    def left(self) -> int:
        """What may be spent until the month is over."""
        return max(0, self.budget.monthly - self.spent) if self.budget else 0

    @property
    def percent(self) -> int:
        """The share of the budget that is spent; more than 100 when it was exceeded."""
        return self.spent * 100 // self.budget.monthly if self.budget else 0

    @property
    def bar(self) -> int:
        """How far the bar goes: to its end when the budget was exceeded."""
        return min(self.spent, self.budget.monthly) if self.budget else 0

    @property
    def level(self) -> str:
        """How the bar looks: "", "warn" from the second warning on, "bad" once nothing is left."""
        if self.percent < budgets.TOLD_AT[1]:
            return ""
        return "warn" if self.left else "bad"


def standing() -> Standing:
    """The budget and the month so far."""
    month = budgets.month()
    # Asked for first: what ends in between counts twice and never not at all.
    under_way = line.under_way()
    return Standing(
        budget=budgets.team_budget(),
        month=month,
        spent=budgets.spent_this_month(under_way),
        under_way=under_way,
        in_line=line.held_in_line(),
        gone=_gone(month),
    )


def _gone(month: periods.Period) -> int:
    """How many percent of a month are over now; a day that has begun counts by its hours."""
    now = timezone.localtime()
    days = (now.date() - month.first).days + now.hour / 24
    return round(min(1.0, max(0.0, days / month.days)) * 100)


def warnings() -> QuerySet[BudgetWarning]:
    """The shares of a month's budget that were reached, the newest first."""
    return BudgetWarning.objects.order_by("-month", "-percent")[:WARNINGS]


def history() -> QuerySet[Change]:
    """Who changed the budget, and when, the newest first."""
    return Change.objects.filter(of=Change.Of.BUDGET).select_related("actor").order_by("-id")


def play_money() -> bool:
    """Whether the studio works with the sandbox, whose credits no budget counts."""
    return wallet.in_sandbox()
