"""For whatever watches over the studio: what is missing is named, and nothing else is told."""

import shutil
import socket
import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from gallery import files
from studio import health
from studio.jobs import tasks
from studio.jobs.models import Heard


@pytest.fixture
def broker(settings, tmp_path):
    """Something that answers a ping as Valkey does, on a socket of its own."""
    path = tmp_path / "broker.sock"
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()
    server.settimeout(0.2)
    over = threading.Event()

    def serve():
        while not over.is_set():
            try:
                caller, _ = server.accept()
            except TimeoutError:
                continue
            with caller:
                while asked := caller.recv(4096):
                    commands = asked.count(b"*") or 1
                    caller.sendall(b"+PONG\r\n" if b"PING" in asked.upper() else b"+OK\r\n" * commands)

    thread = threading.Thread(target=serve)
    thread.start()
    settings.REDIS_URL = f"unix://{path}?protocol=2"
    yield
    over.set()
    thread.join()
    server.close()


def all_heard():
    for name in ("worker", "beat", "sweep"):
        tasks.heard(name)


@pytest.mark.django_db
def test_everything_is_there(client, broker, media):
    all_heard()
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"ok": True, "missing": []})


@pytest.mark.django_db
def test_what_was_never_heard_of_is_missing(client, broker, media):
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (
        503,
        {"ok": False, "missing": ["worker", "beat", "messages"]},
    )


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["worker", "beat", "sweep"])
def test_who_was_silent_for_a_minute_is_missing(client, broker, media, name):
    all_heard()
    Heard.objects.filter(name=name).update(at=timezone.now() - timedelta(seconds=61))
    assert client.get("/readyz").json()["missing"] == [{"sweep": "messages"}.get(name, name)]
    Heard.objects.filter(name=name).update(at=timezone.now() - timedelta(seconds=50))
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["", "unix:///nowhere/valkey.sock", "redis://127.0.0.1:9/0"])
def test_a_broker_that_does_not_answer_is_missing(client, settings, media, address):
    all_heard()
    settings.REDIS_URL = address
    assert client.get("/readyz").json()["missing"] == ["broker"]


@pytest.mark.django_db
def test_a_media_folder_that_can_not_be_written_is_missing(client, broker, settings, tmp_path):
    all_heard()
    settings.MEDIA_ROOT = tmp_path / "file" / "media"
    (tmp_path / "file").write_text("in the way")
    assert client.get("/readyz").json()["missing"] == ["media"]


@pytest.mark.django_db
def test_asking_leaves_nothing_in_the_media_folder(client, media):
    client.get("/readyz")
    assert [path for path in media.rglob("*") if path.is_file()] == []
    shutil.rmtree(media)
    assert health.media()
    assert files.folder("incoming").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("trouble", [DatabaseError, InterfaceError])
def test_a_database_that_is_away_is_missing_with_all_that_it_knows(
    client, broker, media, monkeypatch, trouble
):
    def away(*_args, **_kwargs):
        raise trouble("password=hunter2 host=db.internal")

    all_heard()
    monkeypatch.setattr(connection, "cursor", away)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["missing"]) == (
        503,
        ["database", "worker", "beat", "messages"],
    )
    assert b"hunter2" not in response.content


@pytest.mark.django_db
def test_nothing_is_told_but_names(client, settings):
    settings.REDIS_URL = "redis://:hunter2@127.0.0.1:9/0"
    assert b"hunter2" not in client.get("/readyz").content
    assert set(client.get("/readyz").json()) == {"ok", "missing"}


def test_the_process_answers_without_any_of_it(client, settings):
    settings.REDIS_URL = ""
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"ok": True})
    assert "no-store" in response["Cache-Control"]
    assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
def test_a_watcher_leaves_no_session(client):
    client.get("/healthz")
    client.get("/readyz")
    assert client.cookies == {}
