"""Whether the times people are told are honest: what the pages showed against what came, all processes real.

Orders trickle in until the window is full, as in a day's work, so that its slots are spread over the minute; then a
crowd comes at once. What the composer showed before each of the crowd's orders, and the Queue page after it, is
held against the moment the picture was in the gallery.
"""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.figures import percentile
from bench.running import Member, Running, dashed, unix

LONG_WAIT = 120.0
MEMBERS, PICTURES = 3, 12
READY = re.compile(r"ready about (\d\d:\d\d)")


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A crowd at so many submits a minute. In the restless one more come later, and some are cancelled."""

    per_minute: int
    crowd: int
    restless: bool = False

    @property
    def words(self) -> str:
        """As the table has it."""
        more = "with later arrivals and cancels" if self.restless else "no later arrivals"
        return f"{self.per_minute} a minute, {self.crowd} orders at once, {more}"


SCENES = (
    Scene(per_minute=3, crowd=24),
    Scene(per_minute=20, crowd=100),
    Scene(per_minute=20, crowd=100, restless=True),
)


@dataclass(frozen=True)
class Told:
    """The times of day that were shown when an order was made: before it was sent, and after."""

    at: float
    before: str
    after: str


def run(folder: Path) -> Iterator[str]:
    """Measure the scenes beside each other, for each has little to do, and yield the rows of the table."""
    with ThreadPoolExecutor(len(SCENES)) as beside:
        played = beside.map(
            lambda number: list(play(folder / str(number), SCENES[number])), range(len(SCENES))
        )
        for rows in played:
            yield from rows


def play(folder: Path, scene: Scene) -> Iterator[str]:
    studio = Running(folder=folder, per_minute=scene.per_minute)
    studio.world(PICTURES)
    with studio:
        members = [studio.member(f"member{number}") for number in range(MEMBERS)]
        for number in range(scene.per_minute):
            members[number % MEMBERS].order(f"{number}: a harbour in the morning")
            time.sleep(60 / scene.per_minute)
        told = dict(ask(members[number % MEMBERS], studio) for number in range(scene.crowd))
        if scene.restless:
            unrest(members, studio, scene)
        orders = studio.rows("SELECT count(*) FROM jobs_job")[0][0]
        studio.wait_until_over(orders, 60 * (orders / scene.per_minute + 3))
        came = times(studio)
    yield from table(scene, told, came)


def ask(member: Member, studio: Running) -> tuple[str, Told]:
    """Order as somebody who looks at the price before and at the Queue page after."""
    before = READY.search(member.session.get(f"{studio.url}/jobs/estimate/?num_images=1").json()["words"])
    at = member.order(f"a lighthouse at {time.time()}")
    newest = studio.rows("SELECT id FROM jobs_job ORDER BY ordered_at DESC LIMIT 1")[0][0]
    row = member.page("/queue/").partition(f'id="turn-{dashed(newest)}"')[2].partition("</li>")[0]
    after = READY.search(row)
    return newest, Told(at, before[1] if before else "", after[1] if after else "")


def unrest(members: list[Member], studio: Running, scene: Scene) -> None:
    """A newcomer orders a tenth of the crowd after a minute, and a tenth of what waits then is cancelled."""
    time.sleep(60)
    newcomer = studio.member("newcomer")
    for number in range(scene.crowd // 10):
        newcomer.order(f"{number}: a late idea")
    waiting = "SELECT id FROM jobs_job WHERE state = 'waiting' ORDER BY queued_at"
    for job in [row[0] for row in studio.rows(waiting)][::10]:
        for member in members:
            member.post(f"/jobs/{dashed(job)}/cancel/")


def times(studio: Running) -> dict[str, tuple[float, float, float]]:
    """When each job was ordered, sent, and in the gallery."""
    query = """SELECT j.id, j.ordered_at, j.sent_at, max(i.created_at) FROM jobs_job j
               JOIN gallery_image i ON i.job = j.id WHERE j.state = 'done' GROUP BY j.id"""
    return {job: (unix(asked), unix(sent), unix(done)) for job, asked, sent, done in studio.rows(query)}


def table(scene: Scene, told: dict[str, Told], came: dict[str, tuple[float, float, float]]) -> Iterator[str]:
    """How far off the shown times were, as shares of the whole time from order to picture."""
    late = [job for job, (asked, sent, _done) in came.items() if job in told and sent - asked >= LONG_WAIT]
    for words, shown in (("in the composer", "before"), ("on the Queue page", "after")):
        off = [
            abs(moment(getattr(told[job], shown), told[job].at) - came[job][2])
            / (came[job][2] - came[job][0])
            for job in late
            if getattr(told[job], shown)
        ]
        figures = " / ".join(
            f"{100 * figure:.0f}" for figure in (percentile(off, 50), percentile(off, 90), max(off))
        )
        silent = f", {len(late) - len(off)} without a time" if len(off) < len(late) else ""
        yield f"| {scene.words}: ready time {words} off by, p50 / p90 / max of {len(off)}{silent} | {figures} % |"


def moment(told: str, near: float) -> float:
    """The moment of a time of day that comes next after another moment, or a minute before it."""
    asked = datetime.fromtimestamp(near, UTC)
    hour, minute = map(int, told.split(":"))
    found = asked.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return (found + timedelta(days=found < asked - timedelta(minutes=1))).timestamp()
