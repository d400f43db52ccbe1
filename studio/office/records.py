"""What is kept of decisions, as tables for spreadsheets: requests, changes of the rules, prices, warnings, audits."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from gallery.models import Project
from studio.accounts.models import User
from studio.credits import prices
from studio.credits.models import AuditRun, BudgetWarning, Change, CreditRequest
from studio.credits.sheets import Cell
from studio.office import names

# So many rows are read at once.
BATCH = 500
Sheet = tuple[Sequence[str], Iterable[Sequence[Cell]]]


def _requests() -> Sheet:
    rows = CreditRequest.objects.select_related("user", "answered_by").order_by("-id")
    header = (
        "Asked",
        "Member",
        "E-mail address",
        "Sentence",
        "Answer",
        "Credits",
        "Reason",
        "By",
        "Answered",
    )
    return header, (
        (
            *(
                row.asked_at,
                names.plain(str(row.user)),
                names.plain(row.user.email),
                names.plain(row.sentence),
            ),
            *(row.answer or "open", row.amount, names.plain(row.reason)),
            *(names.plain(str(row.answered_by or "")), row.answered_at),
        )
        for row in rows.iterator(BATCH)
    )


def _changes() -> Sheet:
    """Of allowances, caps, the budget and prices: whose it is stands beside, where it is somebody's or a project's."""
    rows = Change.objects.select_related("actor").order_by("-id")
    members = {user.pk: names.plain(str(user)) for user in User.objects.all()}
    projects = {project.pk: names.plain(project.name) for project in Project.objects.all()}
    whose = {Change.Of.ALLOWANCE: members, Change.Of.CAP: projects}
    return ("When", "By", "Of", "Number", "Name", "From", "To"), (
        (
            *(row.at, names.plain(str(row.actor or "")), row.of, row.subject_id),
            *(whose.get(Change.Of(row.of), {}).get(row.subject_id or 0, ""), row.before, row.after),
        )
        for row in rows.iterator(BATCH)
    )


def _prices() -> Sheet:
    return ("From", "A credit", "Currency", "Set by", "Set at"), (
        (row.start, row.amount, row.currency, names.plain(str(row.by or "")), row.at)
        for row in reversed(prices.versions())
    )


def _warnings() -> Sheet:
    rows = BudgetWarning.objects.order_by("-month", "-percent")
    return ("Month", "Percent", "Spent", "Budget", "Told", "Put away"), (
        (f"{row.month:%Y-%m}", row.percent, row.spent, row.budget, row.at, row.dismissed_at)
        for row in rows.iterator(BATCH)
    )


def _audits() -> Sheet:
    rows = AuditRun.objects.order_by("-id")
    return ("When", "Disagreements", "Seconds", "Words"), (
        (row.at, row.disagreements, f"{row.seconds:.2f}", row.words) for row in rows.iterator(BATCH)
    )


RECORDS: Mapping[str, Callable[[], Sheet]] = {
    "requests": _requests,
    "changes": _changes,
    "budget-warnings": _warnings,
    "prices": _prices,
    "audits": _audits,
}
"""Each by its address: the header, and the rows from the newest on."""
