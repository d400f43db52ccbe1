"""`manage.py media check [--repair]`: holds the files of the pictures against their rows."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gallery import audit
from gallery.audit import Finding
from studio.jobs import refetch


class Command(BaseCommand):
    """Compares the pictures' files with their rows. It never deletes, neither a file nor a row."""

    help = "List files of pictures that are missing, changed or nobody's; with --repair, mend what can be."

    def add_arguments(self, parser: CommandParser) -> None:
        """`media check`, and `--repair`."""
        actions = parser.add_subparsers(dest="action", required=True)
        check = actions.add_parser("check", help="compare files and rows; changes nothing unless told to")
        check.add_argument(
            "--repair",
            action="store_true",
            help="move what is nobody's to media/quarantine, and fetch again what the provider still has",
        )

    def handle(self, *, repair: bool, **_options: Any) -> None:
        """A line for each finding and what was done; a failure if a picture stays missing or changed."""
        found = bad = 0
        for finding in audit.findings():
            found += 1
            done = _mend(finding) if repair else ""
            bad += finding.kind != "orphan" and not done
            self.stdout.write(" ".join(filter(None, (finding.kind, str(finding.path), done))))
        if bad:
            raise CommandError(f"{bad} pictures are missing or changed. {_advice(repair=repair)}")
        self.stdout.write(
            f"{found:,} findings." if found else "Every picture has its file, and every file its picture."
        )


def _advice(*, repair: bool) -> str:
    again = "The provider has them no more; bring" if repair else "Run it with --repair, or bring"
    return f"{again} them back from a backup. No row was deleted."


def _mend(finding: Finding) -> str:
    """What was done about it, in a word; nothing when nothing could be."""
    match finding.kind:
        case "orphan":
            audit.set_aside(finding)
            return "quarantined"
        case "missing":
            return "fetched again" if refetch.bring_back(finding.path.stem) else ""
        case "changed":
            return _replaced(finding)


def _replaced(finding: Finding) -> str:
    """A changed file gives way only to the right one: it may still show most of the picture."""
    kept = audit.keep_aside(finding)
    if refetch.bring_back(finding.path.stem):
        return "fetched again, the changed file is in quarantine"
    kept.unlink()
    return ""
