"""What each check says when things are as they should be, and when they are not."""

import smtplib
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from studio import diskspace, remote
from studio.credits.models import ApiUsed
from studio.doctor import configuration, database, folders, mailserver, processes, provider
from studio.doctor.checkup import Problem
from studio.doctor.provider import Provider
from studio.embedded import Valkey, find_binary
from studio.imageapi import Unreachable
from studio.jobs import line, tasks
from studio.jobs.models import Heard
from studio.remote.secretfile import Secret
from studio.sandbox import Pace, SandboxServer, World
from tests.jobs.cast import order

pytestmark = pytest.mark.django_db
KEY = "live-key-0123456789"


def wrong(look) -> str:
    """What is wrong, in one text."""
    with pytest.raises(Problem) as found:
        look()
    return " ".join(found.value.words)


class TestSettings:
    def test_as_they_come_they_are_fine(self):
        assert configuration.look() == "People reach it at http://127.0.0.1:8000."

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"DEBUG": True}, "DEBUG is on"),
            ({"STUDIO_URL": "http://studio.lan"}, "passwords go in the open"),
            ({"HTTPS": True, "STUDIO_TRUSTED_PROXIES": 0}, "STUDIO_TRUSTED_PROXIES is 0"),
            ({"STUDIO_STOP_SECONDS": 60}, "STUDIO_STOP_SECONDS"),
            ({"STUDIO_LATE_ANSWER_SECONDS": 1}, "STUDIO_LATE_ANSWER_SECONDS"),
            ({"SECRET_KEY": Secret("short")}, "STUDIO_SECRET_KEY is short"),
            ({"STUDIO_API_URL": "http://api.example.com", "STUDIO_API_KEY": Secret(KEY)}, "the key goes in the open"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )  # fmt: skip
    def test_what_is_unsafe_or_contradicts_is_told(self, settings, changed, words):
        for name, value in changed.items():
            setattr(settings, name, value)
        said = wrong(configuration.look)
        assert words in said
        assert KEY not in said

    def test_a_key_that_others_may_read(self, settings, tmp_path):
        settings.STUDIO_API_KEY_FILE = tmp_path / "api-key"
        settings.STUDIO_API_KEY_FILE.write_text(KEY)
        settings.STUDIO_API_KEY_FILE.chmod(0o644)
        assert f"chmod 600 {tmp_path / 'api-key'}" in wrong(configuration.look)


class TestDatabase:
    @pytest.mark.skipif("connection.vendor != 'sqlite'")
    @pytest.mark.django_db(transaction=True)
    def test_it_answers(self):
        assert "WAL, synchronous FULL, answers in" in database.look()

    @pytest.mark.skipif("connection.vendor != 'postgresql'")
    @pytest.mark.parametrize("ahead", [2.0, -2.0])
    def test_a_machine_whose_clock_is_not_that_of_postgresql(self, monkeypatch, ahead):
        real = time.time
        monkeypatch.setattr(database.time, "time", lambda: real() + ahead)
        assert "2.0 s apart" in wrong(database.look)

    @pytest.mark.skipif("connection.vendor != 'postgresql'")
    def test_postgresql_that_does_not_wait_for_the_disk(self):
        # The cluster of the tests is quick, and may lose its rows.
        assert wrong(database.look).startswith("fsync of PostgreSQL is off")

    def test_tables_of_this_version(self):
        assert database.migrations() == "All are applied."

    def test_one_that_is_away(self, monkeypatch):
        def away():
            raise DatabaseError("connection refused")

        with monkeypatch.context() as patch:
            patch.setattr(connection, "cursor", away)
            said = wrong(database.look)
        assert said.startswith("The database can't be used: connection refused.")

    @pytest.mark.skipif("connection.vendor != 'sqlite'")
    @pytest.mark.django_db(transaction=True)
    def test_sqlite_that_does_not_wait_for_the_disk(self):
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=OFF")
            said = wrong(database.look)
            cursor.execute("PRAGMA synchronous=FULL")
        assert said == "SQLite does not wait for the disk: a power cut may take what it has confirmed."

    def test_tables_of_another_version(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE django_migrations SET name = '9999_of_tomorrow'"
                " WHERE app = 'jobs' AND name = (SELECT max(name) FROM django_migrations WHERE app = 'jobs')"
            )
        assert wrong(database.migrations).startswith("1 are missing")

    def test_tables_of_a_newer_version(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied)"
                " VALUES ('jobs', '9999_of_tomorrow', CURRENT_TIMESTAMP)"
            )
        assert "of a newer version of the studio (jobs.9999_of_tomorrow)" in wrong(database.migrations)


class TestBroker:
    @pytest.fixture
    def valkey(self, settings, tmp_path):
        import subprocess

        from studio.embedded import private_folder
        from tests.started import wait_until

        server = Valkey(binary=find_binary(), runtime=private_folder(), folder=tmp_path / "valkey")
        server.folder.mkdir()
        process = subprocess.Popen(server.command, stdout=subprocess.DEVNULL)
        wait_until(server.answers)
        settings.REDIS_URL = server.url
        yield server
        process.terminate()
        process.wait()

    @pytest.mark.usefixtures("valkey")
    def test_our_own_is_set_up_as_it_should_be(self):
        assert processes.broker().endswith("append-only file, noeviction.")

    def test_one_that_forgets_and_throws_away(self, valkey):
        import redis

        with redis.Redis.from_url(valkey.url) as client:
            client.config_set("appendonly", "no")
            client.config_set("maxmemory-policy", "allkeys-lru")
        said = wrong(processes.broker)
        assert "set appendonly yes" in said
        assert "set maxmemory-policy noeviction" in said

    def test_one_that_wants_a_password_is_not_told_with_it(self, valkey, settings):
        import redis

        with redis.Redis.from_url(valkey.url) as client:
            client.config_set("requirepass", "right-password")
        settings.REDIS_URL = valkey.url.replace("unix://", "unix://:wrong-password@")
        assert wrong(processes.broker) == "The broker refuses the password of REDIS_URL."

    def test_one_that_is_not_there(self, settings):
        settings.REDIS_URL = "redis://127.0.0.1:9/0"
        assert "does not answer" in wrong(processes.broker)

    def test_nonsense(self, settings):
        settings.REDIS_URL = "http://nonsense"
        assert "REDIS_URL is not understood" in wrong(processes.broker)

    def test_that_of_a_running_studio_is_found_and_without_one_there_is_none(
        self, valkey, settings, tmp_path
    ):
        settings.REDIS_URL, settings.STUDIO_DATA_DIR = "", tmp_path
        assert "The studio does not run" in wrong(processes.broker)
        (tmp_path / "studio.lock").write_text(str(valkey.runtime))
        assert processes.broker().endswith("noeviction.")


class TestProcesses:
    def test_heard_of_lately_long_ago_and_never(self):
        look = processes.heard("worker")
        assert "was never heard of" in wrong(look)
        tasks.heard("worker")
        assert look() == "Heard of 0 s ago."
        Heard.objects.update(at=timezone.now() - timedelta(minutes=5))
        assert "last heard of 5 min ago" in wrong(look)

    def test_messages_that_get_through_lately_and_not(self):
        assert "has reached a worker yet" in wrong(processes.messages)
        tasks.heard("sweep")
        assert processes.messages() == "One came 0 s ago."
        Heard.objects.update(at=timezone.now() - timedelta(minutes=5))
        assert "has reached a worker for 5 min" in wrong(processes.messages)

    def test_a_line_that_runs_is_stopped_or_waits_for_an_admin(self, alice):
        order(alice)
        assert processes.the_line() == "It runs; 1 wait."
        line.stop(line.Stop.WALLET, "The wallet is empty.", "sandbox")
        assert wrong(processes.the_line).endswith("The wallet is empty. It is tried again by itself.")
        line.park()
        assert "Say how it goes on under Operations." in wrong(processes.the_line)


class TestFolders:
    def test_there_is_room_and_we_may_write(self, media):
        assert "GB free" in folders.disk()
        assert folders.media().endswith("can be written, on one file system.")
        assert not list((media / "incoming").iterdir())

    @pytest.mark.usefixtures("media")
    def test_a_full_disk(self, monkeypatch):
        room = diskspace.Room(holds="pictures", free=10, total=10**12)
        monkeypatch.setattr(diskspace, "rooms", lambda: [room])
        assert wrong(folders.disk) == "Make room for pictures: only 0.0 of 931.3 GB free."

    def test_pictures_that_can_not_be_written(self, settings, tmp_path):
        (tmp_path / "file").touch()
        settings.MEDIA_ROOT = tmp_path / "file"
        assert "Pictures can't be written to" in wrong(folders.media)

    def test_a_folder_that_others_may_write_to(self, media):
        folders.media()
        (media / "originals").chmod(0o777)
        assert (
            wrong(folders.media)
            == f"Others may write to {media / 'originals'}: chmod go-w {media / 'originals'}"
        )

    @pytest.mark.usefixtures("media")
    def test_places_on_two_file_systems(self, monkeypatch):
        other = Path("/dev/shm")
        real = folders.files.folder
        monkeypatch.setattr(
            folders.files, "folder", lambda name: other if name == "originals" else real(name)
        )
        assert "are on different file systems" in wrong(folders.media)


class TestProvider:
    @pytest.fixture
    def api(self, settings, tmp_path):
        """The real API as far as the studio can tell; it accepts one key."""
        world = World(tmp_path / "world", pace=Pace(seconds=(0, 0), per_minute=0))
        world.set_keys(accepted=[KEY], expired=[], revoked=[])
        remote.client.cache_clear()
        with SandboxServer(world) as server:
            settings.STUDIO_API_URL, settings.STUDIO_API_KEY = server.url, Secret(KEY)
            yield world
        world.close()

    def test_until_there_is_a_key_the_sandbox_is_in_use(self):
        asked = Provider()
        assert asked.key() == asked.wallet() == asked.clock() == provider.SANDBOX

    def test_a_key_that_is_gone(self):
        ApiUsed.objects.create(name="https://api.example.com")
        assert "The key is gone" in wrong(Provider().key)

    @pytest.mark.usefixtures("api")
    def test_all_is_well(self):
        asked = Provider()
        assert asked.key().endswith("accepts it.")
        assert asked.wallet() == "1,000 credits."
        assert asked.clock() == "It agrees with the API's to the second."

    @pytest.mark.usefixtures("api")
    def test_nothing_is_written(self):
        Provider().wallet()
        assert not ApiUsed.objects.exists()

    @pytest.mark.usefixtures("api")
    def test_a_key_that_is_refused_is_not_told(self, settings):
        settings.STUDIO_API_KEY = Secret("other-key-0123456789")
        said = wrong(Provider().key)
        assert "The API refuses the key" in said
        assert "other-key" not in said
        assert wrong(Provider().wallet) == "This can't be known: the wallet can't be read."

    def test_an_empty_wallet(self, api):
        api.set_balance(0)
        assert wrong(Provider().wallet) == "There are 0 credits in the wallet: top it up at the provider."

    def test_an_api_that_is_away(self, settings):
        settings.STUDIO_API_URL, settings.STUDIO_API_KEY = "http://127.0.0.1:9", Secret(KEY)
        assert "The key can't be tried" in wrong(Provider().key)

    @pytest.mark.parametrize(("hours", "words"), [(1, "3600 s ahead of"), (-1, "3600 s behind")])
    @pytest.mark.usefixtures("api")
    def test_a_clock_that_is_wrong(self, clock_of, hours, words):
        clock_of(hours)
        assert words in wrong(Provider().clock)

    @pytest.fixture
    def clock_of(self, monkeypatch):
        real = timezone.now

        def shift(hours: float) -> None:
            monkeypatch.setattr(provider.timezone, "now", lambda: real() + timedelta(hours=hours))

        return shift

    def test_an_api_that_has_no_clock(self, settings, monkeypatch):
        settings.STUDIO_API_KEY = Secret(KEY)
        monkeypatch.setattr(provider, "_read", lambda: (Decimal(5), None, 0.0))
        assert Provider().clock() == "The API does not say what time it has."

    def test_it_is_asked_once_for_all_questions(self, settings, monkeypatch):
        settings.STUDIO_API_KEY = Secret(KEY)
        asked = []
        monkeypatch.setattr(provider, "_read", lambda: asked.append(1) or Unreachable("It is away."))
        one = Provider()
        for look in (one.key, one.wallet, one.clock):
            wrong(look)
        assert asked == [1]

    @pytest.mark.usefixtures("api")
    def test_its_clock_is_read_from_what_it_answers(self):
        _balance, at = remote.named(remote.settings.STUDIO_API_URL).wallet()
        assert abs(at - datetime.now(UTC)) < timedelta(seconds=2)


class TestMail:
    def test_none_is_no_problem(self, settings):
        settings.EMAIL_HOST = ""
        assert mailserver.look().startswith("None is set up")

    def test_one_that_is_away(self, settings):
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
        assert (
            wrong(mailserver.look) == "127.0.0.1:9 can't be used (ConnectionRefusedError): check EMAIL_URL."
        )

    def test_one_that_refuses_the_password_is_told_without_it(self, settings, monkeypatch):
        def refuse(*_args, **_more):
            raise smtplib.SMTPAuthenticationError(535, b"bad mail-password")

        settings.EMAIL_HOST = "127.0.0.1"
        monkeypatch.setattr(mailserver.EmailBackend, "open", refuse)
        assert "refuses the name or password" in wrong(mailserver.look)
        assert "mail-password" not in wrong(mailserver.look)
