"""A sandbox over real HTTP, and someone who calls it."""

import base64
import io

import pytest
import requests
from PIL import Image

from studio.sandbox import SANDBOX_KEY, Pace, SandboxServer, World

IMAGES = "/v1/images/gemini/2.5/flash"


def data_url(size=(60, 40), colour="teal", kind="png") -> str:
    """A small picture as an edit sends it."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind.upper())
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"


class Caller(requests.Session):
    """Speaks to one sandbox with one key."""

    def __init__(self, url: str, key: str = SANDBOX_KEY) -> None:
        super().__init__()
        self.trust_env = False
        self.url = url
        self.headers["Authorization"] = f"Bearer {key}"

    def submit(self, prompt="a lighthouse", kind="generate", **options):
        body = {"prompt": prompt, **options}
        return self.post(f"{self.url}{IMAGES}/{kind}/", json=body, timeout=30)

    def task(self, prompt="a lighthouse", **options) -> str:
        return self.submit(prompt, **options).json()["task_id"]

    def status(self, task_id):
        return self.get(f"{self.url}/v1/generation-request/{task_id}/status/", timeout=30)

    def wallet(self):
        return self.get(f"{self.url}/account/user/wallet/", timeout=30)

    def assets(self, task_id) -> list[str]:
        return [result["asset"] for result in self.status(task_id).json()["results"]]


@pytest.fixture
def make_world(tmp_path):
    """Worlds in folders of the test's own: ready at once, no limit, unless told otherwise."""
    worlds = []

    def make(folder="world", **pace):
        world = World(tmp_path / folder, pace=Pace(**({"seconds": (0, 0), "per_minute": 0} | pace)))
        worlds.append(world)
        return world

    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def serve():
    """Callers of worlds, each served."""
    servers, callers = [], []

    def start(world, **key):
        server = SandboxServer(world)
        server.start()
        servers.append(server)
        callers.append(Caller(server.url, **key))
        return callers[-1]

    def stop_all() -> None:
        for server in servers:
            server.stop()

    start.stop_all = stop_all
    yield start
    for caller in callers:
        caller.close()
    stop_all()


@pytest.fixture
def world(make_world):
    return make_world()


@pytest.fixture
def caller(world, serve):
    return serve(world)
