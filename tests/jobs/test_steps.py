"""Sending and looking, against the API over HTTP: what each answer means for the job, the line and the books."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from gallery.models import Image
from studio.credits import ledger
from studio.imageapi import Accepted, Asset
from studio.jobs import line, moves, steps, turns
from studio.jobs.line import Stop
from studio.jobs.models import Job, Line, Output, RefusedOption, Submit
from studio.jobs.states import State
from tests.jobs.cast import in_state, order, the_line

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
    steps.look(moves.claim(job.pk, State.MAKING))
    return Job.objects.get(pk=job.pk)


def books(owner) -> tuple[int, int]:
    account = ledger.account_of(owner)
    return account.available, account.held


def counted() -> int:
    return Submit.objects.filter(counted=True).count()


def test_an_accepted_job_knows_its_task_and_when_to_look(provider, alice):
    job = sent(alice, num_images=2)
    assert (job.state, job.task_id) == (State.MAKING, provider.truth()[0].task_id)
    assert job.remote_at
    assert job.due_at > timezone.now()
    assert job.lease_token is None
    assert (counted(), Submit.objects.filter(answered_at=None).count()) == (1, 0)
    assert books(alice) == (-10, 10)


WAITS = [
    ("submit.throttle", {"seconds": 7}, Stop.NONE),
    ("submit.payment_required", {}, Stop.WALLET),
    ("submit.unauthorized", {}, Stop.KEY),
    ("submit.unauthorized", {"code": "api_key_expired"}, Stop.KEY),
]


@pytest.mark.parametrize(("fault", "options", "stop"), WAITS)
def test_what_was_surely_not_accepted_waits_again_and_costs_nothing(provider, alice, fault, options, stop):
    provider.faults.add(fault, **options)
    job = sent(alice)
    assert (job.state, job.sent_at, job.lease_token) == (State.WAITING, None, None)
    assert (the_line().stop, counted()) == (stop, 0)
    assert books(alice) == (-5, 5)
    assert provider.truth() == []


def test_a_429_is_waited_for(provider, alice):
    provider.faults.add("submit.throttle", seconds=7)
    sent(alice)
    assert timedelta(seconds=6) < the_line().not_before - timezone.now() <= timedelta(seconds=7)
    assert line.take() is None


def test_an_api_that_turns_everything_away_stops_the_line_and_no_job(provider, alice, monkeypatch):
    order(alice)
    with monkeypatch.context() as walled:
        walled.setattr(steps.remote, "named", lambda _api: Broken(steps.ServiceRefused("No orders (403).")))
        job = sent(alice)
    assert (job.state, counted(), books(alice)) == (State.WAITING, 0, (-10, 10))
    assert (the_line().stop, the_line().words) == (Stop.REFUSED, "No orders (403).")
    Line.objects.update(probe_at=timezone.now())
    assert steps.probe()
    assert (the_line().stop, the_line().careful) == (Stop.NONE, True)


def test_after_an_order_was_turned_away_another_members_is_tried_first(alice, bob, monkeypatch):
    monkeypatch.setattr(steps.remote, "named", lambda _api: Broken(steps.ServiceRefused("No orders (403).")))
    walled, other = order(alice), order(bob)
    steps.send(line.take())
    assert turns.order() == [other.pk, walled.pk]


def test_an_order_that_was_moved_first_and_turned_away_is_first_no_more(alice, bob, admin, monkeypatch):
    monkeypatch.setattr(steps.remote, "named", lambda _api: Broken(steps.ServiceRefused("No orders (403).")))
    other, walled = order(bob), order(alice)
    turns.move_first(walled.pk, by=admin)
    steps.send(line.take())
    assert turns.order() == [other.pk, walled.pk]


def test_an_api_that_is_not_there_stops_the_line_and_no_job(provider, alice, settings):
    settings.STUDIO_SANDBOX_URL = "http://127.0.0.1:9"
    job = sent(alice)
    assert (job.state, the_line().stop, counted()) == (State.WAITING, Stop.UNREACHABLE, 0)


LOST = ["drop", "drop_uncharged", "error_500", "error_502", "garbage", "no_task_id"]


@pytest.mark.parametrize("fault", LOST)
def test_a_lost_answer_is_unknown_and_keeps_its_hold_and_its_slot(provider, alice, fault):
    provider.faults.add(f"submit.{fault}")
    job = sent(alice)
    assert (job.state, job.reason_code) == (State.UNKNOWN, "lost")
    assert job.reason
    assert (the_line().stop, counted()) == (Stop.LOST, 1)
    assert books(alice) == (-5, 5)


def test_an_answer_that_takes_too_long_is_lost(provider, alice, settings):
    settings.STUDIO_POST_SECONDS = 0.3
    provider.faults.add("submit.slow", seconds=1)
    assert sent(alice).state == State.UNKNOWN


@pytest.mark.parametrize("shape", ["error", "code", "detail", "nested", "html"])
def test_an_order_the_api_refuses_fails_and_its_credits_go_back(provider, alice, shape):
    provider.faults.add("submit.refuse", parameter="prompt", shape=shape)
    job = sent(alice)
    assert job.state == State.FAILED
    assert job.reason
    assert (the_line().stop, counted(), books(alice)) == ("", 0, (0, 0))


def test_a_refused_option_is_remembered_and_the_job_sent_without_it(provider, alice):
    provider.faults.add("submit.refuse", parameter="output_format")
    job = sent(alice, output_format="webp")
    assert (job.state, counted()) == (State.WAITING, 0)
    assert RefusedOption.objects.get().option == "output_format"
    steps.send(line.take())
    job.refresh_from_db()
    assert (job.state, job.left_out) == (State.MAKING, ["output_format"])
    assert provider.truth()[0].output_format == "png"


def test_a_refused_option_is_tried_again_after_a_week(provider, alice, clock):
    provider.faults.add("submit.refuse", parameter="output_format")
    sent(alice, output_format="webp")
    waiting = Job.objects.get(state=State.WAITING)
    clock.forward(7 * 24 * 3600 - 60)
    assert steps.order_of(waiting).leave_out == {"output_format"}
    clock.forward(61)
    assert steps.order_of(waiting).leave_out == frozenset()
    steps.send(line.take())
    assert steps.order_of(waiting).leave_out == {"output_format"}


def test_an_option_that_can_not_be_made_good_is_a_failure(provider, alice):
    provider.faults.add("submit.refuse", parameter="num_images")
    assert sent(alice, num_images=2).state == State.FAILED
    assert not RefusedOption.objects.exists()


def test_an_api_that_refuses_what_was_not_sent_does_not_send_a_job_round_and_round(
    provider, alice, monkeypatch
):
    RefusedOption.objects.create(api="sandbox", model_name="gemini-2.5-flash", option="output_format")
    refusal = steps.OrderRefused("output_format is wrong", "validation_failed", parameter="output_format")
    monkeypatch.setattr(steps.remote, "named", lambda _api: Broken(refusal))
    assert sent(alice).state == State.FAILED


class Broken:
    """An API that says one thing."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def generate(self, _order):
        raise self.error

    progress = generate


def test_a_studio_that_breaks_while_sending_says_unknown(alice, monkeypatch):
    monkeypatch.setattr(steps.remote, "named", lambda _api: Broken(RuntimeError("bug")))
    job = sent(alice)
    assert (job.state, the_line().stop) == (State.UNKNOWN, Stop.LOST)


def test_a_code_longer_than_its_place_is_cut(alice, monkeypatch):
    refusal = steps.OrderRefused("no", "very_" * 20)
    monkeypatch.setattr(steps.remote, "named", lambda _api: Broken(refusal))
    job = sent(alice)
    assert job.state == State.FAILED
    assert len(job.reason_code) <= Job._meta.get_field("reason_code").max_length


def test_a_source_that_is_gone_fails_the_job_before_anything_is_sent(provider, alice):
    picture = Image.objects.create(
        owner=alice, project_id=1, kind="upload", format="png", width=1, height=1, size=1, sha256="0" * 64,
        ratio="1-1", colour=0,
    )  # fmt: skip
    job = sent(alice, sources=(picture,))
    assert (job.state, job.reason_code) == (State.FAILED, "source")
    assert (provider.submits(), counted(), books(alice)) == ([], 0, (0, 0))


def test_a_late_answer_finds_its_job_again(alice):
    order(alice)
    slow = line.take()
    steps.abandon(Job.objects.get(pk=slow.pk))
    Job.objects.filter(pk=slow.pk).update(dismissed_at=timezone.now())
    steps._accepted(slow, Accepted(task_id="late"), steps.order_of(slow))
    job = Job.objects.get(pk=slow.pk)
    assert (job.state, job.task_id) == (State.MAKING, "late")
    assert (job.reason_code, job.reason, job.dismissed_at) == ("", "", None)


def test_a_late_answer_after_the_hold_went_back_costs_its_owner_nothing(alice):
    order(alice)
    slow = line.take()
    steps.abandon(Job.objects.get(pk=slow.pk))
    moves.give_back(slow)
    steps._accepted(slow, Accepted(task_id="late"), steps.order_of(slow))
    assert Job.objects.get(pk=slow.pk).state == State.MAKING
    assert books(alice) == (0, 0)


@pytest.mark.parametrize("fault", ["throttle", "unauthorized", "refuse"])
def test_a_late_refusal_does_not_bring_an_unknown_job_back_to_the_line(provider, alice, fault):
    provider.faults.add(f"submit.{fault}", **({"parameter": "prompt"} if fault == "refuse" else {}))
    order(alice)
    slow = line.take()
    ready = steps._prepared(slow)
    steps.abandon(Job.objects.get(pk=slow.pk))
    steps._post(slow, *ready)
    assert Job.objects.get(pk=slow.pk).state == State.UNKNOWN


def test_a_sender_that_slept_until_its_job_was_declared_lost_sends_nothing(provider, alice):
    order(alice)
    slow = line.take()
    steps.abandon(Job.objects.get(pk=slow.pk))
    moves.give_back(slow)
    steps.send(slow)
    assert (Job.objects.get(pk=slow.pk).state, provider.submits(), books(alice)) == (
        State.UNKNOWN,
        [],
        (0, 0),
    )


def test_the_lease_lasts_from_the_post_on_however_long_the_sources_took(provider, alice, clock, monkeypatch):
    order(alice)
    job, order_of, ends = line.take(), steps.order_of, []

    def slowly(job):
        clock.forward(170)
        return order_of(job)

    def posted(_job, *_ready):
        ends.append(Job.objects.get().lease_until - timezone.now())

    monkeypatch.setattr(steps, "order_of", slowly)
    monkeypatch.setattr(steps, "_post", posted)
    steps.send(job)
    assert ends[0] > timedelta(seconds=179)


@pytest.mark.parametrize("broken", ["order_of", "renew"])
def test_a_database_that_is_away_before_the_post_sends_the_job_back_to_the_line(
    provider, alice, monkeypatch, broken
):
    def locked(_job):
        raise OperationalError("database is locked")

    order(alice)
    job = line.take()
    monkeypatch.setattr(steps if broken == "order_of" else steps.moves, broken, locked)
    steps.send(job)
    assert (Job.objects.get().state, counted(), the_line().stop) == (State.WAITING, 0, "")
    assert (provider.submits(), books(alice)) == ([], (-5, 5))


def test_settings_that_make_no_client_stop_the_line_in_words_and_no_job(provider, alice, settings):
    settings.STUDIO_ASSET_HOSTS = ["cdn.example.com"]
    job = sent(alice)
    assert (job.state, counted(), the_line().stop) == (State.WAITING, 0, Stop.UNREACHABLE)
    assert "'cdn.example.com' is not an address" in the_line().words
    assert provider.submits() == []


def test_a_client_that_can_not_be_made_for_any_other_reason_stops_the_line_too(alice, monkeypatch):
    monkeypatch.setattr(steps.remote, "named", int)
    job = sent(alice)
    assert (job.state, counted(), the_line().stop) == (State.WAITING, 0, Stop.UNREACHABLE)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_task_id_survives_a_database_that_is_away_for_a_moment(provider, alice, monkeypatch):
    move, failures = moves.move, iter([OperationalError("server closed the connection")] * 2)

    def restarting(*args, **kwargs):
        if error := next(failures, None):
            raise error
        return move(*args, **kwargs)

    order(alice)
    job = line.take()
    monkeypatch.setattr(steps.moves, "move", restarting)
    monkeypatch.setattr(steps, "AGAIN_SECONDS", 0.01)
    steps.send(job)
    assert Job.objects.get(pk=job.pk).task_id == provider.truth()[0].task_id


def test_a_dead_sender_leaves_one_unknown_and_a_paused_line(alice):
    job = in_state(alice, State.SENDING)
    steps.abandon(job)
    job.refresh_from_db()
    assert (job.state, the_line().stop) == (State.UNKNOWN, Stop.LOST)
    assert Submit.objects.get().answered_at


def test_who_is_declared_dead_but_answered_meanwhile_stays_as_it_is(alice):
    job = in_state(alice, State.SENDING)
    stale = Job.objects.get(pk=job.pk)
    moves.move(job, State.MAKING, task_id="t")
    steps.abandon(stale)
    job.refresh_from_db()
    assert (job.state, the_line().stop) == (State.MAKING, "")


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


TROUBLE = ["error_500", "html", "invalid_json", "drop", "throttle"]


@pytest.mark.parametrize("fault", TROUBLE)
def test_a_look_that_fails_is_made_again_later(provider, making, fault):
    provider.faults.add(f"status.{fault}", times=1)
    job = looked_at(making)
    assert (job.state, job.troubles, job.lease_token) == (State.MAKING, 1, None)
    assert job.due_at > timezone.now() + timedelta(seconds=1)
    job = looked_at(job)
    assert (job.state, job.troubles) == (State.SAVING, 0)


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
    error = steps.KeyRefused("Not your task.")
    monkeypatch.setattr(steps.ImageAPI, "progress", lambda *_: (_ for _ in ()).throw(error))
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
    error = steps.WalletEmpty("Empty.")
    monkeypatch.setattr(steps.ImageAPI, "progress", lambda *_: (_ for _ in ()).throw(error))
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
    steps.look(slow)
    job = Job.objects.get(pk=making.pk)
    assert (job.state, job.looks, Output.objects.count()) == (State.MAKING, 0, 0)


def test_each_result_counts_once_and_no_more_than_were_asked_for():
    a, b, c = (Asset(url=name) for name in "abc")
    assert steps.results((a, b, a, c), 2) == [a, b]
    assert steps.results((a, a), 2) == [a]
    assert steps.results((), 2) == []
