"""The broker of a test: the studio's Valkey on a unix socket or, where REDIS_URL names a port, Debian's Redis on it."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from studio import embedded

MISSING = "No redis-server was found, which this test needs. As root: apt-get install redis-server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redis:
    """One Redis at the port of `url` that keeps its append-only file in `folder`, as docker-compose.yml has it."""

    url: str
    folder: Path

    @property
    def command(self) -> list[str]:
        """How it is started, in the foreground."""
        binary = shutil.which("redis-server")
        assert binary, MISSING
        named = urlsplit(self.url)
        options = {
            "bind": named.hostname,
            "port": str(named.port),
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        return [binary, *(word for name, value in options.items() for word in (f"--{name}", value))]

    def answers(self) -> bool:
        """Whether it is up and has read its file."""
        return embedded.answers(self.url)


def broker(url: str, folder: Path) -> Redis | embedded.Valkey:
    """What is to be started so that it answers at `url`; its file is kept in `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    if url.startswith("redis://"):
        return Redis(url=url, folder=folder)
    runtime = Path(urlsplit(url).path).parent
    return embedded.Valkey(binary=embedded.find_binary(), runtime=runtime, folder=folder)
