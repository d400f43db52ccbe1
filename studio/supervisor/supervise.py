"""Starts the programs in order, watches them, and stops those last that the others need."""

import os
import selectors
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from studio.supervisor.child import Child, Running
from studio.supervisor.console import Console

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK_SECONDS = 0.05
"""Between the first two questions whether a program is ready."""
HURRY_SECONDS = 3.0
"""For who was asked to stop a second time: a worker hands over what it has."""


class Supervisor:
    """Runs `children` until one ends or a signal asks to stop.

    `inherited` are descriptors they keep open, such as a lock. One thread does everything: the kernel ties a
    child's life to the thread that forked it.
    """

    def __init__(self, children: Sequence[Child], console: Console, *, inherited: Sequence[int] = ()) -> None:
        self._children = children
        self._console = console
        self._inherited = inherited
        self._running: list[Running] = []
        self._selector = selectors.DefaultSelector()
        self._signals = 0
        self.failure = ""

    def run(self, announce: Callable[[], None]) -> int:
        """The exit code: 0 after a signal, 1 after a `failure`. `announce` is called when all are ready."""
        with self._heed_signals():
            try:
                if all(self._start(child) for child in self._children):
                    announce()
                    while not self._over():
                        self._pump(None)
            finally:
                self._stop_all()
        return 1 if self.failure else 0

    def _start(self, child: Child) -> bool:
        return self._came_up(child) or (self._mended(child) and self._came_up(child))

    def _came_up(self, child: Child) -> bool:
        self._launch(child)
        if self._pump_until(child.ready, child.ready_seconds):
            return True
        if not self._over():
            self.failure = f"{child.name} was not ready within {child.ready_seconds:g} seconds."
        return False

    def _mended(self, child: Child) -> bool:
        """Whether the start that just failed is worth a second try."""
        running = self._running[-1]
        if self._signals or not running.ended() or not (mended := child.mend()):
            return False
        self._console.complain(mended)
        self._drop(running)
        self.failure = ""
        return True

    def _launch(self, child: Child) -> None:
        running = Running(child, self._inherited)
        self._running.append(running)
        self._selector.register(running.output, selectors.EVENT_READ, running)

    def _pump_until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Forward output until `condition` holds; False when time is up, a signal came or a program ended."""
        deadline = time.monotonic() + seconds
        pause = LOOK_SECONDS
        while not self._over() and time.monotonic() < deadline:
            if condition():
                return True
            # Not at every line that is said, and seldom where the answer stays no.
            look = time.monotonic() + pause
            while (left := look - time.monotonic()) > 0:
                self._pump(left)
            pause = min(1.1 * pause, 1.0)
        return False

    def _over(self) -> bool:
        """Whether a signal came or a program ended."""
        return bool(self._signals) or self._someone_ended()

    def _someone_ended(self) -> bool:
        for running in self._running:
            if running.ended():
                self.failure = f"{running.child.name} {running.fate()}."
                return True
        return False

    def _pump(self, seconds: float | None) -> None:
        for key, _ in self._selector.select(seconds):
            if isinstance(key.data, Running):
                self._forward(key.data)
            else:
                os.read(key.fd, 4096)

    def _forward(self, running: Running) -> None:
        for line in running.lines():
            self._console.line(running.child.name, line)
        if running.silent:
            self._selector.unregister(running.output)

    def _stop_all(self) -> None:
        self._pump(0)  # what a dead program said last comes before its obituary
        if self.failure:
            self._console.complain(f"{self.failure} The studio stops.")
        else:
            self._console.say("Stopping. Press Ctrl-C again to hurry.")
        for kept in (False, True):
            self._stop([running for running in reversed(self._running) if running.child.needed == kept])

    def _stop(self, group: Sequence[Running]) -> None:
        """Stop together what does not need each other, within the time of the slowest; another signal hurries them."""
        deadline = time.monotonic() + max((running.child.stop_seconds for running in group), default=0.0)
        for running in group:
            running.terminate()
        heard = self._signals
        while not all(running.ended() for running in group) and (left := deadline - time.monotonic()) > 0:
            self._pump(left)
            if self._signals != heard:
                heard, deadline = self._signals, min(deadline, time.monotonic() + HURRY_SECONDS)
                for running in group:
                    running.terminate()
        for running in group:
            self._drop(running)

    def _drop(self, running: Running) -> None:
        """The end of one: nothing of it stays, and its last words are shown."""
        running.kill()
        for line in (*running.lines(), *running.last_line()):
            self._console.line(running.child.name, line)
        if running.output in self._selector.get_map():
            self._selector.unregister(running.output)
        running.close()
        self._running.remove(running)

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    @contextmanager
    def _heed_signals(self) -> Iterator[None]:
        """Count the signals that ask to stop; these and the end of a child wake the loop."""
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        self._selector.register(reader, selectors.EVENT_READ)
        handlers = dict.fromkeys(STOP_SIGNALS, self._asked_to_stop) | {signal.SIGCHLD: lambda *_: None}
        if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
            del handlers[signal.SIGHUP]  # nohup
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        woken_before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(woken_before)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._selector.close()
            os.close(reader)
            os.close(writer)
