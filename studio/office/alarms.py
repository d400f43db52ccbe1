"""What admins are mailed at once, each thing once: paid pictures that are not home, a line that waits for them."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from studio.jobs import line, overdue, watch, words
from studio.jobs.models import Job, Line
from studio.office import mail


def not_home() -> None:
    """The orders that are not home for half a day, and those that soon expire."""
    now = timezone.now()
    for hours in overdue.ALARMS:
        # What is marked as told is told: its mails are written with the mark.
        with transaction.atomic():
            if found := overdue.to_alarm(hours, now):
                orders = "An order is" if len(found) == 1 else f"{len(found):,} orders are"
                mail.tell_admins(f"{orders} not home after {hours} hours", _list(found, now))


def _list(jobs: list[Job], now: datetime) -> str:
    """One line an order, and where to act."""
    said = [f"- {_line(job, now)}" for job in jobs]
    return "\n".join([*said, "", "Under Operations each can be tried now, or given up."])


def _line(job: Job, now: datetime) -> str:
    expires = timezone.localtime(watch.results_expire(job))
    what = f"{words.pictures(job.asked)} of {job.owner}, sent {overdue.waited(job, now)} ago"
    return f"{what}: {job.delivered} home; expires at the provider about {expires:%-d %b %H:%M}"


def line_waits() -> None:
    """The line sends nothing until an admin says so."""
    with transaction.atomic():
        stopped = Line.objects.select_for_update().get()
        if not line.needs_admin(stopped) or stopped.told_of == stopped.stopped_at:
            return
        Line.objects.update(told_of=F("stopped_at"))
        mail.tell_admins(
            "The line waits for you", f"{stopped.words}\n\nNothing is sent until you say so under Operations."
        )
