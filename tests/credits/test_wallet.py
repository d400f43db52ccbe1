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
from studio.credits.models import ApiUsed, Loss, WalletFinding, WalletReading
from studio.imageapi import KeyRefused
from studio.remote import secretfile
from studio.sandbox import Pace, SandboxServer, World
from tests.credits import books

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


KEY = "live-key-0123456789"


@pytest.fixture
def provider(settings, tmp_path):
    """The real API as far as the studio can tell, with 1,000 credits."""
    world = World(tmp_path / "world", pace=Pace(starting_balance="1000.00"))
    world.set_keys(accepted=[KEY])
    remote.client.cache_clear()
    with SandboxServer(world) as server:
        settings.STUDIO_API_URL, settings.STUDIO_API_KEY = server.url, KEY
        world.api = wallet.api_in_use()
        yield world
    world.close()


def stand(spent: int = 0, *, going: int = 0, sent: int = 0):
    """What the books say beside the wallet."""
    return lambda: wallet.Standing(spent=spent, open=going, sent_since=lambda: sent)


def test_a_reading_keeps_what_the_books_say_beside_it(provider):
    reading = wallet.read(provider.api, under_way=stand(spent=35, going=10))
    reading.refresh_from_db()
    assert (reading.balance, reading.spent, reading.open) == (Decimal(1000), 35, 10)


def test_without_books_a_reading_is_history_only(provider):
    wallet.read(provider.api, under_way=stand())
    provider.top_up(50)
    reading = wallet.read(provider.api)
    assert (reading.spent, reading.open) == (None, None)
    assert not WalletFinding.objects.exists()


def test_what_is_sent_while_the_wallet_is_asked_may_have_been_taken(provider):
    reading = wallet.read(provider.api, under_way=stand(spent=5, going=10, sent=20))
    assert (reading.spent, reading.open) == (5, 30)


def test_a_wallet_that_can_not_be_read_leaves_no_reading(provider):
    provider.set_keys(revoked=[KEY])
    with pytest.raises(KeyRefused):
        wallet.read(provider.api, under_way=stand())
    assert not WalletReading.objects.exists()


def test_of_two_who_read_at_the_same_time_the_first_keeps_its_reading(provider):
    """Nobody can say which balance is the older one, and one that is would look like a fall."""
    wallet.read(provider.api, under_way=stand())

    def meanwhile() -> wallet.Standing:
        provider.top_up(100)
        kept.append(wallet.read(provider.api, under_way=stand()))
        provider.set_balance(700)
        return stand()()

    kept: list[WalletReading] = []
    assert wallet.read(provider.api, under_way=meanwhile) == kept[0]
    assert kept[0].balance == 1100
    assert [finding.amount for finding in WalletFinding.objects.all()] == [100]


def test_a_top_up_between_two_quiet_readings_is_found_once(provider):
    wallet.read(provider.api, under_way=stand())
    provider.top_up("12.50")
    wallet.read(provider.api, under_way=stand())
    wallet.read(provider.api, under_way=stand())
    finding = WalletFinding.objects.get()
    assert (finding.amount, finding.verdict) == (Decimal("12.50"), "")
    assert (finding.balance_before, finding.balance_after) == (1000, Decimal("1012.50"))
    assert list(WalletReading.objects.order_by("pk").values_list("at", flat=True)[:2]) == [
        finding.since,
        finding.until,
    ]


def spent(api: str) -> int:
    return User.objects.annotate(spent=wallet.spent_in_sql(api)).values_list("spent", flat=True)[0]


def test_spent_is_what_was_paid_for_pictures_and_lost_for_certain(provider, alice, bob):
    before = spent(provider.api)
    books.made(alice, 3, delivered=2)
    books.held(bob, 4)
    lost = books.made(bob, 2, delivered=1)
    books.ledger.lose(lost.job, 5, api=provider.api, why=Loss.Why.EXPIRED)
    assert spent(provider.api) - before == 10 + 5 + 5


def test_what_comes_in_and_expires_is_not_spent(provider, admin):
    before = spent(provider.api)
    person = books.ledger.account_of(admin)
    why = books.ledger.Why(actor=admin, reason="Spring campaign")
    books.ledger.grant(admin, 500, key="grant", why=why)
    books.ledger.adjust(admin, -20, key="adjust", why=why)
    books.ledger.expire(person, 30, key="expire", why=why)
    assert spent(provider.api) == before


def test_losses_that_a_finding_shows_and_those_of_another_api_are_not_spent(provider, alice):
    lost, elsewhere = books.made(alice, 2, delivered=0), books.made(alice, 2, delivered=0)
    before = spent(provider.api)
    now = timezone.now()
    finding = WalletFinding.objects.create(
        api=provider.api, amount=-10, since=now, until=now, balance_before=10, balance_after=0
    )
    why = Loss.Why.UNKNOWN
    assert books.ledger.lose(lost.job, 10, api=provider.api, why=why, finding=finding)
    assert books.ledger.lose(elsewhere.job, 10, api="https://other.example.com", why=why)
    assert spent(provider.api) == before


def test_play_money_is_not_spent(provider, alice):
    before = spent(provider.api)
    play = books.booking()
    books.ledger.hold(alice, 10, play, sandbox=True)
    books.ledger.settle(held=10, captured=10, pictures=2, booking=play)
    assert spent(provider.api) == before
