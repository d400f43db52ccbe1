"""300 jobs in the making on one worker of 16 threads, and an API that answers in 50 ms: looks on time, CPU, memory.

Then the same while pictures that take 20 s each are being saved, and people order one a second.
"""

import os
import random
import subprocess
import sys
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.figures import spread
from bench.running import QUIET, ROOT, WORKER, free_port

CROWD, SLOW, ORDERS = 300, 100, 20
WARM_SECONDS, SECONDS, SAVING_SECONDS = 20.0, 60.0, 30.0
TASKS = (30.0, 60.0)
"""How long each is being made, in seconds: as documented, and progress says nothing."""
NOTE_CLAIMS = """
CREATE TRIGGER bench_claims AFTER UPDATE OF lease_token ON jobs_job
WHEN NEW.lease_token IS NOT NULL AND OLD.lease_token IS NULL AND NEW.state = 'making'
BEGIN INSERT INTO bench_claims VALUES (OLD.task_id, OLD.due_at); END
"""


def run(folder: Path) -> Iterator[str]:
    """Measure and yield the rows of the table."""
    port = free_port()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "studio.settings",
        "STUDIO_SANDBOX_URL": f"http://127.0.0.1:{port}",
        "STUDIO_SANDBOX_SECONDS": "30-60",
        "STUDIO_SUBMITS_PER_MINUTE": "600",
        "REDIS_URL": f"unix://{folder}/valkey.sock",
    }
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_claims (task text, due text)")
        cursor.execute(NOTE_CLAIMS)
    with ExitStack() as ends:
        worker = start(folder, port, ends)
        yield from looks_alone(folder, worker)
        yield from beside_savings(folder)


def start(folder: Path, port: int, ends: ExitStack) -> int:
    """Start the broker, the API, beat and the worker; the worker's process id."""
    from studio import embedded

    broker = embedded.Valkey(binary=embedded.find_binary(), runtime=folder, folder=folder / "broker")
    broker.folder.mkdir()
    celery = [sys.executable, *WORKER[:6]]
    beat = [
        *celery[:-1],
        "beat",
        "--schedule",
        str(folder / "beat"),
        "--scheduler",
        "studio.beat:HeardScheduler",
    ]
    api = [sys.executable, "-m", "bench.answering", str(port), str(folder / "notes")]
    programs = [broker.command, api, beat, [sys.executable, *WORKER, *QUIET]]
    log = ends.enter_context((folder / "said.log").open("ab"))
    for command in programs:
        program = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        ends.callback(program.wait, 60)
        ends.callback(program.terminate)
    return program.pid


def looks_alone(folder: Path, worker: int) -> Iterator[str]:
    """The crowd, kept at its number and as busy as it can be: every look is close to the moment of being ready."""
    crowd = Crowd()
    while not notes(folder):
        crowd.keep(1, 1)
    crowd.keep(WARM_SECONDS, CROWD)
    begun, used = time.time(), cpu_seconds(worker)
    crowd.keep(SECONDS, CROWD)
    took = time.time() - begun
    late = lateness(folder, begun)
    busy = 100 * (cpu_seconds(worker) - used) / took
    yield f"| {CROWD} jobs in the making, one a second is ready and saved: looks a second | {len(late) / took:.0f} |"
    yield f"| look started after it was due, p50 / p95 / max | {spread(late, 's')} |"
    yield f"| the worker: CPU of one core, memory | {busy:.0f} %, {memory(worker):.0f} MB |"


def beside_savings(folder: Path) -> Iterator[str]:
    """The same crowd, while every thread that saves waits for a slow host of pictures, and people order."""
    crowd = Crowd()
    alone = orders_go(folder, crowd)
    yield f"| {ORDERS} orders that may go at once: sent after, p50 / p95 / max | {spread(alone, 's')} |"
    crowd.add_slow(SLOW)
    crowd.keep(WARM_SECONDS, CROWD)
    begun = time.time()
    crowd.keep(SAVING_SECONDS, CROWD)
    late = lateness(folder, begun)
    beside = orders_go(folder, crowd)
    yield f"| beside {SLOW} savings of 20 s: look after it was due, p50 / p95 / max | {spread(late, 's')} |"
    yield f"| beside them: such orders sent after, p50 / p95 / max | {spread(beside, 's')} |"


def orders_go(folder: Path, crowd: "Crowd") -> list[float]:
    """Order one after the other, and wait until all are sent; how long each waited, in seconds."""
    before = len(submits(folder))
    ordered = crowd.order(ORDERS)
    while len(sent := submits(folder)[before:]) < ORDERS:
        time.sleep(0.2)
    return [at - asked for at, asked in zip(sent, ordered, strict=True)]


def submits(folder: Path) -> list[float]:
    """When the API was asked for pictures."""
    return [at for what, _, at in notes(folder) if what == "submit"]


class Crowd:
    """Jobs that are being made, put where `send` would have left them."""

    def __init__(self) -> None:
        from studio.accounts.models import User
        from studio.credits import ledger

        self.owner, new = User.objects.get_or_create(email="crowd@example.com", defaults={"name": "Crowd"})
        if new:
            ledger.open_account(self.owner, limited=False)
        self._dice = random.Random(7)

    def keep(self, seconds: float, number: int) -> None:
        """See to it that so many are being made, each for its time, and that one a second is ready and saved."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._add(number - self._making().count())
            self._begin_anew()
            time.sleep(1)

    def _making(self):
        from studio.jobs.models import Job
        from studio.jobs.states import State

        return Job.objects.filter(state=State.MAKING)

    def _add(self, number: int) -> None:
        """More jobs; when they are many, of every age."""
        from datetime import timedelta

        from django.utils import timezone

        from studio.jobs.states import State

        for _ in range(number):
            sent = timezone.now() - timedelta(seconds=self._dice.uniform(0, 45) if number > 1 else 0)
            with self._ordered(state=State.MAKING, sent_at=sent) as job:
                job.task_id = f"never-{job.pk}"
                job.due_at = sent + timedelta(seconds=self._dice.uniform(15, 47))

    def _begin_anew(self) -> None:
        """Let the first that has had its time be ready, and all others be new ones."""
        from datetime import timedelta

        from django.db import transaction
        from django.db.models import F
        from django.utils import timezone

        now = timezone.now()
        over = self._making().filter(sent_at__lt=now - timedelta(seconds=self._dice.uniform(*TASKS)))
        if ready := over.filter(lease_token=None).first():
            over.filter(pk=ready.pk).update(task_id=f"ready-{ready.pk}", looks=F("looks") + 1)
            with transaction.atomic():
                for job in over.exclude(pk=ready.pk):
                    fresh = {"sent_at": now, "looked_at": None}
                    due_at = now + timedelta(seconds=self._dice.uniform(13, 17))
                    over.filter(pk=job.pk).update(**fresh, due_at=due_at)

    def add_slow(self, number: int) -> None:
        """Jobs whose pictures are to be saved and come slowly."""
        from django.conf import settings

        from studio.jobs.models import Output
        from studio.jobs.states import State

        for place in range(number):
            url = f"{settings.STUDIO_SANDBOX_URL}/pictures/slow{place}.png"
            with self._ordered(state=State.SAVING, task_id=f"ready-slow{place}") as job:
                job.sent_at = job.ordered_at
                Output.objects.create(job=job, position=0, url=url)

    def order(self, number: int) -> list[float]:
        """Orders that may be sent, one a second, beside the crowd: when each was made, as unix time."""
        ordered = []
        for _ in range(number):
            with self._ordered():
                pass
            ordered.append(time.time())
            self.keep(1, CROWD)
        return ordered

    @contextmanager
    def _ordered(self, **fields):
        """An order, put where the work it stands for would have brought it before anybody sees it."""
        from django.db import transaction

        from gallery.models import Project
        from studio.jobs import orders

        with transaction.atomic():
            job = orders.ask(self.owner, orders.Ask(prompt="A lighthouse", project=Project.objects.get()))
            for name, value in fields.items():
                setattr(job, name, value)
            yield job
            job.save()


def lateness(folder: Path, since: float) -> list[float]:
    """How long after they were due looks arrived at the API, those since a moment."""
    from django.db import connection

    from bench.running import unix

    with connection.cursor() as cursor:
        cursor.execute("SELECT task, due FROM bench_claims ORDER BY rowid")
        dues: dict[str, deque[float]] = defaultdict(deque)
        for task, due in cursor.fetchall():
            dues[task].append(unix(due))
    looks = [(task, at) for what, task, at in notes(folder) if what == "look"]
    late = [(at, at - dues[task].popleft()) for task, at in looks if dues[task]]
    return [seconds for at, seconds in late if at > since]


def notes(folder: Path) -> list[tuple[str, str, float]]:
    """What the API has noted."""
    file = folder / "notes"
    lines = file.read_text().splitlines() if file.exists() else []
    return [(what, task, float(at)) for what, task, at in (line.split(" ") for line in lines)]


def cpu_seconds(process: int) -> float:
    """What a process has used of the cores."""
    said = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")


def memory(process: int) -> float:
    """The most memory a process has had, in MB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM"))
