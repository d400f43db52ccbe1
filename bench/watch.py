"""When ready pictures are noticed and what looks that takes: 30 to 60 s a picture, whatever progress says.

The studio's own schedule (`watch`, `making`) against drawn times, learning as it goes; beside it, with the same times,
public clients that look every 3 or 10 s. Then real processes and the sandbox over HTTP.
"""

import os
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from bench.figures import spread
from bench.running import Running

JOBS, STARTS, FIRST, REAL = 2000, 60, 12, 48
SHORTEST, LONGEST = 30.0, 60.0
# Seconds until the API has begun, from one look's due time to its question, and from there to the answer, at most.
POST, LATE, ANSWER = 0.5, 0.05, 0.15
Shape = Callable[[float], float]
SHAPES: dict[str, Shape] = {
    "moves evenly": lambda done: done,
    "says nothing": lambda _: 0,
    "goes faster at the end": lambda done: done**2,
    "goes slower at the end": lambda done: 1 - (1 - done) ** 2,
    "jumps by a quarter": lambda done: int(done * 4) / 4,
    "stands still at a half": lambda done: min(done, 0.5),
    "is at 99 % by the middle": lambda done: min(2 * done, 0.99),
    "even, then three times as fast": lambda done: 0.78 * done if done < 0.9 else 0.7 + 3 * (done - 0.9),
}


def run(folder: Path) -> Iterator[str]:
    """Measure and yield the rows of the table."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "studio.settings"
    import django

    django.setup()
    from django.core.management import call_command

    # What was made before is asked for, and nothing was.
    call_command("migrate", verbosity=0)
    yield "| noticed after it was ready | looks a job, mean | p50 / p95 / max |"
    yield "|---|---|---|"
    drawn = random.Random(4)
    took = [drawn.uniform(SHORTEST, LONGEST) for _ in range(JOBS)]
    for name, shape in SHAPES.items():
        yield row(f"progress {name}", learning(took, shape))
    for name in ("moves evenly", "says nothing"):
        firsts = [learning(took[10 * n : 10 * n + 10], SHAPES[name]) for n in range(STARTS)]
        yield row(f"progress {name}: the first ten jobs", [found for first in firsts for found in first])
    for every in (3.0, 10.0):
        yield row(f"every {every:g} s, as public clients do", [fixed(seconds, every) for seconds in took])
    yield row("real processes, progress moves evenly", list(real(folder / "real")))


def row(name: str, found: list[tuple[float, int]]) -> str:
    """A line of the table, from when each was noticed and after how many looks."""
    late, looks = zip(*found, strict=True)
    return f"| {name} | {sum(looks) / len(looks):.1f} | {spread(late, 's')} |"


def learning(took: list[float], shape: Shape) -> list[tuple[float, int]]:
    """An installation's jobs one after the other, from the first on: how late each was noticed, and its looks."""
    from studio.jobs import making

    known: list[float] = []
    documented = making.times("https://api.example.com", "gemini-2.5-flash", "generate", 1)

    def times(*_kind: object) -> making.Times:
        latest = tuple(sorted(known[-making.LATEST :]))
        return making.Times(latest, learned=True) if len(latest) >= making.LEAST else documented

    as_it_was, making.times = making.times, times
    try:
        return [watched(seconds, shape, known) for seconds in took]
    finally:
        making.times = as_it_was


def watched(seconds: float, shape: Shape, known: list[float]) -> tuple[float, int]:
    """One job as `looks` treats it, on a clock of its own."""
    from studio.jobs import making, watch
    from studio.jobs.models import Job

    dice = random.Random(seconds)
    job = Job(api="https://api.example.com", model_name="gemini-2.5-flash", made="generate", asked=1)
    job.sent_at = datetime.now().astimezone()
    ready = job.sent_at + timedelta(seconds=POST + seconds)
    job.due_at = watch.first_look(job, job.sent_at + timedelta(seconds=POST))
    while True:
        now = job.due_at + timedelta(seconds=dice.uniform(0, LATE))
        job.looks += 1
        if now >= ready:
            known.extend(filter(None, [making.took(job, now)]))
            return (now - ready).total_seconds() + dice.uniform(0, ANSWER), job.looks
        done = 1 - (ready - now).total_seconds() / seconds
        percent = max(min(99, int(100 * shape(max(0.0, done)))), job.progress or 0)
        job.due_at = watch.next_look(job, now, percent)
        job.progress, job.looked_at = percent or None, now


def fixed(seconds: float, every: float) -> tuple[float, int]:
    """A look at once, and then one as long after each answer."""
    dice, at, looks = random.Random(seconds), 0.0, 1
    while at < seconds:
        at, looks = at + dice.uniform(0, ANSWER) + every, looks + 1
    return at - seconds + dice.uniform(0, ANSWER), looks


def real(folder: Path) -> Iterator[tuple[float, int]]:
    """The studio as it is started by people, once it has learned; and the sandbox's own word of when it was asked."""
    with Running(folder=folder, per_minute=60) as studio:
        world = studio.world(FIRST + REAL)
        member = studio.member("watcher")
        for number in range(FIRST + REAL):
            if number == FIRST:
                studio.wait_until_over(FIRST, 400)
            member.order(f"a lighthouse, number {number}")
        studio.wait_until_over(FIRST + REAL, 400)
    for task in world.truth()[FIRST:]:
        looks = world.looks(task.task_id)
        if looks.last_at and looks.ready_at:
            yield looks.last_at - looks.ready_at, looks.count
