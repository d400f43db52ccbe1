"""Adding, inviting, letting go."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db.models import F

from studio.accounts.models import Invitation, User
from studio.credits import ledger, modes
from studio.credits.models import Account, Change, Entry
from studio.credits.modes import SHARES, Given, Monthly
from studio.jobs.states import State
from studio.office import team
from tests.jobs.cast import in_state, order

pytestmark = pytest.mark.django_db


def invited(admin, email="dora@example.com", **fields) -> str:
    return team.invite(email=email, by=admin, **fields)


@pytest.mark.parametrize("email", ["", "dora", "dora@", "@example.com", "dora@example", "a b@example.com"])
def test_what_is_no_address_is_refused(email):
    with pytest.raises(ValidationError):
        team.add(team.Member(email=email), by=None)
    assert not User.objects.exists()


@pytest.mark.parametrize("email", ["alice@example.com", "Alice@Example.COM"])
def test_nobody_is_added_twice_whatever_the_case(alice, email):
    with pytest.raises(ValidationError, match="in the team already"):
        team.add(team.Member(email=email), by=None)


def test_a_member_who_can_not_be_given_credits_is_not_added_at_all(admin, monkeypatch):
    monkeypatch.setattr(team.ledger, "grant", lambda *_args, **_fields: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        team.add(team.Member(email="dora@example.com", mode=Given(), credits=5), by=admin)
    assert not User.objects.filter(email="dora@example.com").exists()


def test_a_limited_member_starts_with_their_credits_and_a_reason(admin):
    dora = team.add(team.Member(email="dora@example.com", mode=Given(), credits=50), by=admin)
    account = ledger.account_of(dora)
    assert (account.limited, account.available) == (True, 50)
    entry = Entry.objects.get(account=account)
    assert (entry.actor, entry.reason) == (admin, "First credits")


def test_a_member_with_no_credits_yet_is_limited_to_nothing():
    account = ledger.account_of(team.add(team.Member(email="dora@example.com", mode=Given()), by=None))
    assert (account.limited, account.available) == (True, 0)


def test_a_member_with_an_allowance_has_all_of_it_at_once_whatever_day_it_is(admin):
    dora = team.add(team.Member(email="dora@example.com", mode=Monthly(200)), by=admin)
    account = ledger.account_of(dora)
    assert (account.limited, account.monthly, account.available) == (True, 200, 200)
    assert Entry.objects.get().reason.startswith("Allowance of ")
    change = Change.objects.get()
    assert (change.subject_id, change.before, change.after) == (dora.pk, "", "200 credits a month")
    assert change.actor == admin


def test_somebody_invited_comes_in_once(admin):
    row = team.invitation(invited(admin, is_admin=True, mode=Given(), credits=30))
    dora = team.accept(row, name="Dora", password="a long secret")
    assert (dora.email, dora.name, dora.is_staff) == ("dora@example.com", "Dora", True)
    assert dora.check_password("a long secret")
    assert ledger.account_of(dora).available == 30
    with pytest.raises(ValidationError, match="used already"):
        team.accept(row, name="Mallory", password="a long secret")
    assert User.objects.filter(name="Mallory").count() == 0


@pytest.mark.parametrize(
    ("row", "mode", "credits"),
    [
        ({"limited": False, "credits": 0}, SHARES, 0),
        ({"limited": True, "credits": 30}, Given(), 30),
        ({"limited": True, "credits": 0}, Given(), 0),
    ],
)
def test_an_invitation_from_before_there_were_allowances_means_what_it_meant(admin, row, mode, credits):
    token = invited(admin)
    Invitation.objects.update(monthly=None, **row)
    account = ledger.account_of(team.accept(team.invitation(token), name="Dora", password="a long secret"))
    assert (modes.mode_of(account), account.available) == (mode, credits)


def test_a_used_link_leads_nowhere(admin):
    token = invited(admin)
    team.accept(team.invitation(token), name="Dora", password="a long secret")
    assert team.invitation(token) is None


@pytest.mark.parametrize("wrong", ["", "x", "0" * 43])
def test_a_link_nobody_made_leads_nowhere(admin, wrong):
    invited(admin)
    assert team.invitation(wrong) is None


def test_a_link_works_for_a_week(admin):
    token = invited(admin)
    Invitation.objects.update(invited_at=F("invited_at") - Invitation.LIFETIME + timedelta(minutes=1))
    assert team.invitation(token)
    Invitation.objects.update(invited_at=F("invited_at") - timedelta(minutes=2))
    assert team.invitation(token) is None


def test_a_newer_link_for_somebody_ends_the_older(admin):
    older, newer = invited(admin), invited(admin, "DORA@example.com")
    assert team.invitation(older) is None
    assert team.invitation(newer)


def test_a_link_taken_back_lets_nobody_in_not_even_who_has_the_page_open(admin):
    row = team.invitation(invited(admin))
    team.revoke(row)
    with pytest.raises(ValidationError):
        team.accept(row, name="Dora", password="a long secret")


def test_links_of_an_admin_who_left_lead_nowhere(admin, alice):
    leaver = team.add(team.Member(email="leaver@example.com", is_admin=True), by=admin)
    token = invited(leaver, is_admin=True)
    row = team.invitation(token)
    team.set_active(leaver, active=False, by=admin)
    assert team.invitation(token) is None
    with pytest.raises(ValidationError):
        team.accept(row, name="Leaver again", password="a long secret")


def test_only_the_hash_of_a_link_is_kept(admin):
    token = invited(admin)
    assert token not in str(Invitation.objects.values().get())
    assert len(token) >= 43


def test_somebody_added_meanwhile_can_not_use_their_link_too(admin):
    row = team.invitation(invited(admin))
    team.add(team.Member(email="dora@example.com"), by=admin)
    with pytest.raises(ValidationError, match="in the team already"):
        team.accept(row, name="Dora", password="a long secret")


def test_credits_are_given_and_taken_back_with_a_name_and_a_reason(admin):
    dora = team.add(team.Member(email="dora@example.com", mode=Given(), credits=10), by=admin)
    assert team.give_credits(dora, team.Gift(amount=5, reason="Campaign", nonce="1"), by=admin)
    with pytest.raises(ledger.NotEnough):
        team.give_credits(dora, team.Gift(amount=-16, reason="Too much", nonce="2"), by=admin)
    assert team.give_credits(dora, team.Gift(amount=-15, reason="Campaign is over", nonce="3"), by=admin)
    assert ledger.account_of(dora).available == 0


def test_who_is_let_go_is_a_stranger_at_once(client, alice, admin):
    client.force_login(alice)
    assert client.get("/credits/").status_code == 200
    team.set_active(alice, active=False, by=admin)
    assert client.get("/credits/").status_code == 302


def test_nobody_lets_themselves_go(admin):
    with pytest.raises(ValidationError, match="yourself"):
        team.set_active(admin, active=False, by=admin)


def test_what_somebody_who_is_let_go_has_waiting_is_cancelled_and_what_is_made_goes_on(alice, admin):
    waiting, making = order(alice), in_state(alice, State.MAKING)
    team.set_active(alice, active=False, by=admin)
    waiting.refresh_from_db(), making.refresh_from_db()
    assert (waiting.state, waiting.reason_code, making.state) == (State.CANCELLED, "admin", State.MAKING)
    assert ledger.account_of(alice).held == making.cost
    assert "taken out of the team" in waiting.reason


def test_books_that_are_wrong_keep_nobody_in_the_team(alice, admin):
    job = order(alice)
    Account.objects.filter(user=alice).update(held=0)
    team.set_active(alice, active=False, by=admin)
    alice.refresh_from_db(), job.refresh_from_db()
    assert (alice.is_active, job.state) == (False, State.WAITING)
