"""Which API this installation works with, and what its wallet said last."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio import remote
from studio.accounts.models import User
from studio.credits import wallet
from studio.credits.models import ApiUsed, WalletReading
from studio.imageapi import KeyRefused
from studio.remote import secretfile

pytestmark = pytest.mark.django_db


@pytest.fixture
def key_file(settings, tmp_path):
    """A key file of the test's own; nothing is in it yet."""
    settings.STUDIO_API_KEY_FILE = tmp_path / "api-key"
    return settings.STUDIO_API_KEY_FILE


def in_sql() -> str:
    return str(User.objects.annotate(api=wallet.api_in_sql()).values_list("api", flat=True)[0])


def test_without_a_key_the_sandbox_draws(alice, key_file):
    assert wallet.api_in_use() == in_sql() == remote.SANDBOX


def test_with_a_key_the_real_api_is_used_at_once(alice, key_file, settings):
    secretfile.write(key_file, "sk-a-real-key")
    assert wallet.api_in_use() == in_sql() == settings.STUDIO_API_URL


def test_who_once_had_a_key_never_falls_back_to_the_sandbox(alice, key_file, settings):
    secretfile.write(key_file, "sk-a-real-key")
    wallet.api_in_use()
    key_file.unlink()
    assert wallet.api_in_use() == in_sql() == settings.STUDIO_API_URL
    with pytest.raises(KeyRefused, match="No API key is set"):
        wallet.read(wallet.api_in_use())


def test_a_page_that_asks_writes_nothing(alice, key_file):
    secretfile.write(key_file, "sk-a-real-key")
    with CaptureQueriesContext(connection) as queries:
        in_sql()
    assert len(queries) == 1
    assert not ApiUsed.objects.exists()


def test_the_newest_reading_of_an_api_is_its_own(db):
    now = timezone.now()
    for api, balance, minutes in (("a", 10, 2), ("a", 20, 1), ("b", 30, 0)):
        WalletReading.objects.create(api=api, balance=balance, at=now - timedelta(minutes=minutes))
    assert wallet.latest("a").balance == Decimal(20)
    assert wallet.latest("c") is None
