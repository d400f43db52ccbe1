"""The first start: one link, one page, and the studio is ready."""

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from studio import remote
from studio.accounts.models import User
from studio.credits.models import Sharing
from studio.jobs.models import Line
from studio.jobs.tasks import read_wallet, wake
from studio.office import apikey, team


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the set-up page asks. `monthly` None: everyone shares the wallet; `api_key` empty: the sandbox."""

    name: str
    email: str
    password: str
    api_key: str
    monthly: int | None


def is_open() -> bool:
    """Whether nobody is here who could let others in: no active admin."""
    return not User.objects.filter(is_staff=True, is_active=True).exists()


def token() -> str:
    """What the link of the first start carries; it can't be guessed without the secret key."""
    return salted_hmac("studio.office.setup", "first admin", algorithm="sha256").hexdigest()[:32]


def is_token(value: str) -> bool:
    """Whether this is the link's token and the link still works."""
    return is_open() and constant_time_compare(value, token())


def first_admin_link() -> str | None:
    """The address at which the first admin is made; None while there is an admin."""
    return f"{settings.STUDIO_URL}{reverse('setup', args=[token()])}" if is_open() else None


def finish(answers: Answers) -> User:
    """Keep the key and how credits are shared, and make the first admin: all or nothing.

    ValidationError when somebody was faster, or the key can't be written.
    """
    with transaction.atomic():
        # Two people with the link at the same moment: the line's row is the lock.
        Line.objects.select_for_update().get()
        if not is_open():
            raise ValidationError("The studio has been set up already.")
        if answers.api_key:
            apikey.write(answers.api_key)
        Sharing.objects.update_or_create(pk=1, defaults={"monthly": answers.monthly})
        user = team.add(
            team.Member(email=answers.email, name=answers.name, is_admin=True, password=answers.password),
            by=None,
        )
    if remote.key():
        apikey.read_wallet()
    else:
        # Nobody waits for the sandbox's figure.
        wake(read_wallet)
    return user
