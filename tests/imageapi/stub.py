"""A server on loopback, down to its bytes: it answers as a test says and remembers what it was asked."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

TLS = Path(__file__).with_name("tls.pem")


@dataclass
class Asked:
    """One request, as it came."""

    method: str
    path: str
    headers: dict[str, str]
    length: int = 0
    body: bytes = b""

    def json(self):
        return json.loads(self.body)


Script = bytes | Callable[[socket.socket], None]


def reply(body=b"", status=200, **headers: str) -> bytes:
    """A whole HTTP answer; a dict or list becomes JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def then_close(answer: bytes) -> Script:
    """Say this much and hang up."""

    def script(connection: socket.socket) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_WR)

    return script


def reset(connection: socket.socket) -> None:
    """Break the connection off without a word."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def silence(connection: socket.socket) -> None:
    """Say nothing until the other side hangs up."""
    with suppress(OSError):
        while connection.recv(4096):
            pass


def drip(start: bytes, drop: bytes = b"x", pause: float = 0.02) -> Script:
    """Begin an answer and never end it, quicker than any time-out between two bytes."""

    def script(connection: socket.socket) -> None:
        connection.sendall(start)
        gone = threading.Event()
        while not gone.wait(pause):
            connection.sendall(drop)

    return script


def flood(start: bytes) -> Script:
    """Begin an answer and send as fast as the other side takes it."""

    def script(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(b"x" * 65536)

    return script


@dataclass
class Stub:
    """Each request takes the next script; the last one stays."""

    host: str = "127.0.0.1"
    tls: bool = False
    keep_bodies: bool = True
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    scripts: list[Script] = field(default_factory=lambda: [reply({})])

    def __post_init__(self) -> None:
        self._open: list[socket.socket] = []
        self._listener = socket.create_server((self.host, 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://{self.host}:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def says(self, *scripts: Script) -> None:
        self.scripts = list(scripts)

    def stop(self) -> None:
        # close() alone would leave the accepting thread asleep
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with (
            suppress(OSError, ValueError),
            connection,
            self._secured(connection) as wire,
            wire.makefile("rb") as lines,
        ):
            for asked in self._requests(lines):
                self.asked.append(asked)
                self._say(wire)

    def _secured(self, connection: socket.socket) -> socket.socket:
        if not self.tls:
            return connection
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(TLS)
        wire = context.wrap_socket(connection, server_side=True)
        self._open.append(wire)
        return wire

    def _requests(self, lines) -> Iterator[Asked]:
        while line := lines.readline():
            method, path, _ = line.decode().split()
            headers = {}
            while (line := lines.readline().decode().strip()) != "":
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            asked = Asked(method, path, headers)
            left = int(headers.get("content-length", 0))
            while left and (piece := lines.read(min(left, 1 << 18))):
                left -= len(piece)
                asked.length += len(piece)
                if self.keep_bodies:
                    asked.body += piece
            yield asked

    def _say(self, wire: socket.socket) -> None:
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        if isinstance(script, bytes):
            wire.sendall(script)
        else:
            script(wire)
            raise OSError("said all")
