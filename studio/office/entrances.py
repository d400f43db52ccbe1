"""The pages for who is not in yet: the first start, an invitation, a forgotten password."""

from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from studio.credits import modes
from studio.office import apikey, newpassword, team
from studio.office import setup as first_start
from studio.office.forms import PasswordForm, SetupForm, WelcomeForm

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest, token: str) -> HttpResponse:
    """The one page of the first start."""
    if not first_start.is_open():
        return render(request, "office/setup_over.html", status=404)
    if not first_start.is_token(token):
        raise Http404
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _set_up(request, form)
        except ValidationError as error:
            form.add_error(None, error)
    context = {"form": form, "operators": apikey.operators_words() if apikey.from_environment() else ""}
    return render(request, "setup.html", context, status=422 if form.errors else 200)


def _set_up(request: HttpRequest, form: SetupForm) -> HttpResponse:
    """Make the admin and take them in."""
    data = form.cleaned_data
    answers = first_start.Answers(
        name=data["name"],
        email=data["email"],
        password=data["password"],
        api_key=data.get("api_key", ""),
        monthly=modes.monthly(form.mode),
    )
    login(request, first_start.finish(answers), backend=BACKEND)
    if data.get("api_key"):
        messages.success(request, f"The key works. The wallet has {form.balance:,.0f} credits.")
    return redirect("/")


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """Where an invitation leads: a name, a password, and one is in."""
    invitation = team.invitation(token)
    if invitation is None:
        return render(request, "office/invitation_over.html", status=404)
    form = WelcomeForm(request.POST or None, email=invitation.email)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            login(
                request,
                team.accept(invitation, name=data["name"], password=data["password"]),
                backend=BACKEND,
            )
            return redirect("/")
        except ValidationError as error:
            form.add_error(None, error.messages)
    context = {"form": form, "invitation": invitation, "gets": team.promised(invitation)}
    return render(request, "office/welcome.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def new_password(request: HttpRequest, user_id: int, token: str) -> HttpResponse:
    """Where an admin's link for a forgotten password leads: a new one, and one is in."""
    link = newpassword.find(user_id, token)
    if link is None:
        return render(request, "office/link_over.html", status=404)
    person = link.person
    form = PasswordForm(request.POST or None, email=person.email, name=person.name)
    if request.method == "POST" and form.is_valid():
        newpassword.use(link, form.cleaned_data["password"])
        login(request, person, backend=BACKEND)
        return redirect("/")
    context = {"form": form, "person": person}
    return render(request, "office/new_password.html", context, status=422 if form.errors else 200)
