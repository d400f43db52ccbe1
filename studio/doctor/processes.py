"""The broker, the worker, the clock, and the line they move."""

from collections.abc import Callable
from pathlib import Path

import redis
from django.conf import settings
from django.db import Error
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.retry import Retry

from studio import embedded
from studio.doctor.checkup import Problem
from studio.jobs import line, tasks
from studio.jobs.models import Heard, Job, Line
from studio.jobs.states import State


def broker() -> str:
    """Valkey or Redis answers, keeps its messages over a restart, and throws none away when memory is short."""
    try:
        with redis.Redis.from_url(
            _address(), socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
        ) as client:
            about = client.info()
            return _settled(about, _policy(client, about))
    except redis.AuthenticationError:
        raise Problem("The broker refuses the password of REDIS_URL.") from None
    except (redis.RedisError, OSError):
        raise Problem(
            "The broker does not answer: orders wait until it does. Start it, or check REDIS_URL."
        ) from None
    except ValueError:
        raise Problem("REDIS_URL is not understood: it must be like redis://host:6379/0.") from None


def _address() -> str:
    """Where the broker is: as it was set, or where a running studio has its own."""
    if settings.REDIS_URL:
        return str(settings.REDIS_URL)
    try:
        folder = (Path(settings.STUDIO_DATA_DIR) / "studio.lock").read_text()
    except OSError:
        folder = ""
    if not folder:
        raise Problem("The studio does not run, and it brings the broker along: start it, or set REDIS_URL.")
    return embedded.socket_url(Path(folder) / embedded.SOCKET_NAME)


def _policy(client: "redis.Redis", about: dict[str, object]) -> str:
    """What it does when memory is short; who hosts it for others may not tell."""
    if said := about.get("maxmemory_policy"):
        return str(said)
    try:
        return str(client.config_get("maxmemory-policy").get("maxmemory-policy", ""))
    except redis.ResponseError:
        return ""


def _settled(about: dict[str, object], policy: str) -> str:
    name = "Valkey" if "valkey_version" in about else "Redis"
    wrong = []
    if not about.get("aof_enabled"):
        wrong.append(f"{name} keeps nothing over a restart: set appendonly yes.")
    if policy not in {"", "noeviction"}:
        wrong.append(f"{name} throws messages away when memory is short: set maxmemory-policy noeviction.")
    if wrong:
        raise Problem(*wrong)
    version = about.get("valkey_version") or about.get("redis_version")
    return f"{name} {version}, append-only file, {policy or 'policy not told'}."


def heard(name: str) -> Callable[[], str]:
    """A check that a process was heard of lately."""

    def look() -> str:
        try:
            silent = tasks.silent_since(name)
        except Error:
            raise Problem("This can't be known: the database can't be used.") from None
        if silent is None:
            raise Problem(
                f"The {name} was never heard of: start it; manage.py runstudio starts all there is."
            )
        seconds = int(silent.total_seconds())
        if silent >= Heard.SILENT:
            raise Problem(
                f"The {name} was last heard of {seconds // 60} min ago: look at its log, start it again."
            )
        return f"Heard of {seconds} s ago."

    return look


def messages() -> str:
    """What beat asks for is brought by the broker and done by a worker, every few seconds."""
    try:
        silent = tasks.silent_since("sweep")
    except Error:
        raise Problem("This can't be known: the database can't be used.") from None
    if silent is None or silent >= Heard.SILENT:
        when = f"for {silent.total_seconds() // 60:.0f} min" if silent else "yet"
        raise Problem(f"No message has reached a worker {when}: look at the logs of beat, broker and worker.")
    return f"One came {silent.total_seconds():.0f} s ago."


def the_line() -> str:
    """Orders are sent."""
    try:
        row, waiting = Line.objects.get(), Job.objects.filter(state=State.WAITING).count()
    except (Error, Line.DoesNotExist):
        raise Problem("This can't be known: the database can't be used.") from None
    if row.stop:
        since = f"{timezone.localtime(row.stopped_at):%-d %b %H:%M}" if row.stopped_at else "a while"
        what = (
            "Say how it goes on under Operations."
            if line.needs_admin(row)
            else "It is tried again by itself."
        )
        raise Problem(f"Nothing is sent since {since}, and {waiting:,} wait. {row.words} {what}")
    return f"It runs; {waiting:,} wait."
