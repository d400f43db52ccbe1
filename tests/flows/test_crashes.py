"""Whatever dies, nothing is lost and nothing is sent twice."""

import pytest
import redis

from studio.celery import app
from studio.jobs.models import Job
from studio.jobs.tasks import sweep
from tests.installation import until

pytestmark = pytest.mark.flow


def test_a_worker_killed_while_sending_leaves_one_honest_unknown(running, alice):
    running.world.faults.add("submit.slow", times=1, seconds=1.5)
    job = running.ask(alice)
    until(lambda: running.state(job) == "sending" and running.world.submits())
    running.kill("worker")
    running.start("worker")
    running.rest(job)
    assert (job.state, job.captured) == ("unknown", 0)
    assert len(running.world.submits()) == 1
    running.check()


def test_a_worker_killed_while_the_picture_is_made_is_succeeded_by_the_next(running, alice):
    running.world.faults.add("status.late", seconds=2)
    job = running.ask(alice, num_images=2)
    until(lambda: running.state(job) == "making")
    running.kill("worker")
    running.start("worker")
    running.rest(job)
    assert (job.state, job.delivered) == ("done", 2)
    running.check()


def test_a_worker_killed_while_saving_saves_each_picture_once(running, alice):
    running.world.faults.add("asset.drip", times=1, nth=3, seconds=0.5)
    job = running.ask(alice, num_images=4)
    until(lambda: running.state(job) == "saving" and job.delivered >= 1)
    running.kill("worker")
    running.start("worker")
    running.rest(job)
    assert (job.state, job.delivered, job.captured) == ("done", 4, 20)
    running.check()


@pytest.mark.long
def test_a_worker_killed_again_and_again_loses_nothing(running, alice, bob):
    jobs = [running.ask(owner, num_images=2) for owner in (alice, bob) for _ in range(5)]
    for _ in range(3):
        done = Job.objects.filter(state="done").count()
        until(
            lambda done=done: (
                Job.objects.filter(state="done").count() > done or not Job.objects.exclude(state="done")
            )
        )
        running.kill("worker")
        running.start("worker")
    running.rest(*jobs)
    assert {job.state for job in jobs} <= {"done", "unknown"}
    running.check()


def test_everything_killed_at_once_starts_again_where_it_was(running, alice):
    jobs = [running.ask(alice) for _ in range(4)]
    until(lambda: Job.objects.filter(state__in=["making", "saving", "done"]).exists())
    running.kill()
    running.start()
    running.rest(*jobs)
    assert {job.state for job in jobs} <= {"done", "unknown"}
    running.check()


def test_an_emptied_broker_costs_seconds_and_no_job(running, alice):
    running.world.faults.add("status.late", seconds=1)
    jobs = [running.ask(alice) for _ in range(4)]
    client = redis.Redis.from_url(running.valkey.url)
    for _ in range(5):
        client.flushall()
        until(lambda: client.dbsize() or not Job.objects.exclude(state="done").exists())
    client.close()
    running.rest(*jobs)
    assert {job.state for job in jobs} == {"done"}
    running.check()


def test_a_dead_broker_accepts_orders_and_catches_up_when_it_is_back(running, alice):
    # The worker holds wake-ups for later, as it does while the window is full.
    with app.connection_for_write(running.valkey.url.replace("unix://", "redis+socket://", 1)) as broker:
        for _ in range(5):
            sweep.apply_async(countdown=50, connection=broker)
    client = redis.Redis.from_url(running.valkey.url)
    until(lambda: client.hlen("unacked") == 5)
    client.close()
    running.kill("valkey")
    jobs = [running.ask(alice) for _ in range(3)]
    assert {running.state(job) for job in jobs} == {"waiting"}
    running.start("valkey")
    running.rest(*jobs, seconds=60)
    assert {job.state for job in jobs} == {"done"}
    running.check()


def test_without_broker_and_beat_the_worker_goes_on_by_itself(running, alice):
    running.kill("valkey", "beat")
    jobs = [running.ask(alice) for _ in range(3)]
    running.rest(*jobs, seconds=60)
    assert {job.state for job in jobs} == {"done"}
    running.check()
