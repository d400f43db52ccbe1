"""What is paid for and not home, what there is no news of: told, tried, given up with the books right."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from gallery.models import Image
from studio.credits.models import Account, ApiUsed, Entry, Loss, WalletFinding
from studio.jobs import evidence, moves, overdue, words
from studio.jobs.models import Job, Output
from studio.jobs.states import State
from tests.credits.readings import API, read
from tests.jobs.cast import in_state

pytestmark = pytest.mark.django_db


def ago(**time) -> dict:
    return {"sent_at": timezone.now() - timedelta(**time)}


def silent(owner, **fields) -> Job:
    """An order in the making for long."""
    return in_state(owner, State.MAKING, **(ago(minutes=40) | fields))


def half_home(owner, **fields) -> Job:
    """An order of two, of which one picture is home and the other can't be fetched."""
    job = in_state(owner, State.SAVING, num_images=2, **({"delivered": 1} | ago(hours=13) | fields))
    now = timezone.now()
    Output.objects.create(job=job, position=0, url="http://a/0", saved_at=now)
    Output.objects.create(job=job, position=1, url="http://a/1", attempts=3, trouble="passing")
    return job


def real(job: Job) -> Job:
    """The same order, as if the real API had it."""
    Job.objects.filter(pk=job.pk).update(api=API)
    Account.objects.filter(entries__job=job.pk).update(sandbox=False)
    job.refresh_from_db()
    return job


@pytest.mark.parametrize("state", [State.WAITING, State.SENDING, State.DONE, State.FAILED, State.UNKNOWN])
def test_only_what_is_made_or_saved_can_be_given_up(alice, admin, state):
    job = in_state(alice, state, **ago(hours=2))
    assert not overdue.give_up(job.pk, by=admin)
    assert Job.objects.get(pk=job.pk).state == state


def test_what_was_sent_a_moment_ago_is_not_given_up(alice, admin):
    job = in_state(alice, State.MAKING, **ago(minutes=29))
    assert not overdue.give_up(job.pk, by=admin)


def test_an_order_without_news_that_is_given_up_costs_its_owner_nothing(alice, admin):
    job = silent(alice)
    assert overdue.give_up(job.pk, by=admin)
    job.refresh_from_db()
    assert (job.state, job.reason_code, job.captured) == (State.FAILED, "given_up", 0)
    assert words.of(job) == (
        "Ada gave this order up after 40 min: there was no news of it. 5 credits are back."
    )
    assert Account.objects.get(user=alice).held == 0
    assert not Loss.objects.exists()


def test_it_is_given_up_once(alice, admin):
    job = silent(alice)
    assert overdue.give_up(job.pk, by=admin)
    assert not overdue.give_up(job.pk, by=admin)
    assert Entry.objects.filter(job=job.pk, kind=Entry.Kind.RELEASE).count() == 1


def test_a_worker_that_looks_at_it_meanwhile_can_not_bring_it_back(alice, admin):
    job = moves.claim(silent(alice).pk, State.MAKING)
    assert overdue.give_up(job.pk, by=admin)
    assert not moves.move(job, State.SAVING)
    assert not moves.let_go(job, timezone.now())
    assert Job.objects.get(pk=job.pk).state == State.FAILED


def test_what_is_home_stays_and_is_paid_and_the_rest_is_the_teams_loss(alice, admin):
    job = real(half_home(alice))
    assert overdue.give_up(job.pk, by=admin)
    job.refresh_from_db()
    assert (job.state, job.reason_code, job.captured) == (State.DONE, "given_up", 5)
    assert words.of(job).startswith("1 of 2 saved · 5 credits back. Ada gave this order up after 13 h 0 min")
    loss = Loss.objects.get(job=job.pk)
    assert (loss.credits, loss.why) == (5, Loss.Why.UNUSABLE)


def test_when_nothing_is_home_all_of_it_is_the_teams_loss(alice, admin):
    job = real(half_home(alice, delivered=0))
    Output.objects.update(saved_at=None)
    overdue.give_up(job.pk, by=admin)
    job.refresh_from_db()
    assert (job.state, job.captured) == (State.FAILED, 0)
    assert Loss.objects.get(job=job.pk).credits == 10


def test_pictures_that_came_after_the_credits_went_back_stay_the_teams(alice, admin):
    job = real(half_home(alice, delivered=0))
    Job.objects.filter(pk=job.pk).update(state=State.UNKNOWN)
    moves.give_back(Job.objects.get(pk=job.pk))
    Job.objects.filter(pk=job.pk).update(state=State.SAVING, delivered=1)
    overdue.give_up(job.pk, by=admin)
    job.refresh_from_db()
    assert (job.state, job.reason_code, job.captured) == (State.DONE, "late", 0)
    assert Loss.objects.get(job=job.pk).credits == 10


class TestWhatTheWalletShows:
    @pytest.fixture(autouse=True)
    def _real(self, settings):
        settings.STUDIO_API_URL, settings.STUDIO_API_KEY = API, "live-key-0123456789"
        settings.STUDIO_REFUND_SECONDS = 0.001
        ApiUsed.objects.get_or_create(name=API)

    def given_up(self, owner, admin) -> Job:
        job = silent(owner)
        Job.objects.filter(pk=job.pk).update(api=API)
        overdue.give_up(job.pk, by=admin)
        return Job.objects.get(pk=job.pk)

    def test_what_it_took_is_the_teams_loss_like_that_of_a_lost_answer(self, alice, admin):
        read(1000, hours=1)
        job = self.given_up(alice, admin)
        read(995)
        finding = WalletFinding.objects.get()
        assert evidence.of(finding).lost == (job,)
        assert evidence.of(finding).short == ()
        evidence.explain(API)
        assert Loss.objects.get(job=job.pk).credits == 5
        finding.refresh_from_db()
        assert finding.verdict == WalletFinding.Verdict.LOST

    def test_when_it_took_nothing_nothing_is_lost(self, alice, admin):
        read(1000, hours=1)
        self.given_up(alice, admin)
        read(1000)
        assert not WalletFinding.objects.exists()
        assert not Loss.objects.exists()


class TestFinding:
    def test_what_was_just_sent_or_made_is_on_its_way(self, alice):
        in_state(alice, State.MAKING)
        in_state(alice, State.SAVING)
        now = timezone.now()
        assert not overdue.not_saved(now).exists()
        assert not overdue.stalled(now).exists()
        assert not overdue.older_than(12, now).exists()

    def test_what_is_made_and_not_home_what_is_silent_and_what_is_old(self, alice):
        long = timezone.now() - timedelta(minutes=5)
        saving = in_state(alice, State.SAVING, state_at=long, **ago(hours=13))
        empty = in_state(alice, State.MAKING, empty_since=long, **ago(hours=1))
        quiet = silent(alice)
        now = timezone.now()
        assert list(overdue.not_saved(now)) == [saving, empty]
        assert list(overdue.stalled(now)) == [quiet]
        assert list(overdue.older_than(12, now)) == [saving]

    def test_admins_are_told_of_each_once_at_each_age(self, alice):
        job = in_state(alice, State.SAVING, **ago(hours=12, minutes=1))
        now = timezone.now()
        assert overdue.to_alarm(12, now) == [job]
        assert overdue.to_alarm(12, now) == []
        assert overdue.to_alarm(20, now) == []
        assert overdue.to_alarm(20, now + timedelta(hours=8)) == [job]

    def test_alarms_of_a_clock_that_ran_ahead_are_given_again_in_time(self, alice):
        job = in_state(alice, State.MAKING, **ago(minutes=5))
        now = timezone.now()
        for hours in (12, 20):
            assert overdue.to_alarm(hours, now + timedelta(hours=25)) == [job]
        for hours in (12, 20):
            assert overdue.to_alarm(hours, now) == []
        assert overdue.to_alarm(12, now + timedelta(hours=12)) == [job]
        assert overdue.to_alarm(20, now + timedelta(hours=20)) == [job]


class TestTryingNow:
    def test_it_is_due_at_once(self, alice):
        later = timezone.now() + timedelta(minutes=4)
        job = in_state(alice, State.SAVING, due_at=later)
        assert overdue.try_now(job.pk)
        assert moves.claim(job.pk, State.SAVING)

    def test_nobody_is_disturbed_who_is_at_it_and_what_is_over_stays_over(self, alice):
        busy = in_state(
            alice, State.MAKING, lease_token=uuid.uuid4(), lease_until=timezone.now() + moves.EARLY * 999
        )
        assert not overdue.try_now(busy.pk)
        assert not overdue.try_now(in_state(alice, State.DONE).pk)
        assert not Image.objects.exists()
