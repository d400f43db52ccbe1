"""A program under the supervisor, and its life as a process."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

GUARD = Path(__file__).with_name("guard.py")
PIPE_BYTES = 64 * 1024
"""What a pipe of Linux holds; a line longer than that is shown in pieces."""


def at_once() -> bool:
    """For a program that nothing waits for."""
    return True


def nothing_to_mend() -> str:
    """For a program that gets no second try."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """What to run. `ready` is asked until true; `mend` may repair what ended a start, and tells how.

    What is `needed` by the others is stopped after them.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: Callable[[], bool] = at_once
    ready_seconds: float = 60.0
    stop_seconds: float = 5.0
    needed: bool = False
    mend: Callable[[], str] = nothing_to_mend


class Running:
    """A child's process, in a group of its own: Ctrl-C reaches only the supervisor; no grandchild is left."""

    def __init__(self, child: Child, inherited: Sequence[int]) -> None:
        self.child = child
        # The guard needs no site packages; the program it becomes is started as usual.
        guard = [sys.executable, "-I", "-S", str(GUARD), str(os.getpid())]
        self._process = subprocess.Popen(  # noqa: S603 — the commands are our own
            [*guard, *child.command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=child.environment,
            pass_fds=inherited,
            process_group=0,
            bufsize=0,
        )
        assert self._process.stdout is not None  # noqa: S101 — PIPE was asked for
        self.output = self._process.stdout.fileno()
        os.set_blocking(self.output, False)
        self._rest = b""
        self.silent = False

    @property
    def pid(self) -> int:
        """Its process id, which is its group's too."""
        return self._process.pid

    def ended(self) -> bool:
        """Whether it is gone."""
        return self._process.poll() is not None

    def fate(self) -> str:
        """How it ended, for people."""
        code = self._process.wait()
        if code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return f"ended with exit code {code}"

    def terminate(self) -> None:
        """Ask it to stop."""
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it and whatever it started."""
        # When none of the group is left there is nobody to kill.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def lines(self) -> Iterator[str]:
        """The whole lines it has said since the last call, at most a pipe full: nobody holds up the rest."""
        *whole, self._rest = (self._rest + self._read()).split(b"\n")
        yield from (line.decode(errors="replace").rstrip() for line in whole)
        if len(self._rest) > PIPE_BYTES:
            yield from self.last_line()

    def last_line(self) -> Iterator[str]:
        """What it said without ending the line."""
        if self._rest:
            yield self._rest.decode(errors="replace").rstrip()
            self._rest = b""

    def close(self) -> None:
        """Let go of its output."""
        assert self._process.stdout is not None  # noqa: S101
        self._process.stdout.close()

    def _read(self) -> bytes:
        try:
            chunk = os.read(self.output, PIPE_BYTES)
        except BlockingIOError:
            return b""
        # A closed pipe is always readable: who waits for it must stop doing so.
        self.silent = not chunk
        return chunk
