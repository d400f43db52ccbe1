"""The sandbox over real HTTP: a small threading server for one WSGI application."""

import socket
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from types import TracebackType
from typing import Final, Self
from wsgiref.types import WSGIApplication, WSGIEnvironment

from studio.sandbox.answers import DroppedError
from studio.sandbox.app import LARGEST_BODY, SandboxApp
from studio.sandbox.world import World

IDLE_SECONDS: Final = 60

Connection = socket.socket | tuple[bytes, socket.socket]


class BodyTooLargeError(Exception):
    """The request's body is longer than we take."""


class Handler(BaseHTTPRequestHandler):
    """HTTP/1.1 with keep-alive around a WSGI application, which may drop the connection or lie about it."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    wbufsize = -1  # head and body in one packet
    disable_nagle_algorithm = True
    server: "ThreadingWSGIServer"

    def do_GET(self) -> None:
        """Hand the request to the application."""
        # Read whole before the application runs, so that a refused key leaves the connection in order.
        try:
            body = self._read_body()
        except (BodyTooLargeError, ValueError):
            self.close_connection = True
            self.send_error(413, "Content Too Large")
            return
        try:
            self._answer(body)
        except (DroppedError, OSError):
            # Dropped on purpose, or the client has gone: either way there is nobody left to tell.
            self.close_connection = True

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_GET  # noqa: N815 (http.server's names)

    def version_string(self) -> str:
        """Who answers."""
        return "sandbox"

    def log_message(self, *_: object) -> None:
        """Say nothing: the application logs one line a submit."""

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._read_chunks()
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= LARGEST_BODY:
            raise BodyTooLargeError
        return self.rfile.read(length)

    def _read_chunks(self) -> bytes:
        body = BytesIO()
        while size := int(self.rfile.readline(64).split(b";")[0], 16):
            if body.tell() + size > LARGEST_BODY:
                raise BodyTooLargeError
            body.write(self.rfile.read(size))
            self.rfile.readline(64)
        while self.rfile.readline(8192).strip():
            pass
        return body.getvalue()

    def _answer(self, body: bytes) -> None:
        chunks = self.server.application(self._environ(body), self._start_response)
        left = self._promised
        for chunk in chunks if self.command != "HEAD" else ():
            self.wfile.write(chunk)
            self.wfile.flush()
            left -= len(chunk)
        self.wfile.flush()
        # Less or more than promised: nobody could tell where the next answer begins.
        if left:
            self.close_connection = True

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], _: object = None
    ) -> Callable[[bytes], object]:
        code, _, phrase = status.partition(" ")
        self.send_response(int(code), phrase)
        for name, value in headers:
            self.send_header(name, value)
        # Without a length the end of the body is the end of the connection.
        self._promised = int(dict(headers).get("Content-Length", -1))
        if self._promised < 0:
            self.send_header("Connection", "close")
        self.end_headers()
        return self.wfile.write

    def _environ(self, body: bytes) -> WSGIEnvironment:
        path, _, query = self.path.partition("?")
        host, port = self.server.server_address[:2]
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
        }
        headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in self.headers.items()}
        return {**headers, **environ}


class ThreadingWSGIServer(ThreadingHTTPServer):
    """A thread a connection; closing the server also closes what is still open."""

    request_queue_size = 128
    daemon_threads = True
    # Idle keep-alive connections would otherwise hold the end up.
    block_on_close = False

    def __init__(self, address: tuple[str, int], application: WSGIApplication) -> None:
        self.application = application
        self._open: set[Connection] = set()
        super().__init__(address, Handler)

    def process_request(self, request: Connection, client_address: object) -> None:
        """Remember the connection, then serve it in its own thread."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Connection) -> None:
        """Forget the connection, and close it."""
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Connection, client_address: object) -> None:
        """Show what should never happen; a client that hung up is nothing to tell."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def close(self) -> None:
        """Stop listening and hang up on everyone."""
        self.server_close()
        for connection in tuple(self._open):
            if isinstance(connection, tuple):
                continue  # only datagrams look so
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                self._open.discard(connection)  # closed by its own thread just now


class SandboxServer:
    """Serves a world from a thread of this process: `with SandboxServer(world) as server: server.url`.

    After `stop`, `start` listens on the same port again.
    """

    def __init__(self, world: World, port: int = 0, host: str = "127.0.0.1") -> None:
        self.world = world
        self._address = (host, port)
        self._server: ThreadingWSGIServer | None = None

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end."""
        return f"http://{self._address[0]}:{self._address[1]}"

    def start(self) -> None:
        """Listen; an OSError says why that is not possible."""
        self._server = ThreadingWSGIServer(self._address, SandboxApp(self.world))
        self._address = (self._address[0], self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and close all connections."""
        if self._server:
            self._server.shutdown()
            self._thread.join()
            self._server.close()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
