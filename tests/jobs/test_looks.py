"""Looking, against the API over HTTP: what each answer means for the job, the line and the books."""

from datetime import timedelta

import pytest
from django.utils import timezone

from studio.credits import ledger
from studio.imageapi import Asset, ImageAPI, KeyRefused, WalletEmpty
from studio.imageapi.answers import Answer
from studio.jobs import line, looks, moves, steps
from studio.jobs.line import Stop
from studio.jobs.models import Job, LookPace, Output
from studio.jobs.states import State
from tests.jobs.cast import order, the_line

pytestmark = pytest.mark.django_db


def sent(owner, **fields) -> Job:
    """A job that was ordered, taken and sent, as it is afterwards."""
    order(owner, **fields)
    job = line.take()
    steps.send(job)
    return Job.objects.get(pk=job.pk)


def looked_at(job: Job) -> Job:
    """The job after a look that is due now."""
    Job.objects.filter(pk=job.pk).update(due_at=timezone.now())
    looks.look(moves.claim(job.pk, State.MAKING))
    return Job.objects.get(pk=job.pk)


def books(owner) -> tuple[int, int]:
    account = ledger.account_of(owner)
    return account.available, account.held


@pytest.fixture
def making(provider, alice):
    """A job of two pictures in the making."""
    return sent(alice, num_images=2)


def test_a_finished_job_has_its_results_noted_before_they_are_fetched(making):
    job = looked_at(making)
    assert (job.state, job.looks) == (State.SAVING, 1)
    assert [output.position for output in job.outputs.all()] == [0, 1]


def test_a_job_still_being_made_is_let_go_with_its_progress(provider, alice):
    provider.faults.add("status.late", seconds=60)
    job = looked_at(sent(alice))
    assert (job.state, job.lease_token) == (State.MAKING, None)
    assert job.due_at > timezone.now()


def test_a_job_that_failed_at_the_provider_gives_its_credits_back(provider, alice):
    provider.faults.add("status.fail", reason="Blocked by the safety filter")
    job = looked_at(sent(alice))
    assert (job.state, job.reason_code) == (State.FAILED, "model")
    assert "safety filter" in job.reason
    assert books(alice) == (0, 0)


TROUBLE = ["error_500", "html", "invalid_json", "drop"]


@pytest.mark.parametrize("fault", TROUBLE)
def test_a_look_that_fails_is_made_again_later(provider, making, fault):
    provider.faults.add(f"status.{fault}", times=1)
    job = looked_at(making)
    assert (job.state, job.troubles, job.lease_token) == (State.MAKING, 1, None)
    assert job.due_at > timezone.now() + timedelta(seconds=1)
    job = looked_at(job)
    assert (job.state, job.troubles) == (State.SAVING, 0)


def test_a_look_that_is_refused_stays_due_and_is_no_trouble_of_the_job(provider, making):
    provider.faults.add("status.throttle", times=1, seconds=7)
    Job.objects.update(troubles=0)
    job = looked_at(making)
    assert (job.state, job.troubles, job.looks, job.lease_token) == (State.MAKING, 0, 0, None)
    assert job.due_at <= timezone.now()
    assert LookPace.objects.get().next_at > timezone.now() + timedelta(seconds=6)


def test_a_job_remembers_when_a_look_last_said_that_it_was_not_ready(provider, alice):
    provider.faults.add("status.late", seconds=60)
    before = timezone.now()
    assert before <= looked_at(sent(alice)).looked_at <= timezone.now()


def test_results_that_are_not_there_are_not_ready(provider, making):
    provider.faults.add("status.gap", times=1)
    job = looked_at(making)
    assert job.looked_at
    assert job.took is None


def test_how_long_it_took_is_known_once_the_results_are_there(provider, making):
    Job.objects.update(sent_at=timezone.now() - timedelta(seconds=41))
    Job.objects.update(looked_at=timezone.now() - timedelta(seconds=2))
    assert looked_at(Job.objects.get(pk=making.pk)).took == pytest.approx(40, abs=0.5)


@pytest.mark.parametrize("fault", ["fail", "never"])
def test_what_was_never_made_took_no_time(provider, alice, fault):
    provider.faults.add(f"status.{fault}")
    assert looked_at(sent(alice)).took is None


def test_a_look_is_one_question_and_one_statement(provider, alice, django_assert_num_queries):
    provider.faults.add("status.late", seconds=60)
    job = looked_at(sent(alice))
    Job.objects.update(due_at=timezone.now())
    claimed = moves.claim(job.pk, State.MAKING)
    with django_assert_num_queries(1):
        looks.look(claimed)


@pytest.mark.parametrize("fault", ["odd_word", "pending"])
def test_a_word_nobody_knows_means_still_being_made(provider, making, fault):
    provider.faults.add(f"status.{fault}", times=1)
    assert looked_at(making).state == State.MAKING


def test_a_look_with_a_refused_key_stops_the_line_and_loses_nothing(provider, making):
    provider.set_keys(revoked=["sandbox"])
    job = looked_at(making)
    assert (job.state, the_line().stop) == (State.MAKING, Stop.KEY)
    provider.set_keys(accepted=["sandbox"])
    assert looked_at(job).state == State.SAVING


def test_a_look_that_is_refused_while_the_wallet_is_not_stops_nothing(provider, making, monkeypatch):
    error = KeyRefused("Not your task.")
    monkeypatch.setattr(ImageAPI, "progress", lambda *_: (_ for _ in ()).throw(error))
    assert looked_at(making).troubles == 1
    assert the_line().stop == ""


def test_a_look_at_another_api_than_the_one_in_use_stops_nothing(making, settings):
    settings.STUDIO_API_KEY = "the-teams-new-key-123"
    Job.objects.update(api="https://old.example.com")
    assert looked_at(making).troubles == 1
    assert the_line().stop == ""


def test_looks_with_a_refused_key_do_not_put_off_the_next_attempt(provider, making):
    provider.set_keys(revoked=["sandbox"])
    looked_at(making)
    stopped = the_line()
    looked_at(making)
    assert (the_line().probe_at, the_line().probes) == (stopped.probe_at, stopped.probes)


def test_an_empty_wallet_is_no_look_s_business(provider, making, monkeypatch):
    error = WalletEmpty("Empty.")
    monkeypatch.setattr(ImageAPI, "progress", lambda *_: (_ for _ in ()).throw(error))
    assert (looked_at(making).state, the_line().stop) == (State.MAKING, "")


def test_results_a_beat_late_are_waited_for(provider, making):
    provider.faults.add("status.gap", times=2)
    job = looked_at(making)
    assert (job.state, bool(job.empty_since)) == (State.MAKING, True)
    job = looked_at(looked_at(job))
    assert (job.state, job.empty_since) == (State.SAVING, None)


def test_results_that_never_come_are_waited_for_until_they_expire(provider, making, clock):
    provider.faults.add("status.gap")
    job = looked_at(making)
    clock.forward(3600)
    job = looked_at(job)
    assert job.state == State.MAKING
    assert job.due_at - timezone.now() > timedelta(seconds=290)
    clock.forward(24 * 3600)
    job = looked_at(job)
    assert job.state == State.MAKING
    clock.forward(23 * 3600)
    assert looked_at(job).reason_code == "expired"


def test_fewer_results_than_asked_are_taken_after_some_patience(provider, making, clock):
    provider.faults.add("status.fewer")
    job = looked_at(making)
    assert job.state == State.MAKING
    clock.forward(59)
    job = looked_at(job)
    assert job.state == State.MAKING
    clock.forward(2)
    job = looked_at(job)
    assert (job.state, job.outputs.count()) == (State.SAVING, 1)


def test_a_404_of_a_fresh_task_is_no_end(provider, making):
    provider.faults.add("status.not_found", times=1)
    job = looked_at(making)
    assert (job.state, bool(job.missing_since)) == (State.MAKING, True)
    job = looked_at(job)
    assert (job.state, job.missing_since) == (State.SAVING, None)


@pytest.mark.parametrize("fault", ["error_500", "pending", "throttle"])
def test_404s_with_anything_else_between_them_are_not_in_a_row(provider, making, clock, fault):
    provider.faults.add("status.not_found", times=1)
    job = looked_at(making)
    provider.faults.add(f"status.{fault}", times=1)
    clock.forward(200)
    job = looked_at(job)
    assert job.missing_since is None
    provider.faults.add("status.not_found", times=1)
    clock.forward(200)
    assert looked_at(job).state == State.MAKING


def test_a_404_repeated_for_five_minutes_is_the_end(provider, making, alice, clock):
    provider.faults.add("status.not_found")
    job = looked_at(making)
    clock.forward(299)
    job = looked_at(job)
    assert job.state == State.MAKING
    clock.forward(2)
    job = looked_at(job)
    assert (job.state, job.reason_code) == (State.FAILED, "expired")
    assert books(alice) == (0, 0)


@pytest.mark.parametrize("fault", ["wallet.error_500", "wallet.html"])
def test_an_api_that_is_not_there_at_all_says_nothing_by_its_404s(provider, making, clock, fault):
    provider.faults.add("status.not_found", times=2)
    provider.faults.add(fault)
    job = looked_at(making)
    clock.forward(301)
    job = looked_at(job)
    assert job.state == State.MAKING
    provider.faults.clear()
    assert looked_at(job).state == State.SAVING


def test_a_page_in_the_place_of_the_api_is_no_word_of_its_own(making, monkeypatch, clock):
    answer = Answer(status=404, headers={}, body=b"<!doctype html><title>404</title>")
    monkeypatch.setattr(ImageAPI, "_read", lambda *_asked: answer)
    job = looked_at(making)
    clock.forward(301)
    job = looked_at(job)
    assert (job.state, job.missing_since) == (State.MAKING, None)


def test_a_404_after_a_day_means_that_the_results_are_gone(provider, making, clock):
    provider.faults.add("status.not_found")
    clock.forward(24 * 3600 + 1)
    job = looked_at(making)
    assert (job.state, job.reason_code) == (State.FAILED, "expired")


@pytest.mark.parametrize("fault", ["error_500", "pending"])
def test_without_the_apis_own_word_nothing_is_given_up_for_another_day(provider, making, clock, fault):
    provider.faults.add(f"status.{fault}")
    clock.forward(24 * 3600 + 1)
    job = looked_at(making)
    assert job.state == State.MAKING
    clock.forward(24 * 3600)
    job = looked_at(job)
    assert (job.state, job.reason_code) == (State.FAILED, "expired")


def test_a_team_without_a_key_does_not_hold_credits_for_ever(provider, making, alice, clock):
    provider.set_keys(revoked=["sandbox"])
    clock.forward(48 * 3600 + 1)
    assert looked_at(making).reason_code == "expired"
    assert books(alice) == (0, 0)


def test_finished_results_are_taken_even_when_our_clock_says_they_expired(making, clock):
    clock.forward(25 * 3600)
    assert looked_at(making).state == State.SAVING


def test_a_worker_that_lost_its_lease_while_looking_writes_nothing(making, clock):
    Job.objects.update(due_at=timezone.now())
    slow = moves.claim(making.pk, State.MAKING)
    clock.forward(181)
    Job.objects.update(due_at=timezone.now())
    moves.claim(making.pk, State.MAKING)
    looks.look(slow)
    job = Job.objects.get(pk=making.pk)
    assert (job.state, job.looks, Output.objects.count()) == (State.MAKING, 0, 0)


def test_each_result_counts_once_and_no_more_than_were_asked_for():
    a, b, c = (Asset(url=name) for name in "abc")
    assert looks.results((a, b, a, c), 2) == [a, b]
    assert looks.results((a, a), 2) == [a]
    assert looks.results((), 2) == []
