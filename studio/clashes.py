"""What a reader is told whose request the database refused because another was at the same rows at that moment."""

import json
from collections.abc import Callable
from http import HTTPStatus

import structlog
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

log = structlog.get_logger(__name__)
# PostgreSQL: two waited in a circle, for each other's end, or too long. All else is a database that is away.
SQLSTATES = frozenset({"40001", "40P01", "55P03"})
WORDS = "Somebody else was writing at that moment, so this was not done, or not all of it. Look, and try it again."


class TryAgain:
    """Middleware: such a request gets 409 and words instead of 500. The transaction that was refused is undone."""

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
        # Without the request: what the frame around a page asks may meet the same again.
        answer = HttpResponse(render_to_string("409.html", {"words": WORDS}), status=HTTPStatus.CONFLICT)
        if request.headers.get("HX-Request"):
            answer["HX-Trigger"] = json.dumps({"toast": {"text": WORDS}})
        return answer


def clashed(error: OperationalError) -> bool:
    """Whether somebody else's work was in the way; asked of the driver's own error, whichever driver is there."""
    name = str(getattr(error.__cause__, "sqlite_errorname", ""))
    return name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or (
        getattr(error.__cause__, "sqlstate", None) in SQLSTATES
    )
