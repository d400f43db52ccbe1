"""Views of the trash: what can be brought back, and the ways by which it goes for good, each after a question."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gallery import access, library, selection
from gallery.access import Person
from gallery.library.trash import KEPT_FOR, in_use, left
from gallery.models import Image

SIZE = 60
# So many come in below each other; what is older has a page of its own, so that no browser holds too much.
STRETCH = 600
# So many are shown beside the question.
SHOWN = 12
# What is deleted in one transaction: others wait for the database no longer than that.
AT_ONCE = 500
SEE_OTHER = 303
PLACE = re.compile(r"([0-9]{1,17})-([0-9]{1,18})")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
CHANGED = "Somebody changed these pictures at the same moment. Try it again."


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture in the trash, with how long it stays and who put it there."""

    image: Image
    left: str
    by: str


@login_required
@require_GET
def trash(request: HttpRequest) -> HttpResponse:
    """What one can bring back, newest in the trash first: a page, or for htmx the next piece."""
    user = request.user
    found = list(_below(access.in_trash(user), request.GET.get("before", ""))[: SIZE + 1])
    shown, more = found[:SIZE], len(found) > SIZE
    above = _above(request)
    context = {
        "kept": [Kept(image, left(image.trashed_at), _by(image, user)) for image in shown],
        "older_url": f"{reverse('gallery:trash')}?before={_place(shown[-1])}" if more else "",
        "above": above + SIZE if above + SIZE < STRETCH else 0,
        "days": KEPT_FOR.days,
    }
    if getattr(request, "htmx", False):
        return render(request, "gallery/_trash.html", context)
    return render(request, "gallery/trash.html", context | counts(user))


def _above(request: HttpRequest) -> int:
    """How many pictures stand above the piece that htmx asks for."""
    said = request.GET.get("above", "")
    return int(said) if getattr(request, "htmx", False) and re.fullmatch("[0-9]{1,4}", said) else 0


def _below(images: QuerySet[Image], before: str) -> QuerySet[Image]:
    """The pictures from a place on; nonsense is as if it weren't there."""
    if place := PLACE.fullmatch(before):
        moment = EPOCH + int(place[1]) * MICROSECOND
        images = images.filter(Q(trashed_at__lt=moment) | Q(pk__lt=place[2]), trashed_at__lte=moment)
    return images.select_related("owner", "trashed_by").order_by("-trashed_at", "-pk")


def _place(image: Image) -> str:
    """Where a picture stands in the trash, as an address says it; it needn't lie there any more."""
    return f"{((image.trashed_at or EPOCH) - EPOCH) // MICROSECOND}-{image.pk}"


def _by(image: Image, user: Person) -> str:
    """Who put it there, and whose it is when it is somebody else's."""
    trasher = "you" if image.trashed_by_id == user.pk else str(image.trashed_by or "somebody")
    whose = "" if image.owner_id in {user.pk, image.trashed_by_id} else f", {image.owner}’s picture"
    return f"by {trasher}{whose}"


@login_required
@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    """Ask whether the chosen pictures shall go for good; told that it is `sure`, delete them."""
    try:
        chosen = selection.numbers(request.POST.getlist("images"))
        found = _restorable(request.user, chosen)
    except ValidationError as error:
        return render(request, "422.html", {"detail": " ".join(error.messages)}, status=422)
    if request.POST.get("sure"):
        return _deleted(request, found)
    shown = list(access.in_trash(request.user).filter(pk__in=found[:SHOWN]).order_by("-trashed_at", "-pk"))
    context = {"numbers": found, "shown": shown, "more": len(found) - len(shown)}
    return render(request, "gallery/delete.html", context)


def _restorable(user: Person, chosen: list[int]) -> list[int]:
    """Those of the chosen pictures that lie in the person's trash."""
    if not chosen:
        raise ValidationError("Choose some pictures first.")
    if len(chosen) > selection.MOST:
        raise ValidationError(selection.TOO_MANY)
    found = list(access.in_trash(user).filter(pk__in=chosen).order_by("pk").values_list("pk", flat=True))
    if not found:
        raise ValidationError("None of these pictures is in your trash any more.")
    return found


@login_required
@require_http_methods(["GET", "POST"])
def empty(request: HttpRequest) -> HttpResponse:
    """Ask whether all in the trash shall go for good, and by POST do so; an admin may mean the team's as well."""
    user = request.user
    images = access.in_trash(user)
    if request.method == "POST":
        meant = images if request.POST.get("whose") == "team" else images.filter(owner=user.pk)
        oldest = list(meant.order_by("trashed_at").values_list("pk", flat=True)[: selection.MOST + 1])
        response = _deleted(request, oldest[: selection.MOST])
        if len(oldest) > selection.MOST:
            words = (
                f"At most {selection.MOST:,} go at a time: {_pictures(meant.count())} left. Empty it again."
            )
            messages.warning(request, words)
        return response
    return render(request, "gallery/empty.html", counts(user))


@login_required
@require_GET
def restore(request: HttpRequest) -> HttpResponse:
    """Ask whether all in the trash shall come back: an act does it; an admin may mean the team's as well."""
    return render(request, "gallery/restore.html", counts(request.user))


def counts(user: Person) -> dict[str, Any]:
    """How many pictures of one's own can come back or go for good, how many in all, and how many at a time."""
    images = access.in_trash(user)
    return {
        "mine": images.filter(owner=user.pk).count(),
        "all": images.count(),
        "most": selection.MOST,
        "own_trash": selection.OWN_TRASH,
        "trash": selection.TRASH,
    }


def _deleted(request: HttpRequest, numbers: list[int]) -> HttpResponse:
    """Delete these for good, and back in the trash say what came of it."""
    gone, changed = 0, False
    try:
        for first in range(0, len(numbers), AT_ONCE):
            gone += len(library.delete(numbers[first : first + AT_ONCE], by=request.user))
    except IntegrityError:
        changed = True
        messages.error(request, CHANGED)
    if gone:
        messages.success(request, f"{_pictures(gone)} gone for good.")
    used = access.in_trash(request.user).filter(in_use(), pk__in=numbers).count()
    if used:
        messages.warning(
            request, f"{_pictures(used)} in use by an order that is under way. Try it again after that."
        )
    if not (gone or used or changed):
        messages.info(request, "There was nothing to delete any more.")
    return HttpResponseRedirect(reverse("gallery:trash"), status=SEE_OTHER)


def _pictures(count: int) -> str:
    return "1 picture is" if count == 1 else f"{count:,} pictures are"
