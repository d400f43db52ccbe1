"""The pages of the office: the team and settings."""

from django.conf import settings as site
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from studio.accounts.models import Invitation
from studio.credits import allowances, modes, requests
from studio.credits.modes import SHARES, Given, Mode
from studio.jobs import pace, queue
from studio.jobs.models import Line
from studio.jobs.tasks import wake_line
from studio.office import apikey, members, team
from studio.office.admins import admins_only, me
from studio.office.allowanceforms import UsualForm, initial
from studio.office.forms import InviteForm, KeyForm, LimitForm, NameForm


@admins_only
@require_GET
def team_page(request: HttpRequest) -> HttpResponse:
    """Who is in the team and what they have; who is invited; what new members get."""
    return _team(request)


def _usual() -> Mode:
    """What new members get."""
    return modes.usual(allowances.usual())


def _usual_form(data: QueryDict | None = None) -> UsualForm:
    """It stands beside the form of an invitation, whose fields have the same names."""
    return UsualForm(data, initial=initial(_usual()), auto_id="usual_%s")


def _team(
    request: HttpRequest, *, form: InviteForm | None = None, usual_form: UsualForm | None = None
) -> HttpResponse:
    people = list(team.members())
    context = {
        "members": people,
        "total": {name: sum(getattr(one, name) for one in people) for name in ("held", "used")},
        "invitations": team.open_invitations(),
        "form": form or InviteForm(initial=initial(_usual())),
        "usual_form": usual_form or _usual_form(),
        "usual_history": members.usual_history(),
        "asking": requests.open_requests().count(),
        "invite_link": request.session.pop("invite_link", ""),
    }
    return render(request, "office/team.html", context, status=422 if form or usual_form else 200)


@admins_only
@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    """Make a link for somebody; it is shown once."""
    form = InviteForm(request.POST, initial=initial(_usual()))
    if not form.is_valid():
        return _team(request, form=form)
    data = form.cleaned_data
    credits = data["credits"] or 0 if isinstance(form.mode, Given) else 0
    token = team.invite(
        email=data["email"], by=me(request), is_admin=data["is_admin"], mode=form.mode, credits=credits
    )
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
@require_POST
def usual(request: HttpRequest) -> HttpResponse:
    """Say what new members get; who is here keeps what they have."""
    form = _usual_form(request.POST)
    if not form.is_valid():
        return _team(request, usual_form=form)
    allowances.set_usual(modes.monthly(form.mode), by=me(request))
    get = "share the wallet" if form.mode == SHARES else f"get {form.mode}"
    messages.success(request, f"New members {get}, unless their invitation says otherwise.")
    return redirect("team")


@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """One's name; for admins the API key and how much it takes."""
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
    return _settings(request, name_form=name_form, key_form=key_form)


def _settings(
    request: HttpRequest,
    *,
    name_form: NameForm | None = None,
    key_form: KeyForm | None = None,
    limit_form: LimitForm | None = None,
) -> HttpResponse:
    """The page of settings around what was typed."""
    line = Line.objects.select_related("per_minute_by").get()
    forms = {
        "name_form": name_form or NameForm(initial={"name": me(request).name}),
        "key_form": key_form or KeyForm(),
        "limit_form": limit_form or LimitForm(initial={"per_minute": pace.most(line)}),
    }
    context = {
        "last_four": apikey.last_four(),
        "key_from_environment": apikey.from_environment(),
        "line": line,
        "configured": site.STUDIO_SUBMITS_PER_MINUTE,
        **queue.limit(line),
    }
    bad = any(form.errors for form in forms.values())
    return render(request, "office/settings.html", context | forms, status=422 if bad else 200)


@admins_only
@require_POST
def limit(request: HttpRequest) -> HttpResponse:
    """Say how many submits the API takes a minute, or go back to what is configured."""
    form = LimitForm(None if "configured" in request.POST else request.POST)
    if form.is_bound and not form.is_valid():
        return _settings(request, limit_form=form)
    most = form.cleaned_data["per_minute"] if form.is_bound else None
    with transaction.atomic():
        pace.set_most(most, by=me(request))
        # More may be sent at once.
        transaction.on_commit(wake_line, robust=True)
    now = f"At most {most or site.STUDIO_SUBMITS_PER_MINUTE} a minute are sent from now on"
    messages.success(request, f"{now}{'' if most else ', as configured'}.")
    return redirect("settings")


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
