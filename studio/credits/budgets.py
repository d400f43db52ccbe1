"""What projects and the team may take a month. docs/credits.md has the rules."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from studio.accounts.models import User
from studio.credits import ledger, periods, totals, wallet
from studio.credits.figures import Figures
from studio.credits.models import BudgetWarning, Change, Entry, Loss, ProjectCap, TeamBudget

Kind = Entry.Kind
# The shares of the team's budget, in percent, that admins are told of.
TOLD_AT = (50, 80, 100)
EVER = periods.Period(date.min, date(9998, 12, 31))


class CapReached(Exception):
    """The project may not take that much any more this month. Nothing was booked."""

    def __init__(self, *, project: str, cap: int, left: int, needed: int) -> None:
        again = f"{periods.next_month(periods.today()):%-d %B}"
        super().__init__(
            f"{project} may take {cap:,} credits a month: {left:,} are left until {again}, this needs {needed:,}."
        )
        self.project, self.cap, self.left, self.needed = project, cap, left, needed


@dataclass(frozen=True, slots=True)
class Cap:
    """The credits a project may take this month, and those it took: paid for in it, or held by its orders."""

    monthly: int
    taken: int

    @property
    def left(self) -> int:
        """What may be ordered still."""
        return max(0, self.monthly - self.taken)


def month() -> periods.Period:
    """The month that what is booked now counts for."""
    return periods.month(periods.month_of(ledger.open_day()))


def cap_of(project_id: int) -> int | None:
    """The credits a project may take a month; None without a cap."""
    return ProjectCap.objects.filter(project_id=project_id).values_list("monthly", flat=True).first()


def caps() -> dict[int, Cap]:
    """The caps of all projects that have one, with what they took of the credits in use."""
    rows = dict(ProjectCap.objects.values_list("project_id", "monthly"))
    taken = _taken(sandbox=wallet.in_sandbox()) if rows else {}
    return {project: Cap(monthly, taken.get(project, 0)) for project, monthly in rows.items()}


def left_of(project_id: int) -> int | None:
    """What a project may take this month still; None without a cap."""
    monthly = cap_of(project_id)
    if monthly is None:
        return None
    return Cap(monthly, _taken(sandbox=wallet.in_sandbox(), project_id=project_id).get(project_id, 0)).left


def admit(booking: ledger.Booking, amount: int, *, sandbox: bool) -> None:
    """Let an order through that its project can take, in the caller's transaction, before its hold; else CapReached.

    The cap's row stays locked until the hold is booked, so that no two orders take the same credits.
    """
    row = ProjectCap.objects.select_for_update().filter(project_id=booking.project_id).first()
    if row is None:
        return
    taken = _taken(sandbox=sandbox, project_id=row.project_id).get(row.project_id, 0)
    if amount > (left := Cap(row.monthly, taken).left):
        raise CapReached(project=booking.project_name, cap=row.monthly, left=left, needed=amount)


def _taken(*, sandbox: bool, **of: int) -> dict[int, int]:
    """What projects paid for this month and what their orders hold, also those of earlier months."""
    if sandbox:
        return _taken_in_play(**of)
    by = ("project_id",)
    ever, now = totals.at_once([(EVER, by), (month(), by)], **of)
    paid = {project: sums.used for (project,), sums in now.items()}
    return {
        project: paid.get(project, 0) + sums.held - sums.released - sums.used
        for (project,), sums in ever.items()
    }


def _taken_in_play(**of: int) -> dict[int, int]:
    """The same of play money, of which there are no totals."""
    period = month()
    paid = Q(kind=Kind.CAPTURE, day__gte=period.first, day__lte=period.last)
    sums = {"held": Sum("d_held"), "paid": Coalesce(-Sum("d_held", filter=paid), 0)}
    rows = Entry.objects.filter(account__sandbox=True, job__isnull=False, **of)
    found = rows.values("project_id").annotate(**sums).values_list("project_id", "held", "paid")
    return {project: held + paid for project, held, paid in found}


@transaction.atomic
def set_cap(project_id: int, monthly: int | None, *, by: User | None) -> None:
    """Cap what a project may take a month, or take its cap away, written down with who did it."""
    row = ProjectCap.objects.select_for_update().filter(project_id=project_id).first()
    before = row.monthly if row else None
    if before == monthly:
        return
    if monthly is None:
        ProjectCap.objects.filter(project_id=project_id).delete()
    else:
        ProjectCap.objects.update_or_create(project_id=project_id, defaults={"monthly": monthly})
    Change.objects.create(
        of=Change.Of.CAP,
        subject_id=project_id,
        before=_cap_words(before),
        after=_cap_words(monthly),
        actor=by,
    )


def _cap_words(monthly: int | None) -> str:
    return "no cap" if monthly is None else f"{monthly:,} credits a month"


def team_budget() -> TeamBudget | None:
    """The credits the team may take a month, and whether that stops the line; None without a budget."""
    return TeamBudget.objects.first()


@transaction.atomic
def set_team_budget(monthly: int | None, *, hard: bool = False, under_way: int, by: User | None) -> None:
    """Give the team a budget a month, or take it away, written down with who did it.

    After a raise, shares of it that are not reached any more are told again once they are. `under_way` is what sent
    orders hold, as in `spent_this_month`.
    """
    before = TeamBudget.objects.select_for_update().first()
    if monthly is None:
        TeamBudget.objects.all().delete()
        after = None
    elif monthly < 1:
        raise ValueError("A budget is more than nothing.")
    else:
        after, _new = TeamBudget.objects.update_or_create(pk=1, defaults={"monthly": monthly, "hard": hard})
    if _budget_words(before) != _budget_words(after):
        Change.objects.create(
            of=Change.Of.BUDGET, before=_budget_words(before), after=_budget_words(after), actor=by
        )
        if after and (before is None or before.monthly < after.monthly):
            _forget_warnings(after, spent_this_month(under_way))


def _budget_words(budget: TeamBudget | None) -> str:
    if budget is None:
        return "no budget"
    return f"{budget.monthly:,} credits a month, {'stops the line' if budget.hard else 'warns'}"


def spent_this_month(under_way: int) -> int:
    """What the team takes this month: paid for pictures, lost, and held by orders that were sent (`under_way`).

    Only of the real API. Ask for `under_way` first: what ends in between then counts twice and never not at all.
    """
    period = month()
    paid = totals.figures(period).get((), Figures()).used
    lost = Loss.objects.filter(day__range=(period.first, period.last)).aggregate(sum=Sum("credits"))
    return paid + (lost["sum"] or 0) + under_way


def left_of_a_hard_one(held: int) -> int | None:
    """What orders that come now find of a hard budget, after all that hold credits (`held`); None without one."""
    budget = team_budget()
    if budget is None or not budget.hard:
        return None
    return max(0, budget.monthly - spent_this_month(held))


def refusal(cost: int, under_way: int) -> str:
    """Why an order of this cost may not be sent this month, in words with the figures; empty when it may."""
    budget = team_budget()
    if budget is None or not budget.hard:
        return ""
    spent = spent_this_month(under_way)
    if spent + cost <= budget.monthly:
        return ""
    figures = f"The team's budget is {budget.monthly:,} credits a month: {spent:,} are spent"
    if cost > budget.monthly:
        return f"{figures}, and the next order alone needs {cost:,}. It goes on once the budget is raised."
    return f"{figures}, the next order needs {cost:,}. It goes on by itself on {_next():%-d %B}."


def _next() -> date:
    """The day on which the next month begins."""
    return month().end


def warnings_due(under_way: int) -> list[BudgetWarning]:
    """Write down the shares of the month's budget that are reached and were not told yet; those, the lowest first."""
    budget = team_budget()
    if budget is None:
        return []
    spent, first = spent_this_month(under_way), month().first
    rows = [
        BudgetWarning.objects.get_or_create(
            month=first, percent=percent, defaults={"spent": spent, "budget": budget.monthly}
        )
        for percent in TOLD_AT
        if _reached(percent, spent, budget)
    ]
    return [row for row, new in rows if new]


def _reached(percent: int, spent: int, budget: TeamBudget) -> bool:
    return spent * 100 >= percent * budget.monthly


def _forget_warnings(budget: TeamBudget, spent: int) -> None:
    """A raised budget is warned of anew: what this month's warnings of a smaller one say is not so any more."""
    again = [percent for percent in TOLD_AT if not _reached(percent, spent, budget)]
    smaller = BudgetWarning.objects.filter(month=month().first, budget__lt=budget.monthly)
    smaller.filter(percent__in=again).delete()
