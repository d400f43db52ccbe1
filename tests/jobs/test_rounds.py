"""The worker's own rounds: real threads, the real database file, real HTTP."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from studio.jobs import crew, lookpace, looks, moves, rounds, saving, tasks, watch
from studio.jobs.models import Job
from studio.jobs.rounds import Rounds
from studio.jobs.states import AT_REST, State
from tests.jobs.cast import in_state, order
from tests.started import wait_until

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def _few_threads(settings, provider):
    provider.predraw(1)
    settings.STUDIO_WORKER_THREADS = 4
    settings.STUDIO_LOOK_SECONDS = 0.1
    settings.STUDIO_LEASE_SECONDS = 30


@pytest.fixture
def worker():
    """Starts the rounds of workers, as many as are wanted, and stops them."""
    started = []

    def start() -> Rounds:
        started.append(Rounds())
        started[-1].start()
        return started[-1]

    yield start
    for one in started:
        one.stop()


def sent(owner, count: int = 1) -> list[Job]:
    """Jobs the API has taken, due for a look now."""
    jobs = [order(owner) for _ in range(count)]
    for _ in jobs:
        tasks.advance()
    Job.objects.update(due_at=timezone.now())
    return jobs


def at_rest() -> bool:
    return not Job.objects.exclude(state__in=AT_REST).exists()


def test_without_a_broker_orders_are_sent_too_once_nobody_has_asked_for_long(
    provider, alice, worker, settings
):
    settings.STUDIO_SWEEP_SECONDS = 0.1
    tasks.heard("sweep")
    jobs = [order(alice) for _ in range(3)]
    worker()
    wait_until(at_rest)
    assert set(Job.objects.values_list("state", flat=True)) == {State.DONE}
    assert len(provider.truth()) == len(jobs)


def test_while_sweeps_are_asked_for_nobody_sends_by_itself(provider, alice, worker, settings, monkeypatch):
    settings.STUDIO_SWEEP_SECONDS = 0.1
    order(alice)
    asked, unasked = threading.Semaphore(0), tasks.unasked

    def lately() -> bool:
        tasks.heard("sweep")
        asked.release()
        return unasked()

    monkeypatch.setattr(tasks, "unasked", lately)
    worker()
    assert all(asked.acquire(timeout=10) for _ in range(3))
    assert not provider.truth()


def test_a_worker_says_that_it_lives(worker):
    worker()
    wait_until(lambda: tasks.silent_since("worker") is not None)


def test_a_pulse_goes_on_after_trouble(worker, monkeypatch, settings):
    settings.STUDIO_SWEEP_SECONDS = 0.05
    beats = []

    def broken() -> None:
        beats.append(1)
        raise OSError("away")

    monkeypatch.setattr(rounds, "sweep_unasked", broken)
    worker()
    wait_until(lambda: len(beats) > 2)


def test_without_a_broker_all_is_looked_at_and_comes_home(provider, alice, worker):
    sent(alice, 5)
    worker()
    wait_until(at_rest)
    assert {job.state for job in Job.objects.all()} == {State.DONE}


def test_a_job_that_is_not_ready_is_written_and_looked_at_again(provider, alice, worker):
    provider.faults.add("status.late", seconds=1.0)
    (job,) = sent(alice)
    worker()
    wait_until(at_rest)
    job.refresh_from_db()
    assert job.looks > 2
    assert job.looked_at


def test_two_workers_never_look_at_the_same_job_twice(provider, alice, worker):
    jobs = sent(alice, 6)
    worker(), worker()
    wait_until(at_rest)
    assert [provider.looks(job.task_id).count for job in Job.objects.all()] == [1] * len(jobs)


def test_what_expires_first_is_rescued_first(provider, alice):
    now = timezone.now()
    ages = (1, 23, 12)
    jobs = [in_state(alice, State.SAVING, remote_at=now - timedelta(hours=age)) for age in ages]
    assert [job.pk for job in rounds.to_save(2)] != []
    claimed = {job.pk for job in Job.objects.exclude(lease_token=None)}
    assert claimed == {jobs[1].pk, jobs[2].pk}


def test_without_the_apis_word_what_was_sent_first_is_rescued_first_however_often_it_was_tried(
    provider, alice
):
    now = timezone.now()
    ages = (1, 23, 12)
    jobs = [in_state(alice, State.SAVING, sent_at=now - timedelta(hours=age)) for age in ages]
    # Who was tried before is due later than who never was.
    Job.objects.filter(pk=jobs[0].pk).update(due_at=now - timedelta(minutes=10))
    assert {job.pk for job in rounds.to_save(2)} == {jobs[1].pk, jobs[2].pk}


def test_savings_that_hang_hold_up_no_look(provider, alice, worker, monkeypatch):
    go, hanging = threading.Event(), in_state(alice, State.SAVING)

    def hang(job: Job) -> None:
        go.wait(30)

    monkeypatch.setattr(saving, "save", hang)
    worker()
    wait_until(lambda: Job.objects.get(pk=hanging.pk).lease_token)
    (job,) = sent(alice)
    wait_until(lambda: Job.objects.get(pk=job.pk).state == State.SAVING, 5)
    go.set()


def test_an_api_that_hangs_holds_up_no_saving(provider, alice, worker, monkeypatch):
    go = threading.Event()

    def hang(job: Job, _let_go: object) -> State:
        go.wait(30)
        return State.MAKING

    (ready,) = sent(alice)
    looks.look(moves.claim(ready.pk, State.MAKING))
    monkeypatch.setattr(looks, "look", hang)
    stuck = [in_state(alice, State.MAKING) for _ in range(6)]
    worker()
    wait_until(lambda: Job.objects.get(pk=ready.pk).state == State.DONE, 5)
    assert Job.objects.filter(state=State.MAKING).count() == len(stuck)
    go.set()


def test_a_step_that_breaks_ends_no_thread(provider, alice, worker, monkeypatch):
    really, broken = looks.look, []

    def breaks(job: Job, let_go: object) -> State:
        if len(broken) < 8:
            broken.append(job.pk)
            Job.objects.filter(pk=job.pk).update(lease_token=None, lease_until=None)
            raise ValueError(job)
        return really(job, let_go)

    monkeypatch.setattr(looks, "look", breaks)
    sent(alice)
    worker()
    wait_until(at_rest)
    assert len(broken) == 8


def test_a_round_that_breaks_is_followed_by_another(provider, alice, worker, monkeypatch):
    really, broken = lookpace.claim, []

    def breaks(most: int) -> list[Job]:
        if len(broken) < 2:
            broken.append(most)
            raise ValueError(most)
        return really(most)

    monkeypatch.setattr(lookpace, "claim", breaks)
    monkeypatch.setattr(crew, "AFTER_TROUBLE", 0.1)
    sent(alice)
    worker()
    wait_until(at_rest)
    assert len(broken) == 2


def test_what_was_found_is_written_though_the_round_that_should_breaks(provider, alice, monkeypatch):
    provider.faults.add("status.late", seconds=60)
    (job,) = sent(alice)
    one = Rounds()
    one._look(moves.claim(job.pk, State.MAKING))
    monkeypatch.setattr(lookpace, "claim", lambda _most: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        one._claim(4)
    assert Job.objects.get(pk=job.pk).lease_token
    one._claim(0)
    assert Job.objects.get(pk=job.pk).lease_token is None


def test_one_look_that_can_not_be_written_holds_up_no_other(provider, alice, monkeypatch):
    provider.faults.add("status.late", seconds=60)
    jobs, one, really = sent(alice, 2), Rounds(), moves.let_go
    for job in jobs:
        one._look(moves.claim(job.pk, State.MAKING))

    def breaks(job: Job, due_at, **changes) -> bool:
        if job.pk == jobs[0].pk:
            raise ValueError(job)
        return really(job, due_at, **changes)

    monkeypatch.setattr(moves, "let_go", breaks)
    one._claim(0)
    assert [bool(Job.objects.get(pk=job.pk).lease_token) for job in jobs] == [True, False]


def test_many_looks_are_one_transaction(provider, alice, django_assert_max_num_queries, monkeypatch):
    provider.faults.add("status.late", seconds=60)
    # However slow the machine is, none is due again before it is counted.
    monkeypatch.setattr(watch, "next_look", lambda _job, now, _percent: now + timedelta(minutes=1))
    one = Rounds()
    for job in sent(alice, 4):
        one._look(moves.claim(job.pk, State.MAKING))
    # Of each a savepoint, its end and what was found; around them all the transaction, and what is due next.
    with django_assert_max_num_queries(4 * 3 + 4):
        one._claim(4)


def test_a_worker_that_stops_takes_nothing_more_up_and_writes_what_it_found(provider, alice, worker):
    provider.faults.add("status.late", seconds=60)
    (job,) = sent(alice)
    one = worker()
    wait_until(lambda: Job.objects.get(pk=job.pk).looks)
    one.close()
    one.stop()
    Job.objects.update(due_at=timezone.now())
    before = Job.objects.get(pk=job.pk)
    assert before.lease_token is None
    time.sleep(0.3)
    assert Job.objects.get(pk=job.pk).looks == before.looks


def test_an_idle_worker_asks_little(alice, worker):
    asked = []
    idle = crew.Crew(2, claim=lambda most: asked.append(most) or [], step=print, due=lambda: None)
    idle.start()
    time.sleep(1.05)
    idle.close()
    idle.join(5)
    assert 5 <= len(asked) <= 12
    connection.close()
