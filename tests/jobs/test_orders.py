"""Asking, cancelling, putting aside."""

import uuid

import pytest
from django.utils import timezone

from gallery.models import Image
from studio.credits import allowances, budgets, ledger
from studio.credits.models import Entry
from studio.credits.modes import Monthly
from studio.jobs import line, orders
from studio.jobs.models import Job, Source
from studio.jobs.states import AT_REST, State
from tests.conftest import person
from tests.jobs.cast import in_state, order

pytestmark = pytest.mark.django_db


def row(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


@pytest.fixture
def poor(db):
    """Can pay for two pictures."""
    return person("Poor", credits=10)


@pytest.fixture
def pictures(alice):
    """As many gallery pictures as one wants."""

    def make(count: int) -> tuple[Image, ...]:
        fields = {
            "kind": "generate",
            "format": "png",
            "width": 1,
            "height": 1,
            "size": 1,
            "ratio": "1-1",
            "colour": 0,
        }
        return tuple(
            Image.objects.create(owner=alice, project_id=1, sha256=f"{number:064}", **fields)
            for number in range(count)
        )

    return make


def test_an_order_that_can_not_be_paid_leaves_no_job_behind(poor):
    with pytest.raises(ledger.NotEnough):
        order(poor, num_images=3)
    assert not Job.objects.exists()
    assert not Entry.objects.filter(kind="hold").exists()


def test_an_order_that_its_project_can_not_take_leaves_no_job_behind(alice, admin):
    budgets.set_cap(1, 10, by=admin)
    with pytest.raises(budgets.CapReached, match="General may take 10 credits a month"):
        order(alice, num_images=3)
    assert not Job.objects.exists()
    assert order(alice, num_images=2)


def test_an_order_after_the_month_has_turned_is_paid_from_the_new_allowance(poor, admin, clock):
    allowances.set_allowance(poor, Monthly(10), by=admin)
    order(poor, num_images=4)
    with pytest.raises(ledger.NotEnough):
        order(poor, num_images=2)
    clock.forward(31 * 86_400)
    order(poor, num_images=2)
    with pytest.raises(ledger.NotEnough, match="needs 5, you have 0"):
        order(poor)


@pytest.mark.parametrize("number", [0, 5, -1])
def test_a_count_the_model_does_not_offer_is_refused(alice, number):
    with pytest.raises(ValueError, match="1 to 4 pictures"):
        order(alice, num_images=number)


@pytest.mark.parametrize("options", [{"aspect_ratio": "7:3"}, {"output_format": "gif"}, {"aspect_ratio": ""}])
def test_an_option_the_model_does_not_offer_is_refused(alice, options):
    with pytest.raises(ValueError, match="does not offer"):
        order(alice, **options)
    assert not Job.objects.exists()


def test_fifteen_sources_are_one_too_many(alice, pictures):
    with pytest.raises(ValueError, match="at most 14"):
        order(alice, sources=pictures(15))


def test_an_order_holds_its_price_and_waits(poor):
    job = order(poor, num_images=2)
    assert (job.state, job.price, job.cost) == (State.WAITING, 5, 10)
    assert (ledger.account_of(poor).available, ledger.account_of(poor).held) == (0, 10)
    assert Entry.objects.get(kind="hold").job == job.pk


def test_an_edit_keeps_its_sources_in_order(alice, pictures):
    given = tuple(reversed(pictures(14)))
    job = order(alice, sources=given)
    assert tuple(source.image for source in Source.objects.filter(job=job)) == given


def test_what_it_cost_and_for_whom_is_frozen_at_the_order(alice):
    job = order(alice)
    assert (job.project_name, Entry.objects.get(job=job.pk).project_name) == ("General", "General")


def test_a_double_click_is_one_order(poor):
    first = order(poor, num_images=2, nonce="abc")
    assert order(poor, num_images=2, nonce="abc") == first
    assert (Job.objects.count(), Entry.objects.filter(kind="hold").count()) == (1, 1)


def test_a_nonce_is_its_owners_own(alice, bob):
    assert order(alice, nonce="abc") != order(bob, nonce="abc")


def test_orders_without_a_nonce_are_all_meant(alice):
    assert order(alice) != order(alice)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_an_order_that_was_taken_is_told_so_even_when_the_line_can_not_be_woken(alice, settings, tmp_path):
    settings.STUDIO_API_KEY_FILE = tmp_path  # no file: it can't be read
    job = order(alice)
    assert row(job).state == State.WAITING


def test_cancelling_gives_the_credits_back_once(poor):
    job = order(poor)
    assert orders.cancel(poor, job.pk)
    assert not orders.cancel(poor, job.pk)
    assert (ledger.account_of(poor).available, ledger.account_of(poor).held) == (10, 0)
    assert row(job).finished_at


@pytest.mark.parametrize("state", sorted(set(State) - {State.WAITING}))
def test_what_was_sent_or_is_over_can_not_be_cancelled(alice, state):
    job = in_state(alice, state)
    assert not orders.cancel(alice, job.pk)
    assert row(job).state == state


def test_nobody_cancels_or_puts_aside_what_is_not_theirs(alice, bob):
    job = in_state(alice, State.DONE)
    with pytest.raises(Job.DoesNotExist):
        orders.cancel(bob, job.pk)
    assert not orders.dismiss(bob, job.pk)
    assert not orders.dismiss(alice, uuid.uuid4())


@pytest.mark.parametrize("state", sorted(State))
def test_only_what_is_at_rest_or_unknown_is_put_aside(alice, state):
    job = in_state(alice, state)
    assert orders.dismiss(alice, job.pk) == (state in {*AT_REST, State.UNKNOWN})
    assert bool(row(job).dismissed_at) == (state in {*AT_REST, State.UNKNOWN})


def test_putting_aside_twice_keeps_the_first_moment(alice):
    job = in_state(alice, State.DONE)
    before = timezone.now()
    assert orders.dismiss(alice, job.pk)
    assert not orders.dismiss(alice, job.pk)
    assert row(job).dismissed_at >= before


def test_a_job_that_is_being_sent_keeps_its_hold_when_its_owner_tries_to_cancel(poor):
    order(poor)
    job = line.take()
    assert not orders.cancel(poor, job.pk)
    assert ledger.account_of(poor).held == 5
