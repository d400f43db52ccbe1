"""Everything killed with kill -9 in the middle, twice, the sandbox and the pages too: nothing is lost or sent twice."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
import requests

from studio.sandbox.world import Pace, World
from tests.started import ENVIRONMENT, ROOT, Started, wait_until

pytestmark = pytest.mark.flow
PASSWORD = "correct horse battery"
QUICK = {
    "STUDIO_SANDBOX_SECONDS": "1.5",
    "STUDIO_SUBMITS_PER_MINUTE": "60",
    "STUDIO_LEASE_SECONDS": "5",
    "STUDIO_POST_SECONDS": "4",
    "STUDIO_LATE_ANSWER_SECONDS": "3",
    "STUDIO_SWEEP_SECONDS": "0.5",
    "STUDIO_LOOK_SECONDS": "0.2",
    "STUDIO_RETRY_SECONDS": "0.2",
    "STUDIO_RETRY_MOST_SECONDS": "1",
}


class Whole:
    """`runstudio` in a folder of its own, with a member who orders over HTTP."""

    def __init__(self, folder) -> None:
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            bind = f"127.0.0.1:{probe.getsockname()[1]}"
        self.folder, self.url = folder, f"http://{bind}"
        self.settings = ENVIRONMENT | QUICK | {"STUDIO_DATA_DIR": str(folder / "var"), "STUDIO_BIND": bind}
        self.starts = 0

    def start(self) -> None:
        self.starts += 1
        self.run = Started(["manage.py", "runstudio"], self.folder / f"said-{self.starts}", self.settings)
        self.run.wait_for("Studio is ready at")

    def kill(self) -> None:
        for pid in self.run.alive():
            os.kill(pid, signal.SIGKILL)
        self.run.all_gone()

    def member(self) -> requests.Session:
        command = ["manage.py", "member", "add", "alice@example.com", "--unlimited", "--password-stdin"]
        subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=self.settings, input=PASSWORD, text=True, check=True
        )
        session = requests.Session()
        page = session.get(f"{self.url}/accounts/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        form = {"login": "alice@example.com", "password": PASSWORD, "csrfmiddlewaretoken": token}
        session.post(f"{self.url}/accounts/login/", form).raise_for_status()
        session.headers["X-CSRFToken"] = session.cookies["csrftoken"]
        return session

    def rows(self, query: str) -> list[tuple]:
        with closing(sqlite3.connect(self.folder / "var" / "studio.sqlite3", timeout=20)) as database:
            return database.execute(query).fetchall()


@pytest.fixture
def whole(tmp_path):
    made = Whole(tmp_path)
    made.start()
    yield made
    made.run.end()


def test_everything_killed_twice_loses_nothing_and_sends_nothing_twice(whole):
    with whole.member() as alice:
        for number in range(6):
            order = {"prompt": f"lighthouse {number}", "num_images": "2"}
            answer = alice.post(f"{whole.url}/jobs/", order, allow_redirects=False)
            assert (answer.status_code, answer.headers["Location"]) == (303, "/queue/")
    for states in (("making", "saving", "done"), ("saving", "done")):
        reached = f"SELECT 1 FROM jobs_job WHERE state IN {states}"
        wait_until(lambda reached=reached: whole.rows(reached))
        whole.kill()
        whole.start()
    resting = (
        "SELECT count(*) FROM jobs_job WHERE state = 'done' OR (state = 'unknown' AND settled_at IS NOT NULL)"
    )
    wait_until(lambda: whole.rows(resting) == [(6,)], 60)
    world = World(whole.folder / "var" / "sandbox", pace=Pace())
    keys = [task.idempotency_key for task in world.truth()]
    world.close()
    assert len(keys) == len(set(keys)) <= 6
    done = whole.rows("SELECT count(*) FROM jobs_job WHERE state = 'done'")[0][0]
    assert whole.rows("SELECT count(*) FROM gallery_image") == [(2 * done,)]
    assert whole.rows("SELECT sum(-d_held) FROM credits_entry WHERE kind = 'capture'") == [(10 * done,)]
    assert whole.rows("SELECT sum(held), sum(available) FROM credits_account") == [(0, -10 * done)]
