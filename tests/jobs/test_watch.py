"""When to look again: rarely while nothing can be ready, closely when it can."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from studio.jobs import making, watch
from studio.jobs.making import Times
from studio.jobs.models import Job

# What was made before is asked for.
pytestmark = pytest.mark.django_db


def job(ago: float = 0.0, *, looked: float | None = None, **fields) -> Job:
    """A job of the real API that was sent so many seconds ago, and looked at so many seconds later."""
    fields = {"api": "https://api.example.com", "model_name": "gemini-2.5-flash", "asked": 1} | fields
    sent = timezone.now() - timedelta(seconds=ago)
    looked_at = sent + timedelta(seconds=looked) if looked else None
    return Job(sent_at=sent, made="generate", looked_at=looked_at, **fields)


def wait(look, made: Job, *more) -> float:
    now = timezone.now()
    return (look(made, now, *more) - now).total_seconds()


@pytest.fixture
def learned(monkeypatch):
    """Lets an installation know by its own orders how long they take: as here, one after the other."""

    def learn(*taken: float) -> None:
        monkeypatch.setattr(making, "times", lambda *_: Times(tuple(sorted(taken)), learned=True))

    return learn


def test_the_first_look_is_at_half_the_time_in_which_hardly_one_is_ready():
    assert wait(watch.first_look, job()) == pytest.approx(15.75, abs=0.2)


def test_a_late_answer_is_followed_by_a_look_at_once():
    assert wait(watch.first_look, job(600)) == pytest.approx(0.5, abs=0.1)


def test_before_any_was_ever_ready_there_are_two_looks(learned):
    learned(*range(30, 61))
    assert wait(watch.first_look, job()) == pytest.approx(16, abs=0.1)
    assert wait(watch.next_look, job(16), None) == pytest.approx(32 - 16, abs=0.1)


def test_without_orders_of_our_own_nobody_relies_on_what_is_documented():
    assert wait(watch.next_look, job(16), None) < 2


def test_looks_are_closer_the_sooner_it_should_be_ready(learned):
    learned(*range(30, 61))
    waits = [wait(watch.next_look, job(ago), None) for ago in (32, 45, 55, 59)]
    assert waits == sorted(waits, reverse=True)
    assert waits == pytest.approx([2.0, 1.5, 0.9, 0.5], abs=0.1)


def test_who_takes_longer_than_all_before_is_looked_at_less_and_less_often(learned):
    learned(*range(30, 61))
    waits = [wait(watch.next_look, job(ago), None) for ago in (60.1, 61, 63, 70, 700)]
    assert waits == pytest.approx([0.5, 1, 3, 7, 30], abs=0.1)


def test_one_that_took_very_long_does_not_make_looks_rare(learned):
    learned(*[30 + number / 4 for number in range(120)], 900)
    assert wait(watch.next_look, job(58), None) < 1


@pytest.mark.parametrize(
    ("ago", "percent", "expected"),
    [
        pytest.param(40, 66, 1.68 * 3, id="far off: as far as we dare"),
        pytest.param(40, 88, 4.94 * 2 / 3, id="nearer: most of the way"),
        pytest.param(40, 98, 40 * 2 / 98, id="near: when it must be ready"),
        pytest.param(40, 99, 0.5, id="any moment"),
    ],
)
def test_progress_that_moves_evenly_says_when_to_look(ago, percent, expected):
    half = job(ago, looked=20, progress=percent // 2)
    assert wait(watch.next_look, half, percent) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(
    ("before", "percent"),
    [
        pytest.param(None, None, id="none"),
        pytest.param(0, 0, id="stays at nothing"),
        pytest.param(80, 80, id="stands still"),
        pytest.param(90, 80, id="goes back"),
        pytest.param(20, 80, id="goes faster"),
        pytest.param(75, 80, id="goes slower"),
        pytest.param(99, 100, id="is ready and is not"),
    ],
)
def test_progress_that_does_not_move_evenly_is_not_believed(before, percent):
    made = job(40, looked=20, progress=before)
    unaided = wait(watch.next_look, made, None)
    assert wait(watch.next_look, made, percent) == pytest.approx(unaided, abs=0.01)


def test_a_single_word_of_progress_is_not_believed():
    unaided = wait(watch.next_look, job(40), None)
    assert wait(watch.next_look, job(40), 50) == pytest.approx(unaided, abs=0.01)


def test_a_stalled_job_is_looked_at_every_five_minutes():
    assert wait(watch.next_look, job(1801, looked=1700, progress=49), 50) == 300


def test_no_look_lies_further_ahead_than_a_due_time_may(settings, learned):
    settings.STUDIO_RETRY_MOST_SECONDS = 30
    looks = [wait(watch.next_look, job(ago), 1) for ago in (0, 100, 10_000, 80_000)]
    learned(*[4000.0] * 10)
    looks += [wait(watch.next_look, job(100), None), wait(watch.first_look, job())]
    looks += [wait(watch.after_trouble, job(troubles=troubles)) for troubles in range(20)]
    assert max(looks) <= 300


def test_a_clock_that_went_back_asks_no_negative_time():
    assert wait(watch.first_look, job(-3600)) >= 0.5
    assert wait(watch.next_look, job(-3600), None) >= 0.5
    assert wait(watch.next_look, job(-3600, looked=20, progress=40), 50) >= 0.5


def test_looks_that_fail_are_further_and_further_apart_and_out_of_step():
    for troubles, usual in [(0, 2), (1, 4), (3, 16), (4, 30), (500, 30)]:
        waits = {wait(watch.after_trouble, job(troubles=troubles)) for _ in range(20)}
        assert min(waits) >= usual * 0.75 - 0.1
        assert max(waits) <= usual * 1.25 + 0.1
        assert len(waits) > 1


def test_results_that_are_late_are_asked_for_closely_and_rarely_after_five_minutes():
    now = timezone.now()
    waits = [(watch.for_results(now, waited) - now).total_seconds() for waited in (0, 60, 300, 301)]
    assert waits == [0.5, 6, 30, 300]


def test_the_provider_knows_best_when_results_expire():
    made = job(3000, remote_at=timezone.now())
    assert watch.results_expire(made) - timezone.now() > timedelta(hours=23, minutes=59)
    assert watch.results_expire(job(3600)) - timezone.now() < timedelta(hours=23, minutes=1)


@pytest.mark.parametrize("said", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)])
def test_a_provider_whose_clock_is_far_off_is_not_believed(said):
    made = job(10)
    expiry = watch.results_expire(made)
    made.remote_at = said
    assert watch.results_expire(made) == expiry
    made.remote_at = made.sent_at + timedelta(minutes=61)
    assert watch.results_expire(made) == expiry


def test_people_are_told_when_there_is_no_news_for_five_minutes():
    assert watch.no_news(job(301), timezone.now())
    assert not watch.no_news(job(299), timezone.now())
    assert not watch.no_news(Job(), timezone.now())


def test_an_advertised_wait_is_never_longer_than_the_slowest_look():
    assert watch.seconds(2) == timedelta(seconds=2)
    assert watch.seconds(1e9) == watch.SLOWEST


def test_where_looks_are_few_the_nearest_to_ready_is_first():
    now = timezone.now()
    far, near = job(40, looked=39, progress=50), job(40, looked=39, progress=90)
    unknown = job(50)
    order = sorted((far, unknown, near), key=lambda one: watch.nearness(one, now))
    assert order == [near, unknown, far]


def test_nobody_waits_for_ever_behind_one_that_only_seems_near():
    now = timezone.now()
    near, far = job(40, looked=39, progress=99), job(40, looked=39, progress=50)
    far.due_at = now - timedelta(seconds=40)
    assert watch.nearness(far, now) < watch.nearness(near, now)
