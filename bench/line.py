"""The line at 60 submits a minute: 90 one-picture orders of three members over HTTP, all processes real."""

import http.client
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import requests

from bench.figures import spread
from studio.sandbox.records import Pace
from studio.sandbox.world import World

ROOT = Path(__file__).resolve().parent.parent
JOBS, PER_MINUTE, WINDOW = 90, 60, 60.0
BIND = "127.0.0.1:8791"
URL = f"http://{BIND}"
MEMBERS = [f"member{number}@example.com" for number in range(3)]
PASSWORD = "a bench needs no secrets"


def run(folder: Path) -> Iterator[str]:
    """Measure and yield the rows of the table."""
    world = World(folder / "sandbox", pace=Pace(per_minute=PER_MINUTE))
    world.predraw(JOBS)
    world.set_balance(10_000)
    settings = {
        "STUDIO_DATA_DIR": str(folder),
        "STUDIO_BIND": BIND,
        "STUDIO_SUBMITS_PER_MINUTE": str(PER_MINUTE),
        "STUDIO_SANDBOX_SECONDS": "30-60",
        "PATH": "/usr/bin:/bin",
    }
    with (folder / "studio.log").open("wb") as log:
        studio = subprocess.Popen(
            [sys.executable, "manage.py", "runstudio"], cwd=ROOT, env=settings, stdout=log, stderr=log
        )
        try:
            wait_until_ready(studio)
            for member in MEMBERS:
                add_member(member, settings)
            sessions = [sign_in(member) for member in MEMBERS]
            ordered = [order(sessions[number % len(sessions)], number) for number in range(JOBS)]
            wait_until_done(folder)
        finally:
            studio.send_signal(signal.SIGINT)
            studio.wait(60)
    yield from table(folder, world, ordered)


def wait_until_ready(studio: "subprocess.Popen[bytes]") -> None:
    """Wait for the page; a studio that ended says why in its log."""
    for _ in count():
        if studio.poll() is not None:
            sys.exit("The studio ended before it was ready; see studio.log.")
        connection = http.client.HTTPConnection(BIND, timeout=1)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()


def add_member(email: str, settings: dict[str, str]) -> None:
    command = [sys.executable, "manage.py", "member", "add", email, "--unlimited", "--password-stdin"]
    subprocess.run(
        command, cwd=ROOT, env=settings, input=PASSWORD, text=True, check=True, capture_output=True
    )


def sign_in(email: str) -> requests.Session:
    session = requests.Session()
    page = session.get(f"{URL}/accounts/login/")
    form = {"login": email, "password": PASSWORD, "csrfmiddlewaretoken": token(page.text)}
    session.post(f"{URL}/accounts/login/", form, headers={"Referer": URL}).raise_for_status()
    session.headers["X-CSRFToken"] = session.cookies["csrftoken"]
    session.headers["Referer"] = URL
    return session


def token(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, "the page has no form"
    return found[1]


def order(session: requests.Session, number: int) -> float:
    """Order one picture and return when the order was accepted, in unix seconds."""
    answer = session.post(f"{URL}/jobs/", {"prompt": f"a lighthouse, number {number}"}, allow_redirects=False)
    assert answer.status_code == 303, answer.status_code
    return time.time()


def wait_until_done(folder: Path, seconds: float = 400) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if rows(folder, "SELECT count(*) FROM jobs_job WHERE state = 'done'")[0][0] == JOBS:
            return
        time.sleep(1)
    sys.exit(f"Not all jobs were done within {seconds:g} s.")


def rows(folder: Path, query: str) -> list[tuple]:
    database = sqlite3.connect(f"file:{folder / 'studio.sqlite3'}?mode=ro", uri=True, timeout=20)
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


def unix(stored: str) -> float:
    """A moment as SQLite keeps it (UTC, without saying so)."""
    return datetime.fromisoformat(stored).replace(tzinfo=UTC).timestamp()


def table(folder: Path, world: World, ordered: list[float]) -> Iterator[str]:
    """The measured rows."""
    submits = rows(
        folder, "SELECT started_at, answered_at FROM jobs_submit WHERE counted ORDER BY started_at"
    )
    saved = dict(
        rows(folder, "SELECT j.task_id, i.created_at FROM jobs_job j JOIN gallery_image i ON i.job = j.id")
    )
    tasks = world.truth()
    looks = [world.looks(task.task_id).count for task in tasks]
    refused = [submit for submit in world.submits() if submit.status == 429]
    late = [unix(saved[task.task_id]) - task.ready_at for task in tasks if task.ready_at]
    yield f"| submits refused of {len(world.submits())} | {len(refused)} |"
    yield f"| submit after its first allowed moment, p50 / p95 / max | {spread(lags(submits, ordered), 's')} |"
    yield f"| ready at the provider → in the gallery, p50 / p95 / max | {spread(late, 's')} |"
    yield f"| looks a job, mean | {sum(looks) / len(looks):.1f} |"


def lags(submits: list[tuple[str, str]], ordered: list[float]) -> list[float]:
    """How long after its first allowed moment each submit started.

    The k-th submit may start once k orders are there and a window has passed since the answer to the one
    PER_MINUTE before it.
    """
    answers = sorted(unix(answered) for _started, answered in submits)
    measured = []
    for number, (started, _answered) in enumerate(submits):
        room = answers[number - PER_MINUTE] + WINDOW if number >= PER_MINUTE else 0.0
        measured.append(max(0.0, unix(started) - max(room, sorted(ordered)[number])))
    return measured
