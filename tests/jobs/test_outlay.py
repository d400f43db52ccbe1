"""What the books and the jobs say beside the wallet at one moment."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio import remote
from studio.credits import wallet
from studio.credits.models import ApiUsed, WalletReading
from studio.jobs import moves, outlay
from studio.jobs.models import Job, Submit
from studio.jobs.states import State
from tests.jobs.cast import in_state

pytestmark = pytest.mark.django_db
API = "https://api.example.com"


@pytest.fixture(autouse=True)
def _real(settings):
    settings.STUDIO_API_URL, settings.STUDIO_API_KEY = API, "live-key-0123456789"
    assert wallet.api_in_use() == API


def job(owner, state: State, **fields) -> Job:
    """A job of the real API in a state."""
    made = in_state(owner, state, num_images=2, **fields)
    Job.objects.filter(pk=made.pk).update(api=API)
    made.refresh_from_db()
    return made


def going() -> int:
    return outlay.standing(API).open


@pytest.mark.parametrize(
    ("state", "credits"),
    [
        (State.WAITING, 0),
        (State.SENDING, 10),
        (State.MAKING, 10),
        (State.SAVING, 10),
        (State.UNKNOWN, 10),
        (State.CANCELLED, 0),
    ],
)
def test_what_was_sent_and_is_not_over_may_have_been_taken(alice, state, credits):
    job(alice, state)
    assert going() == credits


def test_a_lost_answer_is_over_once_its_credits_went_back(alice):
    moves.give_back(job(alice, State.UNKNOWN))
    assert going() == 0


def test_a_late_answer_is_under_way_again(alice):
    lost = job(alice, State.UNKNOWN)
    moves.give_back(lost)
    assert moves.move(lost, State.MAKING, task_id="late")
    assert going() == 10


@pytest.mark.parametrize(("seconds", "credits"), [(0, 10), (250, 10), (301, 0), (-3600, 0)])
def test_what_failed_may_be_refunded_for_five_minutes(alice, seconds, credits):
    """An hour ahead it was written by a clock that ran ahead, and is long past."""
    moves.end(job(alice, State.MAKING), State.FAILED, reason_code="model")
    Job.objects.update(due_at=timezone.now() - timedelta(seconds=seconds))
    assert going() == credits


def test_of_pictures_that_never_came_only_their_part_may_be_refunded(alice):
    partly = job(alice, State.SAVING)
    moves.note(partly, delivered=1)
    moves.end(partly, State.DONE)
    assert going() == 5


def test_what_was_delivered_whole_or_never_taken_is_over_at_once(alice):
    whole, refused = job(alice, State.SAVING), job(alice, State.SENDING)
    moves.note(whole, delivered=2)
    moves.end(whole, State.DONE)
    moves.end(refused, State.FAILED, reason_code="validation_failed")
    assert going() == 0


def test_play_money_is_not_under_way(alice):
    in_state(alice, State.MAKING)
    assert going() == 0


def test_what_is_sent_afterwards_is_told_when_it_is_asked(alice):
    first = job(alice, State.SENDING)
    Submit.objects.update(api=API)
    standing = outlay.standing(API)
    second = job(alice, State.SENDING)
    Submit.objects.filter(job=second).update(api=API)
    assert (first.cost, standing.sent_since()) == (10, 10)
    assert outlay.standing(API).sent_since() == 0


def test_what_is_paid_moves_from_under_way_to_spent(alice):
    paid = job(alice, State.SAVING)
    before = outlay.standing(API)
    moves.note(paid, delivered=2)
    moves.end(paid, State.DONE)
    after = outlay.standing(API)
    assert (before.open, after.open, after.spent - before.spent) == (10, 0, 10)


def test_what_another_address_of_the_api_was_paid_is_not_this_ones(alice):
    ApiUsed.objects.create(name="https://old.example.com")
    before = outlay.standing(API).spent
    for api in (API, "https://old.example.com"):
        paid = job(alice, State.SAVING)
        Job.objects.filter(pk=paid.pk).update(api=api)
        moves.note(paid, delivered=2)
        moves.end(paid, State.DONE)
    assert outlay.standing(API).spent - before == 10
    assert outlay.standing("https://old.example.com").spent - before == 10


@pytest.mark.parametrize("apis", [1, 2])
def test_all_of_it_is_of_one_moment_and_so_of_one_query(alice, apis):
    if apis > 1:
        ApiUsed.objects.create(name="https://old.example.com")
    job(alice, State.MAKING)
    with CaptureQueriesContext(connection) as queries:
        outlay.standing(API)
    tables = [query["sql"] for query in queries if "SUM" in query["sql"]]
    assert len(tables) == 1


def test_the_sandboxs_wallet_has_no_books_beside_it(provider):
    outlay.read_wallet(remote.SANDBOX)
    reading = WalletReading.objects.get()
    assert (reading.api, reading.spent, reading.open) == ("sandbox", None, None)
