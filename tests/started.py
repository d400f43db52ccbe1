"""Programs started by a test, and everything they start, found by a mark in their environment."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Return as soon as `condition` holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


class Started:
    """`command` as a process of its own, with what it says in a file."""

    def __init__(
        self, command: Sequence[str], said: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.said = said
        self._mark = f"TEST_MARK={uuid.uuid4()}".encode()
        name, _, value = self._mark.decode().partition("=")
        with said.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {}), name: value},
            )

    def text(self) -> str:
        """All it has said so far."""
        return self.said.read_text()

    def wait_for(self, words: str, seconds: float = 20.0) -> None:
        """Wait until it says `words`."""
        try:
            wait_until(lambda: words in self.text() or self.process.poll() is not None, seconds)
        finally:
            assert words in self.text(), self.text()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the first process alone."""
        self.process.send_signal(number)

    def exit_code(self, seconds: float = 30.0) -> int:
        """Wait for the first process."""
        return self.process.wait(seconds)

    def alive(self) -> dict[int, str]:
        """The command line of every process that carries the mark, by its id."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if self._mark in (folder / "environ").read_bytes().split(b"\0"):
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
        return found

    def pid_of(self, words: str) -> int:
        """The id of the first process below it whose command line has `words`."""
        return min(pid for pid, said in self.alive().items() if words in said and pid != self.process.pid)

    def all_gone(self, seconds: float = 5.0) -> None:
        """Wait until none is left."""
        if self.process.poll() is None:
            self.process.wait(seconds)
        wait_until(lambda: not self.alive(), seconds)

    def end(self) -> None:
        """Leave nothing behind, whatever the test found."""
        for pid in self.alive():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()
