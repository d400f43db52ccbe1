"""The image API as this installation uses it: settings in, an `ImageAPI` out."""

import hashlib
import time
from functools import lru_cache

import structlog
from django.conf import settings

from studio.imageapi import ImageAPI, KeyRefused, Limits, NotSent
from studio.remote import secretfile

log = structlog.get_logger(__name__)
SANDBOX = "sandbox"
SANDBOX_KEY = "sandbox"
TELL_AGAIN_SECONDS = 60.0
_told_at = -TELL_AGAIN_SECONDS


def key() -> secretfile.Secret:
    """The team's key, read anew at each use, so that it can change without a restart; empty when there is none."""
    try:
        return settings.STUDIO_API_KEY or secretfile.read(settings.STUDIO_API_KEY_FILE)
    except (OSError, UnicodeDecodeError) as trouble:
        # As if there were none: the line stops and says so, and no page breaks.
        _tell_of_an_unreadable_key(trouble)
        return secretfile.Secret("")


def _tell_of_an_unreadable_key(trouble: Exception) -> None:
    """Log it once a minute at most: every poll of every page asks for the key."""
    global _told_at  # noqa: PLW0603 - one clock for the process
    if time.monotonic() - _told_at >= TELL_AGAIN_SECONDS:
        _told_at = time.monotonic()
        log.error("the API key's file can't be read", error=str(trouble))


def key_mark(api: str) -> str:
    """Tells one key from another without showing it: for "has the refused key changed?"."""
    used = SANDBOX_KEY if api == SANDBOX else key()
    return hashlib.sha256(f"{settings.SECRET_KEY}:{used}".encode()).hexdigest()[:16]


def named(api: str) -> ImageAPI:
    """The client for an API's name: `sandbox`, or the address of the real one.

    KeyRefused when there is no key for it: the team's goes to the address in use and to no other, however old the
    job. NotSent when an address in the settings is none.
    """
    if api == SANDBOX:
        return _made(settings.STUDIO_SANDBOX_URL, SANDBOX_KEY)
    if api != settings.STUDIO_API_URL:
        raise KeyRefused(f"No key for {api}.", code="missing_api_key")
    if not (current := key()):
        raise KeyRefused("No API key is set.", code="missing_api_key")
    return _made(api, current)


def downloads(api: str) -> ImageAPI:
    """The client that fetches an API's pictures: it needs no key and has none. NotSent as with `named`."""
    return _made(settings.STUDIO_SANDBOX_URL if api == SANDBOX else api, "")


def _made(base_url: str, api_key: str) -> ImageAPI:
    try:
        return client(base_url, api_key)
    except ValueError as error:
        raise NotSent(f"An address in the settings can't be used: {error}") from None


@lru_cache(maxsize=8)
def client(base_url: str, api_key: str) -> ImageAPI:
    """One client for each address and key, so that its connections are used again."""
    limits = Limits(
        post_deadline_seconds=settings.STUDIO_POST_SECONDS,
        # A download that outlived its lease would be done twice at a time.
        asset_deadline_seconds=min(60, settings.STUDIO_LEASE_SECONDS * 2 / 3),
        asset_bytes=settings.STUDIO_DOWNLOAD_MB * 1024 * 1024,
    )
    return ImageAPI(base_url, api_key, limits=limits, private_origins=tuple(settings.STUDIO_ASSET_HOSTS))
