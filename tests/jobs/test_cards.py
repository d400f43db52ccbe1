"""What a job says of itself in every state: what is so, what was charged, what comes next."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.models import Image
from studio.jobs import cards, line, making, moves, orders, pace, steps
from studio.jobs import words as wordings
from studio.jobs.models import Job, Line, Submit
from studio.jobs.states import State
from tests.gallery import pictures
from tests.jobs.cast import Clock, in_state, order

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 14, 12, 0, tzinfo=UTC)


@pytest.fixture
def noon(monkeypatch) -> Clock:
    """It is twelve o'clock, until the clock is put forward."""
    clock = Clock()
    clock.real = lambda: NOON
    monkeypatch.setattr(timezone, "now", clock)
    return clock


def card(job: Job, user=None) -> cards.Card:
    """The card of a job as somebody sees it."""
    user = user or job.owner
    return cards.cards(Job.objects.filter(pk=job.pk).prefetch_related(cards.pictures_of(user)), user)[0]


def words(job: Job) -> str:
    return card(job).words


def with_outputs(job: Job, saved: int, missing: int, attempts: int = 0) -> list[Image]:
    """Results of a job: some home, some not."""
    images = pictures.rows(job.owner, saved, job=job.pk) if saved else []
    for position in range(saved + missing):
        image = images[position] if position < saved else None
        at = timezone.now() if image else None
        tries = 0 if image else attempts
        job.outputs.create(position=position, url=f"u{position}", image=image, saved_at=at, attempts=tries)
    return images


# Waiting


def test_who_is_next_is_told_so_and_when_it_is_ready(alice, noon):
    assert words(order(alice)) == "Next in line · starts in under a minute · ready about 12:00 (usually 1 s)"


def test_who_waits_for_the_window_is_told_place_start_and_end(alice, noon, settings):
    settings.STUDIO_SUBMITS_PER_MINUTE, settings.STUDIO_SANDBOX_SECONDS = 3, "40-50"
    waiting = [order(alice) for _ in range(4)]
    assert [words(job).split(" (")[0] for job in waiting] == [
        "Next in line · starts in under a minute · ready about 12:01",
        "2nd in line · starts in under a minute · ready about 12:01",
        "3rd in line · starts in under a minute · ready about 12:01",
        "4th in line · starts about 12:01 · ready about 12:02",
    ]


def test_who_has_made_ten_needs_no_documentation(alice, noon):
    for _ in range(10):
        Job.objects.filter(pk=in_state(alice, State.DONE).pk).update(took=100.0)
    making.forget()
    assert words(order(alice)) == "Next in line · starts in under a minute · ready about 12:02"


def test_a_429_is_no_error_but_a_later_start(alice, noon, settings):
    job = order(alice)
    Line.objects.update(paced_api="sandbox", not_before=NOON + timedelta(seconds=45))
    said = "Next in line · the API asks us to wait until 12:00:45 · ready about 12:01 (usually 1 s)"
    assert words(job) == said
    assert not card(job).busy
    assert card(job).cancel_url


def test_who_starts_long_after_a_429_is_told_when(alice, noon):
    waiting = [order(alice) for _ in range(3)]
    until = NOON + timedelta(seconds=45)
    Line.objects.update(paced_api="sandbox", not_before=until, narrowed_to=2, narrowed_at=NOON)
    said = [words(job).split(" · ready")[0] for job in waiting]
    assert said[1] == "2nd in line · the API asks us to wait until 12:00:45"
    assert said[2] == "3rd in line · starts about 12:02"


@pytest.mark.parametrize(
    ("stop", "said"),
    [
        (Line.Stop.KEY, "The API key was refused. Admins see this too; your order is kept."),
        (Line.Stop.WALLET, "The team's wallet is empty. Admins see this too; your order is kept."),
        (
            Line.Stop.LOST,
            "The API's last answer was lost. Nothing is sent until it answers again. Trying again at 12:00:12.",
        ),
        (
            Line.Stop.BUDGET,
            "The team's budget for this month is reached. Admins see this too; your order is kept.",
        ),
        (Line.Stop.UNREACHABLE, "Can't reach the API. Trying again at 12:00:12."),
        (
            Line.Stop.REFUSED,
            "The API takes no orders. Admins see this too; your order is kept. Trying again at 12:00:12.",
        ),
    ],
)
def test_a_stopped_line_says_why_and_promises_no_time(alice, noon, stop, said):
    job = order(alice)
    Line.objects.update(stop=stop, probe_at=NOON + timedelta(seconds=12))
    assert words(job) == said


def test_a_moment_that_is_past_is_not_promised(alice, noon):
    job = order(alice)
    Line.objects.update(stop=Line.Stop.UNREACHABLE, probe_at=NOON - timedelta(hours=1))
    assert words(job) == "Can't reach the API. Trying again."


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (13, "13th"),
        (21, "21st"),
        (112, "112th"),
    ],
)
def test_places_are_numbered_as_people_do(number, said):
    assert wordings.ordinal(number) == said


# Under way


def test_sending_has_a_bar_that_shows_no_figure(alice):
    sending = card(in_state(alice, State.SENDING))
    assert (sending.words, sending.moving, sending.percent) == ("Sending to the API…", True, None)


def test_making_says_how_long_it_usually_takes(alice, settings):
    settings.STUDIO_SANDBOX_SECONDS = "30-60"
    making = card(in_state(alice, State.MAKING))
    assert making.words == "Making 1 picture · usually 30–60 s"
    assert making.since


def test_four_pictures_take_longer_than_one(alice, settings):
    settings.STUDIO_SANDBOX_SECONDS = "30-60"
    assert words(in_state(alice, State.MAKING, num_images=4)) == "Making 4 pictures · usually 30–87 s"


def test_a_time_under_a_second_is_not_nothing(alice, settings):
    settings.STUDIO_SANDBOX_SECONDS = "0.1"
    assert words(in_state(alice, State.MAKING)).endswith("usually 1 s")


def test_a_little_late_is_no_news(alice, settings):
    settings.STUDIO_SANDBOX_SECONDS = "30-60"
    job = in_state(alice, State.MAKING, sent_at=timezone.now() - timedelta(seconds=78))
    assert words(job) == "Making 1 picture · usually 30–60 s"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (41, "41 s"), (59, "59 s"), (60, "1 min 0 s"), (259, "4 min 19 s")]
)
def test_the_clock_reads_as_the_page_ticks_it_on(alice, noon, seconds, said):
    job = in_state(alice, State.MAKING, sent_at=NOON - timedelta(seconds=seconds))
    assert card(job).elapsed == said


def test_late_is_said(alice, settings):
    settings.STUDIO_SANDBOX_SECONDS = "30-60"
    job = in_state(alice, State.MAKING, sent_at=timezone.now() - timedelta(seconds=84))
    assert words(job) == "Making 1 picture · slower than usual, usually 30–60 s"


def test_after_five_minutes_the_silence_is_said(alice):
    job = in_state(alice, State.MAKING, sent_at=timezone.now() - timedelta(minutes=6))
    assert words(job) == "No news from the API for 6 min. Still checking."


def test_one_look_that_fails_is_no_news_and_two_are(alice, noon):
    once = in_state(alice, State.MAKING, troubles=1)
    twice = in_state(alice, State.MAKING, troubles=2, due_at=NOON + timedelta(seconds=12))
    assert words(once).startswith("Making 1 picture")
    assert words(twice) == "Can't reach the API. Trying again at 12:00:12."


def test_a_task_the_api_does_not_know_is_not_called_unreachable(alice, noon):
    job = in_state(alice, State.MAKING, troubles=3, missing_since=NOON, due_at=NOON + timedelta(seconds=4))
    assert words(job) == "The API doesn't know of it at the moment. Trying again at 12:00:04."


def test_finished_without_results_is_no_error(alice):
    job = in_state(alice, State.MAKING, num_images=2, empty_since=timezone.now())
    assert words(job) == "Made; waiting for 2 pictures to be handed over…"


@pytest.mark.parametrize(("progress", "percent"), [(None, None), (0, None), (40, 40), (100, 99)])
def test_the_bar_is_never_full_before_the_pictures_are_here(alice, progress, percent):
    assert card(in_state(alice, State.MAKING, progress=progress)).percent == percent


def test_saving_counts_what_is_not_home_yet(alice):
    job = in_state(alice, State.SAVING, num_images=4, delivered=1)
    with_outputs(job, saved=1, missing=2)
    assert words(job) == "Saving 2 pictures…"
    assert len(card(job).pictures) == 1


def test_saving_says_when_something_can_not_be_fetched(alice):
    job = in_state(alice, State.SAVING, num_images=2)
    with_outputs(job, saved=1, missing=1, attempts=1)
    assert words(job) == "Saving 1 picture… Some can't be fetched yet; trying again."


# Over


def finished(job: Job, state: State, **facts) -> Job:
    """Bring a job to its end the way workers do."""
    Job.objects.filter(pk=job.pk).update(**facts)
    job.refresh_from_db()
    assert moves.end(job, state)
    return Job.objects.get(pk=job.pk)


def test_done_counts_its_pictures(alice):
    job = in_state(alice, State.SAVING, num_images=2)
    with_outputs(job, saved=2, missing=0)
    done = card(finished(job, State.DONE, delivered=2))
    assert (done.words, len(done.pictures), done.busy) == ("2 pictures ready", 2, False)
    assert done.dismiss_url
    assert not done.again_url


def test_partly_done_says_what_came_back(alice):
    job = in_state(alice, State.SAVING, num_images=4)
    assert words(finished(job, State.DONE, delivered=3)) == "3 of 4 saved · 5 credits back"


def test_failed_gives_the_reason_and_what_the_books_have(alice):
    job = in_state(alice, State.MAKING, num_images=2)
    failed = card(finished(job, State.FAILED, reason="Too violent.", reason_code="model"))
    assert failed.words == "Too violent. 10 credits are back."
    assert (failed.again_label, failed.again_url) == ("Edit prompt", f"/?again={job.pk}")


@pytest.mark.parametrize("code", ["expired", "unusable", "source"])
def test_what_is_not_the_prompts_fault_is_run_again(alice, code):
    failed = finished(in_state(alice, State.MAKING), State.FAILED, reason="It expired.", reason_code=code)
    assert card(failed).again_label == "Run again"


def test_nothing_says_that_credits_are_back_before_the_books_do(alice):
    for state in State:
        job = in_state(alice, state, reason="A reason.", num_images=2)
        assert "are back" not in words(job)
        assert "refund" not in words(job)


def test_cancelled_says_what_came_back(alice):
    job = order(alice)
    orders.cancel(alice, job.pk)
    assert words(job) == "Cancelled. 5 credits are back."


def test_unknown_says_what_is_held_and_until_when(alice, noon):
    job = in_state(alice, State.UNKNOWN, state_at=NOON - timedelta(minutes=1))
    unknown = card(job)
    assert unknown.words == (
        "5 credits come back by 12:14 unless the pictures arrive. "
        "The API's answer was lost; we won't send the order twice."
    )
    assert unknown.again_url
    assert unknown.dismiss_url


def test_unknown_says_when_the_credits_are_back(alice):
    job = in_state(alice, State.UNKNOWN)
    moves.give_back(job)
    assert words(job).startswith("5 credits are back. The API's answer was lost;")


def test_pictures_that_came_after_the_credits_went_back_are_no_charge(alice):
    job = in_state(alice, State.UNKNOWN, num_images=2)
    moves.give_back(job)
    job.refresh_from_db()
    moves.move(job, State.MAKING, task_id="late")
    moves.move(Job.objects.get(), State.SAVING, delivered=1)
    moves.end(Job.objects.get(), State.DONE)
    assert words(job) == "1 of 2 saved · 10 credits back"


# Who sees what


def test_only_the_owner_can_do_something(alice, bob):
    for state in State:
        seen = card(in_state(alice, state), bob)
        assert (seen.cancel_url, seen.again_url, seen.dismiss_url) == ("", "", "")


def test_pictures_of_one_order_are_told_apart(alice):
    several = in_state(alice, State.DONE, num_images=2, delivered=2)
    with_outputs(several, saved=2, missing=0)
    assert [thumb.name for thumb in card(several).pictures] == [
        "a lighthouse, picture 1 of 2",
        "a lighthouse, picture 2 of 2",
    ]
    one = in_state(alice, State.DONE, delivered=1)
    with_outputs(one, saved=1, missing=0)
    assert [thumb.name for thumb in card(one).pictures] == ["a lighthouse"]


def test_of_others_one_reads_the_name_and_of_private_ones_no_word(alice, admin):
    open_one, private = in_state(alice, State.MAKING), order(alice, prompt="a secret", private=True)
    assert card(open_one, admin).title == "Alice: a lighthouse"
    assert card(private, admin).title == "Alice: private"
    assert card(private).title == "a secret"


def test_pictures_one_may_not_see_are_not_on_the_card(alice, bob):
    job = in_state(alice, State.DONE, num_images=2)
    first, second = with_outputs(job, saved=2, missing=0)
    Image.objects.filter(pk=first.pk).update(private=True)
    Image.objects.filter(pk=second.pk).update(trashed_at=timezone.now())
    assert card(job, bob).pictures == ()
    assert [one.id for one in card(job).pictures] == [first.pk]


def test_a_title_is_one_short_line():
    long = Job(prompt="a  fox\n" + "very " * 50)
    assert cards.title(long).startswith("a fox very")
    assert len(cards.title(long)) <= cards.TITLE_LENGTH
    assert cards.title(long).endswith("…")


# The strip


def test_the_strip_shows_what_is_under_way_before_what_is_ready(alice, bob):
    done, making, waiting = in_state(alice, State.DONE), in_state(alice, State.MAKING), order(alice)
    in_state(bob, State.MAKING)
    orders.cancel(alice, order(alice).pk)
    strip = cards.strip(alice)
    assert [one.id for one in strip.cards] == [making.pk, waiting.pk, done.pk]
    assert (strip.words, strip.running) == ("1 being made · 1 in line · 1 ready", 2)


def test_what_was_put_away_is_gone_and_what_is_under_way_never_is(alice):
    for state in (State.DONE, State.UNKNOWN, State.MAKING):
        orders.dismiss(alice, in_state(alice, state).pk)
    assert [one.state for one in cards.strip(alice).cards] == [State.MAKING]


def test_many_finished_jobs_do_not_push_out_one_that_is_under_way(alice):
    making = in_state(alice, State.MAKING)
    for _ in range(cards.MOST_CARDS + 3):
        in_state(alice, State.DONE)
    strip = cards.strip(alice)
    assert strip.cards[0].id == making.pk
    assert len(strip.cards) == cards.MOST_CARDS
    assert (strip.words, strip.running) == (f"1 being made · {cards.MOST_CARDS + 3} ready", 1)


def test_forty_that_wait_do_not_push_out_what_is_made_and_ready_and_the_newest_is_seen_to_stand_in_line(
    alice,
):
    done, making, *waiting = in_state(alice, State.DONE), in_state(alice, State.MAKING), *orders_of(alice, 40)
    strip = cards.strip(alice)
    newest = [job.pk for job in reversed(waiting)][: cards.MOST_WAITING]
    assert [one.id for one in strip.cards] == [making.pk, *newest, done.pk]
    assert (strip.words, strip.running) == ("1 being made · 40 in line · 1 ready", 41)


def orders_of(owner, count: int) -> list[Job]:
    """Orders that wait, the oldest first."""
    return [order(owner) for _ in range(count)]


def test_an_empty_strip_says_nothing(alice):
    assert cards.strip(alice) == cards.Strip()


def test_the_strip_costs_the_same_however_many_jobs_there_are(alice):
    def asked() -> int:
        making.forget()
        with CaptureQueriesContext(connection) as queries:
            cards.strip(alice)
        return len(queries)

    def jobs():
        for state in (State.WAITING, State.MAKING, State.SAVING, State.DONE):
            with_outputs(in_state(alice, state, num_images=2), saved=1, missing=1)

    jobs()
    few = asked()
    jobs()
    jobs()
    assert asked() == few


# Words and deeds


def test_the_reason_of_a_lost_answer_stops_the_line_of_the_next(alice, noon):
    sent = in_state(alice, State.SENDING)
    steps.abandon(sent)
    assert "The API's answer was lost; we won't send the order twice." in words(sent)
    assert words(order(alice)).startswith("The API's last answer was lost. Nothing is sent")


def test_in_line_is_all_that_is_said_of_a_place_nobody_knows(alice):
    assert wordings.of(order(alice)) == "In line"


def test_the_line_moves_up_as_others_are_sent(db, alice, bob, noon):
    first, second = order(bob), order(alice)
    assert words(second).startswith("2nd in line")
    taken = line.take()
    assert taken == first
    assert words(second).startswith("Next in line")
    pace.accepted(first)
    assert Submit.objects.get().answered_at
