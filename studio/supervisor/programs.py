"""The studio's own programs: how each is started, when it is ready and how long it may take to stop."""

import http.client
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from studio import embedded
from studio.supervisor.child import Child
from studio.supervisor.preflight import parse_bind

WEB_PROCESSES = 2
WEB_THREADS = 8
LAST_SECONDS = 4.0
"""For a worker after its time: it hands over what it could not finish, and ends."""


def environment(**more: str) -> dict[str, str]:
    """What the studio's own code runs with: the environment of the supervisor and what only it knows."""
    path = os.pathsep.join(filter(None, (str(settings.BASE_DIR), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **more}


def without_secrets() -> dict[str, str]:
    """For programs that are no business of the key, nor the database's address."""
    return {
        name: value for name, value in environment().items() if not name.startswith(("STUDIO_", "DATABASE_"))
    }


def valkey(server: embedded.Valkey) -> Child:
    """The broker."""
    server.folder.mkdir(mode=0o700, exist_ok=True)
    return Child(
        name="valkey",
        command=server.command,
        environment=without_secrets(),
        ready=server.answers,
        stop_seconds=3,
        needed=True,
        mend=server.put_aside,
    )


def sandbox(port: int) -> Child:
    """The image API on this machine."""
    options = {
        "port": str(port),
        "folder": str(settings.STUDIO_DATA_DIR / "sandbox"),
        "seconds": settings.STUDIO_SANDBOX_SECONDS,
        "per-minute": str(settings.STUDIO_SUBMITS_PER_MINUTE),
        "window": str(settings.STUDIO_WINDOW_SECONDS),
        "balance": "10000",
    }
    return Child(
        name="sandbox",
        command=_python(
            "studio.sandbox",
            *(word for name, value in options.items() for word in (f"--{name}", value)),
            "--refill",
        ),
        environment=without_secrets(),
        ready=lambda: accepts("127.0.0.1", port),
        stop_seconds=2,
        needed=True,
    )


def worker(known: Mapping[str, str]) -> Child:
    """The one Celery worker."""
    options = ["-P", "threads", "-c", str(settings.STUDIO_WORKER_THREADS)]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]
    return Child(
        name="worker",
        command=_celery("worker", *options, *quiet),
        environment=known,
        stop_seconds=settings.STUDIO_STOP_SECONDS + LAST_SECONDS,
    )


def web(known: Mapping[str, str], runtime: Path) -> Child:
    """gunicorn. Its workers touch a file every second, which should not be on a slow disk."""
    beating = Path("/dev/shm")  # noqa: S108 — gunicorn makes a nameless file there
    options = {
        "bind": settings.STUDIO_BIND,
        "worker-class": "gthread",
        "workers": str(min(WEB_PROCESSES, os.cpu_count() or 1)),
        "threads": str(WEB_THREADS),
        "worker-tmp-dir": str(beating if os.access(beating, os.W_OK) else runtime),
        "graceful-timeout": "10",
        "log-level": "warning",
        "config": "python:studio.supervisor.web",
    }
    return Child(
        name="web",
        command=_python(
            "gunicorn",
            *(f"--{name}={value}" for name, value in options.items()),
            "--preload",
            "--no-control-socket",
            "studio.wsgi:application",
        ),
        environment=known,
        ready=lambda: healthy(settings.STUDIO_BIND),
        stop_seconds=15,
    )


def beat(known: Mapping[str, str]) -> Child:
    """Celery's clock."""
    schedule = settings.STUDIO_DATA_DIR / "beat-schedule"
    clock = ["--scheduler", "studio.beat:HeardScheduler", "--schedule", str(schedule)]
    return Child(
        name="beat",
        command=_celery("beat", *clock, "--loglevel", "WARNING"),
        environment=known,
    )


def accepts(host: str, port: int) -> bool:
    """Whether something listens there."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def healthy(bind: str) -> bool:
    """Whether /healthz answers 200 there."""
    host, port = parse_bind(bind)
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 — nothing is bound here
    connection = http.client.HTTPConnection(reachable, port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def _celery(*arguments: str) -> list[str]:
    # Its warning about root is about pickled messages, and ours are JSON only.
    calm = ["-W", "ignore:You're running the worker with superuser privileges"]
    # Django's checks have passed in the supervisor already.
    celery = ["-m", "celery", "--quiet", "--skip-checks", "-A", "studio.celery:app"]
    return [sys.executable, *calm, *celery, *arguments]
