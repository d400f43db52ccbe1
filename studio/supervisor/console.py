"""What the person at the terminal sees."""

import io
import os
from collections.abc import Sequence
from typing import TextIO

COLOURS = (36, 33, 32, 35, 34)
"""ANSI foregrounds: cyan, yellow, green, magenta, blue."""


class Console:
    """Writes lines as `web     | text`, one colour a name on a terminal."""

    def __init__(self, stream: TextIO, errors: TextIO, names: Sequence[str]) -> None:
        for each in (stream, errors):
            if isinstance(each, io.TextIOWrapper):
                each.reconfigure(errors="replace")
        self._stream = stream
        self._errors = errors
        width = max((len(name) for name in names), default=0)
        coloured = stream.isatty() and "NO_COLOR" not in os.environ
        self._prefixes = {
            name: f"\x1b[{COLOURS[at % len(COLOURS)]}m{name:{width}} |\x1b[0m"
            if coloured
            else f"{name:{width}} |"
            for at, name in enumerate(names)
        }

    def line(self, name: str, text: str) -> None:
        """One line of what the program `name` said."""
        self.say(f"{self._prefixes[name]} {text}")

    def say(self, text: str) -> None:
        """A line of the supervisor's own."""
        _write(self._stream, text)

    def complain(self, text: str) -> None:
        """What went wrong, in one sentence."""
        _write(self._errors, text)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text + "\n")
        stream.flush()
    except OSError:
        pass  # the terminal or the pipe is gone; the studio runs on
