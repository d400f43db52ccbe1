"""The queue only wakes: it may be dead, late, doubled or shuffled without changing any result."""

import random
import time
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from gallery.models import Image
from studio.celery import app
from studio.credits import audit, ledger
from studio.credits.models import WalletReading
from studio.imageapi import Accepted
from studio.jobs import line, moves, pace, steps, tasks
from studio.jobs.line import Stop
from studio.jobs.models import Job, Line, Submit
from studio.jobs.states import AT_REST, State
from tests.jobs.cast import in_state, order, the_line, work

HOUR = 3600

pytestmark = pytest.mark.django_db


def row(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


@pytest.fixture
def wakes(monkeypatch):
    """Who is woken: the task's name, what with, and in how many seconds."""
    seen = []

    def wake(task, *args, at=None):
        seen.append(
            (task.name.rpartition(".")[2], *args, at and round((at - timezone.now()).total_seconds()))
        )

    monkeypatch.setattr(tasks, "wake", wake)
    return seen


@pytest.fixture
def broker(monkeypatch):
    """Lets the studio's broker be another one."""

    def use(url: str) -> None:
        monkeypatch.setattr(app.conf, "broker_url", url)
        monkeypatch.setattr(app.conf, "broker_write_url", url)
        monkeypatch.setattr(app, "_pool", None)
        monkeypatch.setattr(app.amqp, "_producer_pool", None)

    return use


# The window opens in 30 seconds, less what a busy machine takes to come to it.
WINDOW = pytest.approx(30, abs=5)
DEAD = ["redis+socket:///nowhere/valkey.sock", "redis://127.0.0.1:9/0"]


@pytest.mark.parametrize("url", DEAD)
def test_waking_with_a_dead_broker_neither_raises_nor_takes_long(broker, url):
    broker(url)
    began = time.monotonic()
    tasks.wake(tasks.advance)
    assert tasks._quiet_until > began, "the broker answered"
    assert time.monotonic() - began < 0.3
    for _ in range(100):
        tasks.wake(tasks.advance, at=timezone.now())
    assert time.monotonic() - began < 0.3


@pytest.mark.parametrize("url", DEAD)
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_an_order_is_taken_while_the_broker_is_dead(broker, url, alice):
    broker(url)
    began = time.monotonic()
    job = order(alice)
    assert time.monotonic() - began < 3
    assert row(job).state == State.WAITING


def test_a_broker_that_is_back_is_woken_again_after_a_moment(broker):
    broker(DEAD[0])
    tasks.wake(tasks.advance)
    broker("memory://")
    tasks._quiet_until = 0.0
    tasks.wake(tasks.advance)
    assert tasks._quiet_until == 0.0
    with app.connection_for_write() as connection:
        assert connection.default_channel.queue_purge("celery") == 1


def test_what_is_further_ahead_than_a_minute_is_left_to_the_sweep(broker):
    broker(DEAD[0])
    tasks.wake(tasks.advance, at=timezone.now() + timedelta(seconds=61))
    assert tasks._quiet_until == 0.0


def test_the_line_is_woken_at_once_when_a_slot_is_free(wakes, alice):
    order(alice)
    tasks.wake_line()
    assert wakes == [("advance", None)]


@pytest.mark.parametrize("why", ["empty", "stopped", "awaiting"])
def test_the_line_is_not_woken_in_vain(wakes, alice, why):
    if why != "empty":
        order(alice), order(alice)
    if why == "stopped":
        line.stop(Stop.LOST, "No answer", "sandbox")
    if why == "awaiting":
        line.take()
    tasks.wake_line()
    assert wakes == []


def test_while_an_answer_is_awaited_the_line_does_not_wake_itself_round_and_round(wakes, alice):
    order(alice), order(alice)
    line.take()
    tasks.advance()
    assert wakes == []


@pytest.fixture
def full(alice, settings):
    """A window that opens in 30 seconds, and a job that waits for it."""
    settings.STUDIO_SUBMITS_PER_MINUTE = 1
    answered = timezone.now() - timedelta(seconds=30)
    job = in_state(alice, State.DONE)
    Submit.objects.create(job=job, api="sandbox", started_at=answered, answered_at=answered)
    return order(alice)


def test_one_timer_is_set_for_the_moment_the_window_opens(wakes, full):
    for _ in range(3):
        tasks.wake_line()
    assert wakes == [("advance", WINDOW)]


def test_a_window_that_opens_in_more_than_a_minute_gets_its_timer_once_it_is_that_near(
    wakes, full, clock, settings
):
    settings.STUDIO_WINDOW_SECONDS = 120
    tasks.wake_line()
    assert wakes == []
    clock.forward(61)
    tasks.wake_line()
    assert wakes == [("advance", WINDOW)]


def test_a_timer_from_the_future_or_the_past_does_not_count(wakes, full):
    for wrong in (timedelta(hours=1), -timedelta(seconds=1)):
        Line.objects.update(wake_at=timezone.now() + wrong)
        tasks.wake_line()
    assert wakes == [("advance", WINDOW)] * 2


def test_a_timer_that_fires_a_moment_early_is_followed_by_another(wakes, full, clock):
    tasks.wake_line()
    moment = the_line().wake_at - timedelta(seconds=0.02)
    clock.real = lambda: moment
    tasks.advance()
    assert row(full).state == State.WAITING
    assert wakes == [("advance", WINDOW), ("advance", 0)]


def test_each_turn_sees_to_the_next_one(wakes, provider, alice, bob):
    order(alice), order(bob)
    tasks.advance()
    assert [wake[0] for wake in wakes] == ["advance"]
    tasks.advance()
    assert Job.objects.filter(state=State.MAKING).count() == 2


@pytest.fixture
def settled(provider, alice):
    """Brings an order of Alice's home."""

    def settle() -> Job:
        job = order(alice)
        tasks.advance()
        Job.objects.filter(pk=job.pk).update(due_at=timezone.now())
        work(job)
        return row(job)

    return settle


def test_the_wallet_is_read_after_a_job_has_settled(wakes, settled):
    job = settled()
    assert wakes[-1] == ("read_wallet_after", job.settled_at.isoformat(), None)
    tasks.read_wallet_after(wakes[-1][1])
    assert WalletReading.objects.get().at > job.settled_at


def test_the_wallet_is_read_once_in_twenty_seconds_however_many_jobs_settle(wakes, settled):
    tasks.read_wallet()
    moments = [settled().settled_at.isoformat() for _ in range(2)]
    timers = [wake for wake in wakes if wake[0] == "read_wallet_after"]
    assert [wake[1] for wake in timers] == moments
    assert all(15 <= wake[2] <= 20 for wake in timers)
    for moment in moments:
        tasks.read_wallet_after(moment)
    assert WalletReading.objects.count() == 2


def test_everything_done_five_times_in_any_order_sends_and_pays_once(provider, alice, bob, settings):
    settings.STUDIO_SANDBOX_SECONDS, settings.STUDIO_LOOK_SECONDS = "0", 0.01
    jobs = [order(owner) for owner in (alice, bob) for _ in range(3)]
    chance = random.Random(7)
    deadline = time.monotonic() + 30
    while Job.objects.exclude(state__in=AT_REST).exists():
        assert time.monotonic() < deadline
        calls = [(tasks.advance,), (tasks.sweep,), *((work, job) for job in jobs)] * 5
        chance.shuffle(calls)
        for task, *args in calls:
            task(*args)
    assert len(provider.submits()) == len(provider.truth()) == Image.objects.count() == 6
    assert {ledger.account_of(owner).available for owner in (alice, bob)} == {-15}
    assert not audit.drift().exists()


def test_work_for_a_job_at_rest_changes_nothing(alice):
    job = in_state(alice, State.DONE)
    work(job)
    assert row(job).state == State.DONE


class TestSweep:
    def test_a_sender_that_died_leaves_an_unknown_job_and_a_paused_line(self, alice, clock, settings):
        settings.STUDIO_LEASE_SECONDS, settings.STUDIO_POST_SECONDS = 180, 120
        job = in_state(alice, State.SENDING)
        tasks.sweep()
        for seconds in (181, 63, 61):  # its lease, and two last whiles
            assert row(job).state == State.SENDING
            clock.forward(seconds)
            tasks.sweep()
        assert row(job).state == State.SENDING
        clock.forward(2)
        tasks.sweep()
        assert (row(job).state, the_line().stop) == (State.UNKNOWN, Stop.LOST)

    @pytest.mark.parametrize(("apart", "every"), [(700, 3), (-700, 3), (0, 700)])
    def test_nor_do_boxes_whose_clocks_differ_or_seldom_sweeps_keep_a_dead_sender_alive(
        self, alice, clock, apart, every
    ):
        job = in_state(alice, State.SENDING)
        clock.forward(200)
        for nth in range(6):
            clock.forward(every + apart * (1 if nth % 2 else -1))
            tasks.sweep()
        assert row(job).state == State.UNKNOWN

    def test_a_jump_during_a_submit_takes_nobody_for_dead_before_the_longest_one_ends(
        self, alice, clock, settings
    ):
        settings.STUDIO_LEASE_SECONDS, settings.STUDIO_POST_SECONDS = 180, 120
        job = in_state(alice, State.SENDING)
        clock.forward(HOUR)
        for _ in range(40):
            tasks.sweep()
            clock.forward(3)
        assert row(job).state == State.SENDING

    def test_who_is_taken_for_dead_can_not_send_any_more(self, provider, alice, clock):
        order(alice)
        job = line.take()
        Job.objects.update(doubts=moves.DOUBTS)
        clock.forward(HOUR)
        seen_by_the_sweep = row(job)
        assert moves.take_over(seen_by_the_sweep)
        steps.send(job)
        steps.abandon(seen_by_the_sweep)
        assert (row(job).state, provider.submits()) == (State.UNKNOWN, [])

    @pytest.mark.parametrize("jumps", [[HOUR], [-HOUR], [25 * HOUR], [HOUR, -HOUR], [-HOUR, HOUR]])
    def test_a_clock_that_jumps_takes_no_order_from_who_is_about_to_send_it(
        self, provider, alice, clock, jumps
    ):
        order(alice)
        job = line.take()
        for seconds in jumps:
            clock.forward(seconds)
            tasks.sweep()
            tasks.sweep()
        steps.send(job)
        assert (row(job).state, the_line().stop, len(provider.submits())) == (State.MAKING, "", 1)

    def test_who_said_meanwhile_that_it_lives_has_a_whole_lease_again(self, alice, clock, settings):
        settings.STUDIO_LEASE_SECONDS = 180
        job = in_state(alice, State.SENDING)
        clock.forward(HOUR)
        tasks.sweep()
        assert moves.renew(job)
        clock.forward(179)
        tasks.sweep()
        assert (row(job).state, row(job).doubts) == (State.SENDING, 0)

    def test_who_renews_its_lease_at_that_very_moment_is_not_doubted(self, alice, clock):
        job = in_state(alice, State.SENDING)
        clock.forward(HOUR)
        seen_by_the_sweep = row(job)
        assert moves.renew(job)
        assert not moves.take_over(seen_by_the_sweep)
        assert row(job).doubts == 0

    def test_a_sweep_that_began_before_the_clock_went_back_ends_no_last_while(self, alice):
        job = in_state(alice, State.SENDING)
        Job.objects.update(doubts=moves.DOUBTS)
        assert not moves.take_over(row(job))
        assert row(job).doubts == moves.DOUBTS

    def test_an_unknown_job_keeps_its_hold_while_an_answer_may_come(self, alice, clock, settings):
        job = in_state(alice, State.UNKNOWN)
        clock.forward(settings.STUDIO_LATE_ANSWER_SECONDS - 1)
        tasks.sweep()
        assert ledger.account_of(alice).held == 5
        clock.forward(2)
        tasks.sweep()
        assert (ledger.account_of(alice).held, row(job).state) == (0, State.UNKNOWN)

    @pytest.mark.usefixtures("provider")
    def test_a_late_answer_afterwards_is_saved_at_the_teams_cost(self, alice, clock, settings):
        order(alice)
        slow = line.take()
        ordered = steps.order_of(slow)
        steps.abandon(row(slow))
        clock.forward(settings.STUDIO_LATE_ANSWER_SECONDS + 1)
        tasks.sweep()
        accepted = steps.remote.named("sandbox").generate(ordered)
        steps._accepted(slow, Accepted(task_id=accepted.task_id), ordered)
        clock.forward(10)
        work(slow)
        job = row(slow)
        assert (job.state, job.delivered, job.captured) == (State.DONE, 1, 0)
        assert Image.objects.filter(owner=alice).count() == 1
        assert (ledger.account_of(alice).available, ledger.account_of(alice).held) == (0, 0)

    def test_it_lets_a_line_that_could_move_move(self, wakes, alice):
        order(alice)
        tasks.sweep()
        assert wakes == [("advance", None)]

    def test_it_has_a_stopped_line_tried_again(self, wakes):
        line.stop(Stop.LOST, "No answer", "sandbox")
        tasks.sweep()
        assert wakes == [("advance", None)]

    def test_after_the_clock_went_back_an_hour_nothing_sleeps(self, wakes, alice, clock):
        pace.accepted(in_state(alice, State.SENDING))
        Job.objects.filter(state=State.SENDING).update(
            state=State.CANCELLED, lease_token=None, lease_until=None
        )
        order(alice)
        clock.forward(-3600)
        tasks.sweep()
        assert [wake for wake in wakes if wake[0] == "advance"]

    def test_after_the_clock_went_back_credits_wait_no_longer_for_it(self, alice, clock, settings):
        in_state(alice, State.UNKNOWN)
        clock.forward(-86400)
        tasks.sweep()
        assert ledger.account_of(alice).held == 5
        clock.forward(settings.STUDIO_LATE_ANSWER_SECONDS)
        tasks.sweep()
        assert ledger.account_of(alice).held == 0

    @pytest.mark.parametrize("broken", ["abandon", "give_back", "end"])
    def test_one_row_nobody_can_deal_with_holds_up_no_other(self, alice, bob, clock, monkeypatch, broken):
        state = {"abandon": State.SENDING, "give_back": State.UNKNOWN, "end": State.WAITING}[broken]
        rows = [in_state(owner, state) for owner in (alice, bob)]
        if broken == "end":
            Job.objects.update(api="https://old.example.com")
        place = steps if broken == "abandon" else moves
        really = getattr(place, broken)

        def fails_for_alice(job, *args, **kwargs):
            if job.owner == alice:
                raise ValueError(job)
            return really(job, *args, **kwargs)

        monkeypatch.setattr(place, broken, fails_for_alice)
        for seconds in (2000, 300, 300):  # senders are doubted first
            clock.forward(seconds)
            tasks.sweep()
        first, second = (row(job) for job in rows)
        assert (first.state, first.settled_at) == (state, None)
        assert second.settled_at or second.state == State.UNKNOWN

    def test_who_was_heard_before_the_clock_went_back_is_silent_from_now_on(self, clock):
        tasks.heard("beat")
        clock.forward(-3600)
        assert tasks.silent_since("beat") == timedelta()
        clock.forward(90)
        assert tasks.silent_since("beat") > timedelta(seconds=89)

    def test_how_long_nobody_asked_for_one_is_known(self, clock):
        assert not tasks.unasked()
        clock.forward(31)
        assert tasks.unasked()
        tasks.sweep()
        assert not tasks.unasked()

    @pytest.mark.usefixtures("provider")
    def test_what_a_worker_does_by_itself_is_not_taken_for_being_asked(self, alice, clock):
        tasks.sweep()
        job = order(alice)
        clock.forward(31)
        tasks.by_itself()
        assert Job.objects.get(pk=job.pk).state == State.MAKING
        assert tasks.unasked()


def test_the_wallet_is_read_for_the_books(provider):
    provider.set_balance("123.45")
    tasks.read_wallet()
    assert str(WalletReading.objects.get().balance) == "123.45"


def test_a_wallet_that_can_not_be_read_is_no_accident(provider):
    provider.faults.add("wallet.error_500")
    tasks.read_wallet()
    assert not WalletReading.objects.exists()


def test_preparing_a_job_that_is_gone_is_no_accident():
    tasks.make_ready(str(uuid.uuid4()))
