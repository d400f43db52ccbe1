"""Admins who give credits at the same moment."""

from functools import partial

from studio.accounts.models import User
from studio.office import team
from tests.races.cast import books, member

ROUNDS = 10


def stranger() -> int:
    """Somebody for whom no account was opened yet."""
    return User.objects.create_user("new@example.com", "correct horse", name="New").pk


def give(admin: int, owner: int, amount: int, nonce: str) -> bool:
    """Give credits as the member's page does."""
    gift = team.Gift(amount=amount, reason="Spring campaign", nonce=nonce)
    return team.give_credits(User.objects.get(pk=owner), gift, by=User.objects.get(pk=admin))


def test_what_two_admins_give_at_once_is_both_booked(processes):
    maya, ada, grace = (processes.alone(member, name=name) for name in ("Maya", "Ada", "Grace"))
    for number in range(ROUNDS):
        gifts = [
            partial(give, admin=ada, owner=maya, amount=100, nonce=f"ada {number}"),
            partial(give, admin=grace, owner=maya, amount=7, nonce=f"grace {number}"),
        ]
        assert processes.at_once(gifts) == [True, True]
    assert processes.alone(books, owner=maya) == {"available": 1070, "held": 0, "grant": 2 * ROUNDS}


def test_a_gift_that_is_sent_twice_at_once_is_booked_once(processes):
    maya, ada = (processes.alone(member, name=name) for name in ("Maya", "Ada"))
    for number in range(ROUNDS):
        gift = partial(give, admin=ada, owner=maya, amount=100, nonce=f"click {number}")
        assert sorted(processes.at_once([gift] * 2)) == [False, True]
    assert processes.alone(books, owner=maya) == {"available": 1000, "held": 0, "grant": ROUNDS}


def test_the_first_gifts_at_once_open_one_account(processes):
    new, ada = processes.alone(stranger), processes.alone(member, name="Ada")
    gifts = [partial(give, admin=ada, owner=new, amount=5, nonce=str(number)) for number in range(6)]
    assert processes.at_once(gifts) == [True] * 6
    assert processes.alone(books, owner=new) == {"available": 30, "held": 0, "grant": 6}
