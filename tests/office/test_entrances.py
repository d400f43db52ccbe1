"""A forgotten password: an admin makes a link, and the person sets a new one."""

import re

import pytest

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
    assert (page.status_code, b"This link is over" in page.content) == (404, True)


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
