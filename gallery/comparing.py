"""The page that shows two pictures over each other or side by side, so that one sees what differs."""

from math import sqrt
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from gallery import access, classes, selection
from gallery.asked import number
from gallery.doing import SEE_OTHER
from gallery.models import Image
from gallery.views import back_url, heading

# How one can look at them; the first stands in no address.
LOOKS = {"slider": "Slider", "side": "Side by side", "flip": "Flip"}
USUAL = next(iter(LOOKS))
TWO = "It takes exactly two pictures."


@login_required
@require_http_methods(["GET", "POST"])
def compare(request: HttpRequest) -> HttpResponse:
    """The pictures `a` and `b`, as `look` says; by POST, as of a form, the way to the two that were chosen.

    Without two of them a page that says how to choose: 422 if it was asked for something else.
    """
    if request.method == "POST":
        return _chosen(request)
    said = [request.GET.get(name, "") for name in ("a", "b")]
    a, b = (number(one) for one in said)
    if a is None or b is None:
        return _how_to_choose(request, TWO if any(said) else "")
    if a == b:
        return _how_to_choose(request, "That is the same picture twice.")
    return _compared(request, access.find(request.user, a), access.find(request.user, b))


def _compared(request: HttpRequest, a: Image, b: Image) -> HttpResponse:
    said = request.GET.get("look", "")
    look = said if said in LOOKS else USUAL
    context = {
        "pair": [(letter, image, heading(image)) for letter, image in (("A", a), ("B", b))],
        "shape": shape(a, b),
        "same": a.width * b.height == b.width * a.height,
        "looks": LOOKS.items(),
        "look": look,
        "swap_url": address(b.pk, a.pk, look),
        "back_url": back_url(request),
    }
    return render(request, "gallery/compare.html", context)


def shape(a: Image, b: Image) -> str:
    """The ratio class of a box that holds both: between their shapes, where each gets as much room as the other."""
    return classes.nearest_ratio(round(sqrt(a.width * b.width)), round(sqrt(a.height * b.height)))


def address(a: int, b: int, look: str = USUAL) -> str:
    """Where the pictures of these numbers are compared."""
    parts = {"a": a, "b": b} | ({} if look == USUAL else {"look": look})
    return f"{reverse('gallery:compare')}?{urlencode(parts)}"


def _chosen(request: HttpRequest) -> HttpResponse:
    """To the address of the two that were ticked, the older one first."""
    try:
        chosen = selection.chosen(request.user, request.POST)
    except ValidationError:
        chosen = []
    if len(chosen) != 2:
        return _how_to_choose(request, TWO)
    older, newer = sorted(chosen)
    return HttpResponseRedirect(address(older, newer), status=SEE_OTHER)


def _how_to_choose(request: HttpRequest, problem: str) -> HttpResponse:
    context = {"problem": problem, "back_url": back_url(request)}
    return render(request, "gallery/compare.html", context, status=422 if problem else 200)
