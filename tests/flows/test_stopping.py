"""A worker that is asked to stop finishes or hands over, in time; nothing is lost and nothing sent twice."""

import signal
import socket
import subprocess
import sys
import time

import pytest

from studio.jobs.models import Job
from studio.sandbox import World
from tests.installation import until
from tests.started import ENVIRONMENT, ROOT, Started, wait_until

pytestmark = [pytest.mark.flow, pytest.mark.alike]


ORDER = """
from gallery.models import Project
from studio.credits import ledger
from studio.jobs import orders
ada = User.objects.create_user("ada@example.com", None, name="Ada")
ledger.open_account(ada, limited=False)
orders.ask(ada, orders.Ask(prompt="a lighthouse", project=Project.objects.first()))
"""


def shell(code: str, environment: dict[str, str]) -> str:
    """What the studio's own code says to this, as the studio of that environment."""
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
    run = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT | environment, capture_output=True, text=True, check=True
    )
    return run.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask_to_stop(studio, name: str) -> subprocess.Popen[bytes]:
    process = studio.processes.pop(name)
    process.send_signal(signal.SIGTERM)
    return process


@pytest.mark.long
def test_a_post_under_way_is_finished_if_it_answers_in_time(running, alice):
    running.world.faults.add("submit.slow", times=1, seconds=1.5)
    job = running.ask(alice)
    until(lambda: running.state(job) == "sending" and running.world.submits())
    stopping = ask_to_stop(running, "worker")
    assert stopping.wait(10) == 0
    assert running.state(job) == "making"
    running.start("worker")
    running.rest(job)
    assert job.state == "done"
    running.check()


def test_a_post_that_hangs_is_a_lost_answer_when_the_time_is_up(studio, alice):
    studio.extra = {"STUDIO_POST_SECONDS": "60", "STUDIO_LEASE_SECONDS": "70", "STUDIO_STOP_SECONDS": "2"}
    studio.start()
    studio.world.faults.add("submit.slow", times=1, seconds=30)
    job = studio.ask(alice)
    until(lambda: studio.state(job) == "sending" and studio.world.submits())
    began = time.monotonic()
    assert ask_to_stop(studio, "worker").wait(10) == 0
    assert 2 <= time.monotonic() - began < 8
    assert studio.state(job) == "unknown"
    studio.start("worker")
    studio.rest(job)
    assert (job.state, len(studio.world.submits())) == ("unknown", 1)
    studio.check()


@pytest.mark.long
def test_asked_a_second_time_it_hurries(studio, alice):
    studio.extra = {"STUDIO_POST_SECONDS": "60", "STUDIO_LEASE_SECONDS": "70", "STUDIO_STOP_SECONDS": "40"}
    studio.start()
    studio.world.faults.add("submit.slow", times=1, seconds=30)
    job = studio.ask(alice)
    until(lambda: studio.state(job) == "sending" and studio.world.submits())
    stopping = ask_to_stop(studio, "worker")
    time.sleep(0.5)
    assert stopping.poll() is None
    stopping.send_signal(signal.SIGTERM)
    assert stopping.wait(8) == 0
    assert studio.state(job) == "unknown"
    assert len(studio.world.submits()) == 1


def test_what_is_being_saved_is_gone_on_with_at_once_by_another_worker(studio, alice):
    studio.extra = {"STUDIO_LEASE_SECONDS": "70", "STUDIO_STOP_SECONDS": "1"}
    studio.start()
    studio.world.faults.add("asset.drip", times=1, seconds=20)
    job = studio.ask(alice, num_images=2)
    until(lambda: studio.state(job) == "saving" and job.lease_until)
    studio.start("worker2")
    assert ask_to_stop(studio, "worker").wait(8) == 0
    studio.rest(job, seconds=15)
    assert (job.state, job.delivered) == ("done", 2)
    studio.check()


def test_a_rolling_restart_of_two_workers_under_load_loses_and_doubles_nothing(studio, alice, bob):
    studio.extra = {
        "STUDIO_SUBMITS_PER_MINUTE": "3",
        "STUDIO_WINDOW_SECONDS": "2",
        "STUDIO_LEASE_SECONDS": "70",
    }
    studio.start()
    studio.start("worker2")
    jobs = [studio.ask(owner, num_images=2) for _ in range(15) for owner in (alice, bob)]
    for number, name in enumerate(("worker", "worker2", "worker", "worker2"), 1):
        until(lambda sent=5 * number: Job.objects.exclude(state="waiting").count() >= sent, seconds=60)
        began = time.monotonic()
        stopping = ask_to_stop(studio, name)
        studio.start(name)
        assert stopping.wait(30) == 0
        assert time.monotonic() - began < 30
    studio.rest(*jobs, seconds=60)
    assert {job.state for job in jobs} == {"done"}
    assert len(studio.world.truth()) == len(jobs)
    studio.check()


@pytest.mark.long
def test_the_whole_studio_stops_within_30_seconds_while_a_post_hangs(tmp_path):
    data = tmp_path / "data"
    own = {
        "STUDIO_DATA_DIR": str(data),
        "STUDIO_BIND": f"127.0.0.1:{free_port()}",
        "STUDIO_POST_SECONDS": "100",
    }
    studio = Started(["manage.py", "runstudio"], tmp_path / "said", ENVIRONMENT | own)
    try:
        studio.wait_for("Studio is ready", seconds=120)
        world = World(data / "sandbox")
        world.faults.add("submit.slow", seconds=90)
        shell(ORDER, own)
        wait_until(world.submits, 60)
        began = time.monotonic()
        studio.send(signal.SIGTERM)
        assert studio.exit_code(40) == 0
        assert time.monotonic() - began < 30
        assert not studio.alive()
        assert shell("print(Job.objects.get().state)", own).strip() == "unknown"
        world.close()
    finally:
        studio.end()
