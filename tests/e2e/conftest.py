"""One studio for all browser tests of a process, with Ada as its admin and a picture of hers in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser

from tests.e2e.browsing import PASSWORD, Installation, Visitor, chromium, installation
from tests.started import wait_until


@dataclass(frozen=True)
class Prepared:
    """A studio that is set up, and the cookies of Ada's browser."""

    studio: Installation
    ada: Any


@pytest.fixture(scope="session")
def prepared(tmp_path_factory) -> Iterator[Prepared]:
    with installation(tmp_path_factory.mktemp("e2e")) as studio:
        ada = {"name": "Ada Lovelace", "email": "ada@example.com", "password": PASSWORD}
        with requests.Session() as session:
            post(session, studio, studio.link, **ada, try_sandbox="on", sharing="wallet")
            post(session, studio, f"{studio.url}/jobs/", prompt="a lighthouse at dusk over calm water")
            wait_until(lambda: session.get(f"{studio.url}/images/1/").ok, 30)
            album = {"act": "place", "images": "1", "album_name": "Lighthouses"}
            post(session, studio, f"{studio.url}/gallery/act/", **album)
            cookies = [
                {"name": kept.name, "value": kept.value, "url": studio.url} for kept in session.cookies
            ]
        yield Prepared(studio, cookies)


def post(session: requests.Session, studio: Installation, address: str, **fields: str) -> None:
    """Send a form as a page would."""
    session.get(address if "/setup/" in address else studio.url).raise_for_status()
    fields["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
    session.post(address, data=fields).raise_for_status()


@pytest.fixture(scope="module")
def engine() -> Iterator[Browser]:
    # Not for the session: playwright's loop would forbid the database to the tests that come after.
    with chromium() as started:
        yield started


@pytest.fixture
def studio(prepared) -> Iterator[Installation]:
    yield prepared.studio
    prepared.studio.world.faults.clear()
    prepared.studio.world.set_keys(accepted=["sandbox"])


@pytest.fixture
def visit(engine, prepared, studio) -> Iterator[Callable[..., Visitor]]:
    """Somebody with a browser of their own, whose console must stay empty; as Ada when asked."""
    visitors: list[Visitor] = []

    def made(*, as_ada: bool = False, **looks: Any) -> Visitor:
        context = engine.new_context(reduced_motion="reduce", **looks)
        context.add_cookies(prepared.ada if as_ada else [])
        visitors.append(Visitor(context, studio.url))
        return visitors[-1]

    yield made
    for visitor in visitors:
        visitor.context.close()
    assert [said for visitor in visitors for said in visitor.complaints] == []


@pytest.fixture
def ada(visit) -> Visitor:
    return visit(as_ada=True, viewport={"width": 1440, "height": 900})
