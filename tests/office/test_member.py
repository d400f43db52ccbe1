"""`manage.py member`: the team by script."""

import io

import pytest
from django.core.management import CommandError, call_command

from studio.accounts.models import User
from studio.credits import ledger
from studio.credits.models import Change, Entry, Sharing
from tests.jobs.cast import order
from tests.office.conftest import settled

pytestmark = pytest.mark.django_db


def member(*args: str) -> str:
    said = io.StringIO()
    call_command("member", *args, stdout=said)
    return said.getvalue()


@pytest.fixture
def typed(monkeypatch):
    """What comes in on standard input."""

    def type_in(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    return type_in


@pytest.mark.parametrize("email", ["dora", "dora@", ""])
def test_a_bad_address_is_refused_in_a_sentence(email):
    with pytest.raises(CommandError, match=r"valid|blank"):
        member("add", email)
    assert not User.objects.exists()


def test_adding_twice_is_refused(alice):
    with pytest.raises(CommandError, match="in the team already"):
        member("add", "ALICE@example.com")


@pytest.mark.parametrize("password", ["short", "password123", ""])
def test_a_weak_password_is_refused(typed, password):
    typed(f"{password}\n")
    with pytest.raises(CommandError, match="password"):
        member("add", "dora@example.com", "--password-stdin")
    assert not User.objects.exists()


def test_fewer_credits_than_none_are_refused():
    with pytest.raises(CommandError, match="more than nothing"):
        member("add", "dora@example.com", "--credits", "-5")
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "terms", [("--credits", "5", "--unlimited"), ("--credits", "5", "--monthly", "5"), ("--monthly", "0")]
)
def test_two_ways_at_once_or_none_at_all_are_refused(terms):
    with pytest.raises(CommandError):
        member("add", "dora@example.com", *terms)
    assert not User.objects.exists()


def test_without_options_they_share_the_wallet_and_have_no_password():
    assert "shares the wallet" in member("add", "Dora@Example.com")
    dora = User.objects.get(email="dora@example.com")
    assert (dora.name, dora.is_staff, dora.has_usable_password()) == ("Dora", False, False)
    assert not ledger.account_of(dora).limited


def test_without_a_credits_option_the_installations_default_applies():
    Sharing.objects.create(monthly=200)
    assert "gets 200 credits a month" in member("add", "dora@example.com")
    assert ledger.account_of(User.objects.get()).available == 200
    member("add", "emil@example.com", "--unlimited")
    assert not ledger.account_of(User.objects.get(email="emil@example.com")).limited


def test_every_option_is_kept(typed):
    typed("a long secret\n")
    member("add", "dora@example.com", "--name", "Dora D", "--admin", "--credits", "40", "--password-stdin")
    dora = User.objects.get()
    assert (dora.name, dora.is_staff, dora.is_superuser) == ("Dora D", True, True)
    assert dora.check_password("a long secret")
    assert ledger.account_of(dora).available == 40


def test_credits_are_granted_again_and_again(typed):
    member("add", "dora@example.com", "--credits", "10")
    member("grant", "Dora@example.com", "5")
    assert "has 20 credits now" in member("grant", "dora@example.com", "5", "--reason", "Campaign")


@pytest.mark.parametrize(
    ("email", "amount"), [("nobody@example.com", "5"), ("dora@example.com", "0"), ("dora@example.com", "x")]
)
def test_a_grant_that_can_not_be_is_refused_in_a_sentence(email, amount):
    member("add", "dora@example.com", "--credits", "10")
    with pytest.raises(CommandError):
        member("grant", email, amount)
    assert ledger.account_of(User.objects.get()).available == 10


def test_nobody_who_shares_the_wallet_is_granted_anything():
    member("add", "dora@example.com")
    with pytest.raises(CommandError, match="nothing limits them"):
        member("grant", "dora@example.com", "5")


def test_an_allowance_is_given_by_script_and_changed():
    assert "gets 40 credits a month" in member("add", "dora@example.com", "--monthly", "40")
    assert "dora gets 50 credits a month now. 10 were given at once" in member(
        "allowance", "DORA@example.com", "--monthly", "50"
    ).replace("Dora", "dora")
    assert "only what is given now. 50 credits are there" in member(
        "allowance", "dora@example.com", "--given"
    )
    assert "shares the wallet now." in member("allowance", "dora@example.com", "--unlimited")
    words = Change.objects.order_by("pk").values_list("before", "after")
    assert list(words) == [
        ("", "40 credits a month"),
        ("40 credits a month", "50 credits a month"),
        ("50 credits a month", "only what is given"),
        ("only what is given", "shares the wallet"),
    ]


@pytest.mark.parametrize("terms", [(), ("--given", "--unlimited"), ("--monthly", "0"), ("--monthly", "-5")])
def test_terms_that_can_not_be_are_refused(alice, terms):
    with pytest.raises(CommandError):
        member("allowance", "alice@example.com", *terms)
    assert not Change.objects.exists()


def test_who_used_the_wallet_is_limited_only_by_an_admin_with_a_name(alice, bob, admin):
    settled(order(alice), received=1)
    with pytest.raises(CommandError, match="has used 5 credits"):
        member("allowance", "alice@example.com", "--monthly", "50")
    for somebody in ("bob@example.com", "nobody@example.com"):
        with pytest.raises(CommandError):
            member("allowance", "alice@example.com", "--monthly", "50", "--by", somebody)
    assert not Change.objects.exists()
    member("allowance", "alice@example.com", "--monthly", "50", "--by", "Ada@example.com")
    assert Change.objects.get().actor == admin
    member("grant", "alice@example.com", "5", "--by", "ada@example.com")
    assert Entry.objects.order_by("-pk")[0].actor == admin
