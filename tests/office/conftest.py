"""A provider whose wallet can be read with one key; orders that are settled; what a page asks the database."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from studio import remote
from studio.credits import ledger
from studio.jobs import moves
from studio.sandbox import Pace, SandboxServer, World

KEY = "live-key-0123456789"


@pytest.fixture
def provider(settings, tmp_path):
    """The real API as far as the studio can tell; it accepts one key."""
    world = World(tmp_path / "world", pace=Pace(seconds=(0, 0), per_minute=0))
    world.set_keys(accepted=[KEY], expired=["expired-key-012345"], revoked=["revoked-key-012345"])
    remote.client.cache_clear()
    with SandboxServer(world) as server:
        settings.STUDIO_API_URL = server.url
        yield world
    world.close()


@pytest.fixture(autouse=True)
def key_file(settings, tmp_path):
    """Where the key is kept, if one is."""
    settings.STUDIO_API_KEY_FILE = tmp_path / "secret" / "api-key"
    return settings.STUDIO_API_KEY_FILE


def settled(job, *, received: int):
    """An order whose hold is closed: so many pictures were received and paid."""
    ledger.settle(held=job.cost, captured=received * job.price, pictures=received, booking=moves.booking(job))
    return job


def asked(client, address: str) -> int:
    """How many queries a page costs, but for what a process asks its database once."""
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)
