"""The one poll of every page: what changed for this person, across apps; 304 when nothing did.

The tag the page sends back has four hashes: how the strip is built, what its cards say, what the frame shows, and the
page's own part. Only the parts whose hash differs are sent, and cards that are still built the same get their words
patched in place, so that nothing that can have the focus is replaced.
"""

from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET

from studio import context
from studio.accounts.models import User
from studio.jobs import cards
from studio.jobs import queue as queue_page

PARTS = ("shape", "words", "frame", "page")


@login_required
@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """What differs from what the page shows, as partials; nothing at all when nothing does."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - login_required
    strip, around = cards.strip(user), context.around(user)
    queue = queue_page.content(user) if request.GET.get("page") == "queue" else {}
    tag = (*context.tag(strip, around), context.hashed(sorted(queue.items())) if queue else "")
    known = (request.headers.get("HX-PTag", "").split(".") + [""] * len(PARTS))[: len(PARTS)]
    changed = {part: new != old for part, new, old in zip(PARTS, tag, known, strict=True)}
    if not any(changed.values()):
        return _tagged(HttpResponse(status=HTTPStatus.NOT_MODIFIED), tag)
    parts: dict[str, Any] = {"changed": changed, "strip": strip, "running": context.running(strip)}
    return _tagged(render(request, "live.html", parts | around | queue), tag)


def _tagged(response: HttpResponse, tag: tuple[str, ...]) -> HttpResponse:
    """An answer that names what the page shows from now on."""
    response["HX-PTag"] = ".".join(tag)
    patch_cache_control(response, no_store=True)
    return response
