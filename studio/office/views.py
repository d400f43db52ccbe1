"""Setting up."""

from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from studio.office import setup as first_start
from studio.office.forms import MONTHLY, SetupForm

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest, token: str) -> HttpResponse:
    """The one page of the first start."""
    if not first_start.is_token(token):
        raise Http404
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _set_up(request, form)
        except ValidationError as error:
            form.add_error(None, error)
    return render(request, "setup.html", {"form": form}, status=422 if form.is_bound else 200)


def _set_up(request: HttpRequest, form: SetupForm) -> HttpResponse:
    """Make the admin and take them in."""
    data = form.cleaned_data
    answers = first_start.Answers(
        name=data["name"],
        email=data["email"],
        password=data["password"],
        api_key=data["api_key"],
        monthly=data["monthly"] if data["sharing"] == MONTHLY else None,
    )
    login(request, first_start.finish(answers), backend=BACKEND)
    if data["api_key"]:
        messages.success(request, f"The key works. The wallet has {form.balance:,.0f} credits.")
    return redirect("/")
