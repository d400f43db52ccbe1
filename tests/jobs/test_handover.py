"""What a worker that is asked to stop does with the jobs it holds."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from studio.jobs import handover, leases, line, moves, saving, steps, tasks
from studio.jobs.models import Job, Submit
from studio.jobs.states import State
from tests.jobs.cast import in_state, order, the_line

pytestmark = pytest.mark.django_db


@pytest.fixture
def closing():
    """This process has been asked to stop."""
    leases.closing.set()
    yield
    leases.closing.clear()


def claimed(owner, state: State, **fields) -> Job:
    """A job this process works on."""
    return moves.claim(in_state(owner, state, **fields).pk, state)


def now_free(job: Job) -> bool:
    job.refresh_from_db()
    return job.lease_token is None and job.due_at <= timezone.now()


@pytest.mark.parametrize("state", [State.MAKING, State.SAVING])
def test_what_is_looked_at_or_saved_is_free_for_others_at_once(alice, state):
    job = claimed(alice, state)
    handover.hand_over()
    assert now_free(job)
    assert moves.claim(job.pk, state)


def test_what_others_work_on_stays_theirs(alice):
    until = timezone.now() + timedelta(seconds=100)
    job = in_state(alice, State.MAKING, lease_token=uuid.UUID(int=7), lease_until=until)
    handover.hand_over()
    assert not now_free(job)


def test_a_submit_without_an_answer_is_a_lost_answer_and_never_let_go(alice):
    order(alice)
    job = line.take()
    handover.hand_over()
    job.refresh_from_db()
    assert (job.state, job.reason_code) == (State.UNKNOWN, "lost")
    assert the_line().stop == "lost"
    assert Submit.objects.get().counted


def test_an_answer_that_comes_after_all_is_kept(provider, alice):
    order(alice)
    job = line.take()
    handover.hand_over()
    steps.send(job)
    assert Job.objects.get(pk=job.pk).state == State.UNKNOWN  # not sent: its lease was lost
    assert not provider.truth()
    steps._keep_task(job, {"task_id": "t"})
    assert Job.objects.get(pk=job.pk).state == State.MAKING


def test_who_let_go_writes_nothing_any_more(provider, alice):
    job = claimed(alice, State.SAVING)
    handover.hand_over()
    saving.save(job)
    other = moves.claim(job.pk, State.SAVING)
    assert not moves.note(job, delivered=1)
    assert moves.note(other, delivered=0)


def test_an_order_that_did_not_leave_yet_goes_back_to_the_line_free(provider, alice, closing):
    order(alice)
    job = line.take()
    steps.send(job)
    job.refresh_from_db()
    assert job.state == State.WAITING
    assert not provider.truth()
    assert not Submit.objects.filter(counted=True).exists()


def test_nothing_new_is_taken(provider, alice, closing, monkeypatch):
    woken = []
    monkeypatch.setattr(tasks, "wake", woken.append)
    job = order(alice)
    tasks.advance()
    assert Job.objects.get(pk=job.pk).state == State.WAITING
    # The message is another worker's to take.
    assert woken == [tasks.advance]


def test_a_process_knows_its_own_tokens_and_no_others():
    first, last = leases.ours()
    assert first <= leases.new() <= last
    assert leases.new() != leases.new()
    assert not first <= uuid.uuid4() <= last


def test_after_a_fork_the_tokens_are_others(monkeypatch):
    before = leases.new()
    monkeypatch.setattr(leases.os, "getpid", lambda: 1)
    first, last = leases.ours()
    assert not first <= before <= last
    leases._mine.cache_clear()
