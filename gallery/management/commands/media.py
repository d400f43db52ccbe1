from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gallery import audit


class Command(BaseCommand):
    """Compares the pictures' files with their rows."""

    help = "Lists originals that are missing, changed or nobody's. Changes nothing unless told to."

    def add_arguments(self, parser: CommandParser) -> None:
        """One switch."""
        parser.add_argument(
            "--quarantine", action="store_true", help="move what is nobody's to media/quarantine"
        )

    def handle(self, *, quarantine: bool, **_options: Any) -> None:
        """A line for each finding; a failure if a picture is missing or changed."""
        bad = 0
        for finding in audit.findings():
            self.stdout.write(f"{finding.kind} {finding.path}")
            bad += finding.kind != "orphan"
            if quarantine and finding.kind == "orphan":
                audit.set_aside(finding)
        if bad:
            raise CommandError(f"{bad} pictures are missing or changed. Bring them back from a backup.")
