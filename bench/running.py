"""A studio as people have it, all its programs real, in a folder of its own; and members who order over HTTP."""

import http.client
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import requests

from studio import embedded
from studio.sandbox.records import Pace
from studio.sandbox.world import World

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "a bench needs no secrets"
WORKER = ("-m", "celery", "--quiet", "-A", "studio.celery:app", "worker", "-P", "threads", "-c", "16")
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING")


@dataclass(kw_only=True)
class Running:
    """The studio of a folder, between `with` and its end; with as many workers as are wanted beside its own."""

    folder: Path
    per_minute: int
    seconds: str = "30-60"
    more_workers: int = 0
    url: str = ""
    _ends: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.url = f"http://127.0.0.1:{free_port()}"
        broker = embedded.Valkey(
            binary=embedded.find_binary(), runtime=self.folder, folder=self.folder / "broker"
        )
        broker.folder.mkdir()
        self._settings = {
            "STUDIO_DATA_DIR": str(self.folder),
            "STUDIO_BIND": self.url.removeprefix("http://"),
            "STUDIO_SUBMITS_PER_MINUTE": str(self.per_minute),
            "STUDIO_SANDBOX_SECONDS": self.seconds,
            "REDIS_URL": broker.url,
            "PYTHONPATH": str(ROOT),
            "PATH": "/usr/bin:/bin",
            "TZ": "UTC",
        }
        self._start(broker.command)
        studio = self._start([sys.executable, "manage.py", "runstudio"])
        self._wait_until_ready(studio)
        port = (self.folder / "sandbox-port").read_text().strip()
        self._settings["STUDIO_SANDBOX_URL"] = f"http://127.0.0.1:{port}"
        for _ in range(self.more_workers):
            self._start([sys.executable, *WORKER, *QUIET])
        return self

    def __exit__(self, *_error: object) -> None:
        self._ends.close()

    def world(self, pictures: int) -> World:
        """The provider's side, with pictures drawn ahead and credits enough."""
        world = World(self.folder / "sandbox", pace=Pace(per_minute=self.per_minute))
        world.predraw(pictures)
        world.set_balance(10_000)
        return world

    def _start(self, command: Sequence[str]) -> "subprocess.Popen[bytes]":
        log = self._ends.enter_context((self.folder / "said.log").open("ab"))
        program = subprocess.Popen(command, cwd=ROOT, env=self._settings, stdout=log, stderr=log)
        self._ends.callback(program.wait, 60)
        self._ends.callback(program.send_signal, signal.SIGINT)
        return program

    def _wait_until_ready(self, studio: "subprocess.Popen[bytes]") -> None:
        """Wait for the page; a studio that ended says why in its log."""
        while studio.poll() is None:
            connection = http.client.HTTPConnection(self._settings["STUDIO_BIND"], timeout=1)
            try:
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.1)
            finally:
                connection.close()
        self._ends.close()
        sys.exit("The studio ended before it was ready:\n" + (self.folder / "said.log").read_text())

    def member(self, name: str) -> "Member":
        """Somebody new, signed in."""
        email = f"{name}@example.com"
        command = [sys.executable, "manage.py", "member", "add", email, "--unlimited", "--password-stdin"]
        settings = self._settings
        subprocess.run(
            command, cwd=ROOT, env=settings, input=PASSWORD, text=True, check=True, capture_output=True
        )
        return Member(self.url, email)

    def wait_until_over(self, jobs: int, seconds: float) -> None:
        """Wait until so many jobs are done or cancelled."""
        over = "SELECT count(*) FROM jobs_job WHERE state IN ('done', 'cancelled')"
        deadline = time.monotonic() + seconds
        while self.rows(over)[0][0] < jobs:
            if time.monotonic() > deadline:
                sys.exit(f"Not all jobs were done within {seconds:g} s.")
            time.sleep(1)

    def rows(self, query: str) -> list[tuple]:
        """What the studio's database says."""
        database = sqlite3.connect(f"file:{self.folder / 'studio.sqlite3'}?mode=ro", uri=True, timeout=20)
        try:
            return database.execute(query).fetchall()
        finally:
            database.close()


class Member:
    """Somebody who orders and looks at pages, as a browser without script does."""

    def __init__(self, url: str, email: str) -> None:
        self.url, self.session = url, requests.Session()
        form = {"login": email, "password": PASSWORD, "csrfmiddlewaretoken": self._token("/accounts/login/")}
        headers = {"Referer": url}
        self.session.post(f"{url}/accounts/login/", form, headers=headers).raise_for_status()
        self.session.headers.update({"X-CSRFToken": self.session.cookies["csrftoken"], "Referer": url})

    def _token(self, path: str) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.page(path))
        assert found, "the page has no form"
        return found[1]

    def page(self, path: str) -> str:
        """A page as it is sent."""
        answer = self.session.get(f"{self.url}{path}")
        answer.raise_for_status()
        return answer.text

    def post(self, path: str, **fields: str) -> requests.Response:
        """A form, and what it answers."""
        return self.session.post(f"{self.url}{path}", fields, allow_redirects=False)

    def order(self, prompt: str, **fields: str) -> float:
        """Order a picture and return when the order was accepted, in unix seconds."""
        answer = self.post("/jobs/", prompt=prompt, **fields)
        assert answer.status_code == 303, answer.status_code
        return time.time()


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def dashed(stored: str) -> str:
    """A number as SQLite keeps it (32 digits), as addresses have it."""
    return str(uuid.UUID(stored))


def unix(stored: str) -> float:
    """A moment as SQLite keeps it (UTC, without saying so)."""
    return datetime.fromisoformat(stored).replace(tzinfo=UTC).timestamp()
