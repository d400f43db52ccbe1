"""The member's own books."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from studio.accounts.models import User
from studio.credits import allowances, balances, entries, modes, requests, sheets, wallet
from studio.credits.models import Account

Ordered = Callable[[User, Collection[UUID]], Mapping[UUID, entries.Ordered]]
Projects = Callable[[], Mapping[int, str]]
ASKED_SHOWN = 5


def _account(request: HttpRequest) -> Account:
    """The books of who is signed in; `login_required` stands above every view that asks."""
    if not isinstance(request.user, User):
        raise Http404
    return balances.account_of(request.user)


@login_required
@require_GET
def credits(request: HttpRequest, ordered: Ordered, projects: Projects) -> HttpResponse:
    """What one has, what is held, what was used, what was asked for, and every entry that explains it."""
    account = _account(request)
    choices = entries.choices(account, projects())
    choice = choices.chosen(request.GET)
    orders = partial(ordered, account.user)
    rows, older = entries.page(account, entries.begins(request.GET), choice=choice, orders=orders)
    context = {
        "tiles": _tiles(account),
        "account": account,
        **_asked(account.user),
        "renewal": allowances.next_renewal(account),
        "choices": choices,
        "choice": choice,
        "filtered": choice != entries.ALL,
        "entries": rows,
        "sums": entries.sums(account, choice),
        "older": older,
    }
    return render(request, "credits/index.html", context)


@login_required
@require_GET
def sheet(request: HttpRequest, ordered: Ordered, projects: Projects) -> HttpResponseBase:
    """The same entries as a file."""
    account = _account(request)
    choice = entries.choices(account, projects()).chosen(request.GET)
    month = f"-{choice.month:%Y-%m}" if choice.month else ""
    rows = entries.sheet(account, choice, partial(ordered, account.user))
    return sheets.answer(f"credits{month}.csv", entries.HEADER, rows)


def _asked(user: User) -> dict[str, Any]:
    """What the member waits for, and the last answers."""
    asked = list(requests.of(user)[:ASKED_SHOWN])
    answers = [request for request in asked if request.answer]
    return {"waiting": next((request for request in asked if not request.answer), None), "answers": answers}


def _tiles(account: Account) -> list[dict[str, Any]]:
    """The figures at the head."""
    month = balances.this_month(account.user)
    made = f"{month['pictures']:,} picture{'' if month['pictures'] == 1 else 's'}"
    held = _tile("Held", account.held, "for orders under way")
    used = _tile(
        "Used this month", month["used"], made if account.limited else f"{made}, from the shared wallet"
    )
    tiles = (
        [_tile("You have", account.available, _lasting(account)), held, used]
        if account.limited
        else [used, held]
    )
    if month["given"]:
        tiles.append(_tile("Given this month", month["given"], ""))
    if reading := wallet.latest(wallet.api_in_use()):
        at = f"read at {timezone.localtime(reading.at):%H:%M}"
        tiles.append(_tile("Team wallet", int(reading.balance), at))
    return tiles


def _tile(label: str, figure: int, note: str) -> dict[str, Any]:
    return {"label": label, "figure": f"{figure:,}", "note": note}


def _lasting(account: Account) -> str:
    """How long what one has lasts."""
    day = allowances.next_renewal(account)
    return f"{modes.mode_of(account)}, new on {day:%-d %B}" if day else "given to you, until it is spent"
