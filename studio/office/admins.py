"""Who may open the office's pages."""

from collections.abc import Callable

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.decorators import login_required, user_passes_test
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponseBase

from studio.accounts.models import User

View = Callable[..., HttpResponseBase]


def admins_only(view: View) -> View:
    """For others the page does not exist."""

    def is_admin(user: AbstractBaseUser | AnonymousUser) -> bool:
        if not isinstance(user, User) or not user.is_staff:
            raise Http404
        return True

    return login_required(user_passes_test(is_admin)(view))


def me(request: HttpRequest) -> User:
    """The signed-in person; `login_required` stands above every view that asks."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user
