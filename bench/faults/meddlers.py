"""What is done to a studio while it works. Each returns when its fault is over; recovery is counted from then on."""

import threading
import time
from collections.abc import Callable
from itertools import cycle

import psycopg
from django.conf import settings
from django.db import connection

from bench.faults.scene import WORKERS, Scene
from studio.credits.models import Loss
from studio.jobs.models import Job
from tests.installation import database_url

Meddler = Callable[[Scene], None]
KILL_EVERY = 2.0
FLUSH_EVERY = 9.0
HOUR = 3600.0
MOST_UNSWEPT = 20.0
LOCK_SQLITE = """
import sqlite3, sys, time
database = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
time.sleep(float(sys.argv[2]))
database.execute("COMMIT")
"""


def nothing(scene: Scene) -> None:
    """No fault at all: how long it takes undisturbed."""
    scene.wait(scene.all_sent, scene.seconds)


def until_rest(scene: Scene) -> None:
    """Wait until all is at rest, or the fault's time is over."""
    scene.wait(scene.resting, scene.seconds)


def api(
    *faults: tuple[str, dict], lasting: tuple[tuple[str, dict], ...] = (), meanwhile: Meddler = until_rest
) -> Meddler:
    """The API misbehaves until what goes on `meanwhile` is over; what lasts is never repaired.

    What never happened shows nothing, and is a complaint.
    """

    def meddle(scene: Scene) -> None:
        world = scene.studio.world
        kept, added = (
            {world.faults.add(name, **options): name for name, options in some} for some in (lasting, faults)
        )
        meanwhile(scene)
        said = (
            f"{name} never happened" for fault, name in (kept | added).items() if not world.faults.hits(fault)
        )
        scene.complaints += said
        for fault in added:
            world.faults.remove(fault)

    return meddle


def workers_killed(scene: Scene) -> None:
    """Of four workers one after the other dies, every two seconds: each is just long enough there to begin things."""
    crew = (*WORKERS, "worker3", "worker4")
    scene.studio.start(*crew[len(WORKERS) :])
    deadline = time.monotonic() + scene.seconds
    for name in cycle(crew):
        scene.sleep(KILL_EVERY)
        if time.monotonic() > deadline or scene.ask(scene.resting):
            return
        scene.kill(name)
        scene.studio.start(name)


def storm(scene: Scene) -> None:
    """The same under two beats, while the broker forgets all now and then."""
    flusher = threading.Thread(target=_forgetful, args=(scene, over := threading.Event()), daemon=True)
    scene.studio.start("beat2")
    flusher.start()
    workers_killed(scene)
    over.set()
    flusher.join()


def _forgetful(scene: Scene, over: threading.Event) -> None:
    while not over.wait(FLUSH_EVERY):
        scene.flush()


def all_killed(scene: Scene) -> None:
    """Everything dies at once, twice, and is started cold."""
    for share in (0.2, 0.6):
        scene.wait(lambda share=share: scene.share_ended(share), scene.seconds)
        names = tuple(scene.studio.processes)
        scene.kill(*names)
        scene.sleep(1)
        # A cold start: the broker first, since the others do not wait for it.
        scene.studio.start(*sorted(names, key=lambda name: name != "valkey"))


def two_beats(scene: Scene) -> None:
    """A second clock ticks beside the first."""
    scene.studio.start("beat2")
    scene.wait(scene.resting, scene.seconds)


def broker_killed(scene: Scene) -> None:
    """The broker is away for a while."""
    scene.wait(lambda: scene.share_ended(0.1), scene.seconds)
    scene.kill("valkey")
    scene.sleep(scene.seconds)
    scene.studio.start("valkey")


def broker_emptied(scene: Scene) -> None:
    """The broker forgets all, every second."""
    deadline = time.monotonic() + scene.seconds
    while time.monotonic() < deadline and not scene.ask(scene.resting):
        scene.flush()
        scene.sleep(1)


def broker_slow(scene: Scene) -> None:
    """Each message to the broker and from it takes half a second longer."""
    scene.broker.delay = 0.5
    scene.wait(scene.resting, scene.seconds)
    scene.broker.delay = 0.0


def database_restarted(scene: Scene) -> None:
    """PostgreSQL is stopped as by a power cut, three times."""
    for share in (0.1, 0.4, 0.7):
        scene.wait(lambda share=share: scene.share_ended(share), scene.seconds)
        scene.cluster.restart(away=1.0)
        scene.note_sending()


def database_locked(scene: Scene) -> None:
    """Somebody else holds the database, or the table of jobs, for a while."""
    scene.wait(lambda: scene.share_ended(0.2), scene.seconds)
    if connection.vendor == "sqlite":
        scene.run_beside(LOCK_SQLITE, str(settings.DATABASES["default"]["NAME"]), str(scene.seconds)).wait()
        return
    with psycopg.connect(database_url().replace("postgres://", "postgresql://", 1)) as locking:
        locking.execute("LOCK TABLE jobs_job IN ACCESS EXCLUSIVE MODE")
        scene.sleep(scene.seconds)


def clock(ahead: float) -> Meddler:
    """The studio's clock jumps while it works, and a worker dies; later it jumps back, and another one dies."""

    def meddle(scene: Scene) -> None:
        for offset, share, name in ((ahead, 0.2, WORKERS[0]), (0.0, 0.5, WORKERS[1])):
            scene.wait(lambda share=share: scene.share_ended(share), scene.seconds)
            scene.clock(offset)
            if not scene.wait(lambda offset=offset: scene.swept_at(offset), MOST_UNSWEPT):
                scene.complaints.append(f"nothing was swept with the clock {offset:+g} s off")
            scene.sleep(2)
            scene.kill(name)
            scene.studio.start(name)
            scene.sleep(3)

    return meddle


def api_down(scene: Scene) -> None:
    """Nobody listens where the API was."""
    scene.wait(lambda: scene.share_ended(0.2), 60)
    scene.note_sending()
    scene.studio.server.stop()
    scene.note_sending()
    scene.sleep(scene.seconds)
    scene.studio.server.start()


def key_refused(scene: Scene) -> None:
    """The key is revoked for a while."""
    scene.wait(lambda: scene.share_ended(0.2), 60)
    key = settings.STUDIO_API_KEY_FILE.read_text()
    scene.studio.world.set_keys(revoked=[key])
    scene.sleep(scene.seconds)
    failed = Job.objects.filter(state="failed").count()
    if failed:
        scene.complaints.append(f"{failed} orders failed while the key was refused")
    scene.studio.world.set_keys(accepted=[key])


def wallet_empty(scene: Scene) -> None:
    """The wallet is emptied, and filled again later."""
    scene.wait(lambda: scene.share_ended(0.2), 60)
    taken = scene.studio.world.balance()
    scene.studio.world.set_balance(2)
    scene.sleep(scene.seconds)
    scene.studio.world.top_up(taken - 2)


def disk_full(scene: Scene) -> None:
    """The media folder, a file system of its own, is filled to the last byte and has room again later."""
    scene.wait(lambda: scene.share_ended(0.2), 60)
    ballast = settings.MEDIA_ROOT / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65_536))
        except OSError:
            pass
    scene.sleep(scene.seconds)
    ballast.unlink()


def away(hours: float) -> Meddler:
    """Everything stops once all is paid for and in the making, and is started so many hours later."""

    def meddle(scene: Scene) -> None:
        if not scene.wait(scene.all_sent, scene.seconds):
            scene.complaints.append("not all was sent in time")
        scene.kill(*tuple(scene.studio.processes))
        for task in scene.studio.world.truth():
            scene.studio.world.finish(task.task_id)
        scene.studio.world.pass_time(hours * HOUR)
        scene.clock(hours * HOUR)
        scene.studio.start("valkey", *WORKERS, "beat")
        scene.wait(scene.resting, 300)
        tell = _rescued_in_order if hours < 24 else _told_and_released
        tell(scene)

    return meddle


def _rescued_in_order(scene: Scene) -> None:
    """What expires first is rescued first: nobody is overtaken by more than are fetched at the same time."""
    order = [task.task_id for task in scene.studio.world.truth()]
    rescued = scene.studio.world.handed_out()
    worst = max((abs(order.index(task) - place) for place, task in enumerate(rescued)), default=0)
    if worst > 2 * 16:
        scene.complaints.append(f"rescued up to {worst} places out of the order in which they expire")


def _told_and_released(scene: Scene) -> None:
    """What expired is said to have expired, costs its owner nothing, and is the team's loss."""
    untold = Job.objects.exclude(state="failed", reason_code="expired", captured=0).exclude(state="unknown")
    if untold.exists():
        scene.complaints.append(f"{untold.count()} orders expired and nobody said so")
    gone = Job.objects.filter(reason_code="expired").values_list("pk", flat=True)
    if missing := set(gone) - set(Loss.objects.values_list("job", flat=True)):
        scene.complaints.append(f"{len(missing)} expired orders are nobody's loss")
