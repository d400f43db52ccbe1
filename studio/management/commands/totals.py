"""`manage.py totals`: brings the totals up to date and proves that they equal the ledger."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from studio.credits import proof, totals
from studio.credits.models import MemberTotal, ProjectTotal


class Command(BaseCommand):
    """Folds new entries into the totals, or makes all of them anew, and holds every row against its entries."""

    help = "Bring the totals that reports read up to date, and prove that they equal the ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--rebuild` makes them anew."""
        parser.add_argument("--rebuild", action="store_true", help="throw them away and make them again")

    def handle(self, **options: Any) -> None:
        """Do it, print each disagreement, and exit with 1 when there is one."""
        if options["rebuild"]:
            totals.rebuild()
        else:
            totals.fold()
        wrong = 0
        for words in proof.disagreements():
            self.stdout.write(words)
            wrong += 1
        if wrong:
            raise CommandError(
                f"The totals differ from the ledger in {wrong:,} figures. Run it with --rebuild."
            )
        rows = MemberTotal.objects.count() + ProjectTotal.objects.count()
        self.stdout.write(f"All {rows:,} totals equal the ledger up to entry {totals.folded():,}.")
