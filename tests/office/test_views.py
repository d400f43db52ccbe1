"""The office's pages: what is refused in words, and what happens when it is not."""

import html
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from studio.accounts.models import Invitation, User
from studio.credits import balances, ledger
from studio.credits.models import Entry, Sharing
from studio.office import setup, team
from tests.jobs.cast import order
from tests.office.conftest import KEY

pytestmark = pytest.mark.django_db
SETUP = {
    "name": "Ada",
    "email": "Ada@Example.com",
    "password": "correct horse",
    "try_sandbox": "1",
    "sharing": "wallet",
}


@pytest.fixture
def office(client, admin):
    """The admin, signed in."""
    client.force_login(admin)
    return client


def text(response) -> str:
    return html.unescape(response.content.decode())


# The first start


def first_page(client, **fields):
    return client.post(reverse("setup", args=[setup.token()]), SETUP | fields)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"email": "ada"}, "Enter a valid email address."),
        ({"password": "short"}, "too short"),
        ({"password": "password123"}, "too common"),
        ({"password": "ada@example.com"}, "too similar"),
        ({"try_sandbox": ""}, "Give the key, or tick the sandbox to try without one."),
        ({"api_key": "unknown-key-012345"}, "The API did not accept this key"),
        ({"sharing": "monthly"}, "How many credits a month?"),
        ({"sharing": "monthly", "monthly": "0"}, "greater than or equal to 5"),
        ({"sharing": "nonsense"}, "Select a valid choice."),
        ({"name": "a\0b"}, "Null characters are not allowed."),
    ],
)
def test_a_wrong_set_up_is_refused_in_words_and_makes_nobody(client, provider, fields, words):
    response = first_page(client, **fields)
    assert response.status_code == 422
    assert words in text(response)
    assert 'value="Ada"' in text(response) or fields.get("name") is not None
    assert not User.objects.exists()


def test_the_first_admin_is_in_at_once_and_the_door_is_shut(client, provider, key_file):
    token = setup.token()
    assert first_page(client)["Location"] == "/"
    user = User.objects.get()
    assert (user.email, user.is_staff, user.is_active) == ("ada@example.com", True, True)
    assert client.get("/").status_code == 200
    assert client.get(reverse("setup", args=[token])).status_code == 404
    assert not key_file.exists()


def test_a_key_given_at_the_start_is_tried_kept_and_shows_the_wallet(client, provider, key_file):
    first_page(client, api_key=KEY, try_sandbox="")
    assert key_file.read_text().strip() == KEY
    assert (key_file.stat().st_mode & 0o777) == 0o600
    page = text(client.get("/"))
    assert "The key works. The wallet has" in page
    assert KEY not in page


def test_a_monthly_amount_each_is_kept_for_new_members(client, provider):
    first_page(client, sharing="monthly", monthly="300")
    assert Sharing.objects.get().monthly == 300


def test_the_setup_page_is_never_kept(client, db):
    assert "no-store" in client.get(reverse("setup", args=[setup.token()]))["Cache-Control"]


# Invitations


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"email": "x"}, "Enter a valid email address."),
        ({"email": "ADA@example.com"}, "is in the team already."),
        ({"email": "new@example.com", "limited": "1", "credits": "-1"}, "greater than or equal to 0"),
    ],
)
def test_a_wrong_invitation_is_refused_in_words(office, fields, words):
    response = office.post("/team/invite/", fields)
    assert response.status_code == 422
    assert words in text(response)
    assert not Invitation.objects.exists()


def link(client) -> str:
    """The link as the page shows it."""
    return re.search(r'value="http://[^/]+(/welcome/[^"]+)"', text(client.get("/team/")))[1]


def test_a_link_is_shown_once_and_lets_one_person_in(office):
    office.post("/team/invite/", {"email": "New@example.com", "limited": "1", "credits": "25"})
    where = link(office)
    assert "/welcome/" not in text(office.get("/team/"))
    guest = Client()
    assert guest.get(where).status_code == 200
    assert guest.post(where, {"name": "New", "password": "correct horse"})["Location"] == "/"
    user = User.objects.get(email="new@example.com")
    assert (user.is_staff, balances.of(user).available, balances.of(user).limited) == (False, 25, True)
    assert guest.get("/").status_code == 200
    assert Client().get(where).status_code == 404


def test_who_is_not_limited_shares_the_wallet(office):
    office.post("/team/invite/", {"email": "new@example.com", "credits": "25", "is_admin": "1"})
    Client().post(link(office), {"name": "New", "password": "correct horse"})
    user = User.objects.get(email="new@example.com")
    assert (user.is_staff, balances.of(user).limited) == (True, False)


@pytest.fixture
def invited(admin) -> str:
    """Where an invitation leads."""
    token = team.invite(email="new@example.com", by=admin, is_admin=False, credits=None)
    return reverse("welcome", args=[token])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"password": "correct horse"}, "This field is required."),
        ({"name": "New", "password": "12"}, "too short"),
        ({"name": "New", "password": "new@example.com"}, "too similar"),
    ],
)
def test_a_wrong_welcome_is_refused_in_words(client, invited, fields, words):
    response = client.post(invited, fields)
    assert response.status_code == 422
    assert words in text(response)
    assert not User.objects.filter(email="new@example.com").exists()


def test_an_invitation_of_somebody_added_meanwhile_says_so(client, invited):
    team.add(team.Member(email="new@example.com"), by=None)
    response = client.post(invited, {"name": "New", "password": "correct horse"})
    assert response.status_code == 422
    assert "new@example.com is in the team already." in text(response)


def test_a_link_that_is_withdrawn_or_old_leads_nowhere(office, invited):
    row = Invitation.objects.get()
    assert office.post(f"/team/invitations/{row.pk}/revoke/")["Location"] == "/team/"
    assert Client().get(invited).status_code == 404
    Invitation.objects.update(revoked_at=None, invited_at=timezone.now() - Invitation.LIFETIME)
    response = Client().get(invited)
    assert response.status_code == 404
    assert "This invitation has expired" in text(response)


# Members


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"amount": "0", "reason": "x"}, "Give a number other than 0."),
        ({"amount": "5"}, "This field is required."),
        ({"amount": "5", "reason": "  "}, "This field is required."),
        ({"amount": "1.5", "reason": "x"}, "Enter a whole number."),
        ({"amount": "9" * 30, "reason": "x"}, "less than or equal to"),
    ],
)
def test_wrong_credits_are_refused_in_words_and_book_nothing(office, alice, fields, words):
    response = office.post(f"/team/{alice.pk}/", fields)
    assert response.status_code == 422
    assert words in text(response)
    assert not Entry.objects.exists()


def test_credits_are_booked_with_name_and_reason(office, alice, admin):
    assert office.post(f"/team/{alice.pk}/", {"amount": "40", "reason": "Spring"}).status_code == 302
    page = text(office.get(f"/team/{alice.pk}/"))
    assert "Booked +40 for Alice." in page
    assert "Given by Ada: Spring" in page
    assert Entry.objects.get().actor == admin


def gift(page, **fields) -> dict[str, str]:
    """What the form on a member's page sends."""
    return {"amount": "100", "reason": "Spring", "nonce": page.context["form"]["nonce"].value()} | fields


def test_a_double_click_gives_credits_once(office, alice):
    address = f"/team/{alice.pk}/"
    sent = gift(office.get(address))
    assert [office.post(address, sent).status_code for _ in range(2)] == [302, 302]
    assert text(office.get(address)).count("Booked +100 for Alice.") == 1
    assert balances.of(alice).available == 100


@pytest.mark.parametrize("other", [{"amount": "50"}, {"reason": "Summer"}])
def test_another_gift_with_an_old_nonce_is_another_gift(office, alice, other):
    sent = gift(office.get(f"/team/{alice.pk}/"))
    for fields in (sent, sent | other):
        office.post(f"/team/{alice.pk}/", fields)
    assert Entry.objects.count() == 2


def test_the_same_again_on_a_fresh_page_is_meant(office, alice):
    for _ in range(2):
        office.post(f"/team/{alice.pk}/", gift(office.get(f"/team/{alice.pk}/")))
    assert balances.of(alice).available == 200


def test_taking_back_twice_by_double_click_takes_back_once(office, alice):
    ledger.grant(alice, 10, key="g", why=ledger.NOBODY)
    ledger.set_limited(alice, limited=True)
    sent = gift(office.get(f"/team/{alice.pk}/"), amount="-10")
    assert [office.post(f"/team/{alice.pk}/", sent).status_code for _ in range(2)] == [302, 302]
    assert balances.of(alice).available == 0


def test_an_invitation_begins_with_what_was_chosen_at_the_set_up(office):
    assert office.get("/team/").context["form"]["limited"].value() is False
    Sharing.objects.create(monthly=200)
    page = office.get("/team/")
    assert [page.context["form"][name].value() for name in ("limited", "credits")] == [True, 200]
    assert "Credits are given once, when they join" in text(page)


def test_no_more_is_taken_back_than_there_is(office, alice):
    ledger.set_limited(alice, limited=True)
    ledger.grant(alice, 10, key="g", why=ledger.NOBODY)
    response = office.post(f"/team/{alice.pk}/", {"amount": "-11", "reason": "A mistake"})
    assert response.status_code == 422
    assert "That is more than is left to take back." in text(response)
    assert office.post(f"/team/{alice.pk}/", {"amount": "-10", "reason": "A mistake"}).status_code == 302
    assert balances.of(alice).available == 0


def changed(client, user, what) -> str:
    response = client.post(f"/team/{user.pk}/change/", {"change": what}, follow=True)
    assert response.status_code == 200
    return text(response)


def test_somebody_deactivated_is_out_at_once_and_can_come_back(office, alice):
    session = Client()
    session.force_login(alice)
    assert "Alice is out of the team." in changed(office, alice, "deactivate")
    assert session.get("/gallery/").status_code == 302
    assert "Alice is back in the team." in changed(office, alice, "activate")
    assert session.get("/gallery/").status_code == 200


def test_an_admin_can_not_lock_everybody_out(office, admin):
    assert "You can't deactivate yourself." in changed(office, admin, "deactivate")
    assert User.objects.get(pk=admin.pk).is_active


def test_who_used_the_wallet_is_limited_only_after_a_gift(office, alice):
    order(alice)
    assert "has used more than was given" in changed(office, alice, "limit")
    office.post(f"/team/{alice.pk}/", {"amount": "5", "reason": "To begin with"})
    assert "Alice spends only what is given now." in changed(office, alice, "limit")
    assert "Alice shares the wallet now." in changed(office, alice, "unlimit")


def test_a_change_nobody_knows_changes_nothing(office, alice):
    assert "Nothing was changed." in changed(office, alice, "explode")


def test_the_team_page_shows_everybody_with_their_figures(office, alice, charlie):
    order(alice)
    page = text(office.get("/team/"))
    assert all(name in page for name in ("Ada", "Alice", "Charlie", "Deactivated"))


# Settings


def test_a_member_changes_the_own_name_and_nothing_else(client, alice, provider, key_file):
    client.force_login(alice)
    assert client.post("/settings/", {"name": "Alicia"}).status_code == 302
    assert "Saved." in text(client.get("/settings/"))
    assert client.post("/settings/", {"api_key": KEY}).status_code == 422
    assert not key_file.exists()
    assert User.objects.get().name == "Alicia"
    assert "API key" not in text(client.get("/settings/"))


def test_an_empty_name_is_refused(client, alice):
    client.force_login(alice)
    assert client.post("/settings/", {"name": " "}).status_code == 422
    assert User.objects.get().name == "Alice"


def test_an_admin_changes_the_key_and_sees_its_end(office, provider, key_file):
    assert office.post("/settings/", {"api_key": KEY}).status_code == 302
    page = text(office.get("/settings/"))
    assert "The key works. The wallet has" in page
    assert KEY[-4:] in page
    assert KEY not in page


def test_a_key_that_is_refused_leaves_the_old_one(office, provider, key_file):
    office.post("/settings/", {"api_key": KEY})
    response = office.post("/settings/", {"api_key": "revoked-key-012345"})
    assert response.status_code == 422
    assert "The API did not accept this key" in text(response)
    assert key_file.read_text().strip() == KEY


def test_a_key_of_the_operator_is_nobodys_to_change(office, provider, settings, key_file):
    settings.STUDIO_API_KEY = type(settings.STUDIO_API_KEY)("operators-key-0001")
    office.post("/settings/", {"api_key": KEY})
    assert not key_file.exists()
    assert "STUDIO_API_KEY" in text(office.get("/settings/"))


def test_a_key_that_can_not_be_written_is_said_beside_the_field(office, provider, settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.STUDIO_API_KEY_FILE = tmp_path / "file" / "api-key"
    response = office.post("/settings/", {"api_key": KEY})
    assert response.status_code == 422
    assert "can't be written: File exists. Nothing was changed." in text(response)
    assert KEY not in text(response)


def test_a_key_that_can_not_be_put_in_place_leaves_no_copy(office, provider, settings, tmp_path):
    settings.STUDIO_API_KEY_FILE = tmp_path / "secret" / "folder"
    settings.STUDIO_API_KEY_FILE.mkdir(parents=True)
    assert office.post("/settings/", {"api_key": KEY}).status_code == 422
    assert [path.name for path in (tmp_path / "secret").iterdir()] == ["folder"]
