"""Whether every slot is used and none refused: one-picture orders of three members over HTTP, all processes real.

At 3, 20 and 60 submits a minute, and at 60 with two worker processes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.figures import spread
from bench.running import Running, unix
from studio.sandbox.world import World

WINDOW = 60.0
MEMBERS, PICTURES = 3, 12


@dataclass(frozen=True)
class Rate:
    """So many submits a minute, the jobs that make some windows full of them, and the worker processes."""

    per_minute: int
    jobs: int
    workers: int = 1

    @property
    def words(self) -> str:
        """As the table has it."""
        return f"{self.per_minute} a minute{', two workers' if self.workers > 1 else ''}"


RATES = (Rate(3, 12), Rate(20, 60), Rate(60, 90), Rate(60, 90, workers=2))


def run(folder: Path) -> Iterator[str]:
    """Measure and yield the rows of the table."""
    for number, rate in enumerate(RATES):
        yield from measure(folder / str(number), rate)


def measure(folder: Path, rate: Rate) -> Iterator[str]:
    studio = Running(folder=folder, per_minute=rate.per_minute, more_workers=rate.workers - 1)
    world = studio.world(PICTURES)
    with studio:
        members = [studio.member(f"member{number}") for number in range(MEMBERS)]
        ordered = [
            members[number % MEMBERS].order(f"a lighthouse, number {number}") for number in range(rate.jobs)
        ]
        studio.wait_until_over(rate.jobs, WINDOW * (rate.jobs / rate.per_minute + 2))
    for figure in table(studio, world, rate, ordered):
        yield f"| {rate.words}: {figure} |"


def table(studio: Running, world: World, rate: Rate, ordered: list[float]) -> Iterator[str]:
    """The measured rows."""
    submits = studio.rows("SELECT started_at, answered_at FROM jobs_submit WHERE counted ORDER BY started_at")
    saved = dict(
        studio.rows("SELECT j.task_id, i.created_at FROM jobs_job j JOIN gallery_image i ON i.job = j.id")
    )
    tasks = world.truth()
    looks = [world.looks(task.task_id).count for task in tasks]
    refused = [submit for submit in world.submits() if submit.status == 429]
    late = [unix(saved[task.task_id]) - task.ready_at for task in tasks if task.ready_at]
    yield f"submits refused of {len(world.submits())} | {len(refused)}"
    yield (
        f"submit after its first allowed moment, p50 / p95 / max | {spread(lags(submits, ordered, rate), 's')}"
    )
    yield f"ready at the provider → in the gallery, p50 / p95 / max | {spread(late, 's')}"
    yield f"looks a job, mean | {sum(looks) / len(looks):.1f}"


def lags(submits: list[tuple[str, str]], ordered: list[float], rate: Rate) -> list[float]:
    """How long after its first allowed moment each submit started.

    The k-th submit may start once k orders are there and a window has passed since the answer to the one
    `per_minute` before it.
    """
    answers = sorted(unix(answered) for _started, answered in submits)
    measured = []
    for number, (started, _answered) in enumerate(submits):
        room = answers[number - rate.per_minute] + WINDOW if number >= rate.per_minute else 0.0
        measured.append(max(0.0, unix(started) - max(room, sorted(ordered)[number])))
    return measured
