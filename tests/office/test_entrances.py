"""A forgotten password: an admin makes a link, and the person sets a new one."""

import re

import pytest
from django.urls import reverse
from structlog.testing import capture_logs

from studio.accounts.models import User
from studio.office import newpassword, team
from tests.conftest import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(client, admin, alice):
    """The link an admin made for Alice, as shown on her page."""
    client.force_login(admin)
    client.post(f"/team/{alice.pk}/password-link/")
    page = client.get(f"/team/{alice.pk}/").content.decode()
    client.logout()
    return re.search(r"http://[^/]+(/new-password/[^\"]+)", page)[1]


def test_a_link_that_was_never_made_leads_nowhere(client, alice):
    page = client.get(f"/new-password/{alice.pk}/abc-def/")
    assert (page.status_code, b"This link has expired" in page.content) == (404, True)


def test_a_weak_password_is_refused_beside_the_field(client, link):
    page = client.post(link, {"password": "12345678"})
    assert page.status_code == 422
    assert b"too common" in page.content


def test_the_link_sets_a_password_once_and_lets_its_person_in(client, link, alice):
    assert client.post(link, {"password": "a quiet lighthouse"}).status_code == 302
    assert client.session["_auth_user_id"] == str(alice.pk)
    alice.refresh_from_db()
    assert alice.check_password("a quiet lighthouse")
    client.logout()
    assert client.get(link).status_code == 404


def test_the_link_is_shown_once(client, admin, alice, link):
    client.force_login(admin)
    assert b"/new-password/" not in client.get(f"/team/{alice.pk}/").content


def test_somebody_deactivated_meanwhile_stays_out(client, link, alice):
    alice.is_active = False
    alice.save()
    assert client.get(link).status_code == 404


def test_a_link_of_one_person_is_no_link_of_another(client, link, alice, bob):
    assert client.get(link.replace(f"/{alice.pk}/", f"/{bob.pk}/")).status_code == 404


def test_the_link_of_an_admin_who_is_let_go_lets_nobody_in(client, alice, admin):
    boss = person("Boss", is_staff=True, is_superuser=True)
    address = reverse("new_password", args=newpassword.make(alice, by=boss))
    assert client.get(address).status_code == 200
    team.set_active(boss, active=False, by=admin)
    assert client.post(address, {"password": "taken over 123"}).status_code == 404
    alice.refresh_from_db()
    assert alice.check_password("correct horse")


def test_the_link_of_somebody_who_is_no_admin_any_more_is_over(alice, admin):
    link = newpassword.make(alice, by=admin)
    User.objects.filter(pk=admin.pk).update(is_staff=False, is_superuser=False)
    assert newpassword.find(*link) is None


@pytest.mark.parametrize("maker", ["", "x", "0", "9" * 18, "9" * 5000, "²", "-1"])
def test_a_link_tells_the_truth_about_who_made_it(alice, bob, admin, maker):
    other = person("Boss", is_staff=True, is_superuser=True)
    user_id, token = newpassword.make(alice, by=admin)
    rest = token.partition("-")[2]
    assert newpassword.find(user_id, token).by == admin
    for forged in (maker, str(other.pk), str(bob.pk)):
        assert newpassword.find(user_id, f"{forged}-{rest}") is None


def test_who_made_a_link_for_whom_and_its_use_are_logged(client, alice, admin):
    with capture_logs() as logs:
        address = reverse("new_password", args=newpassword.make(alice, by=admin))
        client.post(address, {"password": "a quiet lighthouse"})
    said = [(line["event"], line["person"], line["by"]) for line in logs if "link" in line["event"]]
    made, used = "a link for a new password was made", "a link for a new password was used"
    assert said == [(made, alice.pk, admin.pk), (used, alice.pk, admin.pk)]
    assert "quiet" not in str(logs)


def test_an_admin_helps_another_admin(client, admin):
    boss = person("Boss", is_staff=True, is_superuser=True)
    client.post(
        reverse("new_password", args=newpassword.make(boss, by=admin)), {"password": "a quiet lighthouse"}
    )
    assert client.session["_auth_user_id"] == str(boss.pk)
