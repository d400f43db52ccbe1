"""A member's figures, and the entries that explain them."""

import pytest

from studio.credits import allowances, balances, periods
from studio.credits.models import Entry
from studio.credits.modes import Monthly
from studio.jobs import moves
from studio.jobs.models import Job
from studio.jobs.states import State
from tests.conftest import person
from tests.credits.books import made
from tests.jobs.cast import in_state, order

pytestmark = pytest.mark.django_db


def done(owner, asked=1, delivered=1) -> Job:
    """An order that was made and booked."""
    job = in_state(owner, State.SAVING, num_images=asked)
    Job.objects.filter(pk=job.pk).update(delivered=delivered)
    moves.end(job, State.DONE)
    return job


def last_month(user) -> None:
    """Make a member's entries count for the last day of the month before, past the model, which refuses."""
    day = periods.month_of(periods.today()) - periods.DAY
    super(type(Entry.objects.all()), Entry.objects.filter(account__user=user)).update(day=day)


def test_somebody_without_an_account_has_nothing(alice):
    alice.accounts.all().delete()
    assert balances.of(alice) == balances.Balance(limited=False, available=0, held=0)
    assert balances.this_month(alice) == {"used": 0, "pictures": 0, "given": 0}


def test_an_unlimited_member_used_what_was_paid_and_not_what_is_only_held(alice):
    done(alice, asked=2, delivered=2)
    order(alice, num_images=4)
    own = balances.of(alice)
    assert (own.limited, own.used, own.held) == (False, 10, 20)
    assert balances.this_month(alice)["used"] == 10


def test_a_limited_member_has_what_was_given_less_what_is_held(db):
    poor = person("Poor", credits=30)
    order(poor, num_images=2)
    own = balances.of(poor)
    assert (own.limited, own.available, own.held) == (True, 20, 10)


def test_a_month_begins_on_its_first_day(db):
    user = person("Ann", credits=30)
    done(user)
    assert balances.this_month(user) == {"used": 5, "pictures": 1, "given": 30}
    last_month(user)
    assert balances.this_month(user) == {"used": 0, "pictures": 0, "given": 0}


def test_the_sums_of_the_entries_are_the_figures(alice):
    done(alice, asked=4, delivered=3)
    order(alice)
    entries = Entry.objects.filter(account__user=alice)
    own = balances.of(alice)
    assert sum(entry.d_available for entry in entries) == own.available
    assert sum(entry.d_held for entry in entries) == own.held


def test_what_a_change_of_the_allowance_corrects_was_given_to_nobody(alice, admin):
    made(alice, 4)
    allowances.set_allowance(alice, Monthly(100), by=admin)
    assert balances.this_month(alice)["given"] == 100
    assert balances.this_month(alice)["used"] == 20
