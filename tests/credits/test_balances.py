"""A member's figures, and the entries that explain them."""

import pytest

from studio.credits import balances, ledger, periods
from studio.credits.models import Entry
from studio.jobs import moves
from studio.jobs.models import Job
from studio.jobs.states import State
from tests.conftest import person
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
    assert balances.this_month(alice) == {"used": 0, "given": 0}


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
    assert balances.this_month(user) == {"used": 5, "given": 30}
    last_month(user)
    assert balances.this_month(user) == {"used": 0, "given": 0}


def test_the_entries_tell_what_happened_newest_first(admin):
    user = person("Ann", credits=30)
    done(user, asked=2, delivered=1)
    ledger.adjust(user, -3, key="a", why=ledger.Why(actor=admin, reason="A mistake"))
    rows, older = balances.entries(user, None)
    assert [(row.words, row.available, row.held) for row in rows] == [
        ("Corrected by Ada: A mistake", "−3", "0"),
        ("Given back, not delivered", "+5", "−5"),
        ("Paid for pictures received", "0", "−5"),
        ("Held for an order", "−10", "+10"),
        ("Given", "+30", "0"),
    ]
    assert older is None


def test_the_entries_of_others_are_theirs(alice, bob):
    order(bob)
    assert balances.entries(alice, None) == ([], None)


def test_the_sums_of_the_entries_are_the_figures(alice):
    done(alice, asked=4, delivered=3)
    order(alice)
    entries = Entry.objects.filter(account__user=alice)
    own = balances.of(alice)
    assert sum(entry.d_available for entry in entries) == own.available
    assert sum(entry.d_held for entry in entries) == own.held


def test_the_pages_hold_every_entry_once(alice, monkeypatch):
    monkeypatch.setattr(balances, "PAGE", 3)
    for number in range(7):
        ledger.grant(alice, 1 + number, key=f"g{number}", why=ledger.NOBODY)
    found, before = [], None
    while True:
        rows, before = balances.entries(alice, before)
        found += [row.available for row in rows]
        if before is None:
            break
    assert found == ["+7", "+6", "+5", "+4", "+3", "+2", "+1"]


@pytest.mark.parametrize(("number", "told"), [(0, "0"), (5, "+5"), (-10, "−10"), (-1240, "−1,240")])
def test_figures_have_their_sign(number, told):
    assert balances.signed(number) == told
