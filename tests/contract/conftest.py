"""The API under test: the sandbox, with its wallet at either of the two documented addresses, and the real one when
STUDIO_CONTRACT_KEY holds a key to it.

The real one costs money: 15 credits a run. STUDIO_CONTRACT_URL is its address.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from studio.imageapi import ImageAPI, Progress, Status, Throttled
from studio.sandbox import SANDBOX_KEY, Pace, SandboxServer, World

KEY = os.environ.get("STUDIO_CONTRACT_KEY", "")
URL = os.environ.get("STUDIO_CONTRACT_URL", "https://api.3daistudio.com")
# The address at which each sandbox has no wallet, and how it says so.
SANDBOXES = {"sandbox": ("/user/wallet/", 404), "older sandbox": ("/account/user/wallet/", 405)}


@dataclass(frozen=True)
class Provider:
    """One API with a good key to it, and how long its pictures may take."""

    url: str
    key: str
    patience: float

    def client(self, key: str | None = None) -> ImageAPI:
        return ImageAPI(self.url, self.key if key is None else key)

    def in_turn(self, ask: Callable[[], object]):
        """What `ask` gives, waiting out the limit of submits when there is one."""
        while True:
            try:
                return ask()
            except Throttled as early:
                time.sleep(early.seconds)

    def watched(self, task_id: str) -> list[Progress]:
        """Every look at a task until it is over and its pictures are there."""
        looks, deadline = [], time.monotonic() + self.patience
        while time.monotonic() < deadline:
            looks.append(self.client().progress(task_id))
            if looks[-1].status is Status.FAILED or looks[-1].assets:
                return looks
            time.sleep(self.patience / 300)
        raise AssertionError(f"{task_id} was not ready within {self.patience:g} s: {looks[-1]}")


@pytest.fixture(scope="session", params=[*SANDBOXES, *(["real"] if KEY else [])])
def provider(request, tmp_path_factory):
    if request.param == "real":
        yield Provider(URL, KEY, patience=600)
        return
    world = World(tmp_path_factory.mktemp("sandbox"), pace=Pace(seconds=(0.3, 0.3), per_minute=60))
    path, status = SANDBOXES[request.param]
    world.faults.add("wallet.absent", path=path, status=status)
    with SandboxServer(world) as server:
        yield Provider(server.url, SANDBOX_KEY, patience=10)
    world.close()
