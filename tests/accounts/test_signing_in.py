"""One door, for members only, that gets heavier with each wrong password."""

import pytest
from django.core.cache import cache
from django.test import Client

from studio import embedded
from studio.accounts.models import User
from studio.credits.models import Account

pytestmark = pytest.mark.django_db
DOOR = "/accounts/login/"
WRONG = "e-mail address and/or password you specified are not correct"


@pytest.fixture(autouse=True)
def _fresh_throttles():
    cache.clear()


def knock(client: Client, login="alice@example.com", password="correct horse", door=DOOR, **extra):
    return client.post(door, {"login": login, "password": password}, **extra)


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("alice@example.com", "wrong"),
        ("nobody@example.com", "correct horse"),
        ("alice@example.com", ""),
        ("", ""),
    ],
)
def test_who_is_wrong_stays_out(client, alice, login, password):
    answer = knock(client, login, password)
    assert answer.status_code in {200, 422}
    assert not signed_in(client)


def test_a_stranger_and_a_wrong_password_are_told_the_same(client, alice):
    answers = [knock(client, login, "wrong") for login in ("alice@example.com", "nobody@example.com")]
    errors = [answer.context["form"].errors.as_json() for answer in answers]
    assert errors[0] == errors[1]


def test_who_was_let_go_stays_out(client, charlie):
    answer = client.get(knock(client, "charlie@example.com")["Location"])
    assert answer.status_code == 200
    assert not signed_in(client)


def test_who_was_never_given_a_password_stays_out(client, alice):
    User.objects.update(password="!")
    knock(client, password="!")
    assert not signed_in(client)


@pytest.mark.parametrize("login", ["alice@example.com", "Alice@Example.COM"])
def test_a_member_comes_in_whatever_the_case_of_their_address(client, alice, login):
    assert knock(client, login).status_code == 302
    assert signed_in(client)


def test_after_a_few_wrong_passwords_even_the_right_one_waits(client, alice):
    for _ in range(5):
        knock(client, password="wrong")
    answer = knock(client)
    assert not signed_in(client)
    assert answer.status_code in {200, 422, 429}
    assert b"Too many" in answer.content


def test_a_list_of_addresses_from_one_place_is_stopped_too(client, alice):
    for number in range(10):
        knock(client, f"guess{number}@example.com", "wrong")
    knock(client)
    assert not signed_in(client)


def test_others_are_not_kept_out_by_somebodys_wrong_passwords(client, alice, bob):
    for _ in range(5):
        knock(client, password="wrong", REMOTE_ADDR="10.0.0.1")
    elsewhere = Client(REMOTE_ADDR="10.0.0.2")
    knock(elsewhere, "bob@example.com")
    assert signed_in(elsewhere)


def test_the_admins_own_door_leads_to_the_throttled_one(client, admin):
    assert client.get("/admin/").status_code == 302
    answer = client.post("/admin/login/", {"username": "ada@example.com", "password": "correct horse"})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(DOOR)
    assert not signed_in(client)


def test_a_member_who_is_no_admin_does_not_get_into_the_admin(client, alice):
    client.force_login(alice)
    assert client.get("/admin/").status_code in {302, 403}


@pytest.mark.parametrize("door", ["/accounts/signup/"])
def test_nobody_signs_up(client, door):
    fields = {"email": "mallory@example.com", "password1": "a long secret", "password2": "a long secret"}
    assert client.post(door, fields).status_code in {200, 403, 404}
    assert not User.objects.exists()


@pytest.mark.parametrize("away", ["https://evil.example", "//evil.example", "javascript:alert(1)"])
def test_the_way_in_leads_nowhere_else(client, alice, away):
    answer = client.post(DOOR, {"login": "alice@example.com", "password": "correct horse", "next": away})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/"


def test_signing_in_needs_no_broker(client, alice, settings):
    assert not embedded.answers(settings.REDIS_URL)
    assert knock(client).status_code == 302
    assert signed_in(client)


def test_the_form_is_bound_to_the_page_it_came_from(alice):
    strict = Client(enforce_csrf_checks=True)
    assert knock(strict).status_code == 403


def test_a_member_is_made_with_a_lower_case_address_once():
    User.objects.create_user("Dora@Example.COM", "a long secret", name="Dora")
    assert User.objects.get().email == "dora@example.com"
    assert not Account.objects.exists()
