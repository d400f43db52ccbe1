"""Who is in the team: adding, inviting, letting go."""

import hashlib
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, FilteredRelation, Q, QuerySet
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone

from studio.accounts.models import Invitation, User
from studio.credits import allowances, balances, ledger, modes, wallet
from studio.credits.modes import SHARES, Given, Mode, Monthly, Shares
from studio.jobs import orders


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person to be added, and how they get credits. `credits` are given to begin with, to who gets only those."""

    email: str
    name: str = ""
    is_admin: bool = False
    mode: Mode = SHARES
    credits: int = 0
    password: str | None = None


def members() -> QuerySet[User]:
    """Everybody with the figures of their account in use, and what they used this month; the active first."""
    ledger.open_missing()
    in_use = Q(accounts__sandbox=wallet.in_sandbox_in_sql())
    people = User.objects.alias(own=FilteredRelation("accounts", condition=in_use))
    figures = {name: F(f"own__{name}") for name in ("limited", "monthly", "available", "held")}
    used = Coalesce(balances.used_in_sql("own"), 0)
    return people.annotate(used=used, **figures).order_by("-is_active", Lower("name"))


def add(member: Member, *, by: User | None) -> User:
    """Add a person with their account and first credits, all or nothing. ValidationError says what is wrong."""
    if User.objects.filter(email__iexact=member.email).exists():
        raise ValidationError({"email": f"{member.email} is in the team already."})
    with transaction.atomic():
        user = User.objects.create_user(
            member.email,
            member.password,
            name=member.name or member.email.partition("@")[0],
            is_staff=member.is_admin,
            is_superuser=member.is_admin,
        )
        allowances.welcome(user, member.mode, by=by)
        if member.credits:
            why = ledger.Why(actor=by, reason="First credits")
            ledger.grant(user, member.credits, key=f"welcome:{user.pk}", why=why)
    return user


def invite(*, email: str, by: User, is_admin: bool = False, mode: Mode = SHARES, credits: int = 0) -> str:
    """Make a link for one person, valid for a week, and return its token. An older link for them stops working."""
    token, token_hash = Invitation.new_token()
    with transaction.atomic():
        Invitation.objects.filter(email__iexact=email, accepted_by=None).update(revoked_at=timezone.now())
        Invitation.objects.create(
            email=email.lower(),
            is_admin=is_admin,
            limited=not isinstance(mode, Shares),
            monthly=modes.monthly(mode),
            credits=credits,
            token_hash=token_hash,
            invited_by=by,
        )
    return token


def mode_of(row: Invitation) -> Mode:
    """How an invited person will get credits."""
    if row.monthly is not None:
        return Monthly(row.monthly)
    return Given() if row.limited else SHARES


def promised(row: Invitation) -> str:
    """What an invited person may spend, in words for them."""
    match mode_of(row):
        case Monthly(credits):
            return f"You get {credits:,} credits a month, the first at once. What is left expires with the month."
        case Given():
            return f"You begin with {row.credits:,} credits. An admin can give you more."
        case _:
            return "You share the team's wallet."


def _working() -> QuerySet[Invitation]:
    """Links that let somebody in: not used, not taken back, not too old, and made by who is an admin still."""
    since = timezone.now() - Invitation.LIFETIME
    rows = Invitation.objects.filter(accepted_by=None, revoked_at=None, invited_at__gt=since)
    return rows.filter(invited_by__is_active=True, invited_by__is_staff=True)


def invitation(token: str) -> Invitation | None:
    """The invitation a link stands for, if it still works."""
    return _working().filter(token_hash=Invitation.hash(token)).first()


def accept(row: Invitation, *, name: str, password: str) -> User:
    """Let an invited person in. ValidationError when the link does not work any more."""
    with transaction.atomic():
        if not _working().select_for_update().filter(pk=row.pk).exists():
            raise ValidationError("This link has been used already, or does not work any more.")
        member = Member(
            email=row.email,
            name=name,
            is_admin=row.is_admin,
            mode=mode_of(row),
            credits=row.credits if row.limited else 0,
            password=password,
        )
        user = add(member, by=row.invited_by)
        Invitation.objects.filter(pk=row.pk).update(accepted_by=user)
    return user


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift:
    """Credits given, or taken back with a negative amount. The same nonce again is the same gift."""

    amount: int
    reason: str
    nonce: str


def give_credits(user: User, gift: Gift, *, by: User) -> bool:
    """Book a gift once; False when it was booked before. NotEnough when less is there to take back."""
    why, key = ledger.Why(actor=by, reason=gift.reason), _key(user, gift)
    book = ledger.grant if gift.amount > 0 else ledger.adjust
    if book(user, gift.amount, key=key, why=why):
        return True
    if ledger.booked(key):
        return False
    raise ledger.NotEnough(needed=-gift.amount, available=ledger.account_of(user).available)


def _key(user: User, gift: Gift) -> str:
    """Who goes back and gives another amount with the old nonce means another gift."""
    return "office:" + hashlib.sha256(repr((user.pk, gift)).encode()).hexdigest()[:32]


def open_invitations() -> QuerySet[Invitation]:
    """Links that still work, newest first."""
    return _working().select_related("invited_by").order_by("-invited_at")


def revoke(row: Invitation) -> None:
    """Make a link stop working."""
    Invitation.objects.filter(pk=row.pk, accepted_by=None).update(revoked_at=timezone.now())


def set_active(user: User, *, active: bool, by: User) -> str:
    """A deactivated person is a stranger: no page, no picture, no session."""
    if user == by:
        raise ValidationError("You can't deactivate yourself.")
    with transaction.atomic():
        # Two admins who deactivate each other at the same moment must not leave the team without one.
        admins = User.objects.select_for_update().filter(is_staff=True, is_active=True)
        if by not in list(admins):
            raise ValidationError("You are not an admin any more.")
        user.is_active = active
        user.save(update_fields=["is_active"])
    if not active:
        orders.cancel_all(user, by=by)
    return f"{user} is {'back in the team' if active else 'out of the team'}."


def rename(user: User, name: str) -> None:
    """Change the name others see."""
    user.name = name
    user.save(update_fields=["name"])
