"""Renewals, orders and changes at the moment a month turns; caps that many ask for at once."""

from collections import Counter
from functools import partial

from studio.accounts.models import User
from studio.credits import allowances, balances, budgets, ledger
from studio.credits.models import Change
from studio.credits.modes import Monthly, Shares
from tests.jobs.cast import order
from tests.races.cast import at, books, member

MONTHS = [(2026, 11), (2026, 12), (2027, 1)]


def admin() -> int:
    """Who answers for the allowances."""
    return member("Ada", is_staff=True, is_superuser=True)


def crowd(number: int) -> list[int]:
    """So many members who share the wallet."""
    return [member(f"M{one}") for one in range(number)]


def allow(owner: int, by: int, credits: int, month: tuple[int, int] = (2026, 10)) -> int:
    """Give a member so many credits a month, or with 0 the shared wallet; how many changes are written down."""
    mode = Monthly(credits) if credits else Shares()
    with at(*month):
        allowances.set_allowance(User.objects.get(pk=owner), mode, by=User.objects.get(pk=by))
    return Change.objects.filter(subject_id=owner).count()


def beat(month: tuple[int, int]) -> None:
    """What the clock process does."""
    with at(*month):
        allowances.renew_all()


def look(owner: int, month: tuple[int, int]) -> int:
    """What a page shows of one's own."""
    with at(*month):
        return balances.account_of(User.objects.get(pk=owner)).available


def ask(owner: int, month: tuple[int, int], pictures: int = 1) -> str:
    """Order some pictures."""
    with at(*month):
        try:
            order(User.objects.get(pk=owner), num_images=pictures)
        except (ledger.NotEnough, budgets.CapReached) as refused:
            return type(refused).__name__
    return "accepted"


def left(owner: int) -> int:
    return ledger.account_of(User.objects.get(pk=owner)).available


def cap(monthly: int) -> None:
    budgets.set_cap(1, monthly, by=None)


def test_an_allowance_that_many_renew_at_once_is_given_once_and_expires_once(processes):
    maya, ada = processes.alone(member), processes.alone(admin)
    processes.alone(allow, owner=maya, by=ada, credits=100)
    for month in MONTHS:
        looks = [partial(look, owner=maya, month=month)] * 4
        assert processes.at_once([partial(beat, month=month)] * 2 + looks) == [None, None, 100, 100, 100, 100]
    rounds = len(MONTHS)
    assert processes.alone(books, owner=maya) == {
        "available": 100, "held": 0, "grant": 1 + rounds, "expire": rounds,
    }  # fmt: skip


def test_orders_in_the_first_second_share_the_new_allowance_and_nothing_of_the_old(processes):
    maya, ada = processes.alone(member), processes.alone(admin)
    processes.alone(allow, owner=maya, by=ada, credits=10)
    for month in MONTHS:
        orders = [partial(ask, owner=maya, month=month)] * 5
        said = processes.at_once([*orders, partial(beat, month=month)])
        assert Counter(said) == {"accepted": 2, "NotEnough": 3, None: 1}
        assert processes.alone(left, owner=maya) == 0
    rounds = len(MONTHS)
    # Of the first month's ten nothing was ordered: only they expire.
    assert processes.alone(books, owner=maya) == {
        "available": 0, "held": 10 * rounds, "grant": 1 + rounds, "expire": 1, "hold": 2 * rounds,
    }  # fmt: skip


def test_a_change_that_is_sent_twice_at_once_is_made_once(processes):
    maya, ada = processes.alone(member), processes.alone(admin)
    for number, credits in enumerate([100, 150, 120, 0, 80], 1):
        changes = processes.at_once([partial(allow, owner=maya, by=ada, credits=credits)] * 3)
        assert max(changes) == number
    # 100, 50 more, all of it gone with the way to the wallet, and 80.
    assert processes.alone(books, owner=maya) == {"available": 80, "held": 0, "grant": 3, "expire": 1}


def test_a_cap_for_four_orders_takes_four_of_twenty_that_as_many_members_ask_for(processes):
    people = processes.alone(crowd, number=10)
    for rounds, month in enumerate(MONTHS, 1):
        # What the orders of the months before still hold counts too.
        processes.alone(cap, monthly=20 * rounds)
        said = processes.at_once([partial(ask, owner=person, month=month) for person in people * 2])
        assert Counter(said) == {"accepted": 4, "CapReached": 16}


def test_members_whose_allowance_is_renewed_by_their_order_wait_for_no_cap_in_a_circle(processes):
    people, ada = processes.alone(crowd, number=4), processes.alone(admin)
    processes.alone(cap, monthly=1000)
    for person in people:
        processes.alone(allow, owner=person, by=ada, credits=50)
    for month in MONTHS:
        said = processes.at_once([partial(ask, owner=person, month=month) for person in people * 3])
        assert Counter(said) == {"accepted": 12}
