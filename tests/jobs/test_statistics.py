"""How orders ended, by day: nothing is counted twice, nothing is left out, and no time is invented."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from studio.credits.periods import Period, month
from studio.jobs import statistics
from studio.jobs.models import DayOfJobs, Job
from studio.jobs.states import State
from studio.jobs.statistics import Counts, End
from tests.jobs.cast import order

pytestmark = pytest.mark.django_db
NOVEMBER = month(date(2026, 11, 1))
FLASH = "gemini-2.5-flash"
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _real_api(settings):
    settings.STUDIO_API_KEY = type(settings.STUDIO_API_KEY)("live-key-0123456789")


def ended(owner, state=State.DONE, *, at=NOON, waited: float | None = 30, took: float = 60, **fields) -> Job:
    """An order of the real API that came to rest at a moment, after so many seconds in the line and in the making."""
    job = order(owner, num_images=4)
    sent = None if waited is None else at - timedelta(seconds=took)
    ordered = (sent or at) - timedelta(seconds=waited or 0)
    fields |= {"sent_at": sent, "ordered_at": ordered, "finished_at": at, "task_id": "task"}
    Job.objects.filter(pk=job.pk).update(state=state, **fields)
    return job


def done(**counts) -> dict[End, Counts]:
    return {End("done", "", "generate", FLASH): Counts(**counts)}


def test_nothing_came_to_rest():
    statistics.fold()
    assert statistics.figures(NOVEMBER) == {}
    assert not DayOfJobs.objects.exists()


def test_what_came_to_rest_counts_at_once_and_the_same_after_a_fold(alice):
    ended(alice, delivered=4)
    ended(alice, delivered=4, waited=90, took=20)
    expected = done(orders=2, pictures=8, sent=2, waited=120, took=80)
    assert statistics.figures(NOVEMBER) == expected
    statistics.fold()
    statistics.fold()
    assert statistics.figures(NOVEMBER) == expected
    assert DayOfJobs.objects.get().day == NOON.date()


def test_what_is_under_way_or_unclear_is_not_counted(alice):
    for state in (State.WAITING, State.SENDING, State.MAKING, State.SAVING, State.UNKNOWN):
        ended(alice, state, at=NOON)
        Job.objects.filter(state=state).update(finished_at=None)
    statistics.fold()
    assert statistics.figures(NOVEMBER) == {}
    assert not Job.objects.filter(counted=True).exists()


def test_what_the_sandbox_drew_is_in_no_report_and_not_looked_at_again(alice):
    ended(alice, api="sandbox")
    assert statistics.figures(NOVEMBER) == {}
    statistics.fold()
    assert statistics.figures(NOVEMBER) == {}
    assert not Job.objects.filter(counted=False).exists()


def test_who_cancelled_was_never_sent_and_what_failed_took_no_time_to_make(alice):
    ended(alice, State.CANCELLED, waited=None)
    ended(alice, State.CANCELLED, reason_code="api")
    ended(alice, State.FAILED, reason_code="model", waited=10, took=500)
    assert statistics.figures(NOVEMBER) == {
        End("cancelled", "", "generate", FLASH): Counts(orders=1),
        End("cancelled", "api", "generate", FLASH): Counts(orders=1),
        End("failed", "model", "generate", FLASH): Counts(orders=1, sent=1, waited=10),
    }


def test_a_clock_that_was_set_back_makes_nothing_take_less_than_no_time(alice):
    ended(alice, waited=-3600, took=-3600, delivered=1)
    assert statistics.figures(NOVEMBER) == done(orders=1, pictures=1, sent=1)


def test_the_day_is_that_of_the_studios_time_zone(alice, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    ended(alice, at=datetime(2026, 11, 30, 23, 30, tzinfo=UTC))
    ended(alice, at=datetime(2026, 10, 31, 23, 30, tzinfo=UTC))
    for _ in ("before", "after"):
        assert sum(row.orders for row in statistics.figures(NOVEMBER).values()) == 1
        assert sum(row.orders for row in statistics.figures(Period(*[date(2026, 12, 1)] * 2)).values()) == 1
        statistics.fold()


def test_a_fold_between_two_queries_counts_nothing_twice(alice, monkeypatch):
    ended(alice, delivered=1)
    real, later = statistics._read, iter([statistics.fold])

    def then_somebody_folds(jobs):
        found = real(jobs)
        next(later, int)()
        return found

    monkeypatch.setattr(statistics, "_read", then_somebody_folds)
    assert statistics.figures(NOVEMBER) == done(orders=1, pictures=1, sent=1, waited=30, took=60)


def test_many_are_folded_step_by_step(alice, monkeypatch):
    monkeypatch.setattr(statistics, "AT_ONCE", 2)
    for _ in range(5):
        ended(alice, delivered=1)
    statistics.fold()
    assert statistics.figures(NOVEMBER) == done(orders=5, pictures=5, sent=5, waited=150, took=300)


JOBS = st.tuples(
    st.sampled_from([State.DONE, State.FAILED, State.CANCELLED]),
    st.sampled_from(["", "model", "late"]),
    st.integers(-40, 40),
    st.integers(0, 4),
)


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    jobs=st.lists(JOBS | st.none(), max_size=12), days=st.tuples(st.integers(-40, 40), st.integers(-40, 40))
)
def test_a_period_counts_what_came_to_rest_in_it_whenever_it_was_folded(db, alice, jobs, days):
    first, last = (NOON.date() + timedelta(days=day) for day in sorted(days))
    with transaction.atomic():
        inside = []
        for job in jobs:
            if job is None:
                statistics.fold()
                continue
            state, code, day, delivered = job
            at = NOON + timedelta(days=day)
            ended(alice, state, at=at, reason_code=code, delivered=delivered)
            inside += [job] if first <= at.date() <= last else []
        found = statistics.figures(Period(first, last))
        assert sum(row.orders for row in found.values()) == len(inside)
        assert sum(row.pictures for row in found.values()) == sum(delivered for *_, delivered in inside)
        for state in (State.DONE, State.FAILED, State.CANCELLED):
            assert sum(row.orders for end, row in found.items() if end.state == state) == sum(
                one == state for one, *_ in inside
            )
        transaction.set_rollback(True)


def test_the_number_of_queries_does_not_grow_with_the_jobs(alice, django_assert_num_queries):
    for number in range(4):
        ended(alice, at=NOON + timedelta(days=number))
        if number == 2:
            statistics.fold()
    with django_assert_num_queries(3):
        assert statistics.figures(NOVEMBER)
