"""Asking for more, and answering, at the same moment."""

from functools import partial

from studio.accounts.models import User
from studio.credits import allowances, modes, requests
from studio.credits.models import CreditRequest
from tests.races.cast import books, member

ROUNDS = 10


def limited(name: str) -> int:
    """A member who has only what is given."""
    owner = member(name=name)
    allowances.set_allowance(User.objects.get(pk=owner), modes.Given(), by=None)
    return owner


def ask(owner: int) -> bool:
    """Ask as the credits page does."""
    return requests.ask(User.objects.get(pk=owner), "Posters")


def say(admin: int, amount: int) -> str:
    """Answer the newest request: yes with an amount, or no with none; "late" when somebody else was first."""
    row, by = CreditRequest.objects.order_by("id").last(), User.objects.get(pk=admin)
    try:
        if row is None:
            return "late"
        if amount:
            requests.answer_yes(row, amount, by=by)
        else:
            requests.answer_no(row, "Not now", by=by)
    except requests.NotOpen:
        return "late"
    return "first"


def withdraw(owner: int) -> str:
    """Take it back."""
    return "first" if requests.withdraw(User.objects.get(pk=owner)) else "late"


def test_who_asks_twice_at_once_asks_once(processes):
    maya = processes.alone(limited, name="Maya")
    assert sorted(processes.at_once([partial(ask, owner=maya)] * 6)) == [False] * 5 + [True]


def test_of_all_who_answer_at_once_one_is_first_and_books(processes):
    maya, ada, grace = (processes.alone(limited, name=name) for name in ("Maya", "Ada", "Grace"))
    given = 0
    for _ in range(ROUNDS):
        processes.alone(ask, owner=maya)
        calls = [
            partial(say, admin=ada, amount=100),
            partial(say, admin=ada, amount=100),
            partial(say, admin=grace, amount=7),
            partial(say, admin=grace, amount=0),
        ]
        said = processes.at_once(calls)
        assert sorted(said) == ["first", "late", "late", "late"]
        given += [100, 100, 7, 0][said.index("first")]
    assert processes.alone(books, owner=maya)["available"] == given


def test_who_withdraws_while_it_is_answered_has_the_credits_or_the_request_back(processes):
    maya, ada = (processes.alone(limited, name=name) for name in ("Maya", "Ada"))
    given = 0
    for _ in range(ROUNDS):
        processes.alone(ask, owner=maya)
        said = processes.at_once([partial(say, admin=ada, amount=10), partial(withdraw, owner=maya)])
        assert sorted(said) == ["first", "late"]
        given += 10 if said[0] == "first" else 0
    assert processes.alone(books, owner=maya)["available"] == given
