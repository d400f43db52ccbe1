"""A whole studio for one test: real Valkey, real worker and beat processes, real HTTP against a sandbox."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from django.db import connection

from gallery.models import Image
from studio.credits import audit
from studio.credits.models import Account, Entry
from studio.embedded import Valkey, find_binary
from studio.jobs import orders, tasks
from studio.jobs.models import Job, Output
from studio.jobs.states import AT_REST, State
from studio.sandbox.server import SandboxServer
from studio.sandbox.world import Pace, World

ROOT = Path(__file__).resolve().parents[2]
QUICK = {
    "STUDIO_SANDBOX_SECONDS": "0.4",
    "STUDIO_SUBMITS_PER_MINUTE": "60",
    "STUDIO_LEASE_SECONDS": "4",
    "STUDIO_POST_SECONDS": "2",
    "STUDIO_LATE_ANSWER_SECONDS": "3",
    "STUDIO_SWEEP_SECONDS": "0.4",
    "STUDIO_LOOK_SECONDS": "0.1",
    "STUDIO_RETRY_SECONDS": "0.2",
    "STUDIO_RETRY_MOST_SECONDS": "1",
    "STUDIO_MISSING_SECONDS": "2",
    "STUDIO_REFUND_SECONDS": "0.1",
}


def until(condition, seconds: float = 30):
    """What the condition says once it is true; fails when it never is."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.05)
    raise AssertionError(
        f"never came true within {seconds:g} s: {condition.__code__.co_filename}:{condition.__code__.co_firstlineno}"
    )


def captured(job: Job) -> int:
    """What the ledger took for a job."""
    entries = Entry.objects.filter(job=job.pk, kind=Entry.Kind.CAPTURE)
    return -sum(entry.d_held for entry in entries)


def fair_price(job: Job) -> int:
    """What its owner owes: pictures received in time."""
    return job.price * job.delivered if job.state == State.DONE and job.reason_code != "late" else 0


class Studio:
    """The processes of an installation and the provider they talk to."""

    def __init__(self, data: Path, folder: Path) -> None:
        self.data, self.folder = data, folder
        self.world = World(folder / "sandbox", pace=Pace(seconds=(0.4, 0.4), per_minute=60))
        self.server = SandboxServer(self.world)
        self.valkey = Valkey(binary=find_binary(), runtime=data, folder=folder / "valkey")
        self.valkey.folder.mkdir(parents=True)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.extra: dict[str, str] = {}
        self.opening = self.world.balance()

    def environment(self) -> dict[str, str]:
        name = connection.settings_dict["NAME"]
        return (
            os.environ
            | QUICK
            | self.extra
            | {
                "DATABASE_URL": f"sqlite:///{name}",
                "STUDIO_SANDBOX_URL": self.server.url,
            }
        )

    def start(self, *names: str) -> None:
        commands = {
            "valkey": self.valkey.command,
            "worker": [sys.executable, "-m", "celery", "-A", "studio", "worker", "-P", "threads", "-c", "8",
                       "--without-gossip", "--without-mingle", "--without-heartbeat"],
            "beat": [sys.executable, "-m", "celery", "-A", "studio", "beat", "-S", "studio.beat.HeardScheduler",
                     "-s", str(self.folder / "beat")],
        }  # fmt: skip
        for name in names or ("valkey", "worker", "beat"):
            with (self.folder / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    commands[name], cwd=ROOT, env=self.environment(), stdout=log, stderr=log
                )
            if name == "valkey":
                until(self.valkey.answers)
                tasks._quiet_until = 0.0

    def kill(self, *names: str) -> None:
        """kill -9, as a power cut would."""
        for name in names or tuple(self.processes):
            process = self.processes.pop(name)
            process.send_signal(signal.SIGKILL)
            process.wait()
            if name == "valkey":
                with suppress(FileNotFoundError):
                    self.valkey.socket.unlink()

    def logs(self) -> str:
        return "\n".join(f"== {path.name}\n{path.read_text()[-6000:]}" for path in self.folder.glob("*.log"))

    def ask(self, owner, prompt="a lighthouse at dusk", **fields) -> Job:
        from gallery.models import Project

        return orders.ask(owner, orders.Ask(prompt=prompt, project=Project.objects.first(), **fields))

    def state(self, job: Job) -> str:
        job.refresh_from_db()
        return job.state

    def rest(self, *jobs: Job, seconds: float = 30) -> None:
        """Wait until the jobs are at rest, or visibly unknown with their hold given back."""

        def resting() -> bool:
            rows = Job.objects.filter(pk__in=[job.pk for job in jobs]) if jobs else Job.objects.all()
            return all(
                job.state in AT_REST or (job.state == State.UNKNOWN and job.settled_at) for job in rows
            )

        try:
            until(resting, seconds)
        except AssertionError:
            states = list(Job.objects.values_list("state", "reason_code", "reason", "looks", "troubles"))
            raise AssertionError(f"not at rest: {states}\n{self.logs()}") from None
        for job in jobs:
            job.refresh_from_db()

    def check(self) -> None:
        """What must hold at the end of every flow, whatever happened in it."""
        truth = self.world.truth()
        keys = [task.idempotency_key for task in truth]
        assert len(keys) == len(set(keys)), "a job was accepted twice"
        arrived = [submit for submit in self.world.submits() if submit.accepted]
        assert len(arrived) == len(truth)
        for job in Job.objects.all():
            assert job.state in AT_REST or (job.state == State.UNKNOWN and job.settled_at)
            assert captured(job) == job.captured == fair_price(job)
            assert Image.objects.filter(job=job.pk).count() == job.delivered
        assert not audit.drift().exists()
        assert Account.objects.filter(held__gt=0).count() == 0
        self.check_the_wallet()

    def check_the_wallet(self) -> None:
        """The provider took what the books say, but for what is listed: lost answers, pictures that never came."""
        kept = {str(job.pk): job for job in Job.objects.all()}
        spent, listed = self.opening - self.world.balance(), 0
        for task in self.world.truth():
            job, net = kept[task.idempotency_key], task.charged - task.refunded
            assert job.task_id in {"", task.task_id}
            if job.state == State.DONE and job.reason_code != "late":
                assert net - captured(job) == job.price * (job.asked - job.delivered)
            listed += net - captured(job)
            assert net == 0 or job.reason_code != "model"
        assert spent == sum(captured(job) for job in kept.values()) + listed
        assert not Output.objects.filter(image=None, job__state=State.DONE, problem="").exists()


@pytest.fixture
def studio(transactional_db, django_db_serialized_rollback, tmp_path, settings):
    """A studio that is not started yet."""
    made = Studio(settings.STUDIO_DATA_DIR, tmp_path)
    with made.server:
        yield made
        made.kill()


@pytest.fixture
def running(studio):
    """A studio with Valkey, worker and beat running."""
    studio.start()
    return studio
