"""What a reader is told whose request the database refused because another was at the same rows at that moment."""

from collections.abc import Callable
from http import HTTPStatus

import structlog
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

log = structlog.get_logger(__name__)
# PostgreSQL: two waited in a circle, for each other's end, or too long. All else is a database that is away.
SQLSTATES = frozenset({"40001", "40P01", "55P03"})
WORDS = "Somebody was at the same things at that moment, so nothing was changed. Try it again."


class TryAgain:
    """Middleware: such a request gets 409 and words instead of 500. Its transaction was undone as a whole."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing but what the view answers."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The answer to a clash; of anything else Django makes what it always does."""
        if not isinstance(error, OperationalError) or not clashed(error):
            return None
        log.warning("database clash", path=request.path, why=str(error))
        if request.headers.get("Accept", "") == "application/json":
            return JsonResponse({"problem": WORDS}, status=HTTPStatus.CONFLICT)
        return render(request, "409.html", {"words": WORDS}, status=HTTPStatus.CONFLICT)


def clashed(error: OperationalError) -> bool:
    """Whether somebody else's work was in the way; asked of the driver's own error, whichever driver is there."""
    name = str(getattr(error.__cause__, "sqlite_errorname", ""))
    return name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or (
        getattr(error.__cause__, "sqlstate", None) in SQLSTATES
    )
