"""For whatever watches over the studio: is the process alive, is everything it needs there."""

from collections.abc import Callable
from http import HTTPStatus

from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from gallery import files
from studio.jobs import tasks
from studio.jobs.models import Heard


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"ok": True})


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """Everything the studio needs answers: else 503 with the names of what does not."""
    missing = [name for name, there in CHECKS.items() if not there()]
    return JsonResponse(
        {"ok": not missing, "missing": missing},
        status=HTTPStatus.SERVICE_UNAVAILABLE if missing else HTTPStatus.OK,
    )


def database() -> bool:
    """The database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def media() -> bool:
    """Pictures can be written."""
    try:
        with files.incoming() as file:
            file.write(b"ready?")
    except OSError:
        return False
    return True


def heard(name: str) -> Callable[[], bool]:
    """A process was heard of within a minute."""

    def lately() -> bool:
        try:
            silent = tasks.silent_since(name)
        except Error:
            return False
        return silent is not None and silent < Heard.SILENT

    return lately


CHECKS: dict[str, Callable[[], bool]] = {
    "database": database,
    "broker": tasks.broker_answers,
    "media": media,
    "worker": heard("worker"),
    "beat": heard("beat"),
    # Asked for by beat, brought by the broker, done by a worker.
    "messages": heard("sweep"),
}
