"""What may be spent now, told before an order and held with it."""

import pytest

from studio.credits import allowances, budgets, ledger, spending
from studio.credits.models import Entry, WalletReading
from studio.credits.modes import Monthly
from studio.credits.spending import Room
from tests.conftest import person
from tests.credits.books import booking, held, made, settled

pytestmark = pytest.mark.django_db


def order(user, credits: int, **project) -> ledger.Booking:
    job = booking(**project)
    spending.hold(user, credits, job, sandbox=True)
    return job


def read(balance: str, **books) -> None:
    WalletReading.objects.create(api="sandbox", balance=balance, **books)


def test_who_has_too_little_is_refused_and_nothing_is_held():
    user = person("Lim", credits=20)
    with pytest.raises(ledger.NotEnough, match="needs 25, you have 20"):
        order(user, 25)
    assert not Entry.objects.filter(kind="hold").exists()


def test_the_project_s_cap_is_asked_first_since_another_project_is_the_nearer_way_out(admin):
    user = person("Lim", credits=20)
    budgets.set_cap(1, 20, by=admin)
    with pytest.raises(budgets.CapReached):
        order(user, 25)
    with pytest.raises(ledger.NotEnough):
        order(user, 25, project=(2, "Other"))


def test_the_hold_stands_in_the_account_the_order_is_for(alice, settings):
    settings.STUDIO_API_KEY = "live-key-0123456789"
    order(alice, 5)
    spending.hold(alice, 10, booking(), sandbox=False)
    assert dict(alice.accounts.values_list("sandbox", "held")) == {True: 5, False: 10}


def test_without_limits_there_is_nothing_to_tell(alice):
    assert spending.afford(alice, 1) == Room(own=None, project=None, wallet=None, budget=None)


def test_each_limit_is_told_for_itself(admin):
    user = person("Lim", credits=60)
    budgets.set_cap(1, 50, by=admin)
    read("240.75")
    order(user, 20)
    assert spending.afford(user, 1) == Room(own=40, project=30, wallet=240, budget=None)
    assert spending.afford(user, 2) == Room(own=40, project=None, wallet=240, budget=None)


def test_the_first_look_in_a_month_finds_the_allowance_renewed(alice, admin, calendar):
    allowances.set_allowance(alice, Monthly(100), by=admin)
    settled(order(alice, 90), of=18, delivered=18)
    assert spending.afford(alice, 1).own == 10
    calendar.set("2026-11-01 00:00")
    assert spending.afford(alice, 1).own == 100


@pytest.mark.parametrize(
    ("open_then", "waits", "left"),
    [(0, 0, 100), (0, 30, 70), (30, 30, 100), (10, 30, 80), (50, 30, 100), (0, 130, 0)],
)
def test_the_wallet_has_what_was_read_less_what_waits_in_line(alice, open_then, waits, left):
    read("100.50", spent=0, open=open_then)
    if waits:
        order(alice, waits)
    assert spending.afford(alice, 1).wallet == left


def test_a_wallet_below_zero_has_nothing(alice):
    read("-3.00", spent=0, open=0)
    assert spending.afford(alice, 1).wallet == 0


def test_a_hard_budget_has_what_all_orders_leave_of_it(alice, bob, admin, settings):
    budgets.set_team_budget(100, hard=True, under_way=0, by=admin)
    assert spending.afford(alice, 1).budget is None, "play money has no budget"
    settings.STUDIO_API_KEY = "live-key-0123456789"
    made(bob, 4)
    held(bob, 3)
    order(bob, 50)
    assert spending.afford(alice, 1).budget == 65
    budgets.set_team_budget(100, under_way=0, by=admin)
    assert spending.afford(alice, 1).budget is None


def test_what_a_hard_budget_has_is_asked_in_few_queries(alice, admin, settings, django_assert_num_queries):
    settings.STUDIO_API_KEY = "live-key-0123456789"
    budgets.set_team_budget(100, hard=True, under_way=0, by=admin)
    made(alice)
    with django_assert_num_queries(12):
        spending.afford(alice, 1)


def test_what_may_be_spent_is_asked_in_few_queries(alice, admin, django_assert_num_queries):
    budgets.set_cap(1, 50, by=admin)
    read("100", spent=0, open=0)
    with django_assert_num_queries(8):
        spending.afford(alice, 1)
