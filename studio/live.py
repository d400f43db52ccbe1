"""The one poll of every page: what changed for this person, across apps; 304 when nothing did.

The tag the page sends back has five parts: how the strip is built, what each of its cards says, what the frame shows,
and for a page with jobs of its own how it is built and what its cards say. Only the parts that differ are sent, and
cards that are still built the same get their words patched in place, so that nothing that can have the focus is
replaced.
"""

from functools import partial
from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET

from studio import context
from studio.accounts.models import User
from studio.jobs import cards, forecast
from studio.jobs import queue as queue_page

PARTS = ("shape", "words", "frame", "page", "page_words")


@login_required
@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """What differs from what the page shows, as partials; nothing at all when nothing does."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - login_required
    line = partial(forecast.of, request)
    strip, around = cards.strip(user, line), context.around(user)
    queue = queue_page.content(user, line) if request.GET.get("page") == "queue" else {}
    tag = [*context.tag(strip, around), *queue.get("page_tag", ".").split(".")]
    known = (request.headers.get("HX-PTag", "").split(".") + [""] * len(PARTS))[: len(PARTS)]
    changed = {part: new != old for part, new, old in zip(PARTS, tag, known, strict=True)}
    if not any(changed.values()):
        return _tagged(HttpResponse(status=HTTPStatus.NOT_MODIFIED), tag)
    patches = [] if changed["shape"] else _differing(strip.cards, tag[1], known[1])
    if not changed["page"]:
        patches += _differing(queue_page.cards_of(queue), tag[4], known[4])
    parts = {"changed": changed, "strip": strip, "patches": patches}
    return _tagged(render(request, "live.html", parts | around | queue), tag)


def _differing(shown: list[cards.Card], now: str, known: str) -> list[cards.Card]:
    """The cards that say something else than the page does."""
    pairs = zip(shown, now.split("-"), known.split("-"), strict=False)
    return [card for card, says, said in pairs if says != said]


def _tagged(response: HttpResponse, tag: list[str]) -> HttpResponse:
    """An answer that names what the page shows from now on."""
    response["HX-PTag"] = ".".join(tag)
    patch_cache_control(response, no_store=True)
    return response
