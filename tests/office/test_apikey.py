"""The team's key: tried before it is believed, and shown nowhere."""

import logging

import pytest
from django.core.exceptions import ValidationError

from studio import remote
from studio.credits.models import ApiUsed, WalletReading
from studio.office import apikey
from tests.office.conftest import KEY

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "wrong",
    [
        "unknown-key-012345",
        "expired-key-012345",
        "revoked-key-012345",
        "a key with spaces",
        "schlüssel-012345",
    ],
)
def test_a_key_that_does_not_open_the_wallet_is_refused_in_words(provider, wrong, key_file):
    with pytest.raises(ValidationError) as refused:
        apikey.test(wrong)
    words = refused.value.messages[0]
    assert words.startswith("The API did not accept this key")
    assert wrong not in words
    assert not key_file.exists()


def test_an_api_that_does_not_answer_is_said_so(provider, settings):
    settings.STUDIO_API_URL = "http://127.0.0.1:9"
    with pytest.raises(ValidationError, match="can't be reached"):
        apikey.test(KEY)


def test_a_good_key_shows_what_is_in_the_wallet(provider):
    provider.set_balance("150.50")
    assert str(apikey.test(KEY)) == "150.50"


def test_a_key_is_kept_where_only_the_studio_can_read_it(provider, key_file):
    apikey.keep(KEY)
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert remote.key() == KEY
    assert ApiUsed.objects.exists()
    assert WalletReading.objects.exists()


def test_a_kept_key_counts_from_the_next_call_on(provider):
    assert remote.key() == ""
    apikey.keep(KEY)
    assert remote.named(remote.settings.STUDIO_API_URL).balance()


def test_a_key_that_was_kept_stays_so_when_the_wallet_can_not_be_read_just_now(provider):
    provider.faults.add("wallet.error_500")
    apikey.keep(KEY)
    assert remote.key() == KEY


def test_no_more_than_its_end_is_ever_shown(provider, caplog, capsys):
    with caplog.at_level(logging.DEBUG):
        apikey.keep(KEY)
        provider.set_keys(revoked=[KEY])
        with pytest.raises(ValidationError) as refused:
            apikey.test(KEY)
    shown = [caplog.text, *capsys.readouterr(), repr(remote.key()), repr(remote.client("http://x", KEY))]
    shown += [str(refused.value), repr(refused.value)]
    assert not any(KEY in text for text in shown)
    assert apikey.last_four() == KEY[-4:]


def test_of_a_short_key_nothing_is_shown(key_file):
    key_file.parent.mkdir()
    key_file.write_text("short")
    assert apikey.last_four() == ""


def test_a_key_of_the_environment_is_the_operators(settings):
    assert not apikey.from_environment()
    settings.STUDIO_API_KEY = KEY
    assert apikey.from_environment()
    assert remote.key() == KEY
