"""`manage.py line`: how the line is, and what only a person may decide about it, from a shell."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from studio.accounts.models import User
from studio.jobs import line, moves, orders, tasks
from studio.jobs.models import Line
from studio.office import operations


class Command(BaseCommand):
    """The same as on the page of operations."""

    help = "Say how the line is; start one that waits for an admin, cancel what a backup brought, or stop it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do, and who says so."""
        what = "say (the default); start; cancel: what waited in a backup, then start; park: send nothing until start"
        parser.add_argument(
            "do", nargs="?", choices=["say", "start", "cancel", "park"], default="say", help=what
        )
        parser.add_argument("--by", help="the admin's address, to start")

    def handle(self, *_args: object, **options: Any) -> None:
        """Do it, and say how the line is then."""
        if options["do"] == "park":
            line.park()
        elif options["do"] != "say":
            self._start(_admin(options["by"]), cancel=options["do"] == "cancel")
        self.stdout.write(operations.line_words(Line.objects.get()))

    def _start(self, admin: User, *, cancel: bool) -> None:
        row = Line.objects.get()
        if cancel and row.stop == Line.Stop.RESTORED:
            moves.each(operations.parked(row), lambda job: orders.cancel(admin, job.pk))
        if not line.start_by_hand(admin):
            raise CommandError("The line does not wait for anybody.")
        tasks.wake(tasks.advance)


def _admin(email: str | None) -> User:
    """Who says so: it is written down."""
    found = User.objects.filter(email__iexact=email or "", is_staff=True, is_active=True).first()
    if found is None:
        raise CommandError("Say who you are: --by with the address of an active admin.")
    return found
