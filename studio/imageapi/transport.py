"""requests, with what it lacks for strangers and for money: `Exchange`, and bounds on all that is read."""

import http.client
import io
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from studio.imageapi.exchange import Exchange, Stage
from studio.imageapi.peer import PORTS, Origin

PIECE = 64 * 1024
# All that requests and what lies below it raise on bad networks, bad addresses and bad HTTP
TROUBLES = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
)
SLOW = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)


class BrokenError(Exception):
    """No answer, or not all of it: `sent` is false when surely no byte left. The text says why."""

    def __init__(self, why: str, *, sent: bool = True) -> None:
        super().__init__(why)
        self.sent = sent


class UnwantedError(Exception):
    """The body is bigger than allowed, or compressed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one call may take. A deadline is the whole call's; time-outs are for one step of it.

    `asset_slowest` is in bytes a second, over each `asset_slow_seconds` of a picture's body.
    """

    connect_seconds: float = 6
    read_seconds: float = 15
    post_deadline_seconds: float = 120
    read_deadline_seconds: float = 20
    asset_deadline_seconds: float = 60
    asset_bytes: int = 40 * 1024 * 1024
    # A body that drips would hold up others until its deadline. As long as a step may take: one stall is no drip.
    asset_slow_seconds: float = 15
    asset_slowest: int = 4 * 1024
    answer_bytes: int = 1024 * 1024


class _Reader(io.BufferedReader):
    """Never reads "all there is": http.client would, for a chunk that says its size is -1."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            raise OSError("the answer names no length")
        return super().read(size)

    def read1(self, size: int = -1, /) -> bytes:
        if size < 0:
            raise OSError("the answer names no length")
        return super().read1(size)


class _Response(http.client.HTTPResponse):
    def __init__(
        self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self.fp = _Reader(self.fp.detach())


class _Connection(HTTPConnection):
    """Opens its socket through the current exchange, and tells it how far that came."""

    response_class = _Response
    scheme = "http"

    def _origin(self) -> Origin:
        return Origin(self.scheme, self.host.strip("[]").lower(), self.port or PORTS[self.scheme])

    def _new_conn(self) -> socket.socket:
        host = self._dns_host.strip("[]")
        return Exchange.current().dial(self._origin(), host, self.socket_options or ())

    def connect(self) -> None:
        super().connect()
        Exchange.current().stage = Stage.OPEN

    def putrequest(self, method: str, url: str, *args: bool, **kwargs: bool) -> None:
        # A connection from the pool was opened in an earlier exchange: this one must watch and check it too
        if self.sock is not None:
            Exchange.current().stage = Stage.OPEN
            Exchange.current().join(self._origin(), self.sock)
        super().putrequest(method, url, *args, **kwargs)


class _SecureConnection(_Connection, HTTPSConnection):
    scheme = "https"


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    def __init__(self) -> None:
        super().__init__()
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


class Session(requests.Session):
    """No proxies or passwords from the environment, no cookies, no compression, no retries, no redirects."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
        self.headers.update({"User-Agent": "studio", "Accept-Encoding": "identity"})
        for prefix in ("http://", "https://"):
            self.mount(prefix, _Adapter())

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None: requests would read the redirect's whole body, however long it is."""


def send(session: Session, request: requests.Request, *, read_seconds: float) -> requests.Response:
    """The head of the answer, its body still to be read. BrokenError when there is none."""
    exchange = Exchange.current()
    timeout = (exchange.left(exchange.connect_seconds), exchange.left(read_seconds))
    try:
        return session.send(session.prepare_request(request), stream=True, timeout=timeout)
    except TROUBLES as error:
        slow = isinstance(error, SLOW)
    # Raised out here, because the library's error holds the request and with it the key
    raise BrokenError(_why(exchange, slow=slow), sent=exchange.stage is Stage.OPEN)


def _why(exchange: Exchange, *, slow: bool) -> str:
    if exchange.stage is Stage.NAMING:
        return "its name was not found"
    if exchange.stage is Stage.CONNECTING:
        return "no connection could be made"
    if exchange.stage is Stage.SECURING:
        return "no secure connection could be made"
    return "it did not answer in time" if slow or exchange.late else "the connection broke"


def pieces(response: requests.Response, most: int) -> Iterator[bytes]:
    """The body as it comes. BrokenError: it ends early or late. UnwantedError: it may not be taken."""
    if response.headers.get("Content-Encoding", "").strip().lower() not in ("", "identity"):
        raise UnwantedError("it is compressed")
    if (response.raw.length_remaining or 0) > most:
        raise UnwantedError("it is too big")
    size = 0
    while piece := _piece(response):
        size += len(piece)
        if size > most:
            raise UnwantedError("it is too big")
        yield piece


def _piece(response: requests.Response) -> bytes:
    exchange, slow = Exchange.current(), False
    try:
        piece: bytes = response.raw.read1(PIECE, decode_content=False)
        # A socket that was shut looks like the end of a body that has no length
        if not exchange.late:
            return piece
    except TROUBLES as error:
        slow = isinstance(error, SLOW)
    raise BrokenError(_why(exchange, slow=slow))
