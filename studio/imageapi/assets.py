"""Downloading a picture from a stranger's host."""

import hashlib
from time import monotonic
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import requests

from studio.imageapi.complaint import Complaint
from studio.imageapi.errors import AssetGone, AssetRefused, Throttled, Unreachable
from studio.imageapi.messages import Fetched
from studio.imageapi.peer import Origin
from studio.imageapi.refusals import wait
from studio.imageapi.transport import BrokenError, Limits, Session, pieces, send

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 3
GONE = frozenset({403, 404, 410})


def open_asset(session: Session, url: str, read_seconds: float) -> requests.Response:
    """The answer that holds the picture, after at most three redirects; its body is still to be read."""
    for _ in range(MOST_REDIRECTS + 1):
        _check_address(url)
        response = send(session, requests.Request("GET", url), read_seconds=read_seconds)
        target = response.headers.get("Location", "") if response.status_code in REDIRECTS else ""
        if not target:
            return _checked(response)
        response.close()
        url = _joined(url, target)
    raise AssetRefused("The picture's address leads from one place to another too often.")


def copy(response: requests.Response, into: BinaryIO, limits: Limits) -> Fetched:
    """Write the body to a file as it comes; BrokenError when it only drips."""
    digest, size, since, before = hashlib.sha256(), 0, 0.0, 0
    for piece in pieces(response, limits.asset_bytes):
        into.write(piece)
        digest.update(piece)
        size += len(piece)
        now = monotonic()
        if not since or (seconds := now - since) > limits.asset_slow_seconds:
            if (
                since
                and response.raw.length_remaining != 0
                and size - before < seconds * limits.asset_slowest
            ):
                raise BrokenError("it comes too slowly")
            since, before = now, size
    if not size:
        raise Unreachable("The picture came empty.")
    return Fetched(size=size, sha256=digest.hexdigest())


def _check_address(url: str) -> None:
    try:
        Origin.of(url)
        named = "@" in urlsplit(url).netloc
    except ValueError:
        raise AssetRefused("The picture's address is not one of the web.") from None
    # requests would make an Authorization header of it
    if named:
        raise AssetRefused("The picture's address holds a user name.")


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError:
        raise AssetRefused("The picture's address leads to one that can't be read.") from None


def _checked(response: requests.Response) -> requests.Response:
    status = response.status_code
    if status == 200:
        return response
    response.close()
    if status in GONE:
        raise AssetGone(f"The picture is not there any more ({status}).")
    if status == 429:
        raise Throttled("The picture's host is busy.", seconds=wait(response.headers, Complaint()))
    raise Unreachable(f"The picture's host answered with an error ({status}).")
