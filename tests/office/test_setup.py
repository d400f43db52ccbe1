"""The first start: one link, one admin."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from studio.accounts.models import User
from studio.credits import allowances, ledger
from studio.credits.models import Account, Sharing, WalletReading
from studio.office import setup, team
from studio.remote import secretfile
from tests.office.conftest import KEY

pytestmark = pytest.mark.django_db


def answers(email="ada@example.com", **fields) -> setup.Answers:
    usual = {"name": "Ada", "password": "a long secret", "api_key": "", "monthly": None}
    return setup.Answers(email=email, **(usual | fields))


def form(**fields) -> dict[str, str]:
    usual = {"name": "Ada", "email": "ada@example.com", "password": "a long secret", "sharing": "wallet"}
    return usual | fields


def address() -> str:
    return f"/setup/{setup.token()}/"


def test_the_link_works_until_there_is_an_active_admin(client):
    link = setup.first_admin_link()
    assert link.endswith(address())
    assert client.get(address()).status_code == 200
    team.add(team.Member(email="dora@example.com"), by=None)
    assert client.get(address()).status_code == 200
    ada = team.add(team.Member(email="ada@example.com", is_admin=True), by=None)
    assert setup.first_admin_link() is None
    assert client.get(address()).status_code == 404
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert setup.first_admin_link() == link


def test_the_first_admin_is_nobody_who_is_here_already(client, key_file, provider):
    team.add(team.Member(email="dora@example.com"), by=None)
    answer = client.post(address(), form(email="Dora@example.com", api_key=KEY))
    assert answer.status_code == 422
    assert "dora@example.com is in the team already." in answer.content.decode()
    assert not key_file.exists()


@pytest.mark.parametrize("token", ["x", "0" * 32, "None"])
def test_a_guessed_link_leads_nowhere(client, token):
    assert client.get(f"/setup/{token}/").status_code == 404
    assert client.post(f"/setup/{token}/", form(try_sandbox="on")).status_code == 404
    assert not User.objects.exists()


def test_an_old_link_says_that_the_studio_is_set_up_and_where_to_sign_in(client, admin):
    page = client.get(address())
    assert page.status_code == 404
    text = page.content.decode()
    assert "The studio is set up already" in text
    assert '/accounts/login/"' in text
    assert client.post(address(), form(try_sandbox="on")).status_code == 404


def test_the_page_says_what_a_password_needs(client, db):
    assert "At least 8 characters" in client.get(address()).content.decode()


def test_the_link_is_the_installations_own(settings):
    here = setup.token()
    settings.SECRET_KEY = "another installation"
    assert setup.token() != here


def test_the_first_admin_is_in_and_shares_the_wallet(client):
    assert client.post(address(), form(try_sandbox="on")).status_code == 302
    ada = User.objects.get()
    assert (ada.is_staff, ada.is_superuser, ada.name) == (True, True, "Ada")
    assert not ledger.account_of(ada).limited
    assert client.session["_auth_user_id"] == str(ada.pk)


def test_how_credits_are_shared_is_kept_for_those_who_come(client):
    client.post(address(), form(try_sandbox="on", sharing="monthly", monthly="200"))
    assert allowances.usual() == 200


MISSING = [
    ({}, "sandbox to try"),
    ({"try_sandbox": "on", "password": "short"}, "too short"),
    ({"try_sandbox": "on", "password": "ada@example.com"}, "too similar"),
    ({"try_sandbox": "on", "password": "password123"}, "too common"),
    ({"try_sandbox": "on", "email": "ada"}, "valid email"),
    ({"try_sandbox": "on", "name": ""}, "required"),
    ({"try_sandbox": "on", "sharing": "monthly"}, "How many credits"),
]


@pytest.mark.parametrize(("fields", "words"), MISSING)
def test_what_is_missing_is_said_beside_its_field(client, fields, words):
    answer = client.post(address(), form(**fields))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not User.objects.exists()


def test_a_key_that_is_refused_makes_no_admin(client, provider, key_file):
    answer = client.post(address(), form(api_key="wrong-key-0123456"))
    assert answer.status_code == 422
    assert "did not accept this key" in answer.content.decode()
    assert not User.objects.exists()
    assert not key_file.exists()


def test_a_key_that_works_is_kept_and_the_wallet_is_shown(client, provider, key_file):
    provider.set_balance(1500)
    answer = client.post(address(), form(api_key=f" {KEY} "), follow=True)
    assert key_file.read_text().strip() == KEY
    assert "1,500 credits" in answer.content.decode()
    assert KEY not in answer.content.decode()


def test_a_key_that_can_not_be_written_makes_no_admin(client, provider, settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.STUDIO_API_KEY_FILE = tmp_path / "file" / "api-key"
    answer = client.post(address(), form(api_key=KEY, sharing="monthly", monthly="200"))
    assert answer.status_code == 422
    assert "api_key" in answer.context["form"].errors
    assert "can&#x27;t be written: File exists" in answer.content.decode()
    assert not User.objects.exists()
    assert not Sharing.objects.exists()
    assert client.get(address()).status_code == 200


def test_with_a_key_the_first_admin_has_no_sandbox_account(client, provider, key_file):
    client.post(address(), form(api_key=KEY))
    assert [account.sandbox for account in Account.objects.all()] == [False]


def test_a_key_of_the_operator_is_not_asked_for_and_its_wallet_is_shown(client, provider, settings, key_file):
    settings.STUDIO_API_KEY = KEY
    provider.set_balance(1500)
    page = client.get(address()).content.decode()
    assert "The operator has given the API key" in page
    assert "It works. The wallet has 1,500 credits." in page
    assert 'name="api_key"' not in page
    assert 'name="try_sandbox"' not in page
    assert client.post(address(), form()).status_code == 302
    assert WalletReading.objects.get().balance == 1500
    assert not key_file.exists()


def test_a_key_of_the_operator_that_does_not_work_is_said_so(client, provider, settings):
    settings.STUDIO_API_KEY = "revoked-key-012345"
    assert "did not accept this key" in client.get(address()).content.decode()


def test_a_key_that_is_there_already_may_stay(client, provider, key_file):
    secretfile.write(key_file, KEY)
    assert client.post(address(), form()).status_code == 302
    assert key_file.read_text().strip() == KEY


def test_what_each_way_of_sharing_means_stands_beside_it(client):
    page = client.get(address()).content.decode()
    assert "Given on the 1st of every month at 0:00 (" in page
    assert "All of this can be changed later" in page


def test_the_second_of_two_makes_no_second_admin():
    setup.finish(answers())
    with pytest.raises(ValidationError, match="set up already"):
        setup.finish(answers("mallory@example.com", monthly=5))
    assert [user.email for user in User.objects.all()] == ["ada@example.com"]
    assert Sharing.objects.get().monthly is None


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_set_ups_at_once_make_one_admin():
    gate, results = threading.Barrier(4), []

    def run(number: int) -> None:
        gate.wait()
        try:
            results.append(setup.finish(answers(f"ada{number}@example.com")))
        except ValidationError as error:
            results.append(error)
        connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(result).__name__ for result in results) == ["User"] + ["ValidationError"] * 3
    assert User.objects.count() == 1
