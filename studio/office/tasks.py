"""What the clock asks of the office. All of it is done when it is needed too, and is safe to run twice or never."""

import structlog
from celery import shared_task
from django.db import transaction

from studio.credits import allowances, budgets, statements, totals
from studio.jobs import line, statistics
from studio.office import alarms, audit, mail

log = structlog.get_logger(__name__)


@shared_task
def renew_allowances() -> None:
    """Give everyone the allowance of the month that has begun."""
    allowances.renew_all()


@shared_task
def fold_entries() -> None:
    """Add what was booked to the totals that reports read."""
    totals.fold()


@shared_task
def fold_orders() -> None:
    """Count the orders that came to rest."""
    statistics.fold()


@shared_task
def close_months() -> None:
    """Make the statements of the months that are over."""
    statements.close_past_months()


@shared_task
def warn_of_budget() -> None:
    """Tell the admins once when half, four fifths or all of the team's budget of the month are spent.

    Of several that are passed together they are told the highest.
    """
    under_way = line.under_way()
    # A warning that is written down is not told again: it is only kept with its mails.
    with transaction.atomic():
        for warning in budgets.warnings_due(under_way)[-1:]:
            subject = f"{warning.percent} % of the budget of {warning.month:%B %Y} is spent"
            text = (
                f"{warning.spent:,} of {warning.budget:,} credits are spent or held by orders that were sent."
            )
            mail.tell_admins(subject, text)


@shared_task
def alarm() -> None:
    """Tell the admins once of pictures that are paid for and not home, and of a line that only they can start."""
    alarms.not_home()
    alarms.line_waits()


@shared_task
def audit_books() -> None:
    """Hold all books against each other, keep what was found, and alarm the admins when anything is."""
    report = audit.try_to_look()
    audit.keep(report)
    audit.alarm(report)
