"""Sending, against the API over HTTP: what each answer means for the job, the line and the books."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from gallery.models import Image
from studio.credits import ledger
from studio.imageapi import Accepted
from studio.jobs import line, moves, steps, turns
from studio.jobs.line import Stop
from studio.jobs.models import Job, Line, RefusedOption, Submit
from studio.jobs.states import State
from tests.jobs.cast import in_state, order, the_line

pytestmark = pytest.mark.django_db


def sent(owner, **fields) -> Job:
    """A job that was ordered, taken and sent, as it is afterwards."""
    order(owner, **fields)
    job = line.take()
    steps.send(job)
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


def test_an_order_that_was_turned_away_goes_behind_the_others_of_its_owner(alice, monkeypatch):
    monkeypatch.setattr(steps.remote, "named", lambda _api: Broken(steps.ServiceRefused("No orders (403).")))
    walled, other = order(alice), order(alice)
    steps.send(line.take())
    assert turns.order() == [other.pk, walled.pk]


def go_on() -> None:
    Line.objects.update(stop="", careful=False)


def test_an_order_that_is_turned_away_alone_fails_with_the_words_of_the_api(provider, alice, monkeypatch):
    order(alice)
    with monkeypatch.context() as walled:
        walled.setattr(steps.remote, "named", lambda _api: Broken(steps.ServiceRefused("No orders (403).")))
        job = sent(alice)
        go_on()
    order(alice)
    other = line.take()
    steps.send(other)
    assert Job.objects.get(pk=other.pk).state == State.MAKING
    monkeypatch.setattr(steps.remote, "named", lambda _api: Broken(steps.ServiceRefused("No orders (403).")))
    steps.send(line.take())
    job.refresh_from_db()
    assert (job.state, job.reason, the_line().stop) == (State.FAILED, "No orders (403).", Stop.REFUSED)
    assert books(alice) == (-10, 10)


def test_what_was_sent_before_an_order_was_turned_away_says_nothing_about_it(provider, alice, monkeypatch):
    sent(alice)
    order(alice), order(alice)
    early, walled = line.take(), line.take()
    with monkeypatch.context() as wall:
        wall.setattr(steps.remote, "named", lambda _api: Broken(steps.ServiceRefused("No orders (403).")))
        steps.send(walled)
        go_on()
    steps.send(early)
    assert Job.objects.get(pk=early.pk).state == State.MAKING
    monkeypatch.setattr(steps.remote, "named", lambda _api: Broken(steps.ServiceRefused("No orders (403).")))
    steps.send(line.take())
    walled.refresh_from_db()
    assert walled.state == State.WAITING


def test_an_outage_that_comes_again_ends_one_order_at_most(provider, alice, monkeypatch, settings):
    settings.STUDIO_SUBMITS_PER_MINUTE = 300
    for _ in range(5):
        order(alice)
    wall = Broken(steps.ServiceRefused("No orders (403)."))
    real = steps.remote.named
    monkeypatch.setattr(steps.remote, "named", lambda _api: wall)
    for _ in range(5):
        steps.send(line.take())
        go_on()
    monkeypatch.setattr(steps.remote, "named", real)
    steps.send(line.take())
    monkeypatch.setattr(steps.remote, "named", lambda _api: wall)
    for _ in range(6):
        if job := line.take():
            steps.send(job)
        go_on()
    assert Job.objects.filter(state=State.FAILED).count() == 1
    assert Job.objects.filter(state=State.WAITING).count() == 3


def test_an_api_that_turns_away_all_fails_none(alice, bob, monkeypatch):
    monkeypatch.setattr(steps.remote, "named", lambda _api: Broken(steps.ServiceRefused("No orders (403).")))
    for owner in (alice, bob, alice):
        order(owner)
    for _ in range(6):
        steps.send(line.take())
        go_on()
    assert set(Job.objects.values_list("state", flat=True)) == {State.WAITING}


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize(
    ("error", "state"),
    [
        (steps.Throttled("Later.", seconds=1), State.WAITING),
        (steps.WalletEmpty("Empty."), State.WAITING),
        (steps.OrderRefused("Too rude."), State.FAILED),
        (ValueError("broken"), State.UNKNOWN),
    ],
)
def test_an_answer_is_kept_while_the_database_is_away_for_a_moment(alice, monkeypatch, error, state):
    move, failures = moves.move, iter([OperationalError("server closed the connection")] * 2)

    def restarting(*args, **kwargs):
        if trouble := next(failures, None):
            raise trouble
        return move(*args, **kwargs)

    order(alice)
    job = line.take()
    monkeypatch.setattr(steps.remote, "named", lambda _api: Broken(error))
    monkeypatch.setattr(steps.moves, "move", restarting)
    monkeypatch.setattr(steps, "AGAIN_SECONDS", 0.01)
    steps.send(job)
    assert Job.objects.get(pk=job.pk).state == state
    # A 429 that is written at the second attempt is still one 429.
    assert the_line().throttled == isinstance(error, steps.Throttled)


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
