"""When to look again: rarely while nothing can be ready, closely when it can."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from studio.jobs import watch
from studio.jobs.models import Job


def job(ago: float = 0.0, **fields) -> Job:
    """A job of the real API that was sent so many seconds ago."""
    fields = {"api": "https://api.example.com", "model_name": "gemini-2.5-flash", "asked": 1} | fields
    return Job(sent_at=timezone.now() - timedelta(seconds=ago), **fields)


def wait(look, made: Job, *more) -> float:
    now = timezone.now()
    return round((look(made, now, *more) - now).total_seconds(), 1)


def test_the_first_look_is_at_half_the_shortest_usual_time():
    assert wait(watch.first_look, job()) == 15


def test_the_sandbox_is_looked_at_as_fast_as_it_was_told_to_be(settings):
    settings.STUDIO_SANDBOX_SECONDS = "4-9"
    assert watch.usual(job(api="sandbox")) == (4, 9)
    settings.STUDIO_SANDBOX_SECONDS = "6"
    assert watch.usual(job(api="sandbox")) == (6, 6)


def test_more_pictures_may_take_longer():
    assert watch.usual(job(asked=4))[1] > watch.usual(job())[1]


@pytest.mark.parametrize(
    ("ago", "percent", "expected"), [(30, 50, 24), (30, 90, 2.7), (30, 99, 1.5), (600, 10, 30)]
)
def test_progress_says_when_to_look(ago, percent, expected):
    assert wait(watch.next_look, job(ago), percent) == pytest.approx(expected, abs=0.2)


@pytest.mark.parametrize(("ago", "percent"), [(60, None), (60, 0), (60, 4), (60, 100)])
def test_progress_that_says_nothing_is_not_believed(ago, percent):
    assert wait(watch.next_look, job(ago), percent) == pytest.approx(6, abs=0.2)


@pytest.mark.parametrize(("ago", "expected"), [(0, 1.5), (10, 1.5), (100, 10), (1000, 30)])
def test_looks_are_a_tenth_of_the_time_it_has_taken_apart(ago, expected):
    assert wait(watch.next_look, job(ago), None) == pytest.approx(expected, abs=0.2)


def test_a_stalled_job_is_looked_at_every_five_minutes():
    assert wait(watch.next_look, job(1801), 50) == 300


def test_no_look_lies_further_ahead_than_a_due_time_may(settings):
    settings.STUDIO_RETRY_MOST_SECONDS = 30
    looks = [wait(watch.next_look, job(ago), 1) for ago in (0, 100, 10_000, 80_000)]
    looks += [wait(watch.after_trouble, job(troubles=troubles)) for troubles in range(20)]
    assert max(looks) <= 300


def test_a_clock_that_went_back_asks_no_negative_time():
    assert wait(watch.next_look, job(-3600), 50) >= 1.5
    assert wait(watch.next_look, job(-3600), None) >= 1.5


def test_looks_that_fail_are_further_and_further_apart_and_out_of_step():
    for troubles, usual in [(0, 2), (1, 4), (3, 16), (4, 30), (500, 30)]:
        waits = {wait(watch.after_trouble, job(troubles=troubles)) for _ in range(20)}
        assert min(waits) >= usual * 0.75 - 0.1
        assert max(waits) <= usual * 1.25 + 0.1
        assert len(waits) > 1


def test_results_that_are_late_are_asked_for_closely_and_rarely_after_five_minutes():
    now = timezone.now()
    waits = [(watch.for_results(now, waited) - now).total_seconds() for waited in (0, 60, 300, 301)]
    assert waits == [1.5, 6, 30, 300]


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
