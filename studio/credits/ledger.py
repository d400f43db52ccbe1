"""The only writer of credits: one conditional UPDATE of the account and one INSERT of the entry that explains it."""

from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from studio.accounts.models import User
from studio.credits import wallet
from studio.credits.models import Account, Entry

log = structlog.get_logger(__name__)
Kind = Entry.Kind


class NotEnough(Exception):
    """The member's own credits don't cover it. Nothing was booked."""

    def __init__(self, *, needed: int, available: int) -> None:
        super().__init__(f"Not enough credits: this needs {needed}, you have {available}.")
        self.needed, self.available = needed, available


class Unsettled(Exception):
    """The books don't hold what a job is to be settled with. Nothing was booked, and nothing may go on."""


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
        if booked(key):
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


def booked(key: str) -> bool:
    """Whether an entry with this key is there."""
    return bool(Entry.objects.filter(key=key).exists())


def account_of(user: User, *, sandbox: bool | None = None) -> Account:
    """The member's account of a kind; of the one in use unless told. It is opened when there is none."""
    kind = wallet.in_sandbox() if sandbox is None else sandbox
    return Account.objects.filter(user=user, sandbox=kind).first() or _open(user, sandbox=kind, limited=False)


def open_account(user: User, *, limited: bool) -> Account:
    """The account of a new member, of the kind in use."""
    return _open(user, sandbox=wallet.in_sandbox(), limited=limited)


def open_missing() -> None:
    """Open the account in use of everyone who has none of its kind: once the real API is there, the whole team."""
    sandbox = wallet.in_sandbox()
    for user in User.objects.exclude(accounts__sandbox=sandbox):
        _open(user, sandbox=sandbox, limited=False)


def _open(user: User, *, sandbox: bool, limited: bool) -> Account:
    """A real account takes over the limit of the sandbox's and what was given there, never what was spent there."""
    tried = None if sandbox else Account.objects.filter(user=user, sandbox=True).first()
    with transaction.atomic():
        account, new = Account.objects.get_or_create(
            user=user, sandbox=sandbox, defaults={"limited": tried.limited if tried else limited}
        )
        if new and tried and (given := _given(tried)) > 0:
            why = Why(actor=None, reason="Given while trying the sandbox")
            post(account, Kind.GRANT, (given, 0), key=f"sandbox:{user.pk}", why=why)
    account.refresh_from_db()
    return account


def _given(account: Account) -> int:
    """What people gave to an account, less what they took back."""
    moves = account.entries.filter(kind__in=[Kind.GRANT, Kind.ADJUST])
    return moves.aggregate(sum=Sum("d_available"))["sum"] or 0


def hold(user: User, amount: int, booking: Booking, *, sandbox: bool | None = None) -> None:
    """Set aside what a job may cost, of the credits its API takes. NotEnough when a limited member has less."""
    account = account_of(user, sandbox=sandbox)
    if not post(account, Kind.HOLD, (-amount, amount), key=f"hold:{booking.job}", booking=booking):
        account.refresh_from_db()
        raise NotEnough(needed=amount, available=account.available)


def settle(*, held: int, captured: int, booking: Booking) -> bool:
    """Close a job's hold where it was booked: what was delivered is captured, the rest goes back.

    Once; a second call changes nothing and says False. Unsettled when the books hold less than that.
    """
    if not 0 <= captured <= held:
        raise ValueError(f"A hold of {held} can't be settled with {captured}.")
    with transaction.atomic():
        account = _holding(booking)
        # A capture after a full release would be taken from another job's hold.
        if Entry.objects.filter(job=booking.job, kind__in=[Kind.CAPTURE, Kind.RELEASE]).exists():
            return False
        back = held - captured
        for kind, moves in ((Kind.CAPTURE, (0, -captured)), (Kind.RELEASE, (back, -back))):
            if any(moves) and not post(account, kind, moves, key=f"{kind}:{booking.job}", booking=booking):
                raise _unsettled(booking, f"The account holds less than the {held} of job {booking.job}.")
    return True


def _holding(booking: Booking) -> Account:
    """The account in which a job's hold was booked, locked."""
    rows = Account.objects.select_for_update(of=("self",)).filter(entries__key=f"hold:{booking.job}")
    if account := rows.first():
        return account
    raise _unsettled(booking, f"There is no hold of job {booking.job}.")


def _unsettled(booking: Booking, words: str) -> Unsettled:
    """The books are wrong: whoever reads the log must know at once."""
    log.critical("a job can't be settled; the books need a look", job=str(booking.job), words=words)
    return Unsettled(words)


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


def set_limited(user: User, *, limited: bool) -> bool:
    """Let a member share the wallet, or limit them to what is granted. False while they are below zero."""
    condition = Q(available__gte=0) if limited else Q()
    return bool(Account.objects.filter(condition, pk=account_of(user).pk).update(limited=limited))


def drift() -> QuerySet[Account]:
    """Accounts whose sums are not the sums of their entries: none, unless somebody wrote past the ledger."""
    return Account.objects.annotate(
        sum_available=Coalesce(Sum("entries__d_available"), 0), sum_held=Coalesce(Sum("entries__d_held"), 0)
    ).exclude(available=F("sum_available"), held=F("sum_held"))
