"""All boxes of docker-compose.yml, started once for the tests of a file."""

import tempfile
from pathlib import Path

import pytest
import requests

from studio.sandbox.server import SandboxServer
from studio.sandbox.world import Pace, World
from tests.topology.boxes import URL, Boxes, boxes
from tests.topology.visitor import Visitor

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The provider."""
    made = World(tmp_path_factory.mktemp("sandbox"), pace=Pace(seconds=(1.0, 1.0), per_minute=60))
    yield made
    made.close()


@pytest.fixture(scope="module")
def box(world):
    """All services, answering."""
    # PostgreSQL's user and nginx's get nowhere in pytest's own folders.
    folder = Path(tempfile.mkdtemp(prefix="studio-boxes-"))
    with SandboxServer(world) as server, boxes(folder, server.url) as made:
        made.until(lambda: answers(made))
        yield made


def answers(made: Boxes) -> bool:
    """Whether everything is there and says so through the proxy."""
    try:
        return requests.get(f"{URL}/readyz", verify=certificate(made), timeout=5).ok
    except requests.ConnectionError:
        return False


def certificate(made: Boxes) -> str:
    """What vouches for the proxy."""
    return str(made.folder / "secrets" / "tls-certificate")


@pytest.fixture(scope="module")
def alice(box):
    """A member who has signed in at the proxy."""
    add = ["python", "manage.py", "member", "add", "alice@example.com", "--unlimited", "--password-stdin"]
    box.run("web", *add, told=PASSWORD)
    with Visitor(URL, certificate(box)) as visitor:
        visitor.sign_in("alice@example.com", PASSWORD)
        yield visitor
