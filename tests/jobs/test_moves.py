"""Fences: who lost the lease, or came too late, changes nothing."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from studio.credits import audit, ledger
from studio.credits.models import Account, Entry
from studio.jobs import moves, orders
from studio.jobs.models import Job
from studio.jobs.states import State
from tests.conftest import person
from tests.jobs.cast import in_state, order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def row(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


@pytest.fixture
def making(alice):
    """A job in the making that is due."""
    return in_state(alice, State.MAKING, num_images=2)


def test_a_job_somebody_works_on_is_not_claimed_again(making):
    first = moves.claim(making.pk, State.MAKING)
    assert first
    assert first.lease_token
    assert moves.claim(making.pk, State.MAKING) is None


def test_a_job_is_claimed_only_in_the_state_that_was_meant(making):
    assert moves.claim(making.pk, State.SAVING) is None
    assert moves.claim(uuid.uuid4(), State.MAKING) is None


def test_a_job_that_is_not_due_is_left_alone(making):
    moves.let_go(moves.claim(making.pk, State.MAKING), timezone.now() + timedelta(seconds=30))
    assert moves.claim(making.pk, State.MAKING) is None


def test_a_lease_that_ran_out_is_taken_over_and_the_slow_worker_changes_nothing(making, clock):
    slow = moves.claim(making.pk, State.MAKING)
    clock.forward(181)
    quick = moves.claim(making.pk, State.MAKING)
    assert quick
    assert not moves.renew(slow)
    assert not moves.note(slow, delivered=1)
    assert not moves.let_go(slow, timezone.now())
    assert not moves.move(slow, State.SAVING)
    assert not moves.end(slow, State.FAILED)
    assert row(making).lease_token == quick.lease_token
    assert moves.end(quick, State.FAILED)


def test_a_renewed_lease_lasts_from_now(making, clock):
    worker = moves.claim(making.pk, State.MAKING)
    clock.forward(170)
    assert moves.renew(worker)
    clock.forward(170)
    assert moves.claim(making.pk, State.MAKING) is None


def test_a_lease_far_ahead_was_written_by_a_clock_that_ran_ahead(making, clock):
    moves.claim(making.pk, State.MAKING)
    clock.forward(-3600)
    assert moves.claim(making.pk, State.MAKING)


def test_a_lease_taken_after_we_read_the_clock_is_no_mistake(making):
    before = timezone.now()
    moves.claim(making.pk, State.MAKING)
    assert not Job.objects.filter(moves.unleased(before)).exists()


def test_a_due_time_far_ahead_was_written_by_a_clock_that_ran_ahead(making, clock):
    moves.let_go(moves.claim(making.pk, State.MAKING), timezone.now() + moves.LONGEST_WAIT)
    assert moves.claim(making.pk, State.MAKING) is None
    clock.forward(-1)
    assert moves.claim(making.pk, State.MAKING)


def test_a_wake_up_a_moment_early_is_not_in_vain(making):
    moves.let_go(moves.claim(making.pk, State.MAKING), timezone.now() + moves.EARLY / 2)
    assert moves.claim(making.pk, State.MAKING)


def test_the_lease_ends_with_the_move(making):
    worker = moves.claim(making.pk, State.MAKING)
    assert moves.move(worker, State.SAVING)
    assert row(making).lease_token is None


def test_a_job_moves_once_whoever_else_tries(making):
    worker = moves.claim(making.pk, State.MAKING)
    assert moves.move(worker, State.SAVING)
    assert not moves.move(worker, State.SAVING)
    assert not moves.end(worker, State.FAILED)


def test_a_move_that_does_not_happen_books_nothing(making, alice):
    stale = row(making)
    moves.claim(making.pk, State.MAKING)
    assert not moves.end(stale, State.FAILED)
    assert ledger.account_of(alice).held == 10
    assert row(making).settled_at is None


def test_a_failed_job_gives_its_credits_back(making, alice):
    assert moves.end(moves.claim(making.pk, State.MAKING), State.FAILED, reason="No luck")
    assert (ledger.account_of(alice).available, ledger.account_of(alice).held) == (0, 0)
    assert (row(making).captured, row(making).reason) == (0, "No luck")
    assert row(making).finished_at


def test_a_job_pays_for_what_was_delivered(alice):
    job = in_state(alice, State.SAVING, num_images=4, delivered=3)
    assert moves.end(moves.claim(job.pk, State.SAVING), State.DONE)
    assert (ledger.account_of(alice).available, ledger.account_of(alice).held) == (-15, 0)
    assert row(job).captured == 15


def test_an_end_that_breaks_half_way_ends_nothing(making, monkeypatch):
    worker = moves.claim(making.pk, State.MAKING)
    with monkeypatch.context() as broken:
        broken.setattr(ledger, "settle", lambda *_args, **_kwargs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            moves.end(worker, State.FAILED)
    assert row(making).state == State.MAKING
    assert moves.end(worker, State.FAILED)


def test_cancelling_after_the_job_was_taken_is_too_late(alice):
    job = order(alice)
    seen_by_cancel = row(job)
    assert moves.move(job, State.SENDING, lease_token=uuid.uuid4(), lease_until=timezone.now() + HOUR)
    assert not moves.end(seen_by_cancel, State.CANCELLED)
    assert not orders.cancel(alice, job.pk)
    assert ledger.account_of(alice).held == 5


def test_taking_after_the_job_was_cancelled_finds_nothing(alice):
    job = order(alice)
    seen_by_the_line = row(job)
    assert orders.cancel(alice, job.pk)
    assert not moves.move(seen_by_the_line, State.SENDING)
    assert ledger.account_of(alice).held == 0


def test_an_unknown_job_gives_its_hold_back_once(alice):
    job = in_state(alice, State.UNKNOWN)
    assert moves.give_back(job)
    assert not moves.give_back(job)
    assert Entry.objects.filter(job=job.pk, kind="release").count() == 1
    assert row(job).state == State.UNKNOWN


@pytest.mark.parametrize("state", sorted(set(State) - {State.UNKNOWN}))
def test_only_unknown_jobs_give_their_hold_back_early(alice, state):
    job = in_state(alice, state)
    assert not moves.give_back(job)
    assert ledger.account_of(alice).held == 5


def test_pictures_that_come_after_the_hold_went_back_are_the_teams_cost(db):
    poor = person("Poor", credits=5)
    job = in_state(poor, State.UNKNOWN)
    moves.give_back(job)
    order(poor)  # the credits are spent on something else by now
    moves.move(row(job), State.MAKING, task_id="late")
    moves.move(row(job), State.SAVING, delivered=1)
    assert moves.end(row(job), State.DONE)
    assert (row(job).captured, row(job).delivered) == (0, 1)
    assert (ledger.account_of(poor).available, ledger.account_of(poor).held) == (0, 5)
    assert not audit.drift().exists()


def test_a_job_whose_hold_is_gone_stays_where_it_was(alice):
    job = in_state(alice, State.SAVING)
    Account.objects.filter(user=alice).update(held=0)
    with pytest.raises(ledger.Unsettled):
        moves.end(job, State.FAILED)
    assert (row(job).state, row(job).settled_at) == (State.SAVING, None)
