"""Programs started by a test, and everything they start: a session of its own keeps them together."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS = ("STUDIO_", "REDIS_", "DATABASE_")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
"""What a fresh installation would see."""
QUICK = {
    "STUDIO_SANDBOX_SECONDS": "0.4",
    "STUDIO_SUBMITS_PER_MINUTE": "60",
    "STUDIO_LEASE_SECONDS": "4",
    "STUDIO_POST_SECONDS": "2",
    "STUDIO_LATE_ANSWER_SECONDS": "3",
    "STUDIO_SWEEP_SECONDS": "0.4",
    "STUDIO_LOOK_SECONDS": "0.1",
    "STUDIO_RETRY_SECONDS": "0.2",
    "STUDIO_RETRY_MOST_SECONDS": "1",
    "STUDIO_MISSING_SECONDS": "2",
    "STUDIO_REFUND_SECONDS": "0.1",
}
"""A job's life in seconds instead of minutes."""
GUARD = ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []
"""In front of a command: should its starter be killed, it goes with it."""


def wait_until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Return as soon as `condition` holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


class Started:
    """`command` as a process of its own, with what it says in a file."""

    def __init__(self, command: Sequence[str], said: Path, environment: Mapping[str, str]) -> None:
        self.said = said
        with said.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )

    def text(self) -> str:
        """All it has said so far."""
        return self.said.read_text()

    def wait_for(self, words: str, seconds: float = 60.0) -> None:
        """Wait until it says `words`."""
        try:
            wait_until(lambda: words in self.text() or self.process.poll() is not None, seconds)
        finally:
            assert words in self.text(), self.text()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the first process alone."""
        self.process.send_signal(number)

    def exit_code(self, seconds: float = 60.0) -> int:
        """Wait for the first process."""
        return self.process.wait(seconds)

    def alive(self) -> dict[int, str]:
        """The command line of every process of the session, by its id."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                state, _, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
                if int(session) == self.process.pid and state != "Z":
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
        return found

    def pid_of(self, words: str) -> int:
        """The id of the first process below it whose command line has `words`."""
        return min(pid for pid, said in self.alive().items() if words in said and pid != self.process.pid)

    def all_gone(self, seconds: float = 20.0) -> None:
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
