"""A provider over real HTTP, a clock that can be moved, and quick times."""

import pytest
from django.utils import timezone

from studio import remote
from studio.jobs import making, tasks
from studio.sandbox import Pace, SandboxServer, World
from tests.jobs.cast import Clock


@pytest.fixture(autouse=True)
def _quick(settings, media, monkeypatch):
    settings.STUDIO_SUBMITS_PER_MINUTE = 60
    settings.STUDIO_POST_SECONDS = 5
    settings.STUDIO_SANDBOX_SECONDS = "0.4"
    remote.client.cache_clear()
    making.forget()
    # Asked for anew every few seconds it would be one question more, now and then.
    monkeypatch.setattr(making, "KEPT_SECONDS", 1e9)
    tasks._quiet_until = 0.0


@pytest.fixture
def provider(settings, tmp_path):
    """The world behind the API: pictures are ready at once, nothing is limited."""
    world = World(tmp_path / "sandbox", pace=Pace(seconds=(0, 0), per_minute=0))
    with SandboxServer(world) as server:
        settings.STUDIO_SANDBOX_URL = world.url = server.url
        yield world
    world.close()


@pytest.fixture
def clock(monkeypatch):
    """Moves the studio's clock; the provider keeps its own."""
    moved = Clock()
    monkeypatch.setattr(timezone, "now", moved)
    return moved
