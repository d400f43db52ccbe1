"""The member's own books."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from studio.accounts.models import User
from studio.credits import balances, wallet


@login_required
@require_GET
def credits(request: HttpRequest, titles: balances.Titles = balances.untitled) -> HttpResponse:
    """What one has, what is held, what was used, and every entry that explains it."""
    user = request.user
    before = request.GET.get("before", "")
    tiles = _tiles(user)  # type: ignore[arg-type]  # signed in
    page = int(before) if before.isdecimal() else None
    rows, older = balances.entries(user, page, titles)  # type: ignore[arg-type]  # signed in
    context = {"tiles": tiles, "entries": rows, "older_url": f"?before={older}" if older else ""}
    return render(request, "credits/index.html", context)


def _tiles(user: User) -> list[dict[str, Any]]:
    """The figures at the head."""
    own, month = balances.of(user), balances.this_month(user)
    reading = wallet.latest(wallet.api_in_use())
    held = f"{own.held:,} more held for orders under way" if own.held else "nothing held"
    tiles = [
        {"label": "You have", "figure": f"{own.available:,}", "note": held}
        if own.limited
        else {"label": "You used", "figure": f"{own.used:,}", "note": f"from the shared wallet; {held}"},
        {"label": "Used this month", "figure": f"{month['used']:,}", "note": "for pictures received"},
    ]
    if month["given"]:
        tiles.append({"label": "Given this month", "figure": f"{month['given']:,}", "note": ""})
    if reading:
        at = f"{timezone.localtime(reading.at):%H:%M}"
        tiles.append({"label": "Team wallet", "figure": f"{int(reading.balance):,}", "note": f"read at {at}"})
    return tiles
