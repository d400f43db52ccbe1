"""How long it takes: learned from what was made here lately, as documented until then."""

from datetime import timedelta

import pytest
from django.utils import timezone

from studio.jobs import making
from studio.jobs.models import Job
from studio.jobs.states import State
from tests.jobs.cast import in_state

API = "https://api.example.com"
KIND = (API, "gemini-2.5-flash", "generate", 1)
ORDER = dict(zip(("api", "model_name", "made", "asked"), KIND, strict=True))


def made(owner, seconds: list[float], **fields) -> None:
    """Orders of the real API that took so long, the first one sent first."""
    for number, took in enumerate(seconds):
        sent = timezone.now() - timedelta(hours=1) + timedelta(seconds=number)
        job = in_state(owner, State.DONE, sent_at=sent)
        Job.objects.filter(pk=job.pk).update(api=API, took=took, **fields)


def found(ago: float, *, looked: float | None = None, late: float = 0.0, **fields) -> float | None:
    """What is learned of a job sent so many seconds ago, when a look finds it ready now."""
    now = timezone.now()
    looked_at = None if looked is None else now - timedelta(seconds=ago - looked)
    due_at = now - timedelta(seconds=late)
    job = Job(sent_at=now - timedelta(seconds=ago), looked_at=looked_at, due_at=due_at, **fields)
    return making.took(job, now)


def test_nine_orders_say_nothing_yet(alice):
    made(alice, [5.0] * 9)
    times = making.times(*KIND)
    assert not times.learned
    assert (times.low, times.middle, times.high) == pytest.approx((31.5, 45, 57), abs=0.2)
    assert 59 < times.most <= 60


def test_other_models_kinds_counts_and_apis_say_nothing(alice):
    made(alice, [5.0] * 10, made="edit")
    made(alice, [5.0] * 10, asked=2)
    made(alice, [5.0] * 10, model_name="another")
    assert not making.times(*KIND).learned
    assert not making.times("https://elsewhere.example.com", *KIND[1:]).learned


def test_orders_whose_time_is_not_known_say_nothing(alice):
    made(alice, [None] * 20)
    assert not making.times(*KIND).learned


def test_ten_orders_say_how_long_it_takes(alice):
    made(alice, [40.0, 10, 11, 12, 13, 14, 15, 16, 17, 18])
    times = making.times(*KIND)
    assert times.learned
    assert (times.low, times.middle, times.high, times.most) == (10, 14, 18, 40)


def test_an_api_that_changed_is_known_anew_after_two_hundred(alice, monkeypatch):
    monkeypatch.setattr(making, "LATEST", 12)
    made(alice, [50.0] * 12 + [5.0] * 12)
    assert making.times(*KIND).most == 5


def test_one_accident_is_not_how_long_it_takes():
    times = making.Times((*(30 + number / 7 for number in range(199)), 600.0), learned=True)
    assert times.most < 60
    assert times.left(58) < 1
    assert times.left(59) == 541
    assert times.left(600) is None


def test_how_much_longer_it_takes_shrinks_with_what_it_has_taken():
    times = making.Times(tuple(range(30, 61)), learned=True)
    assert [times.left(elapsed) for elapsed in (0, 30, 50, 60)] == [45, 16, 6, None]


def test_a_process_asks_once_in_a_while(alice, django_assert_num_queries):
    with django_assert_num_queries(1):
        [making.times(*KIND) for _ in range(50)]


def test_the_sandbox_takes_as_long_as_it_was_told_to(settings):
    settings.STUDIO_SANDBOX_SECONDS = "4-9"
    assert making.usual("sandbox", "gemini-2.5-flash", 1) == (4, 9)
    settings.STUDIO_SANDBOX_SECONDS = "6"
    assert making.usual("sandbox", "gemini-2.5-flash", 1) == (6, 6)


def test_more_pictures_may_take_longer():
    assert making.usual(API, "gemini-2.5-flash", 4)[1] > making.usual(API, "gemini-2.5-flash", 1)[1]


def test_what_a_late_look_or_one_after_troubles_finds_teaches_nothing():
    assert found(40, looked=38, late=6) is None
    assert found(40, looked=38, troubles=1) is None
    assert making.took(Job(), timezone.now()) is None


def test_it_was_ready_in_the_middle_between_two_looks():
    assert found(40, looked=38) == pytest.approx(39, abs=0.1)


@pytest.mark.django_db
def test_what_nobody_had_looked_at_before_counts_as_a_little_quicker():
    assert found(20, **ORDER) == pytest.approx(18, abs=0.1)
    assert found(40, looked=15) == pytest.approx(36, abs=0.1)


@pytest.mark.django_db
def test_what_was_ready_when_a_late_answer_came_teaches_nothing():
    assert found(40, **ORDER) is None


def test_a_clock_that_went_back_teaches_nothing():
    assert found(-10) is None
