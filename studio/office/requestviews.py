"""Asking for more credits: the member's side of it, and the page where admins answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from studio.credits import allowances, balances, entries, modes, requests
from studio.credits.models import Account, CreditRequest
from studio.office import mail
from studio.office.admins import admins_only, me

HISTORY = 50
# What is suggested is a multiple of this many credits.
LEAST = 50


class AskForm(forms.Form):
    """What more credits are wanted for."""

    sentence = forms.CharField(max_length=300, error_messages={"required": "Say in a sentence what for."})


class YesForm(forms.Form):
    """How much is given."""

    amount = forms.IntegerField(
        min_value=1, max_value=1_000_000, error_messages={"required": "How many credits?"}
    )


class NoForm(forms.Form):
    """Why nothing is given."""

    reason = forms.CharField(max_length=300, error_messages={"required": "Say why not, they will read it."})


@login_required
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for more; the admins are told by mail when there is one."""
    user, form = me(request), AskForm(request.POST)
    if not form.is_valid():
        messages.error(request, _first_error(form))
        return redirect("credits")
    try:
        with transaction.atomic():
            if requests.ask(user, form.cleaned_data["sentence"]) and requests.may_tell(user):
                mail.tell_admins(f"{user} asks for more credits", f"“{form.cleaned_data['sentence']}”")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("credits")


@login_required
@require_POST
def withdraw(request: HttpRequest) -> HttpResponse:
    """Take back what nobody answered yet."""
    if requests.withdraw(me(request)):
        messages.success(request, "Nobody is asked any more.")
    return redirect("credits")


@login_required
@require_POST
def seen(request: HttpRequest, request_id: int) -> HttpResponse:
    """Put the notice of an answer away."""
    get_object_or_404(CreditRequest, pk=request_id, user=me(request))
    requests.seen(me(request), request_id)
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Trigger": "changed"})
    return redirect("credits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a member asks for, and what an admin wants to know to answer it."""

    request: CreditRequest
    has: int
    mode: str
    renewal: date | None
    used: int
    suggested: int
    moot: str


@admins_only
@require_GET
def requests_page(request: HttpRequest) -> HttpResponse:
    """Who asks for more, and what was answered before."""
    before, rows = entries.begins(request.GET), requests.answered()
    answered = list((rows.filter(pk__lt=before) if before else rows)[: HISTORY + 1])
    context = {
        "tab": "requests",
        "rows": _rows(),
        "answered": answered[:HISTORY],
        "older": answered[HISTORY - 1].pk if len(answered) > HISTORY else None,
    }
    return render(request, "office/reports/requests.html", context)


def _rows() -> list[Row]:
    """All that waits for an answer, from two queries."""
    asked = list(requests.open_requests())
    found = balances.lately([request.user_id for request in asked])
    return [_row(request, *found[request.user_id]) for request in asked]


def _row(request: CreditRequest, account: Account, used: int) -> Row:
    return Row(
        request=request,
        has=allowances.available_today(account),
        mode=str(modes.mode_of(account)),
        renewal=allowances.next_renewal(account),
        used=used,
        suggested=max(LEAST, -(-used // LEAST) * LEAST),
        moot=requests.moot(account),
    )


@admins_only
@require_POST
def yes(request: HttpRequest, request_id: int) -> HttpResponse:
    """Give what was asked for."""
    form = YesForm(request.POST)
    return _answer(
        request,
        request_id,
        form,
        lambda row: requests.answer_yes(row, form.cleaned_data["amount"], by=me(request)),
    )


@admins_only
@require_POST
def no(request: HttpRequest, request_id: int) -> HttpResponse:
    """Say no, with a reason."""
    form = NoForm(request.POST)
    return _answer(
        request,
        request_id,
        form,
        lambda row: requests.answer_no(row, form.cleaned_data["reason"], by=me(request)),
    )


def _answer(
    request: HttpRequest, request_id: int, form: forms.Form, give: Callable[[CreditRequest], None]
) -> HttpResponse:
    """Answer once, and tell who asked; whoever comes second is told what the first one said."""
    row = CreditRequest.objects.select_related("user").filter(pk=request_id).first()
    if row is None or row.answer == CreditRequest.Answer.WITHDRAWN:
        messages.warning(request, "It was withdrawn.")
    elif not form.is_valid():
        messages.error(request, _first_error(form))
    else:
        try:
            with transaction.atomic():
                give(row)
                row.refresh_from_db()
                mail.tell(row.user, "Your request for more credits", requests.in_words(row))
            messages.success(request, f"{row.user} is told: {requests.in_words(row)}")
        except requests.NotOpen as error:
            messages.warning(request, f"Answered before: {error}")
        except requests.Moot as error:
            messages.warning(request, f"Nothing was given: {error}")
    return redirect("requests")


def _first_error(form: forms.Form) -> str:
    return str(next(iter(form.errors.values()))[0])
