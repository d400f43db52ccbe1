"""What people are told about time, while others wait and while answers are awaited."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio.jobs import forecast
from studio.jobs.models import Job, Line, Submit
from studio.jobs.states import State
from tests.jobs.cast import Clock, in_state, order

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 14, 12, 0, tzinfo=UTC)
WINDOW = 60


@pytest.fixture(autouse=True)
def _three_a_minute(settings, monkeypatch):
    settings.STUDIO_SUBMITS_PER_MINUTE = 3
    clock = Clock()
    clock.real = lambda: NOON
    monkeypatch.setattr(timezone, "now", clock)


def starts() -> list[float | None]:
    """When the waiting jobs start, in seconds from now."""
    return [turn.start and (turn.start - NOON).total_seconds() for turn in forecast.schedule().values()]


def test_nobody_waits(db):
    assert forecast.schedule() == {}


def test_three_start_now_and_three_each_minute_after(alice):
    for _ in range(7):
        order(alice)
    assert starts() == [0, 0, 0, WINDOW, WINDOW, WINDOW, 2 * WINDOW]
    assert [turn.place for turn in forecast.schedule().values()] == [1, 2, 3, 4, 5, 6, 7]


def test_the_order_is_the_lines(alice, bob):
    first, second, third = order(alice), order(alice), order(bob)
    assert list(forecast.schedule()) == [first.pk, third.pk, second.pk]


def test_what_was_answered_counts_until_its_window_ends(alice):
    job = in_state(alice, State.MAKING)
    answered = NOON - timedelta(seconds=20)
    Submit.objects.create(job=job, api="sandbox", started_at=answered, answered_at=answered)
    for _ in range(4):
        order(alice)
    assert starts() == [0, 0, 40, 60]


@pytest.mark.parametrize("in_flight", [1, 2, 3])
def test_nobody_behind_a_submit_in_flight_is_told_that_it_starts_now(alice, in_flight):
    for _ in range(in_flight):
        in_state(alice, State.SENDING)
    for _ in range(7):
        order(alice)
    found = starts()
    assert found == sorted(found)
    assert found == [(place + in_flight) // 3 * WINDOW for place in range(7)]


def test_a_moment_that_the_api_told_us_holds_for_everyone(alice):
    Line.objects.update(paced_api="sandbox", not_before=NOON + timedelta(seconds=45))
    order(alice)
    assert starts() == [45]


@pytest.mark.parametrize("stop", [stop for stop in Line.Stop if stop])
def test_a_stopped_line_has_places_and_no_times(alice, stop):
    Line.objects.update(stop=stop)
    order(alice)
    assert [(turn.place, turn.start) for turn in forecast.schedule().values()] == [(1, None)]
    assert forecast.ready_if_ordered_now() is None


def test_an_order_made_now_is_ready_after_everyone_before_it(alice, settings):
    settings.STUDIO_SANDBOX_SECONDS = "30-60"
    assert forecast.ready_if_ordered_now() == NOON + timedelta(seconds=45)
    for _ in range(3):
        order(alice)
    assert forecast.ready_if_ordered_now() == NOON + timedelta(seconds=WINDOW + 45)


def test_an_estimate_for_the_sandbox_is_the_sandboxes(settings):
    settings.STUDIO_SANDBOX_SECONDS = "6"
    assert forecast.ready_if_ordered_now() == NOON + timedelta(seconds=6)


def test_asking_for_an_estimate_orders_nothing(db):
    forecast.ready_if_ordered_now()
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "12:00"), (1, "12:01"), (29, "12:01"), (60, "12:01"), (60.5, "12:02")]
)
def test_a_time_of_day_is_never_earlier_than_it_will_be(seconds, told):
    assert forecast.clock(NOON + timedelta(seconds=seconds)) == told


def test_a_time_is_told_in_the_time_zone_of_the_reader():
    with timezone.override("Europe/Berlin"):
        assert forecast.clock(NOON) == "14:00"
    assert forecast.clock(None) == ""


def test_asking_writes_nothing_so_that_no_page_waits_for_a_writer(alice):
    order(alice)
    with CaptureQueriesContext(connection) as queries:
        forecast.schedule()
        forecast.ready_if_ordered_now()
    assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == []
