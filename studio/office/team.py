"""Who is in the team: adding, inviting, letting go."""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, F, FilteredRelation, Q, QuerySet, When
from django.utils import timezone

from studio.accounts.models import Invitation, User
from studio.credits import balances, entries, ledger, wallet
from studio.credits.models import Sharing
from studio.jobs import orders


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person to be added. `credits` is what they may spend; None lets them share the wallet."""

    email: str
    name: str = ""
    is_admin: bool = False
    credits: int | None = None
    password: str | None = None


def members() -> QuerySet[User]:
    """Everybody with the figures of their account in use, and what an unlimited one used; the active first."""
    ledger.open_missing()
    in_use = Q(accounts__sandbox=wallet.in_sandbox_in_sql())
    people = User.objects.alias(own=FilteredRelation("accounts", condition=in_use))
    figures = {name: F(f"own__{name}") for name in ("limited", "available", "held")}
    drawn = -F("own__available") - F("own__held")
    used = Case(When(drawn__gt=0, then=drawn), default=0)
    return people.alias(drawn=drawn).annotate(used=used, **figures).order_by("-is_active", "name")


def usual_credits() -> int | None:
    """What a new member gets when nothing else is said: None shares the wallet."""
    sharing = Sharing.objects.first()
    return sharing.monthly if sharing else None


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
        ledger.open_account(user, limited=member.credits is not None)
        if member.credits:
            why = ledger.Why(actor=by, reason="First credits")
            ledger.grant(user, member.credits, key=f"welcome:{user.pk}", why=why)
    return user


def invite(*, email: str, by: User, is_admin: bool, credits: int | None) -> str:
    """Make a link for one person, valid for a week, and return its token. An older link for them stops working."""
    token, token_hash = Invitation.new_token()
    with transaction.atomic():
        Invitation.objects.filter(email__iexact=email, accepted_by=None).update(revoked_at=timezone.now())
        Invitation.objects.create(
            email=email.lower(),
            is_admin=is_admin,
            limited=credits is not None,
            credits=credits or 0,
            token_hash=token_hash,
            invited_by=by,
        )
    return token


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
        credits = row.credits if row.limited else None
        member = Member(email=row.email, name=name, is_admin=row.is_admin, credits=credits, password=password)
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


def books_of(user: User) -> dict[str, Any]:
    """A member's figures and newest entries, for the admin."""
    balance = balances.of(user)
    rows, _older = entries.page(balances.account_of(user), None)
    return {"balance": balance, "month": balances.this_month(user), "entries": rows}


def change(user: User, what: str, *, by: User) -> str:
    """Deactivate, activate, limit or unlimit a member, and say it in words. ValidationError when it can't be."""
    if what in {"deactivate", "activate"}:
        return set_active(user, active=what == "activate", by=by)
    if what in {"limit", "unlimit"}:
        if not ledger.set_limited(user, limited=what == "limit"):
            raise ValidationError(f"{user} has used more than was given. Give credits first, then limit.")
        return f"{user} {'spends only what is given' if what == 'limit' else 'shares the wallet'} now."
    raise ValidationError("Nothing was changed.")


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
