"""What every answer needs, whichever view gave it: how to sign in again, and who may keep a page."""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme

Handler = Callable[[HttpRequest], HttpResponse]


def signing_in(get_response: Handler) -> Handler:
    """For who was signed out meanwhile: a way to sign in that leads back to the page they were on.

    A redirect would be followed by htmx and the sign-in page swapped into a corner of the old one: it gets a 401
    and goes there itself. What was posted has no address to come back to, so that leads to the page it came from.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        htmx = bool(request.headers.get("HX-Request"))
        sent_away = response.status_code == HTTPStatus.FOUND
        door = resolve_url("account_login")
        if not sent_away or urlsplit(response["Location"]).path != door or request.path == door:
            return response
        if request.method in {"GET", "HEAD"} and not htmx:
            return response
        address = f"{door}?{urlencode({REDIRECT_FIELD_NAME: _page(request)})}"
        if not htmx:
            response["Location"] = address
            return response
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": address})

    return handle


def _page(request: HttpRequest) -> str:
    """The path of the page that asked, if it is one of ours."""
    address = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}):
        return "/"
    parts = urlsplit(address)
    return f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"


def private_pages(get_response: Handler) -> Handler:
    """Pages are one person's: asked for anew at each visit, yet fit for the browser's back button.

    Who signs out takes along what the browser kept, pictures too.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.get("Content-Type", "").startswith("text/html") and not response.has_header(
            "Cache-Control"
        ):
            patch_cache_control(response, private=True, no_cache=True)
        if request.method == "POST" and request.path == reverse("account_logout"):
            response["Clear-Site-Data"] = '"cache"'
        return response

    return handle
