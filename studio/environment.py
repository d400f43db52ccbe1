"""Reads the settings from the environment. Nonsense is refused at start, in one sentence that names the setting."""

import math
import re
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from studio.remote import secretfile

env = environ.Env()
ZONES = Path("/usr/share/zoneinfo")
STRANGE = re.compile(r"[\s?#@*\\]|:$")
"""What no base address has."""
HANDOVER = re.compile(r"/[\w-]+/")
MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
"""The ways to reach a mail server: in the open, changing to TLS, in TLS from the start; and their usual ports."""


def told(name: str, default: str = "", *, optional: bool = False) -> secretfile.Secret:
    """What a setting with a secret in it says: itself, or the file that `name`_FILE names, as containers do it.

    A file that is there for every installation may be empty when it is `optional`, or have nothing but a comment.
    """
    value, path = env.str(name, default=""), env.str(f"{name}_FILE", default="")
    if not path:
        return secretfile.Secret(value or default)
    if value:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: keep one of them.")
    try:
        # A file that is missing is no setting left out: somebody named it.
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as trouble:
        why = getattr(trouble, "strerror", None) or "it is not text"
        raise ImproperlyConfigured(f"The file {path} can't be read ({why}): check {name}_FILE.") from None
    value = "\n".join(line for line in lines if not line.startswith("#")).strip()
    if not value and not optional:
        raise ImproperlyConfigured(f"The file {path} is empty: check {name}_FILE.")
    return secretfile.Secret(value)


def seconds(name: str, default: float, *, most: float = math.inf) -> float:
    """A time in seconds from the environment, more than nothing."""
    try:
        value: float = env.float(name, default=default)
    except ValueError:
        value = 0
    if not 0 < value < math.inf:
        raise ImproperlyConfigured(f"{name} must be a number of seconds above 0, not {env.str(name)!r}.")
    if value > most:
        raise ImproperlyConfigured(f"{name} must be {most:g} seconds at most, not {env.str(name)!r}.")
    return value


def seconds_range(name: str, default: str) -> str:
    """Seconds as "6" or, for anything between two, "30-60"."""
    value: str = env.str(name, default=default)
    try:
        least, *most = (float(part) for part in value.split("-"))
    except ValueError:
        least, most = 1, [0]
    if len(most) > 1 or not 0 <= least <= (most or [least])[0] < math.inf:
        raise ImproperlyConfigured(f"{name} must be seconds like 6 or 30-60, not {value!r}.")
    return value


def count(name: str, default: int, *, least: int = 1) -> int:
    """A whole number from the environment."""
    try:
        value: int = env.int(name, default=default)
    except ValueError:
        value = least - 1
    if value < least:
        raise ImproperlyConfigured(
            f"{name} must be a whole number of at least {least}, not {env.str(name)!r}."
        )
    return value


def database(name: str, default: str) -> dict[str, Any]:
    """Django's settings of the database at an address: SQLite or PostgreSQL."""
    url = told(name, default)
    scheme, _, rest = url.partition("://")
    known = rest and scheme in {"sqlite", "postgres", "postgresql"}
    try:
        parsed: dict[str, Any] = env.db_url_config(str(url)) if known else {}
    except ValueError:
        parsed = {}  # a port that is no number
    if not parsed:
        raise ImproperlyConfigured(
            f"{name} must be like postgres://user:password@host/name or sqlite:////path."
        )
    if scheme == "sqlite" and parsed["NAME"].startswith((":memory:", "file:")):
        raise ImproperlyConfigured(
            f"{name} must be a file, like sqlite:////path: several processes share the database."
        )
    return parsed


def host_and_port(name: str, text: str) -> tuple[str, int]:
    """The host and the port of "127.0.0.1:8000" or "[::]:8000"."""
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdecimal()) or not 0 < int(port) < 65536:
        raise ImproperlyConfigured(f"{name} must be an address and a port like 127.0.0.1:8000, not {text!r}.")
    return host.removeprefix("[").removesuffix("]"), int(port)


def bind(name: str, default: str) -> str:
    """An address and a port to listen on."""
    value: str = env.str(name, default=default)
    host_and_port(name, value)
    return value


def address(name: str, default: str) -> str:
    """An http or https address from the environment, maybe with a path, without the slash at its end."""
    value: str = env.str(name, default=default).rstrip("/")
    if not _http(value, path=True):
        raise ImproperlyConfigured(
            f"{name} must be an address like https://studio.example.com, not {value!r}."
        )
    return value


def origin(name: str, default: str) -> str:
    """Scheme, host and maybe port from the environment, without the slash at its end, as browsers write it."""
    value: str = env.str(name, default=default).rstrip("/").lower()
    if not _http(value, path=False):
        raise ImproperlyConfigured(
            f"{name} must be an address without a path, like https://studio.example.com, not {value!r}."
        )
    return value


def origins(name: str) -> list[str]:
    """Any number of origins, by commas."""
    values: list[str] = [value.strip() for value in env.list(name, default=[]) if value.strip()]
    for value in values:
        if not _http(value, path=False):
            raise ImproperlyConfigured(
                f"{name} must be exact origins by commas, like https://cdn.lan:8443, without a path, not {value!r}."
            )
    return values


def _http(value: str, *, path: bool) -> bool:
    try:
        parts = urlsplit(value)
        # `port` is None or in range, else it raises.
        whole = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return False
    return bool(whole and not STRANGE.search(value) and (path or not parts.path))


def mail(name: str) -> dict[str, Any]:
    """Django's settings of the mail server at an address; without a host when there is none.

    What is wrong is not quoted: the address has the password in it.
    """
    url = told(name, optional=True)
    scheme = url.partition("://")[0]
    try:
        parsed: dict[str, Any] = env.email_url_config(str(url)) if scheme in MAIL_PORTS else {}
    except ValueError:
        parsed = {}  # a port that is no number
    if scheme and (not parsed.get("EMAIL_HOST") or parsed["EMAIL_FILE_PATH"]):
        raise ImproperlyConfigured(f"{name} must be like smtp+tls://user:password@mail.example.com:587.")
    return {
        "EMAIL_HOST": parsed.get("EMAIL_HOST", ""),
        "EMAIL_PORT": parsed.get("EMAIL_PORT") or MAIL_PORTS.get(scheme, 25),
        "EMAIL_HOST_USER": parsed.get("EMAIL_HOST_USER") or "",
        "EMAIL_HOST_PASSWORD": secretfile.Secret(parsed.get("EMAIL_HOST_PASSWORD") or ""),
        "EMAIL_USE_TLS": scheme == "smtp+tls",
        "EMAIL_USE_SSL": scheme == "smtp+ssl",
    }


def sender(name: str, *, default: str, needed: bool) -> str:
    """The address mails come from, maybe with a name: "Studio <studio@example.com>"."""
    value: str = env.str(name, default=default if "@" in default else "")
    if not value and not needed:
        return value
    try:
        validate_email(parseaddr(value)[1])
    except ValidationError:
        raise ImproperlyConfigured(
            f"{name} must be the address mails come from, like studio@example.com, not {value!r}."
        ) from None
    return value


def time_zone(name: str) -> str:
    """The zone of the environment's TZ, UTC when there is none. A path, as in ":/etc/localtime", is looked up."""
    given: str = env.str(name, default="")
    zone = given.removeprefix(":")
    if zone.startswith("/"):
        _, found, rest = str(Path(zone).resolve()).partition("/zoneinfo/")
        # A copy instead of a link does not say which zone it is.
        zone = rest if found else ""
    try:
        ZoneInfo(zone or "UTC")
    except (ValueError, OSError, KeyError):
        known = False
    else:
        # Django asks there, and only there.
        known = not ZONES.exists() or (ZONES / (zone or "UTC")).is_file()
    if not known:
        raise ImproperlyConfigured(f"{name} must name a time zone like Europe/Berlin, not {given!r}.")
    return zone or "UTC"


def secret_key(name: str, default: Path) -> secretfile.Secret:
    """The key that signs sessions: itself, or from the file that `name`_FILE names; made when there is none."""
    if key := secretfile.Secret(env.str(name, default="")):
        return key
    path = Path(env.str(f"{name}_FILE", default=str(default)))
    try:
        key = secretfile.read_or_make(path)
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"The secret key's file {path} is not text: check {name}_FILE.") from None
    except OSError as trouble:
        raise ImproperlyConfigured(
            f"The secret key's file {path} can't be read or made ({trouble.strerror}): check {name}_FILE."
        ) from None
    if not key:
        raise ImproperlyConfigured(
            f"The secret key's file {path} is empty: put a key there, or delete it and a new one is made."
        )
    return key


def handover(name: str) -> str:
    """The path under which a proxy hands over media, like /handed-over/; empty when there is none."""
    value: str = env.str(name, default="")
    if value and not HANDOVER.fullmatch(value):
        raise ImproperlyConfigured(f"{name} must be a path like /handed-over/, not {value!r}.")
    return value


def writable_folder(name: str, default: Path) -> Path:
    """The folder everything is kept in, with the one for unfinished uploads inside: both are made."""
    path = Path(env.str(name, default=str(default))).resolve()
    try:
        (path / "tmp").mkdir(parents=True, exist_ok=True)
    except OSError as trouble:
        raise ImproperlyConfigured(
            f"The data folder {path} can't be written ({trouble.strerror}). Set {name} to one that can."
        ) from None
    return path
