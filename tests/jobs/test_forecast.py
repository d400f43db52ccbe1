"""What people are told about time, while others wait and while answers are awaited."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio.jobs import forecast, making, turns
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
    making.forget()


def starts() -> list[float | None]:
    """When the waiting jobs start, in seconds from now."""
    return [turn.start and (turn.start - NOON).total_seconds() for turn in forecast.schedule().turns.values()]


def test_nobody_waits(db):
    assert forecast.schedule().turns == {}


def test_three_start_now_and_three_each_minute_after(alice):
    for _ in range(7):
        order(alice)
    assert starts() == [0, 0, 0, WINDOW, WINDOW, WINDOW, 2 * WINDOW]
    assert [turn.place for turn in forecast.schedule().turns.values()] == [1, 2, 3, 4, 5, 6, 7]


def test_the_order_is_the_lines(alice, bob):
    first, second, third = order(alice), order(alice), order(bob)
    assert list(forecast.schedule().turns) == [first.pk, third.pk, second.pk]


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
    assert [(turn.place, turn.start) for turn in forecast.schedule().turns.values()] == [(1, None)]
    asked = forecast.if_ordered(alice)
    assert (asked.turn.start, forecast.ready(asked.job, asked.turn)) == (None, None)


def if_ordered(owner, pictures=1, **kind) -> tuple[int, float, float]:
    """The place, and the seconds from now to the start and until it is ready."""
    asked = forecast.if_ordered(owner, pictures, **kind)
    ready = forecast.ready(asked.job, asked.turn)
    return asked.turn.place, *((moment - NOON).total_seconds() for moment in (asked.turn.start, ready))


def test_an_order_made_now_is_ready_after_those_before_it(alice, settings):
    settings.STUDIO_SANDBOX_SECONDS = "30-60"
    assert if_ordered(alice) == (1, 0, 45)
    for _ in range(3):
        order(alice)
    assert if_ordered(alice) == (4, WINDOW, WINDOW + 45)


def test_an_order_made_now_is_told_the_turn_it_will_have_and_not_the_end_of_the_line(alice, bob):
    for _ in range(7):
        order(alice)
    Job.objects.update(queued_at=NOON - timedelta(minutes=1))
    place, start, _ready = if_ordered(bob)
    mine = order(bob)
    assert (place, start) == (2, 0)
    assert forecast.schedule().turns[mine.pk].place == place


def test_an_estimate_for_the_sandbox_is_the_sandboxes(alice, settings):
    settings.STUDIO_SANDBOX_SECONDS = "6"
    assert if_ordered(alice) == (1, 0, 6)


def made(alice, seconds: float, **fields) -> None:
    """An order like others, that took so long."""
    job = in_state(alice, State.DONE, num_images=fields.pop("num_images", 1))
    Job.objects.filter(pk=job.pk).update(took=seconds, sent_at=NOON - timedelta(hours=1), **fields)


def test_from_ten_on_an_estimate_goes_by_what_was_made_here_with_as_many_pictures(alice, settings):
    settings.STUDIO_SANDBOX_SECONDS = "30-60"
    for _ in range(9):
        made(alice, 12, num_images=2)
    making.forget()
    assert if_ordered(alice, 2)[2] > 40
    made(alice, 12, num_images=2)
    making.forget()
    assert if_ordered(alice, 2) == (1, 0, 12)
    assert if_ordered(alice, 1)[2] == 45
    assert if_ordered(alice, 2, edit=True)[2] > 40


def test_how_long_it_usually_takes_is_what_was_seen_or_what_is_documented(alice, settings):
    settings.STUDIO_SANDBOX_SECONDS = "30-60"
    job = order(alice)
    assert forecast.usually(job) == "usually 30–60 s"
    for seconds in (10, 11, 12, 13, 14, 15, 16, 17, 18, 40):
        made(alice, seconds)
    making.forget()
    assert forecast.usually(job) == "usually 14–18 s"


def test_asking_for_an_estimate_orders_nothing(alice):
    forecast.if_ordered(alice)
    assert not Job.objects.exists()


def test_a_places_among_ones_own_leaves_out_what_was_moved_first(alice, bob, admin):
    first, second, third = order(alice), order(alice), order(bob)
    turns.move_first(second.pk, by=admin)
    found = forecast.schedule().turns
    assert [(pk, turn.among_own, turn.owner_id) for pk, turn in found.items()] == [
        (second.pk, 0, alice.pk),
        (third.pk, 1, bob.pk),
        (first.pk, 1, alice.pk),
    ]


def test_what_one_request_shows_is_worked_out_once(alice, rf):
    order(alice)
    request, other = rf.get("/"), rf.get("/")
    assert forecast.of(request) is forecast.of(request)
    order(alice)
    assert (len(forecast.of(request).turns), len(forecast.of(other).turns)) == (1, 2)


@pytest.mark.parametrize(
    ("seconds", "promised", "about"),
    [
        (0, "12:00", "12:00"),
        (1, "12:01", "12:00"),
        (29, "12:01", "12:00"),
        (30, "12:01", "12:01"),
        (60, "12:01", "12:01"),
        (60.5, "12:02", "12:01"),
    ],
)
def test_what_is_promised_comes_no_later_and_what_is_about_is_the_nearest_minute(seconds, promised, about):
    moment = NOON + timedelta(seconds=seconds)
    assert (forecast.clock(moment), forecast.about(moment)) == (promised, about)


def test_a_time_is_told_in_the_time_zone_of_the_reader():
    with timezone.override("Europe/Berlin"):
        assert forecast.clock(NOON) == "14:00"
    assert (forecast.clock(None), forecast.about(None)) == ("", "")


def test_asking_writes_nothing_so_that_no_page_waits_for_a_writer(alice):
    order(alice)
    with CaptureQueriesContext(connection) as queries:
        forecast.schedule()
        forecast.if_ordered(alice)
    assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == []
