"""The office's pages: what is refused in words, and what happens when it is not."""

import html
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from studio.accounts.models import Invitation, User
from studio.credits import allowances, balances, requests
from studio.credits.models import Change, Sharing
from studio.credits.modes import Monthly
from studio.jobs.models import Line
from studio.jobs.tasks import wake_line
from studio.office import setup, team
from tests.conftest import person
from tests.jobs.cast import order
from tests.office.conftest import KEY, asked, settled

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


def plain(response) -> str:
    """What one reads on a page."""
    return " ".join(re.sub(r"<[^>]+>", "", text(response)).split())


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
        ({"email": "new@example.com", "sharing": "nonsense"}, "Select a valid choice."),
        ({"email": "new@example.com", "sharing": ""}, "This field is required."),
        ({"email": "new@example.com", "sharing": "given", "credits": "-1"}, "greater than or equal to 0"),
        ({"email": "new@example.com", "sharing": "monthly"}, "How many credits a month?"),
        ({"email": "new@example.com", "sharing": "monthly", "monthly": "0"}, "greater than or equal to 5"),
        ({"email": "new@example.com", "sharing": "wallet", "monthly": "30"}, "Choose this for the amount"),
        ({"email": "new@example.com", "sharing": "given", "monthly": "30"}, "Choose this for the amount"),
        ({"email": "new@example.com", "sharing": "wallet", "credits": "30"}, "Choose this for the amount"),
    ],
)
def test_a_wrong_invitation_is_refused_in_words_and_loses_nothing_typed(office, fields, words):
    response = office.post("/team/invite/", {"sharing": "wallet"} | fields)
    assert response.status_code == 422
    assert words in text(response)
    assert all(f'value="{value}"' in text(response) for name, value in fields.items() if name != "sharing")
    assert not Invitation.objects.exists()


def link(client) -> str:
    """The link as the page shows it."""
    return re.search(r'value="http://[^/]+(/welcome/[^"]+)"', text(client.get("/team/")))[1]


def test_a_link_is_shown_once_and_lets_one_person_in(office):
    office.post("/team/invite/", {"email": "New@example.com", "sharing": "given", "credits": "25"})
    where = link(office)
    page = text(office.get("/team/"))
    assert "/welcome/" not in page
    assert '<span class="chip">25 credits</span>' in page
    guest = Client()
    assert "You begin with 25 credits. An admin can give you more." in text(guest.get(where))
    assert guest.post(where, {"name": "New", "password": "correct horse"})["Location"] == "/"
    user = User.objects.get(email="new@example.com")
    assert (user.is_staff, balances.of(user).available, balances.of(user).limited) == (False, 25, True)
    assert guest.get("/").status_code == 200
    assert Client().get(where).status_code == 404


def test_who_is_invited_to_share_the_wallet_is_told_so_and_does(office):
    office.post("/team/invite/", {"email": "new@example.com", "sharing": "wallet", "is_admin": "1"})
    where = link(office)
    assert '<span class="chip">shares the wallet</span>' in text(office.get("/team/"))
    assert "You share the team's wallet." in text(Client().get(where))
    Client().post(where, {"name": "New", "password": "correct horse"})
    user = User.objects.get(email="new@example.com")
    assert (user.is_staff, balances.of(user).limited) == (True, False)


def test_who_is_invited_with_an_allowance_is_told_so_and_has_all_of_it_at_once(office, admin):
    office.post("/team/invite/", {"email": "new@example.com", "sharing": "monthly", "monthly": "300"})
    where = link(office)
    assert '<span class="chip">300 credits a month</span>' in text(office.get("/team/"))
    assert "You get 300 credits a month, the first at once." in text(Client().get(where))
    Client().post(where, {"name": "New", "password": "correct horse"})
    account = balances.account_of(User.objects.get(email="new@example.com"))
    assert (account.limited, account.monthly, account.available) == (True, 300, 300)
    assert Change.objects.values_list("after", "actor").get() == ("300 credits a month", admin.pk)


@pytest.fixture
def invited(admin) -> str:
    """Where an invitation leads."""
    token = team.invite(email="new@example.com", by=admin)
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


# The team


def test_an_invitation_begins_with_what_new_members_usually_get(office):
    def begins() -> list:
        return [office.get("/team/").context["form"][name].value() for name in ("sharing", "monthly")]

    assert begins() == ["wallet", None]
    Sharing.objects.create(monthly=200)
    assert begins() == ["monthly", 200]


def test_the_usual_amount_stands_in_the_form_though_another_choice_is_made(office):
    Sharing.objects.create(monthly=200)
    fields = {"email": "new@example.com", "sharing": "wallet", "monthly": "200"}
    assert office.post("/team/invite/", fields).status_code == 302
    assert not Invitation.objects.get().limited


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"sharing": "given"}, "Select a valid choice."),
        ({"sharing": "monthly"}, "How many credits a month?"),
        ({"sharing": "wallet", "monthly": "30"}, "Choose this for the amount"),
    ],
)
def test_a_wrong_rule_for_new_members_is_refused_beside_its_field(office, fields, words):
    response = office.post("/team/usual/", fields)
    assert response.status_code == 422
    assert words in text(response)
    assert not Sharing.objects.exists()


def test_what_new_members_get_is_changed_with_a_name_and_a_time(office, alice):
    page = text(office.post("/team/usual/", {"sharing": "monthly", "monthly": "250"}, follow=True))
    assert "New members get 250 credits a month, unless their invitation says otherwise." in page
    assert "<td>Ada</td><td>shares the wallet</td><td>250 credits a month</td>" in page
    assert not balances.of(alice).limited
    page = text(office.post("/team/usual/", {"sharing": "wallet"}, follow=True))
    assert "New members share the wallet, unless" in page


def figures(page: str, name: str) -> list[str]:
    """What the row of a member says, without the name."""
    row = page.split(f'<span class="link">{name}</span>')[1].split("</tr>", maxsplit=1)[0].split("</th>")[1]
    return [re.sub("<[^>]+>", "", cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)]


def test_the_team_page_shows_everybody_with_the_same_figures(office, alice, charlie):
    monthly, given = person("Mona", credits=1), person("Gus", credits=40)
    allowances.set_allowance(monthly, Monthly(1200), by=None)
    settled(order(alice, num_images=2), received=1)
    order(given)
    page = text(office.get("/team/"))
    assert figures(page, "Alice") == ["shares the wallet", "—", "0", "5"]
    assert figures(page, "Mona") == ["1,200 a month", "1,201 of 1,200", "0", "0"]
    assert figures(page, "Gus") == ["only what is given", "35", "5", "0"]
    assert "Deactivated" in page
    assert re.search(r'Together</th>.*?<td class="num wide-only">5</td><td class="num">5</td>', page)


def test_who_asks_for_more_is_on_the_team_page(office):
    assert "for more credits" not in text(office.get("/team/"))
    requests.ask(person("Poor", credits=5), "Posters")
    assert "1 member asks for more credits." in text(office.get("/team/"))


def test_the_team_page_costs_the_same_however_many_there_are(office):
    few = asked(office, "/team/")
    for number in range(40):
        person(f"M{number}", credits=5)
    assert asked(office, "/team/") == few


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


# How much the API takes


@pytest.mark.parametrize("wrong", ["", "0", "-1", "601", "many", "1.5"])
def test_a_wrong_limit_is_said_beside_its_field_and_sets_nothing(office, wrong):
    response = office.post("/settings/limit/", {"per_minute": wrong})
    assert response.status_code == 422
    assert response.context["limit_form"].errors["per_minute"]
    assert Line.objects.get().per_minute is None


def test_an_admin_sets_the_submits_a_minute_and_everyone_who_may_reads_who_and_when(office, admin, settings):
    settings.STUDIO_SUBMITS_PER_MINUTE = 3
    assert "3 orders a minute are sent, as configured." in plain(office.get("/settings/"))
    assert office.post("/settings/limit/", {"per_minute": "6"})["Location"] == "/settings/"
    now = timezone.localtime()
    seen = plain(office.get("/settings/"))
    assert "At most 6 a minute are sent from now on." in seen
    assert f"6 orders a minute are sent, as Ada set on {now:%-d %b %Y}" in seen
    assert "Back to 3 as configured" in seen
    office.post("/settings/limit/", {"configured": "1"})
    seen = plain(office.get("/settings/"))
    assert "3 orders a minute are sent, as configured since Ada chose that on" in seen
    assert "Back to" not in seen


def test_what_the_api_refused_stands_beside_what_is_set(office, admin, alice, client, settings):
    settings.STUDIO_SUBMITS_PER_MINUTE = 3
    Line.objects.update(paced_api="sandbox", narrowed_to=2, narrowed_at=timezone.now())
    assert "The API takes 2 a minute at the moment, 3 are set." in plain(office.get("/settings/"))
    office.post("/settings/limit/", {"per_minute": "4"})
    assert "at the moment" not in plain(office.get("/settings/"))
    client.force_login(alice)
    assert "Submits a minute" not in plain(client.get("/settings/"))


def test_more_submits_wake_the_line_at_once(office, admin, settings, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as woken:
        office.post("/settings/limit/", {"per_minute": "6"})
    assert wake_line in woken
