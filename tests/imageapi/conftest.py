"""A stub server, and two clients that speak to it: one waits for a busy machine, one gives up quickly."""

import ipaddress
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from studio.imageapi import GEMINI_25_FLASH, ImageAPI, Limits, Order, Source
from tests.imageapi.stub import Stub

KEY = "sk-unique-7f3e9a51c2"
PATIENT = Limits(
    connect_seconds=10,
    read_seconds=10,
    post_deadline_seconds=20,
    read_deadline_seconds=20,
    asset_deadline_seconds=20,
    asset_bytes=100_000,
    answer_bytes=10_000,
)
HASTY = replace(
    PATIENT,
    connect_seconds=0.3,
    read_seconds=0.3,
    post_deadline_seconds=0.4,
    read_deadline_seconds=0.4,
    asset_deadline_seconds=0.4,
)
# Below all of the patient limits, and so far above the hasty ones that no load makes up the difference
SOON_SECONDS = 8


@contextmanager
def soon() -> Iterator[None]:
    """What is done here ends by a hasty limit, or without any."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < SOON_SECONDS


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch):
    """No packet leaves this machine, not even when the check under test is broken."""
    connect = socket.socket.connect

    def guarded(sock, address):
        assert ipaddress.ip_address(address[0]).is_loopback, f"a packet to {address[0]}"
        return connect(sock, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def stub():
    server = Stub()
    yield server
    server.stop()


@pytest.fixture
def cdn():
    """Another host than the API's."""
    server = Stub(host="127.0.0.2")
    yield server
    server.stop()


@pytest.fixture
def api(stub):
    """For every outcome that depends on no time-out."""
    return ImageAPI(stub.url, KEY, limits=PATIENT)


@pytest.fixture
def hasty(stub):
    """For servers that hang, drip or never end."""
    return ImageAPI(stub.url, KEY, limits=HASTY)


@pytest.fixture
def order():
    return Order(model=GEMINI_25_FLASH, prompt="A harbour at dawn")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.png"
    path.write_bytes(bytes(range(256)) * 500)
    return Source(mime="image/png", path=path)
