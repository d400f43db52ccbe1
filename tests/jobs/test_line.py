"""The next job and its slot, and what holds everyone up."""

import pytest
from django.utils import timezone

from studio.credits import budgets
from studio.credits.models import ApiUsed
from studio.jobs import line, moves, orders, pace, steps, turns
from studio.jobs.line import Stop
from studio.jobs.models import Job, Line, Submit
from studio.jobs.states import State
from tests.jobs.cast import in_state, order, the_line


@pytest.mark.django_db
class TestTaking:
    def test_nothing_is_taken_when_nobody_waits(self):
        assert line.take() is None

    def test_the_job_comes_with_its_slot_and_a_lease(self, alice):
        waiting = order(alice)
        job = line.take()
        assert job == waiting
        assert (job.state, job.api) == (State.SENDING, "sandbox")
        assert job.lease_token
        assert job.lease_until > timezone.now()
        assert Submit.objects.get().job == job

    def test_a_full_window_lets_nobody_go(self, alice, settings):
        settings.STUDIO_SUBMITS_PER_MINUTE = 1
        first, _second = order(alice), order(alice)
        pace.accepted(line.take())
        moves.move(Job.objects.get(pk=first.pk), State.MAKING, task_id="t")
        assert line.take() is None
        assert line.next_start() > timezone.now()

    def test_until_the_api_took_one_only_one_is_under_way(self, alice):
        order(alice), order(alice)
        first = line.take()
        assert line.take() is None
        pace.accepted(first)
        assert line.take()

    def test_answers_that_have_just_left_the_window_are_trusted_while_the_last_slots_are_in_flight(
        self, alice, settings, clock
    ):
        settings.STUDIO_SUBMITS_PER_MINUTE = 3
        for _ in range(3):
            order(alice)
            pace.accepted(line.take())
        Job.objects.update(state=State.MAKING, task_id="task")
        clock.forward(61)
        order(alice), order(alice)
        assert line.take()
        assert line.take()

    def test_while_one_submit_must_be_waited_for_there_is_no_next_start(self, alice):
        order(alice), order(alice)
        line.take()
        assert line.next_start() is None

    def test_after_trouble_only_one_is_under_way_until_it_is_accepted(self, alice):
        pace.accepted(in_state(alice, State.SENDING))
        Line.objects.update(careful=True)
        order(alice)
        assert line.take() is None
        line.accepted()
        assert line.take()

    def test_a_stopped_line_sends_nothing(self, alice):
        order(alice)
        line.stop(Stop.LOST, "No answer", "sandbox")
        assert line.take() is None
        assert line.next_start() is None

    def test_a_job_cancelled_meanwhile_is_skipped(self, alice, monkeypatch):
        gone, next_one = order(alice), order(alice)
        Job.objects.filter(pk=gone.pk).update(state=State.CANCELLED)
        monkeypatch.setattr(turns, "order", lambda: [gone.pk, next_one.pk])
        assert line.take() == next_one
        assert Submit.objects.count() == 1

    def test_the_oldest_of_the_member_served_longest_ago_is_taken(self, alice, bob):
        in_state(alice, State.DONE)
        alices, bobs = order(alice), order(bob)
        assert turns.order() == [bobs.pk, alices.pk]
        assert line.take() == bobs

    def test_a_job_sent_back_is_first_again(self, alice, bob):
        first, _other = order(alice), order(bob)
        job = line.take()
        assert job == first
        pace.not_counted(job)
        moves.move(job, State.WAITING, sent_at=None)
        assert turns.order()[0] == first.pk

    def test_with_a_key_once_there_and_now_missing_jobs_go_to_no_sandbox(self, alice, settings):
        ApiUsed.objects.create(name=settings.STUDIO_API_URL)
        order(alice)
        assert line.take().api == settings.STUDIO_API_URL

    def test_the_sandboxs_window_says_nothing_about_the_real_one(self, alice, settings):
        settings.STUDIO_SUBMITS_PER_MINUTE = 1
        order(alice), order(alice)
        first = line.take()
        pace.accepted(first)
        moves.move(first, State.MAKING, task_id="t")
        assert line.take() is None
        settings.STUDIO_API_KEY = "a-real-key-of-the-team"
        order(alice)
        assert line.take().api == settings.STUDIO_API_URL


@pytest.mark.django_db
class TestStopping:
    def probe_now(self) -> None:
        Line.objects.update(probe_at=timezone.now())

    def test_a_stopped_line_is_not_tried_before_its_time(self):
        line.stop(Stop.LOST, "No answer", "sandbox")
        assert not steps.probe()
        assert the_line().stop == Stop.LOST

    def test_a_running_line_is_not_probed(self):
        assert line.claim_probe() is None

    def test_only_one_worker_probes(self):
        line.stop(Stop.LOST, "No answer", "sandbox")
        self.probe_now()
        assert line.claim_probe()
        assert line.claim_probe() is None

    def test_probes_come_less_and_less_often_but_never_stop(self):
        waits = [line.wait(Stop.LOST, probes).total_seconds() for probes in range(8)]
        assert waits == [2, 4, 8, 16, 30, 30, 30, 30]
        assert line.wait(Stop.WALLET, 1000).total_seconds() == 60
        assert line.wait(Stop.REFUSED, 1000) == line.LONGEST_PAUSE

    def test_a_probe_time_far_ahead_was_written_by_a_clock_that_ran_ahead(self, clock):
        for back in (1800, 3600):
            line.stop(Stop.LOST, "No answer", "sandbox")
            clock.forward(-back)
            assert line.claim_probe()

    def test_after_a_lost_answer_the_wallet_must_be_read_before_the_next_submit(self, provider, alice):
        order(alice)
        line.stop(Stop.LOST, "No answer", "sandbox")
        provider.faults.add("wallet.error_500", times=1)
        self.probe_now()
        assert not steps.probe()
        assert line.take() is None
        self.probe_now()
        assert steps.probe()
        assert (the_line().stop, the_line().careful) == ("", True)
        assert line.take()

    def test_an_unreachable_api_does_not_lift_the_pause_after_a_lost_answer(self):
        line.stop(Stop.LOST, "No answer", "sandbox")
        line.stop(Stop.UNREACHABLE, "Refused", "sandbox")
        assert the_line().stop == Stop.LOST

    def test_a_wallet_below_the_next_jobs_price_stays_stopped(self, provider, alice):
        order(alice, num_images=4)
        line.stop(Stop.WALLET, "The wallet is empty", "sandbox")
        for balance, goes_on in [(19, False), (20, True)]:
            provider.set_balance(balance)
            self.probe_now()
            assert steps.probe() is goes_on

    def test_a_refused_key_is_tried_again_at_once_when_it_changed(self, provider, settings):
        settings.STUDIO_API_URL = settings.STUDIO_SANDBOX_URL
        settings.STUDIO_API_KEY = "the-old-key-12345"
        provider.set_keys(accepted=["the-new-key-12345"])
        line.stop(Stop.KEY, "Invalid", settings.STUDIO_API_URL)
        assert not steps.probe()
        settings.STUDIO_API_KEY = "the-new-key-12345"
        assert steps.probe()
        assert the_line().stop == ""

    def test_a_missing_key_stops_the_line_and_never_falls_back(self, provider, alice, settings):
        ApiUsed.objects.create(name=settings.STUDIO_API_URL)
        job = order(alice)
        steps.send(line.take())
        job.refresh_from_db()
        assert (job.state, the_line().stop) == (State.WAITING, Stop.KEY)
        self.probe_now()
        assert not steps.probe()
        assert the_line().stop == Stop.KEY
        assert provider.submits() == []

    def test_a_wallet_that_refuses_the_key_changes_the_reason(self, provider, settings):
        settings.STUDIO_API_URL, settings.STUDIO_API_KEY = settings.STUDIO_SANDBOX_URL, "revoked-key-12345"
        provider.set_keys(revoked=["revoked-key-12345"])
        line.stop(Stop.LOST, "No answer", settings.STUDIO_API_URL)
        self.probe_now()
        assert not steps.probe()
        assert the_line().stop == Stop.KEY

    def test_an_api_that_was_not_reached_is_simply_tried_again(self):
        line.stop(Stop.UNREACHABLE, "Refused", "sandbox")
        self.probe_now()
        assert steps.probe()

    @pytest.mark.usefixtures("provider")
    def test_a_stop_that_comes_while_another_is_probed_stays(self, monkeypatch):
        line.stop(Stop.LOST, "No answer", "sandbox")
        self.probe_now()
        read = steps.wallet.read

        def meanwhile(api, **books):
            line.stop(Stop.KEY, "Invalid", api)
            return read(api, **books)

        monkeypatch.setattr(steps.wallet, "read", meanwhile)
        assert not steps.probe()
        assert the_line().stop == Stop.KEY

    def test_stopping_again_for_the_same_cause_keeps_counting(self):
        line.stop(Stop.WALLET, "Empty", "sandbox")
        since = the_line().stopped_at
        self.probe_now()
        line.claim_probe()
        line.stop(Stop.WALLET, "Still empty", "sandbox")
        assert (the_line().probes, the_line().words) == (1, "Still empty")
        assert the_line().stopped_at == since

    def test_a_line_that_keeps_stopping_is_tried_less_and_less_often(self):
        for attempt in range(3):
            line.stop(Stop.WALLET, "Empty", "sandbox")
            assert the_line().probes == attempt
            self.probe_now()
            line.start(line.claim_probe())
        line.accepted()
        line.stop(Stop.WALLET, "Empty", "sandbox")
        assert the_line().probes == 0

    def test_words_longer_than_their_place_are_cut(self):
        line.stop(Stop.LOST, "x" * 1000, "sandbox")
        assert len(the_line().words) == 400


@pytest.mark.django_db
class TestTheTeamsBudget:
    """A hard one holds back what the month can't take, and only that."""

    @pytest.fixture
    def real(self, provider, settings):
        """The studio works with the real API, which here is the sandbox's server under another name."""
        settings.STUDIO_API_URL, settings.STUDIO_API_KEY = settings.STUDIO_SANDBOX_URL, "real-key-12345"
        provider.set_keys(accepted=["real-key-12345"])
        return provider

    @pytest.fixture
    def tight(self, real, admin):
        """Ten credits a month, and no more."""
        budgets.set_team_budget(10, hard=True, under_way=0, by=admin)
        return real

    def reached(self, alice) -> Job:
        """Ten credits are under way, and another order waits."""
        order(alice, num_images=2)
        steps.send(line.take())
        waiting = order(alice)
        assert line.take() is None
        assert the_line().stop == Stop.BUDGET
        return waiting

    @pytest.mark.usefixtures("tight")
    def test_an_order_that_does_not_fit_stops_the_line_with_the_figures_and_keeps_its_place(self, alice):
        waiting = self.reached(alice)
        assert the_line().words.startswith(
            "The team's budget is 10 credits a month: 10 are spent, the next order needs 5."
        )
        waiting.refresh_from_db()
        assert (waiting.state, waiting.sent_at, Submit.objects.filter(job=waiting).count()) == (
            State.WAITING, None, 0,
        )  # fmt: skip
        assert line.next_start() is None

    def test_nothing_is_sent_while_it_is_reached_however_often_the_line_is_woken(self, tight, alice):
        self.reached(alice)
        for _ in range(5):
            assert not steps.probe()
            assert line.take() is None
        assert len(tight.submits()) == 1

    @pytest.mark.usefixtures("real")
    @pytest.mark.parametrize("budget", [None, (10, False), (15, True)])
    def test_without_a_budget_with_a_soft_one_and_while_there_is_room_all_goes(self, alice, admin, budget):
        if budget:
            budgets.set_team_budget(budget[0], hard=budget[1], under_way=0, by=admin)
        order(alice, num_images=2), order(alice)
        steps.send(line.take())
        assert line.take()

    def test_play_money_has_no_budget(self, alice, admin):
        budgets.set_team_budget(1, hard=True, under_way=0, by=admin)
        in_state(alice, State.MAKING, num_images=4)
        order(alice)
        assert line.under_way() == 0
        assert line.take()

    def test_the_smaller_order_of_another_does_not_push_past_the_one_whose_turn_it_is(
        self, tight, alice, bob
    ):
        order(alice, num_images=4)
        order(bob)
        assert line.take() is None
        assert tight.submits() == []

    @pytest.mark.usefixtures("tight")
    @pytest.mark.parametrize(
        "way_out", ["raised", "soft", "removed", "cancelled", "next month", "given back"]
    )
    def test_it_goes_on_by_itself_once_the_next_order_fits(self, alice, admin, clock, way_out):
        waiting = self.reached(alice)
        sent = Job.objects.exclude(pk=waiting.pk).get()
        assert not steps.probe()
        match way_out:
            case "raised":
                budgets.set_team_budget(15, hard=True, under_way=0, by=admin)
            case "soft":
                budgets.set_team_budget(10, hard=False, under_way=0, by=admin)
            case "removed":
                budgets.set_team_budget(None, under_way=0, by=admin)
            case "cancelled":
                orders.cancel(alice, waiting.pk)
            case "next month":
                moves.move(sent, State.SAVING)
                moves.note(Job.objects.get(pk=sent.pk), delivered=2)
                moves.end(Job.objects.get(pk=sent.pk), State.DONE)
                assert not steps.probe()
                clock.forward(31 * 86_400)
            case "given back":
                moves.end(sent, State.FAILED)
        assert steps.probe()
        assert the_line().stop == ""
        assert bool(line.take()) == (way_out != "cancelled")

    @pytest.mark.usefixtures("tight")
    def test_a_stopped_line_tells_the_figures_of_now(self, alice, admin):
        self.reached(alice)
        budgets.set_team_budget(12, hard=True, under_way=0, by=admin)
        assert not steps.probe()
        assert "budget is 12 credits a month: 10 are spent" in the_line().words

    @pytest.mark.usefixtures("tight")
    def test_a_line_that_stopped_for_another_cause_meanwhile_waits_for_that(self, alice, admin):
        self.reached(alice)
        line.stop(Stop.KEY, "Invalid", line.wallet.api_in_use())
        budgets.set_team_budget(None, under_way=0, by=admin)
        assert not steps.probe()
        assert the_line().stop == Stop.KEY

    @pytest.mark.usefixtures("tight")
    def test_what_was_sent_counts_until_it_is_settled(self, alice):
        order(alice, num_images=2)
        job = line.take()
        assert line.under_way() == 10
        steps.send(job)
        assert line.under_way() == 10
        job.refresh_from_db()
        moves.move(job, State.SAVING)
        assert line.under_way() == 10
        moves.note(Job.objects.get(pk=job.pk), delivered=1)
        moves.end(Job.objects.get(pk=job.pk), State.DONE)
        assert (line.under_way(), budgets.spent_this_month(0)) == (0, 5)

    @pytest.mark.usefixtures("tight")
    def test_a_lost_answer_counts_until_its_credits_are_given_back(self, tight, alice):
        tight.faults.add("submit.drop")
        order(alice)
        steps.send(line.take())
        assert line.under_way() == 5
        moves.give_back(Job.objects.get())
        assert line.under_way() == 0
