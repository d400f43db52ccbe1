"""A whole studio: real Valkey, real worker, beat and web processes, real HTTP against a sandbox."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection

from gallery.models import Project
from studio.embedded import SOCKET_NAME
from studio.jobs import orders, tasks
from studio.jobs.models import Job
from studio.sandbox.server import SandboxServer
from studio.sandbox.world import Pace, World
from tests import truth
from tests.brokers import broker
from tests.started import GUARD, QUICK, ROOT

CELERY = [sys.executable, "-m", "celery", "-A", "studio"]
WORKER = [*CELERY, "worker", "-P", "threads", "-c", "8"]
ALONE = ["--without-gossip", "--without-mingle", "--without-heartbeat"]


def until(condition: Callable[[], object], seconds: float = 30):
    """What the condition says once it is true; fails when it never is."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.05)
    raise AssertionError(
        f"never came true within {seconds:g} s: {condition.__code__.co_filename}:{condition.__code__.co_firstlineno}"
    )


def database_url() -> str:
    """The DATABASE_URL of the database this process uses, for those it starts."""
    used = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{used['NAME']}"
    options = {name: used["OPTIONS"][name] for name in ("host",) if name in used["OPTIONS"]}
    who = f"{used['USER']}:{used['PASSWORD']}".rstrip(":")
    where = f"{used['HOST']}:{used['PORT']}".rstrip(":")
    return f"postgres://{who}@{where}/{used['NAME']}" + (f"?{urlencode(options)}" if options else "")


class Studio:
    """The processes of an installation and the provider they talk to."""

    def __init__(self, data: Path, folder: Path, pace: Pace | None = None) -> None:
        self.data, self.folder = data, folder
        self.world = World(folder / "sandbox", pace=pace or Pace(seconds=(0.4, 0.4), per_minute=60))
        self.server = SandboxServer(self.world)
        self.valkey = broker(settings.REDIS_URL, folder / "valkey")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.extra: dict[str, str] = {}
        self.opening = self.world.balance()

    def environment(self) -> dict[str, str]:
        """What its processes run with."""
        given = {"DATABASE_URL": database_url(), "STUDIO_SANDBOX_URL": self.server.url}
        return os.environ | QUICK | self.extra | given

    def command(self, name: str) -> list[str]:
        """How a process is started; a number behind its name makes it another one of its kind."""
        if name == "valkey":
            return self.valkey.command
        if name.startswith("worker"):
            return [*WORKER, *ALONE, "-n", f"{name}@%h"]
        return [*CELERY, "beat", "-S", "studio.beat.HeardScheduler", "-s", str(self.folder / name)]

    def start(self, *names: str) -> None:
        """Start these processes, or one of each kind."""
        for name in names or ("valkey", "worker", "beat"):
            with (self.folder / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    [*GUARD, *self.command(name)],
                    cwd=ROOT,
                    env=self.environment(),
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            if name == "valkey":
                until(self.valkey.answers)
                tasks._quiet_until = 0.0

    def kill(self, *names: str) -> None:
        """kill -9, as a power cut would."""
        for name in names or tuple(self.processes):
            process = self.processes.pop(name)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if name == "valkey":
                (self.data / SOCKET_NAME).unlink(missing_ok=True)

    def logs(self) -> str:
        """The end of what each process said."""
        return "\n".join(f"== {path.name}\n{path.read_text()[-6000:]}" for path in self.folder.glob("*.log"))

    def ask(self, owner, prompt="a lighthouse at dusk", **fields) -> Job:
        """Order pictures."""
        return orders.ask(owner, orders.Ask(prompt=prompt, project=Project.objects.first(), **fields))

    def state(self, job: Job) -> str:
        """What has become of a job by now."""
        job.refresh_from_db()
        return job.state

    def rest(self, *jobs: Job, seconds: float = 30) -> None:
        """Wait until the jobs are at rest, or visibly unknown with their hold given back."""

        def resting() -> bool:
            rows = Job.objects.filter(pk__in=[job.pk for job in jobs]) if jobs else Job.objects.all()
            return all(map(truth.at_rest, rows))

        try:
            until(resting, seconds)
        except AssertionError:
            states = list(Job.objects.values_list("state", "reason_code", "reason", "looks", "troubles"))
            raise AssertionError(f"not at rest: {states}\n{self.logs()}") from None
        for job in jobs:
            job.refresh_from_db()

    def check(self) -> None:
        """What must hold at the end of every flow, whatever happened in it."""
        assert truth.judge(self.world).all() == []
