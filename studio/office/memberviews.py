"""The page of a member, and what an admin decides there."""

from functools import partial

from django.conf import settings as site
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from studio.accounts.models import User
from studio.credits import allowances, balances, entries
from studio.credits.ledger import NotEnough
from studio.jobs import ordered
from studio.office import members, newpassword, team
from studio.office.admins import admins_only, me
from studio.office.allowanceforms import ChangeForm
from studio.office.forms import CreditsForm


@admins_only
@require_GET
def member(request: HttpRequest, user_id: int) -> HttpResponse:
    """One member: what they have, used, and get; every entry that explains it."""
    return _page(request, get_object_or_404(User, pk=user_id))


def _page(
    request: HttpRequest, person: User, *, gift: CreditsForm | None = None, terms: ChangeForm | None = None
) -> HttpResponse:
    account = balances.account_of(person)
    rows, older = entries.page(account, entries.begins(request.GET), orders=partial(ordered.by, me(request)))
    context = {
        "person": person,
        "account": account,
        "lasting": members.lasting(account) if account.limited else "",
        "month": balances.this_month(person),
        "terms": terms or ChangeForm(account=account),
        "history": members.history(person),
        "form": gift or CreditsForm(),
        "lately": members.used(account),
        "entries": rows,
        "older": older,
        "password_link": request.session.pop("password_link", ""),
    }
    refused = (gift and gift.errors) or (terms and terms.errors)
    return render(request, "office/member.html", context, status=422 if refused else 200)


@admins_only
@require_POST
def give(request: HttpRequest, user_id: int) -> HttpResponse:
    """Give a limited member credits, or take some back, with a reason."""
    person = get_object_or_404(User, pk=user_id)
    form, account = CreditsForm(request.POST), balances.account_of(person)
    if not account.limited:
        form.add_error(None, f"{person} shares the wallet: nothing limits them. Choose otherwise first.")
    if not form.is_valid():
        return _page(request, person, gift=form)
    sign = -1 if request.POST.get("do") == "take" else 1
    gift = team.Gift(**form.cleaned_data | {"amount": sign * form.cleaned_data["amount"]})
    try:
        if team.give_credits(person, gift, by=me(request)):
            _told(request, person)
    except NotEnough as error:
        form.add_error("amount", f"At most {error.available:,} can be taken back.")
        return _page(request, person, gift=form)
    return redirect("member", user_id=user_id)


def _told(request: HttpRequest, person: User) -> None:
    """Say what a member has now, and whether the wallet covers what all have."""
    messages.success(request, members.has_now(balances.account_of(person)))
    if words := members.more_than_the_wallet():
        messages.warning(request, words)


@admins_only
@require_POST
def allowance(request: HttpRequest, user_id: int) -> HttpResponse:
    """Change how a member gets credits."""
    person = get_object_or_404(User, pk=user_id)
    form = ChangeForm(request.POST, account=balances.account_of(person))
    if not form.is_valid():
        return _page(request, person, terms=form)
    messages.success(request, allowances.set_allowance(person, form.mode, by=me(request)))
    if words := members.more_than_the_wallet():
        messages.warning(request, words)
    return redirect("member", user_id=user_id)


@admins_only
@require_POST
def change_member(request: HttpRequest, user_id: int) -> HttpResponse:
    """Let a member go, or take one back."""
    person = get_object_or_404(User, pk=user_id)
    active = {"activate": True, "deactivate": False}.get(request.POST.get("change", ""))
    if active is None:
        messages.error(request, "Nothing was changed.")
        return redirect("member", user_id=user_id)
    try:
        messages.success(request, team.set_active(person, active=active, by=me(request)))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("member", user_id=user_id)


@admins_only
@require_POST
def password_link(request: HttpRequest, user_id: int) -> HttpResponse:
    """Make a link for a member who forgot the password; it is shown once."""
    person = get_object_or_404(User, pk=user_id, is_active=True)
    request.session["password_link"] = site.STUDIO_URL + reverse(
        "new_password", args=newpassword.make(person, by=me(request))
    )
    return redirect("member", user_id=user_id)
