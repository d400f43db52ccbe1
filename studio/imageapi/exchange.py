"""One call on the wire: its total time, how far it came, and whom it may reach."""

import queue
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from enum import IntEnum
from time import monotonic
from types import TracebackType
from typing import Any, Self

from studio.imageapi.peer import Door, Origin

Address = tuple[str | int, ...]
Options = Sequence[tuple[int, int, int | bytes]]
_current: ContextVar["Exchange"] = ContextVar("exchange")


class Stage(IntEnum):
    """How far a connection came. Not one byte of a request leaves before OPEN."""

    NAMING = 0
    CONNECTING = 1
    SECURING = 2
    OPEN = 3


class Exchange:
    """Ends a call when its time is over, by shutting its sockets down under whoever reads or writes.

    Time-outs alone bound nothing: each byte of a drip starts them anew. After the end `late` is true, and
    what was read may be cut short without an error, so whoever reads asks for it. With a `door` every server
    is checked; without one, the caller trusts the address.
    """

    def __init__(self, seconds: float, *, connect_seconds: float, door: Door | None = None) -> None:
        self.connect_seconds = connect_seconds
        self.stage = Stage.NAMING
        self.late = False
        self._door = door
        self._ends = monotonic() + seconds
        self._lock = threading.Lock()
        self._handles: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    @staticmethod
    def current() -> "Exchange":
        """The exchange that the running code belongs to."""
        return _current.get()

    def __enter__(self) -> Self:
        self._token = _current.set(self)
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        _current.reset(self._token)
        with self._lock:
            while self._handles:
                self._handles.pop().close()

    def left(self, most: float) -> float:
        """Seconds that a step may still take, at most `most`; never quite 0, which means "do not wait"."""
        return max(min(most, self._ends - monotonic()), 0.001)

    def dial(self, origin: Origin, host: str, options: Options) -> socket.socket:
        """A connected socket to the first address of the host that answers. OSError when none does."""
        self.stage = Stage.NAMING
        if self._door:
            self._door.check_origin(origin)
        addresses = resolve(host, origin.port, self.left(self.connect_seconds))
        self.stage = Stage.CONNECTING
        trouble: OSError = OSError("the name has no address")
        for family, kind, proto, _, address in addresses:
            # Checked before, so that no packet knocks at a private address, and again once connected
            self._check(origin, address[0])
            try:
                sock = socket.socket(family, kind, proto)
                with _closed_on_error(sock):
                    self._connect(sock, address, options)
                    self.join(origin, sock)
            except OSError as error:
                trouble = error
            else:
                self.stage = Stage.SECURING
                return sock
        raise trouble

    def join(self, origin: Origin, sock: socket.socket) -> None:
        """Check the peer of a connected socket and watch over it until the exchange is over."""
        self._check(origin, socket.socket.getpeername(sock)[0])
        # A second descriptor of our own: shutting an SSLSocket itself would race with the thread that reads
        # it, and a number closed elsewhere could already belong to another connection
        handle = socket.fromfd(sock.fileno(), sock.family, sock.type)
        with self._lock:
            self._handles.append(handle)
            if self.late:
                _shut(handle)

    def _check(self, origin: Origin, address: str) -> None:
        if self._door:
            self._door.check_peer(origin, address)

    def _connect(self, sock: socket.socket, address: Address, options: Options) -> None:
        for option in options:
            sock.setsockopt(*option)
        sock.settimeout(self.left(self.connect_seconds))
        sock.connect(address)

    def _end(self) -> None:
        with self._lock:
            self.late = True
            for handle in self._handles:
                _shut(handle)


@contextmanager
def _closed_on_error(sock: socket.socket) -> Iterator[None]:
    try:
        yield
    except BaseException:
        sock.close()
        raise


def _shut(handle: socket.socket) -> None:
    with suppress(OSError):  # the other side was faster
        handle.shutdown(socket.SHUT_RDWR)


def resolve(host: str, port: int, seconds: float) -> list[Any]:
    """`getaddrinfo` has no time-out, so it runs beside and is left behind when it takes too long."""
    answers: queue.SimpleQueue[list[Any] | OSError] = queue.SimpleQueue()

    def look() -> None:
        try:
            answers.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            answers.put(OSError(str(error)))

    threading.Thread(target=look, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError("the name server does not answer") from None
    if isinstance(answer, OSError):
        raise answer
    return answer
