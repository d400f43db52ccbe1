"""`manage.py states`: the life of a job, drawn from the table that decides it."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from studio.jobs.states import AT_REST, MOVES, State

BEGIN, END = "<!-- states: made by `manage.py states --write` -->", "<!-- end of states -->"


def drawing() -> str:
    """The table as text: from each state, where it may go and what takes it there."""
    lines = []
    for state in State:
        exits = [(end, why) for (start, end), why in MOVES.items() if start == state]
        lines.append(f"{state}{' (at rest)' if state in AT_REST else ''}")
        lines += [f"  └─▶ {end:<10} {why}" for end, why in exits]
    return "\n".join(lines)


class Command(BaseCommand):
    """Draws the states into DESIGN.md, so that the picture can't differ from the code."""

    help = "Draw the life of a job."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--write` puts it into DESIGN.md."""
        parser.add_argument("--write", action="store_true", help="write it into DESIGN.md")

    def handle(self, **options: Any) -> None:
        """Print it, or write it between its marks."""
        if not options["write"]:
            self.stdout.write(drawing())
            return
        path = Path(settings.BASE_DIR) / "DESIGN.md"
        before, rest = path.read_text(encoding="utf-8").split(BEGIN)
        after = rest.split(END)[1]
        path.write_text(f"{before}{BEGIN}\n```\n{drawing()}\n```\n{END}{after}", encoding="utf-8")
