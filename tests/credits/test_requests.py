"""Asking for more, answered once, kept with names and times."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from studio.accounts.models import User
from studio.credits import allowances, balances, ledger, modes, requests
from studio.credits.models import CreditRequest, Entry
from tests.conftest import person
from tests.credits.books import booking

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(db):
    """A member with three credits."""
    return person("Ann", credits=3)


@pytest.fixture
def grace(db):
    """A second admin."""
    return person("Grace", is_staff=True, is_superuser=True)


@pytest.fixture
def asked(ann):
    """What Ann asked for."""
    assert requests.ask(ann, "Posters for Aurora")
    return CreditRequest.objects.get()


def has(user) -> int:
    return balances.of(user).available


def test_who_shares_the_wallet_has_nothing_to_ask_for(alice):
    with pytest.raises(ValidationError, match="nothing limits you"):
        requests.ask(alice, "More, please")
    assert not CreditRequest.objects.exists()


def test_a_second_click_asks_nothing_twice(ann, asked):
    assert not requests.ask(ann, "Posters for Aurora")
    assert not requests.ask(ann, "Something else")
    assert CreditRequest.objects.get().sentence == "Posters for Aurora"


def test_the_database_itself_takes_no_second_open_one(ann, asked):
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditRequest.objects.create(user=ann, sentence="Again")


def test_who_was_answered_can_ask_again(ann, asked, admin):
    requests.answer_no(asked, "Not this month", by=admin)
    assert requests.ask(ann, "And now?")
    assert requests.of(ann).count() == 2


def test_yes_gives_the_credits_with_a_name_and_what_was_asked(ann, asked, admin):
    requests.answer_yes(asked, 100, by=admin)
    assert has(ann) == 103
    entry = Entry.objects.latest("id")
    assert (entry.kind, entry.actor, entry.reason) == ("grant", admin, "on request: Posters for Aurora")
    asked.refresh_from_db()
    assert (asked.answer, asked.amount, asked.answered_by) == ("yes", 100, admin)
    assert requests.in_words(asked) == "Ada gave 100 credits."


def test_the_longest_sentence_is_booked_too(ann, admin):
    requests.ask(ann, "x" * 300)
    requests.answer_yes(CreditRequest.objects.get(), 5, by=admin)
    assert len(Entry.objects.latest("id").reason) == 300


def test_no_gives_nothing_and_says_why(ann, asked, admin):
    requests.answer_no(asked, "Not this month", by=admin)
    assert has(ann) == 3
    asked.refresh_from_db()
    assert requests.in_words(asked) == "Ada said no: Not this month"


def test_a_double_click_on_yes_books_once(ann, asked, admin):
    requests.answer_yes(asked, 100, by=admin)
    with pytest.raises(requests.NotOpen, match=r"Ada gave 100 credits\."):
        requests.answer_yes(asked, 100, by=admin)
    assert has(ann) == 103


def test_of_two_admins_the_second_is_told_and_changes_nothing(ann, asked, admin, grace):
    requests.answer_no(asked, "Not this month", by=grace)
    with pytest.raises(requests.NotOpen, match="Grace said no: Not this month"):
        requests.answer_yes(asked, 100, by=admin)
    assert has(ann) == 3
    asked.refresh_from_db()
    assert (asked.answer, asked.amount, asked.answered_by) == ("no", 0, grace)


def test_what_was_withdrawn_can_not_be_answered(ann, asked, admin):
    assert requests.withdraw(ann)
    with pytest.raises(requests.NotOpen, match="Ann has withdrawn it"):
        requests.answer_yes(asked, 100, by=admin)
    assert has(ann) == 3


def test_what_was_answered_can_not_be_withdrawn(ann, asked, admin):
    requests.answer_yes(asked, 100, by=admin)
    assert not requests.withdraw(ann)
    assert requests.of(ann).get() == asked


def test_an_amount_that_can_not_be_booked_leaves_the_request_open(ann, asked, admin):
    with pytest.raises(IntegrityError), transaction.atomic():
        requests.answer_yes(asked, 0, by=admin)
    assert requests.open_requests().get() == asked


def test_nobody_answers_who_is_not_in_the_team_any_more(ann, asked):
    ann.is_active = False
    ann.save()
    assert not requests.open_requests().exists()


def test_who_shares_the_wallet_by_now_is_given_nothing_that_would_hide_what_they_used(ann, asked, admin):
    allowances.set_allowance(ann, modes.SHARES, by=admin)
    ledger.hold(ann, 20, booking())
    with pytest.raises(requests.Moot, match=r"^Ann shares the team's wallet by now: nothing limits them\.$"):
        requests.answer_yes(asked, 15, by=admin)
    assert has(ann) == -20
    assert requests.open_requests().get() == asked
    requests.answer_no(asked, "You share the wallet", by=admin)


def test_who_left_the_team_is_given_nothing(ann, asked, admin):
    User.objects.filter(pk=ann.pk).update(is_active=False)
    with pytest.raises(requests.Moot, match=r"^Ann is out of the team\.$"):
        requests.answer_yes(asked, 15, by=admin)
    assert has(ann) == 3
    asked.refresh_from_db()
    assert asked.answer == ""


def test_the_open_ones_come_oldest_first_and_the_answered_newest_first(ann, asked, admin):
    zoe = person("Zoe", credits=1)
    requests.ask(zoe, "Me too")
    assert [row.user for row in requests.open_requests()] == [ann, zoe]
    for row in requests.open_requests():
        requests.answer_no(row, "No", by=admin)
    assert [row.user for row in requests.answered()] == [zoe, ann]


def test_an_answer_is_read_once_and_only_by_who_asked(ann, asked, admin, bob):
    assert not requests.seen(ann, asked.pk)
    requests.answer_no(asked, "No", by=admin)
    assert not requests.seen(bob, asked.pk)
    assert requests.seen(ann, asked.pk)
    assert not requests.seen(ann, asked.pk)


def test_what_was_booked_for_a_request_is_never_booked_again(ann, asked, admin):
    ledger.grant(ann, 7, key=f"request:{asked.pk}", why=ledger.Why(actor=admin))
    requests.answer_yes(asked, 100, by=admin)
    assert has(ann) == 10
