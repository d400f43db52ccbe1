"""One fault's stage: a studio at work, people who order, and what has to be remembered for the judge."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.utils import timezone

from bench.faults.broker import SlowBroker
from bench.faults.fault import Fault
from studio.accounts.models import User
from studio.jobs import line
from studio.jobs.models import Heard, Job, Line
from studio.jobs.states import State
from studio.sandbox.server import SandboxServer
from studio.sandbox.world import Pace
from studio.supervisor.programs import healthy
from tests import truth
from tests.brokers import broker
from tests.installation import Studio
from tests.postgres import Cluster
from tests.started import ROOT

WORKERS = ("worker", "worker2")
WEB = [
    "--worker-class=gthread",
    "--workers=2",
    "--threads=8",
    "--no-control-socket",
    "--graceful-timeout=5",
    "studio.wsgi:application",
]
FAKETIME = next(map(str, Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), "")
ADMIN_LOOKS = 5.0
CLOCKS_APART = 30.0
FAKED = {
    "LD_PRELOAD": FAKETIME,
    # The file is read at each question, and only the time of day is changed by it.
    "FAKETIME_NO_CACHE": "1",
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    # What the kernel says of files stays what it says.
    "NO_FAKE_STAT": "1",
    "PYTHONPATH": str(Path(__file__).with_name("faked")),
}
ENDED = (State.DONE, State.FAILED, State.CANCELLED, State.UNKNOWN)


class Installed(Studio):
    """A studio as the environment of this process says: with two workers, and pages where they matter."""

    def environment(self) -> dict[str, str]:
        """All is set already, but for the clock."""
        return os.environ | self.extra

    def command(self, name: str) -> list[str]:
        """As its own, and the pages."""
        if name == "web":
            config = "--config=python:studio.supervisor.web"
            return [sys.executable, "-m", "gunicorn", f"--bind={settings.STUDIO_BIND}", config, *WEB]
        return super().command(name)


@dataclass(kw_only=True)
class Scene:
    """What a meddler gets: the studio, how long the fault lasts, and where to note what it cut off."""

    studio: Installed
    folder: Path
    seconds: float
    jobs: int
    web: bool
    cluster: Cluster | None = None
    broker: SlowBroker | None = None
    cut: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    by_hand: int = 0
    _looked: float = 0.0

    @classmethod
    def set(cls, folder: Path, fault: Fault, **given) -> "Scene":
        """The stage of a fault, with nothing started yet."""
        pace = Pace(
            seconds=fault.making,
            per_minute=settings.STUDIO_SUBMITS_PER_MINUTE,
            window_seconds=settings.STUDIO_WINDOW_SECONDS,
            starting_balance="20000.00",
        )
        studio = Installed(settings.STUDIO_DATA_DIR, folder, pace)
        studio.server = SandboxServer(studio.world, urlsplit(settings.STUDIO_API_URL).port)
        studio.world.set_keys(accepted=[settings.STUDIO_API_KEY_FILE.read_text()])
        scene = cls(studio=studio, folder=folder, web=fault.web, **given)
        if "faketime" in fault.needs:
            scene.clock(0)
            studio.extra = FAKED | {"FAKETIME_TIMESTAMP_FILE": str(scene.clock_file)}
        if "slow broker" in fault.needs:
            studio.valkey = broker(f"unix://{folder}/valkey.sock", folder / "valkey")
            scene.broker = SlowBroker(urlsplit(settings.REDIS_URL).port, studio.valkey.socket)
        return scene

    def start(self) -> None:
        """Start everything."""
        self.studio.start("valkey", *WORKERS, "beat", *(["web"] if self.web else []))
        if self.web:
            self.wait(lambda: healthy(settings.STUDIO_BIND), 60)

    @property
    def clock_file(self) -> Path:
        """Says how far ahead the studio's clock is."""
        return self.folder / "clock"

    def kill(self, *names: str) -> None:
        """kill -9, and remember which orders were being sent: nobody can know what became of them."""
        self.studio.kill(*names)
        self.note_sending()

    def note_sending(self) -> None:
        """Remember the orders whose sender may just have died."""
        rows = self.ask(lambda: list(Job.objects.filter(state=State.SENDING).values_list("pk", flat=True)))
        self.cut |= set(map(str, rows))

    def clock(self, ahead: float) -> None:
        """Set the clock of the studio's processes so many seconds ahead of ours."""
        new = self.clock_file.with_suffix(".new")
        new.write_text(f"{ahead:+g}\n")
        new.replace(self.clock_file)

    def swept_at(self, ahead: float) -> bool:
        """Whether the last sweep saw a clock so many seconds ahead of ours."""
        swept = Heard.objects.filter(name="worker").values_list("at", flat=True).first()
        return bool(swept) and abs((swept - timezone.now()).total_seconds() - ahead) < CLOCKS_APART

    def flush(self) -> None:
        """Empty the broker."""
        with redis.Redis.from_url(self.studio.valkey.url) as client:
            client.flushall()

    def sleep(self, seconds: float) -> None:
        """Let the fault go on for a while."""
        time.sleep(seconds)

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until something holds, for so long at most; whether it does."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.ask(condition):
                return True
            self.ask(self.start_by_hand)
            time.sleep(0.2)
        return False

    def start_by_hand(self) -> None:
        """The admin looks at the line now and then, and starts one that waits for that."""
        if time.monotonic() > self._looked + ADMIN_LOOKS and line.needs_admin(Line.objects.get()):
            self.by_hand += line.start_by_hand(User.objects.earliest("pk"))
            self._looked = time.monotonic()

    def ask(self, question):
        """Ask the database, which a fault may have taken away for a moment."""
        while True:
            try:
                return question()
            except (DatabaseError, InterfaceError):
                close_old_connections()
                time.sleep(0.1)

    def all_sent(self) -> bool:
        """Whether everybody has ordered and nothing waits any more."""
        rows = Job.objects.exclude(state__in=[State.WAITING, State.SENDING])
        return rows.count() == self.jobs

    def share_ended(self, share: float) -> bool:
        """Whether so many of all the orders have ended."""
        return Job.objects.filter(state__in=ENDED).count() >= share * self.jobs

    def resting(self) -> bool:
        """Whether all was ordered and is at rest."""
        jobs = list(Job.objects.only("state", "settled_at"))
        return len(jobs) == self.jobs and all(map(truth.at_rest, jobs))

    def peak(self) -> int:
        """The most memory a worker has had, in MB."""
        pids = [self.studio.processes[name].pid for name in WORKERS]
        said = [Path(f"/proc/{pid}/status").read_text() for pid in pids]
        return max(int(one.split("VmHWM:")[1].split()[0]) for one in said) // 1024

    def run_beside(self, code: str, *arguments: str) -> "subprocess.Popen[bytes]":
        """A program of its own beside the studio."""
        return subprocess.Popen([sys.executable, "-c", code, *arguments], cwd=ROOT, env=os.environ)
