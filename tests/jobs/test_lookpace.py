"""Looks that are refused: a lesson, then turns, the nearest to ready first, and as before once it is forgotten."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from studio.jobs import lookpace, moves, rounds, tasks
from studio.jobs.models import Job, LookPace
from studio.jobs.states import State
from studio.sandbox import Pace, SandboxServer, World
from tests.jobs.cast import in_state, order

pytestmark = pytest.mark.django_db


def refuse(seconds: float = 2.0, ago: float = 0.0) -> LookPace:
    """The API refuses a look that was asked so long ago."""
    lookpace.refused("sandbox", seconds, asked_at=timezone.now() - timedelta(seconds=ago))
    return LookPace.objects.get()


def apart() -> float:
    return lookpace.every(LookPace.objects.get(), timezone.now())


def making(owner, looks: int, **fields) -> Job:
    """A job that is being made since half a minute, with so many looks, and due now."""
    sent = timezone.now() - timedelta(seconds=30)
    return in_state(owner, State.MAKING, sent_at=sent, looks=looks, **fields)


def test_until_a_look_is_refused_all_are_taken(alice):
    jobs = [making(alice, 3) for _ in range(4)]
    assert {job.pk for job in lookpace.claim(10)} == {job.pk for job in jobs}


def test_after_a_refusal_nobody_looks_for_as_long_as_the_api_says(alice, clock):
    making(alice, 3)
    refuse(7)
    clock.forward(6.5)
    assert lookpace.claim(10) == []
    clock.forward(1)
    assert len(lookpace.claim(10)) == 1


def test_then_looks_take_turns_as_far_apart_as_they_seem_to_be_allowed(alice, clock):
    for _ in range(4):
        making(alice, 10)
    refuse(20)
    # Forty looks in the last minute were too many.
    assert apart() == pytest.approx(1.25 * 60 / 40, abs=0.05)
    clock.forward(20)
    taken = 0
    for _ in range(60):
        taken += len(lookpace.claim(10))
        clock.forward(0.1)
    assert taken == 4


def test_an_api_that_says_soon_is_asked_again_soon(alice):
    making(alice, 1)
    refuse(1)
    assert apart() == pytest.approx(1.25)


def test_whoever_was_under_way_is_no_lesson_of_its_own(alice):
    making(alice, 40)
    first = refuse(5, ago=0.3).every
    assert refuse(5, ago=0.2).every == first


def test_each_lesson_more_makes_looks_rarer(alice, clock):
    making(alice, 40)
    first = refuse(5).every
    clock.forward(5)
    assert refuse(5).every == pytest.approx(1.5 * first)


def test_an_api_that_refuses_by_chance_is_looked_at_four_times_a_minute_all_the_same(alice, clock):
    making(alice, 40)
    for _ in range(20):
        refuse(1)
        clock.forward(20)
    assert apart() == 15


def test_a_lesson_holds_for_ten_minutes_and_fades_over_the_next_ten(alice, clock):
    making(alice, 40)
    refuse()
    full = apart()
    clock.forward(600)
    assert apart() == pytest.approx(full, rel=0.01)
    clock.forward(300)
    assert apart() == pytest.approx(full / 2, rel=0.01)
    clock.forward(301)
    assert apart() == 0


@pytest.mark.parametrize("hours", [-1, 25])
def test_a_clock_that_jumps_lets_nobody_wait(alice, clock, hours):
    making(alice, 40)
    refuse()
    clock.forward(hours * 3600)
    Job.objects.update(due_at=timezone.now())
    assert len(lookpace.claim(10)) == 1


def test_the_nearest_to_ready_has_the_turn(alice, clock):
    looked_at = timezone.now() - timedelta(seconds=1)
    far, near = (making(alice, 3, looked_at=looked_at, progress=percent) for percent in (40, 90))
    refuse(1)
    clock.forward(1.1)
    assert [job.pk for job in lookpace.claim(10)] == [near.pk]
    assert far.pk != near.pk


def test_another_api_is_looked_at_as_before(alice):
    making(alice, 3)
    refuse()
    other = making(alice, 3)
    Job.objects.filter(pk=other.pk).update(api="https://api.example.com")
    assert [job.pk for job in lookpace.claim(10)] == [other.pk]


def test_it_says_when_the_next_look_is_due_and_allowed(alice):
    assert lookpace.next_look() is None
    job = making(alice, 3)
    assert lookpace.next_look() == job.due_at
    assert lookpace.next_look() < timezone.now()
    row = refuse(9)
    assert lookpace.next_look() == row.next_at


def test_what_somebody_looks_at_is_not_due(alice):
    moves.claim(making(alice, 3).pk, State.MAKING)
    assert lookpace.next_look() is None


@pytest.fixture
def counting(settings, tmp_path):
    """A provider that takes twelve looks in three seconds, and makes a picture in six."""
    settings.STUDIO_WINDOW_SECONDS = 3
    pace = Pace(seconds=(6, 6), per_minute=0, looks=12, window_seconds=3)
    world = World(tmp_path / "sandbox", pace=pace)
    with SandboxServer(world) as server:
        settings.STUDIO_SANDBOX_URL = server.url
        yield world
    world.close()


def test_over_http_no_look_is_refused_after_the_first_lesson(counting, alice, settings):
    settings.STUDIO_SANDBOX_SECONDS, settings.STUDIO_LOOK_SECONDS = "6", 0.05
    jobs = [order(alice) for _ in range(6)]
    for _ in jobs:
        tasks.advance()
    Job.objects.update(due_at=timezone.now())
    end = time.monotonic() + 60
    while Job.objects.filter(state=State.MAKING).exists():
        assert time.monotonic() < end
        for job in lookpace.claim(1):
            rounds.look(job)
    assert counting.look_window.refused == 1
