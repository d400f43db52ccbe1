"""How a person wants the studio to look."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

YEAR = 365 * 24 * 3600


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the system has it; kept in a cookie."""
    chosen = request.POST.get("theme", "")
    return _kept(request, "theme", chosen if chosen in {"light", "dark"} else "")


@login_required
@require_GET
def keys(request: HttpRequest) -> HttpResponse:
    """The keys that do something: a page, or for a script what its dialog shows."""
    return render(request, "_keys.html" if getattr(request, "htmx", False) else "keys.html")


@require_POST
def single_keys(request: HttpRequest) -> HttpResponse:
    """Whether single keys do something (WCAG 2.1.4); kept in a cookie."""
    return _kept(request, "keys", "" if request.POST.get("keys") else "off")


def _kept(request: HttpRequest, name: str, value: str) -> HttpResponse:
    """Back to where one was, with what was chosen in a cookie, or none where it is as usual."""
    back = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(back if safe else "/")
    if value:
        response.set_cookie(name, value, max_age=YEAR, samesite="Lax", secure=settings.HTTPS)
    else:
        response.delete_cookie(name)
    return response
