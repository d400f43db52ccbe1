"""Which API this installation works with, and with which key."""

import pytest

from studio import remote
from studio.credits import wallet
from studio.credits.models import ApiUsed, WalletReading
from studio.imageapi import KeyRefused, NotSent, Unreachable
from studio.sandbox import Pace, SandboxServer, World

KEY = "live-key-0123456789"


@pytest.fixture(autouse=True)
def key_file(settings, tmp_path):
    """Where the key is, if there is one."""
    remote.client.cache_clear()
    settings.STUDIO_API_KEY_FILE = tmp_path / "api-key"
    return settings.STUDIO_API_KEY_FILE


@pytest.fixture
def world(tmp_path):
    """A provider that accepts one key, at its address."""
    made = World(tmp_path / "world", pace=Pace(per_minute=0))
    made.set_keys(accepted=[KEY])
    with SandboxServer(made) as server:
        made.url = server.url
        yield made
    made.close()


def test_without_a_key_the_real_api_is_never_called(settings):
    with pytest.raises(KeyRefused, match="No API key is set"):
        remote.named(settings.STUDIO_API_URL)


def test_the_key_goes_to_the_address_in_use_and_to_no_other(settings, key_file):
    key_file.write_text(KEY)
    settings.STUDIO_API_URL = "https://new.example.com"
    assert remote.named("https://new.example.com")
    with pytest.raises(KeyRefused, match=r"No key for https://old\.example\.com"):
        remote.named("https://old.example.com")


@pytest.mark.parametrize("name", ["real", "sandbox"])
def test_an_address_that_is_none_is_told_in_words(settings, key_file, name):
    key_file.write_text(KEY)
    settings.STUDIO_ASSET_HOSTS = ["cdn.example.com"]
    for made in (remote.named, remote.downloads):
        with pytest.raises(NotSent, match=r"'cdn\.example\.com' is not an address"):
            made(settings.STUDIO_API_URL if name == "real" else remote.SANDBOX)


def test_who_fetches_pictures_has_no_key(world, key_file):
    key_file.write_text(KEY)
    fetching = remote.downloads(world.url)
    with pytest.raises(KeyRefused, match="No API key is set"):
        fetching.balance()


@pytest.mark.django_db
def test_an_installation_that_never_had_a_key_works_with_the_sandbox(settings):
    assert wallet.api_in_use() == remote.SANDBOX
    assert not ApiUsed.objects.exists()


@pytest.mark.django_db
def test_once_a_key_was_there_it_never_falls_back_to_the_sandbox(settings, key_file):
    key_file.write_text(KEY)
    assert wallet.api_in_use() == settings.STUDIO_API_URL
    key_file.unlink()
    assert wallet.api_in_use() == settings.STUDIO_API_URL
    with pytest.raises(KeyRefused):
        wallet.read(wallet.api_in_use())


@pytest.mark.django_db
def test_an_empty_key_file_is_no_key(key_file):
    key_file.write_text(" \n")
    assert wallet.api_in_use() == remote.SANDBOX


def test_the_key_is_read_anew_at_each_use(world, key_file, settings):
    settings.STUDIO_API_URL = world.url
    key_file.write_text("an-old-key-01234567")
    with pytest.raises(KeyRefused):
        remote.named(world.url).balance()
    key_file.write_text(KEY)
    assert remote.named(world.url).balance()
    key_file.unlink()
    with pytest.raises(KeyRefused):
        remote.named(world.url)


def test_the_environments_key_goes_before_the_files(settings, key_file):
    key_file.write_text("from-the-file-012345")
    settings.STUDIO_API_KEY = KEY
    assert remote.key() == KEY


def test_the_sandbox_is_called_with_its_own_key_and_never_with_the_teams(world, settings, key_file):
    key_file.write_text(KEY)
    settings.STUDIO_SANDBOX_URL = world.url
    with pytest.raises(KeyRefused):
        remote.named(remote.SANDBOX).balance()
    world.set_keys(accepted=[remote.SANDBOX_KEY])
    assert remote.named(remote.SANDBOX).balance()


def test_one_client_for_each_address_and_key(key_file, settings):
    key_file.write_text(KEY)
    first = remote.named(settings.STUDIO_API_URL)
    assert remote.named(settings.STUDIO_API_URL) is first
    assert remote.named(remote.SANDBOX) is not first
    key_file.write_text("another-key-012345")
    assert remote.named(settings.STUDIO_API_URL) is not first


def test_a_keys_mark_tells_keys_apart_and_shows_none(settings, key_file):
    marks = set()
    for key in ("", KEY, "another-key-012345"):
        key_file.write_text(key)
        marks.add(remote.key_mark("https://api.example.com"))
    assert len(marks) == 3
    assert not any(KEY[:4] in mark for mark in marks)
    assert remote.key_mark(remote.SANDBOX) not in marks


def test_the_key_shows_in_no_repr_and_no_error(world, key_file, settings):
    key_file.write_text(KEY + "x")
    settings.STUDIO_API_URL = world.url
    client = remote.named(world.url)
    with pytest.raises(KeyRefused) as refused:
        client.balance()
    assert KEY not in f"{client!r} {vars(client)!r} {refused.value!r} {refused.value} {remote.key()!r}"


@pytest.mark.django_db
def test_the_wallets_figure_is_kept_with_its_api(world, key_file, settings):
    key_file.write_text(KEY)
    settings.STUDIO_API_URL = world.url
    world.set_balance("12.50")
    wallet.read(wallet.api_in_use())
    assert str(wallet.latest(world.url).balance) == "12.50"
    assert wallet.latest(remote.SANDBOX) is None
    world.faults.add("wallet.error_500")
    with pytest.raises(Unreachable):
        wallet.read(world.url)
    assert WalletReading.objects.count() == 1


def test_a_key_file_that_can_not_be_read_is_like_none(settings, tmp_path):
    settings.STUDIO_API_KEY_FILE = tmp_path
    assert remote.key() == ""


def test_a_key_file_that_can_not_be_read_is_logged_once_a_minute(settings, tmp_path, caplog, monkeypatch):
    settings.STUDIO_API_KEY_FILE = tmp_path
    monkeypatch.setattr(remote, "_told_at", -remote.TELL_AGAIN_SECONDS)
    for _ in range(3):
        remote.key()
    assert len(caplog.records) == 1
    monkeypatch.setattr(remote, "_told_at", remote._told_at - remote.TELL_AGAIN_SECONDS)
    remote.key()
    assert len(caplog.records) == 2


@pytest.mark.parametrize(("lease", "deadline"), [(180, 60), (30, 20)])
def test_no_download_outlives_its_lease(settings, lease, deadline):
    settings.STUDIO_LEASE_SECONDS = lease
    assert remote.client("https://api.example.com", KEY)._limits.asset_deadline_seconds == deadline
