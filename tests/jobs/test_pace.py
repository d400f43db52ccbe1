"""The account's window: never refused, never wasted."""

from collections import deque
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.jobs import line, pace
from studio.jobs.models import Job, Line, Submit
from studio.jobs.states import State
from tests.jobs.cast import in_state, the_line

pytestmark = pytest.mark.django_db
API = "sandbox"


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


@pytest.fixture
def job(alice):
    """A job to hang submits on."""
    return in_state(alice, State.UNKNOWN)


@pytest.fixture
def submitted(job, settings):
    """Submits that were answered so many seconds ago; None is still in flight."""
    settings.STUDIO_SUBMITS_PER_MINUTE = 3
    now = timezone.now()

    def submit(*ago: float | None, **fields):
        for age in ago:
            at = None if age is None else now - seconds(age)
            Submit.objects.create(
                job=job, api=fields.pop("api", API), started_at=now, answered_at=at, **fields
            )
        return now

    return submit


def first_start(now) -> float | None:
    start = pace.next_start(the_line(), API, now)
    return start and round((start - now).total_seconds(), 3)


def test_an_empty_window_is_open(submitted):
    assert first_start(submitted()) == 0


def test_a_full_window_opens_a_minute_after_the_answer_to_the_oldest_of_the_last_three(submitted):
    assert first_start(submitted(50, 20, 10)) == 10
    assert first_start(submitted(59, 58)) == 10


def test_what_was_answered_more_than_a_window_ago_counts_no_more(submitted):
    assert first_start(submitted(61, 60, 60)) == 0


def test_submits_in_flight_count_as_accepted(submitted):
    assert first_start(submitted(None, None)) == 0
    assert first_start(submitted(None)) is None


def test_the_slot_after_one_in_flight_is_the_oldest_answers(submitted):
    assert first_start(submitted(40, 30, None)) == 20


def test_what_was_surely_not_accepted_does_not_count(submitted):
    assert first_start(submitted(1, 1, 1, counted=False)) == 0


def test_each_api_has_a_window_of_its_own(submitted):
    submitted(1, api="https://api.example.com")
    submitted(1, api="https://api.example.com")
    assert first_start(submitted(1, api="https://api.example.com")) == 0


def expected(now, count: int) -> list[int]:
    starts = pace.expected_starts(the_line(), API, now, count)
    return [round((start - now).total_seconds()) for start in starts]


def test_starts_further_ahead_fill_the_window_and_then_the_next_one(submitted):
    assert expected(submitted(50), 6) == [0, 0, 10, 60, 60, 70]


def test_nothing_is_expected_of_nobody(submitted):
    assert expected(submitted(), 0) == []


def test_the_time_that_answers_took_lately_moves_each_later_window(job, submitted):
    now = submitted()
    for age in range(70, 90):
        asked = now - seconds(age + 4)
        Submit.objects.create(job=job, api=API, started_at=asked, answered_at=asked + seconds(4))
    # One that was given up after two minutes says nothing about the others.
    Submit.objects.create(job=job, api=API, started_at=now - seconds(190), answered_at=now - seconds(61))
    assert pace.answered_within(API) == seconds(4)
    assert expected(now, 7) == [0, 0, 0, 64, 64, 64, 128]


def test_a_submit_under_way_is_expected_to_be_answered_like_the_others(job, submitted):
    now = submitted(None, None, None)
    Submit.objects.filter(answered_at=None).update(started_at=now - seconds(1))
    asked = now - seconds(200)
    Submit.objects.create(job=job, api=API, started_at=asked, answered_at=asked + seconds(4))
    assert expected(now, 1) == [63]


def test_while_one_is_under_way_for_long_and_the_others_wait_for_it_nobody_knows_when_they_start(
    job, submitted
):
    now = submitted(None)
    Submit.objects.update(started_at=now - seconds(90))
    assert pace.expected_starts(the_line(), API, now, 2) is None
    submitted(100)
    assert expected(now, 1) == [0]
    Line.objects.update(careful=True)
    assert pace.expected_starts(the_line(), API, now, 2) is None


def test_an_answer_of_the_last_two_windows_is_one_of_lately(submitted):
    now = submitted(119)
    assert pace.answered_lately(API, now)
    assert not pace.answered_lately("https://other.example", now)
    assert not pace.answered_lately(API, now + seconds(2))


def test_who_sets_another_number_need_not_wait_for_what_an_earlier_429_said(job, submitted, admin):
    now = submitted(1)
    pace.refused(job, 1800)
    assert first_start(now) > 1700
    pace.set_most(20, by=admin)
    assert (first_start(now), the_line().throttled) == (0, 0)


def test_a_clock_that_went_back_while_it_was_asked_makes_no_answer_come_before_its_question(job, submitted):
    now = submitted()
    Submit.objects.create(job=job, api=API, started_at=now - seconds(100), answered_at=now - seconds(3700))
    assert pace.answered_within(API) == seconds(0)


def test_an_admin_sets_how_many_are_sent_a_minute_and_goes_back_to_what_is_configured(submitted, admin):
    now = submitted(10, 10, 10)
    pace.set_most(5, by=admin)
    line = the_line()
    assert (line.per_minute, line.per_minute_by, line.per_minute_at >= now) == (5, admin, True)
    assert (pace.most(line), first_start(now)) == (5, 0)
    pace.set_most(None, by=admin)
    line = the_line()
    assert (line.per_minute, line.per_minute_by, pace.most(line)) == (None, admin, 3)
    assert first_start(now) == 50


def test_who_sets_the_limit_knows_better_than_an_earlier_429(submitted, job, admin):
    submitted(10, 10, None)
    pace.refused(job, 0)
    assert pace.narrowed(the_line(), API, timezone.now()) == 2
    pace.set_most(6, by=admin)
    assert pace.narrowed(the_line(), API, timezone.now()) is None
    assert pace.allowed(the_line(), API, timezone.now()) == 6


def test_a_429_teaches_less_than_an_admin_has_set_too(submitted, job, admin):
    pace.set_most(6, by=admin)
    submitted(10, 10, 10, None)
    pace.refused(job, 0)
    assert pace.narrowed(the_line(), API, timezone.now()) == 3


def test_a_lesson_that_is_no_less_than_what_was_set_since_is_none(submitted, job, settings):
    submitted(10, 10, None)
    pace.refused(job, 0)
    settings.STUDIO_SUBMITS_PER_MINUTE = 2
    assert pace.narrowed(the_line(), API, timezone.now()) is None
    assert pace.allowed(the_line(), API, timezone.now()) == 2


def test_an_answer_from_the_future_counts_from_now_on(submitted, clock):
    submitted(0, 0, 0)
    clock.forward(-3600)
    now = timezone.now()
    assert first_start(now) == 60
    assert first_start(now + seconds(60)) == 0


def test_an_answer_a_moment_ahead_of_another_process_keeps_its_time(submitted):
    now = submitted(-0.2, -0.2, -0.2)
    assert first_start(now) == 60.2
    assert not Submit.objects.filter(answered_at=now).exists()


def test_a_429_is_waited_for_as_long_as_it_says(submitted, job):
    submitted(10, 10, 10, None)
    pace.refused(job, 45)
    assert 44 < first_start(timezone.now()) <= 50
    assert the_line().not_before > timezone.now() + seconds(44)
    assert the_line().narrowed_to is None


def test_a_429_where_we_saw_room_narrows_the_window_for_a_while(submitted, job, clock):
    submitted(10, 10, None)
    pace.refused(job, 5)
    line = the_line()
    assert line.narrowed_to == 2
    assert pace.allowed(line, API, timezone.now()) == 2
    clock.forward((pace.RELEARN * pace.window()).total_seconds() + 1)
    assert pace.allowed(line, API, timezone.now()) == 3


def test_what_a_429_taught_lasts_ten_windows_however_long_one_is(submitted, job, clock, settings):
    settings.STUDIO_WINDOW_SECONDS = 6
    submitted(1, None)
    pace.refused(job, 5)
    for ahead, allowed in ((59, 1), (2, 3)):
        clock.forward(ahead)
        assert pace.allowed(the_line(), API, timezone.now()) == allowed


def test_an_account_others_use_too_still_gets_one_submit_a_window(submitted, job):
    submitted(None)
    pace.refused(job, 5)
    assert the_line().narrowed_to == 1


def test_a_refused_submit_costs_no_slot(submitted, job):
    submitted(10, None)
    pace.refused(job, 0)
    assert Submit.objects.filter(counted=False).count() == 1


def test_a_lesson_from_the_future_is_forgotten(submitted, job, clock):
    submitted(None)
    pace.refused(job, 5)
    clock.forward(-7200)
    assert pace.allowed(the_line(), API, timezone.now()) == 3
    assert first_start(timezone.now()) == 0


def wait() -> float:
    """For how long nothing is sent to the API, in seconds."""
    return round((pace.not_before(the_line(), API, timezone.now()) - timezone.now()).total_seconds())


def test_429s_in_a_row_are_waited_for_twice_as_long_each_time_until_one_is_accepted(submitted, job, clock):
    waits = []
    for _ in range(10):
        submitted(None)
        pace.refused(job, 2)
        waits.append(wait())
        clock.forward(waits[-1] + 1)
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    pace.refused(job, 900)
    assert wait() == 900
    clock.forward(901)
    line.accepted()
    pace.refused(job, 2)
    assert wait() == 2


def test_429s_of_submits_that_were_under_way_together_count_once_and_never_shorten_the_wait(job, submitted):
    submitted(None)
    pace.refused(job, 40)
    for seconds_told in (1, 20):
        pace.refused(job, seconds_told)
        assert wait() == 40
    assert the_line().throttled == 1


def test_what_one_api_taught_says_nothing_about_another(submitted, job):
    submitted(None)
    pace.refused(job, 3000)
    assert (wait(), the_line().narrowed_to) == (3000, 1)
    other, now = "https://api.example.com", timezone.now()
    assert pace.next_start(the_line(), other, now) == now
    assert pace.allowed(the_line(), other, now) == 3
    Job.objects.filter(pk=job.pk).update(api=other)
    job.refresh_from_db()
    for _ in range(3):
        submitted(10, api=other)
    pace.refused(job, 5)
    assert (the_line().paced_api, the_line().throttled, the_line().narrowed_to) == (other, 1, None)
    assert pace.not_before(the_line(), other, timezone.now()) < timezone.now() + seconds(6)


def test_an_absurd_wait_is_cut_short(submitted, job):
    submitted(None)
    pace.refused(job, 1e6)
    assert the_line().not_before <= timezone.now() + pace.LONGEST_REFUSAL


def test_a_late_answer_counts_from_when_it_came(submitted, job, clock):
    submitted(None)
    pace.accepted(job)
    clock.forward(50)
    pace.accepted(job)
    assert pace.counted(API, timezone.now() + seconds(30))


class Throttle:
    """Django REST framework's: the moments of the last N accepted requests."""

    def __init__(self, most: int, window: float) -> None:
        self.most, self.window = most, window
        self.history: deque[float] = deque()

    def accepts(self, at: float) -> bool:
        while self.history and self.history[0] <= at - self.window:
            self.history.popleft()
        if len(self.history) >= self.most:
            return False
        self.history.append(at)
        return True


MOST, WINDOW = 3, 60_000
trips = st.lists(st.tuples(st.integers(0, 9_000), st.integers(1, 90_000)), min_size=4, max_size=20)


def simulate(job, trips) -> tuple[list[int], list[int]]:
    """Send one after the other as soon as `pace` allows; when each started and when it arrived, in milliseconds."""
    Submit.objects.all().delete()
    epoch, line, now = timezone.now(), the_line(), 0
    answers, starts, arrivals = {}, [], []
    while len(starts) < len(trips):
        for row in [row for row, at in answers.items() if at <= now]:
            Submit.objects.filter(pk=row).update(answered_at=epoch + seconds(answers.pop(row) / 1000))
        start = pace.next_start(line, API, epoch + seconds(now / 1000))
        ahead = None if start is None else round((start - epoch).total_seconds() * 1000)
        if ahead is None or ahead > now:
            now = min([*answers.values(), *([ahead] if ahead else [])])
            continue
        there, back = trips[len(starts)]
        starts.append(now)
        arrivals.append(now + there)
        row = Submit.objects.create(job=job, api=API, started_at=epoch + seconds(now / 1000))
        answers[row.pk] = now + there + back
    return starts, arrivals


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trips=trips)
def test_no_start_is_ever_refused_and_no_slot_wasted_longer_than_an_answer_takes(job, trips, submitted):
    starts, arrivals = simulate(job, trips)
    api = Throttle(MOST, WINDOW)
    assert all(api.accepts(at) for at in sorted(arrivals))
    slowest = max(back for _there, back in trips)
    for place in range(MOST, len(starts)):
        ideal = sorted(arrivals[:place])[place - MOST] + WINDOW
        assert starts[place] <= max(starts[place - 1], ideal + slowest)


def test_a_studio_without_this_window_would_be_refused():
    api = Throttle(MOST, WINDOW)
    assert [api.accepts(at) for at in (0, 1, 2, 59_999, 60_000)] == [True, True, True, False, True]
