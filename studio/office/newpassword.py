"""Links for a new password: an admin makes one for who forgot theirs, and it is worth as much as that admin."""

from dataclasses import dataclass

import structlog
from django.contrib.auth.tokens import PasswordResetTokenGenerator

from studio.accounts.models import User

log = structlog.get_logger(__name__)
LONGEST_ID = 18


class _Tokens(PasswordResetTokenGenerator):
    """Django's tokens, bound to who made them: they work once, for three days, until the person signs in."""

    key_salt = "studio.office.newpassword"

    def __init__(self, by: User) -> None:
        super().__init__()
        self.by = by

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{self.by.pk}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link that works: whom it lets in, and who made it."""

    person: User
    by: User


def make(person: User, *, by: User) -> tuple[int, str]:
    """What a link carries. Admins may make one for each other, too: who else could? The log says who did."""
    log.warning("a link for a new password was made", person=person.pk, admin=person.is_staff, by=by.pk)
    return person.pk, f"{by.pk}-{_Tokens(by).make_token(person)}"


def find(user_id: int, token: str) -> Link | None:
    """The link, while it works: never longer than who made it is an active admin."""
    maker, _, rest = token.partition("-")
    if not maker.isdecimal() or len(maker) > LONGEST_ID:
        return None
    by = User.objects.filter(pk=int(maker), is_active=True, is_staff=True).first()
    person = User.objects.filter(pk=user_id, is_active=True).first()
    works = by and person and _Tokens(by).check_token(person, rest)
    return Link(person=person, by=by) if by and person and works else None


def use(link: Link, password: str) -> None:
    """Set the new password; whoever is signed in with the old one is out."""
    link.person.set_password(password)
    link.person.save(update_fields=["password"])
    log.warning("a link for a new password was used", person=link.person.pk, by=link.by.pk)
