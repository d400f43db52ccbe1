"""The only writer of credits: one conditional UPDATE of the account and one INSERT of the entry that explains it."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from studio.accounts.models import User
from studio.credits.models import Account, Entry

Kind = Entry.Kind


class NotEnough(Exception):
    """The member's own credits don't cover it. Nothing was booked."""

    def __init__(self, *, needed: int, available: int) -> None:
        super().__init__(f"Not enough credits: this needs {needed}, you have {available}.")
        self.needed, self.available = needed, available


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """The job an entry is for, with its project as it stood at the order."""

    job: UUID
    project_id: int
    project_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Who moved credits by hand, and the reason people will read."""

    actor: User | None
    reason: str = ""


NOBODY = Why(actor=None)


def post(
    account: Account,
    kind: Kind,
    moves: tuple[int, int],
    *,
    key: str,
    booking: Booking | None = None,
    why: Why = NOBODY,
) -> bool:
    """Book one entry of `moves` = (d_available, d_held), in the caller's transaction.

    False, and nothing happened, when the key was booked before or the account does not cover it.
    The account's row is updated first: its lock makes the check of the key safe under any race.
    """
    d_available, d_held = moves
    with transaction.atomic():
        covered = Q(limited=False) | Q(available__gte=-d_available) if d_available < 0 else Q()
        moved = Account.objects.filter(covered, pk=account.pk, held__gte=-d_held).update(
            available=F("available") + d_available, held=F("held") + d_held
        )
        if not moved:
            return False
        if Entry.objects.filter(key=key).exists():
            transaction.set_rollback(True)
            return False
        Entry(
            account=account,
            kind=kind,
            d_available=d_available,
            d_held=d_held,
            key=key,
            job=booking.job if booking else None,
            project_id=booking.project_id if booking else None,
            project_name=booking.project_name if booking else "",
            actor=why.actor,
            reason=why.reason,
        ).save(force_insert=True)
    return True


def account_of(user: User) -> Account:
    """The member's account. Everyone has one from the day they joined, but for an admin made by `createsuperuser`."""
    return Account.objects.get_or_create(user=user)[0]


def hold(user: User, amount: int, booking: Booking) -> None:
    """Set aside what a job may cost. NotEnough when a limited member has less."""
    account = account_of(user)
    if not post(account, Kind.HOLD, (-amount, amount), key=f"hold:{booking.job}", booking=booking):
        account.refresh_from_db()
        raise NotEnough(needed=amount, available=account.available)


def settle(user: User, *, held: int, captured: int, booking: Booking) -> bool:
    """Close a job's hold: what was delivered is captured, the rest goes back. Once; a second call changes nothing."""
    if not 0 <= captured <= held:
        raise ValueError(f"A hold of {held} can't be settled with {captured}.")
    with transaction.atomic():
        account = Account.objects.select_for_update().get(user=user)
        # A capture after a full release would be taken from another job's hold.
        if Entry.objects.filter(job=booking.job, kind__in=[Kind.CAPTURE, Kind.RELEASE]).exists():
            return False
        if captured:
            post(account, Kind.CAPTURE, (0, -captured), key=f"capture:{booking.job}", booking=booking)
        if back := held - captured:
            post(account, Kind.RELEASE, (back, -back), key=f"release:{booking.job}", booking=booking)
    return True


def grant(user: User, amount: int, *, key: str, why: Why) -> bool:
    """Give a member credits to spend."""
    if amount <= 0:
        raise ValueError("A grant is more than nothing.")
    return post(account_of(user), Kind.GRANT, (amount, 0), key=key, why=why)


def adjust(user: User, amount: int, *, key: str, why: Why) -> bool:
    """Correct a member's credits, up or down, with a name and a reason. False when it would go below zero."""
    if why.actor is None or not why.reason.strip():
        raise ValueError("An adjust names a person and a reason.")
    return post(account_of(user), Kind.ADJUST, (amount, 0), key=key, why=why)


def open_account(user: User, *, limited: bool) -> Account:
    """The account of a new member."""
    account, _new = Account.objects.get_or_create(user=user, defaults={"limited": limited})
    return account


def set_limited(user: User, *, limited: bool) -> bool:
    """Let a member share the wallet, or limit them to what is granted. False while they are below zero."""
    condition = Q(available__gte=0) if limited else Q()
    return bool(Account.objects.filter(condition, user=user).update(limited=limited))


def drift() -> QuerySet[Account]:
    """Accounts whose sums are not the sums of their entries: none, unless somebody wrote past the ledger."""
    return Account.objects.annotate(
        sum_available=Coalesce(Sum("entries__d_available"), 0), sum_held=Coalesce(Sum("entries__d_held"), 0)
    ).exclude(available=F("sum_available"), held=F("sum_held"))
