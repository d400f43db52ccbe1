"""`manage.py audit`: holds all books against each other and says what disagrees."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from studio.office import audit


class Command(BaseCommand):
    """Recomputes everything that must agree, and changes nothing."""

    help = "Hold the books against each other: accounts, orders, totals, statements and the wallet."

    def handle(self, **_options: Any) -> None:
        """Print each disagreement in a sentence, and exit with 1 when there is one."""
        report = audit.look()
        audit.keep(report)
        for words in report.found:
            self.stdout.write(words)
        if report.found:
            raise CommandError(f"{report.looked_at}: {len(report.found):,} disagreements.")
        self.stdout.write(f"{report.looked_at}: all agree.")
