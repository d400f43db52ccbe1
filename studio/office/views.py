"""The pages of the office: the team, projects, settings."""

from django.conf import settings as site
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from studio.accounts.models import Invitation, User
from studio.credits.ledger import NotEnough
from studio.office import apikey, newpassword, team
from studio.office.admins import admins_only, me
from studio.office.forms import (
    CreditsForm,
    InviteForm,
    KeyForm,
    NameForm,
)


@admins_only
@require_GET
def team_page(request: HttpRequest) -> HttpResponse:
    """Who is in the team and what they have; who is invited."""
    usual = team.usual_credits()
    return _team(request, InviteForm(initial={"limited": usual is not None, "credits": usual}))


def _team(request: HttpRequest, form: InviteForm, status: int = 200) -> HttpResponse:
    context = {
        "members": team.members(),
        "invitations": team.open_invitations(),
        "form": form,
        "invite_link": request.session.pop("invite_link", ""),
    }
    return render(request, "office/team.html", context, status=status)


@admins_only
@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    """Make a link for somebody; it is shown once."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _team(request, form, 422)
    data = form.cleaned_data
    credits = data["credits"] or 0 if data["limited"] else None
    token = team.invite(email=data["email"], by=me(request), is_admin=data["is_admin"], credits=credits)
    request.session["invite_link"] = site.STUDIO_URL + reverse("welcome", args=[token])
    return redirect("team")


@admins_only
@require_POST
def revoke(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Make an invitation's link stop working."""
    team.revoke(get_object_or_404(Invitation, pk=invitation_id))
    messages.success(request, "The invitation is withdrawn.")
    return redirect("team")


@admins_only
@require_http_methods(["GET", "POST"])
def member(request: HttpRequest, user_id: int) -> HttpResponse:
    """One member: give credits, or take some back, with a reason."""
    person = get_object_or_404(User, pk=user_id)
    form = CreditsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        gift = team.Gift(**form.cleaned_data)
        try:
            if team.give_credits(person, gift, by=me(request)):
                messages.success(request, f"Booked {gift.amount:+,} for {person}.")
            return redirect("member", user_id=user_id)
        except NotEnough:
            form.add_error("amount", "That is more than is left to take back.")
    link = request.session.pop("password_link", "")
    context = {"person": person, "form": form, "password_link": link, **team.books_of(person)}
    return render(request, "office/member.html", context, status=422 if form.errors else 200)


@admins_only
@require_POST
def change_member(request: HttpRequest, user_id: int) -> HttpResponse:
    """Deactivate, reactivate, limit, or let share the wallet."""
    person = get_object_or_404(User, pk=user_id)
    try:
        messages.success(request, team.change(person, request.POST.get("change", ""), by=me(request)))
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


@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """One's name; for admins the API key."""
    user = me(request)
    name_form, key_form = NameForm(initial={"name": user.name}), KeyForm()
    may_change = user.is_staff and not apikey.from_environment()
    if request.method == "POST" and "api_key" in request.POST and may_change:
        key_form = KeyForm(request.POST)
        if _new_key(request, key_form):
            return redirect("settings")
    elif request.method == "POST":
        name_form = NameForm(request.POST)
        if name_form.is_valid():
            team.rename(user, name_form.cleaned_data["name"])
            messages.success(request, "Saved.")
            return redirect("settings")
    context = {
        "name_form": name_form,
        "key_form": key_form,
        "last_four": apikey.last_four(),
        "key_from_environment": apikey.from_environment(),
    }
    bad = name_form.errors or key_form.errors
    return render(request, "office/settings.html", context, status=422 if bad else 200)


def _new_key(request: HttpRequest, form: KeyForm) -> bool:
    """Use the key that was given, and say what its wallet has."""
    if not form.is_valid():
        return False
    try:
        apikey.keep(form.cleaned_data["api_key"])
    except ValidationError as error:
        form.add_error(None, error)
        return False
    messages.success(request, f"The key works. The wallet has {form.balance:,.0f} credits.")
    return True
