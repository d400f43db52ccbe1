"""Settings that are unsafe, or contradict each other. What makes no sense at all is refused at every start."""

import ipaddress
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

from studio import remote
from studio.doctor.checkup import Problem

# Whoever stops the studio waits so long before it is killed.
STOP_MOST = 25.0
SHORTEST_SECRET = 32


def look() -> str:
    """Nothing is wrong, or all that is."""
    found = [*_reached(), *_secrets(), *_times(), *_djangos()]
    if found:
        raise Problem(*found)
    return f"People reach it at {settings.STUDIO_URL}."


def _reached() -> Iterator[str]:
    people, api = (urlsplit(url) for url in (settings.STUDIO_URL, settings.STUDIO_API_URL))
    if settings.DEBUG:
        yield "DEBUG is on: pages of errors show settings to everybody."
    if not settings.HTTPS and not _on_this_machine(people.hostname or ""):
        yield (
            f"STUDIO_URL is {settings.STUDIO_URL}: passwords go in the open. Put a proxy with TLS in front, "
            "and give its https address."
        )
    if settings.HTTPS and not settings.STUDIO_TRUSTED_PROXIES:
        yield (
            "STUDIO_URL is https, which only a proxy can speak, and STUDIO_TRUSTED_PROXIES is 0: "
            "everybody would share one limit of wrong passwords."
        )
    if remote.key() and api.scheme == "http" and not _on_this_machine(api.hostname or ""):
        yield "STUDIO_API_URL is http: the key goes in the open."


def _on_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _secrets() -> Iterator[str]:
    if len(settings.SECRET_KEY) < SHORTEST_SECRET:
        yield "STUDIO_SECRET_KEY is short: sessions could be forged. Let the studio make one."
    for path in (Path(settings.STUDIO_API_KEY_FILE), Path(settings.STUDIO_DATA_DIR) / "secret-key"):
        try:
            if path.is_file() and path.stat().st_mode & 0o077:
                yield f"Others on this machine may read {path}: chmod 600 {path}"
        except OSError as trouble:
            yield f"{path} can't be looked at ({trouble.strerror})."


def _times() -> Iterator[str]:
    if settings.STUDIO_STOP_SECONDS > STOP_MOST:
        yield f"STUDIO_STOP_SECONDS is more than {STOP_MOST:g}: a worker would be killed with jobs in its hands."
    if settings.STUDIO_LATE_ANSWER_SECONDS < settings.STUDIO_POST_SECONDS:
        yield (
            "STUDIO_LATE_ANSWER_SECONDS is less than STUDIO_POST_SECONDS: credits would come back before "
            "an answer can."
        )


def _djangos() -> Iterator[str]:
    for message in checks.run_checks():
        if message.is_serious():
            yield " ".join(f"{message.msg} {message.hint or ''}".split())
