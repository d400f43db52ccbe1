"""The only writer of credits: one conditional UPDATE of the account and one INSERT of the entry that explains it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F, Max, Q, QuerySet, Sum

from studio.accounts.models import User
from studio.credits import periods, seals, wallet
from studio.credits.models import Account, Entry, Loss, Statement, WalletFinding

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
    """The job an entry is for, with its project as it stood at the order, and what it makes: generate or edit."""

    job: UUID
    project_id: int
    project_name: str
    made: str
    model_name: str


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
    pictures: int = 0,
    why: Why = NOBODY,
) -> bool:
    """Book one entry of `moves` = (d_available, d_held), in the caller's transaction.

    False, and nothing happened, when the key was booked before or the account does not cover it.
    The account's row is updated first: its lock makes the check of the key, the chain of seals and the closing of
    months safe under any race.
    """
    with transaction.atomic():
        if not _move(account, *moves):
            return False
        if booked(key):
            transaction.set_rollback(True)
            return False
        said = _of(booking) | {"pictures": pictures, "actor": why.actor, "reason": why.reason}
        _append(
            Entry(
                account=account,
                kind=kind,
                d_available=moves[0],
                d_held=moves[1],
                key=key,
                day=open_day(),
                **said,
            )
        )
    return True


def _move(account: Account, d_available: int, d_held: int) -> bool:
    """Move the account's sums if it covers that."""
    covered = Q(limited=False) | Q(available__gte=-d_available) if d_available < 0 else Q()
    rows = Account.objects.filter(covered, pk=account.pk, held__gte=-d_held)
    return bool(rows.update(available=F("available") + d_available, held=F("held") + d_held))


def _of(booking: Booking | None) -> dict[str, Any]:
    """What an entry says of its job."""
    if booking is None:
        return {}
    return {
        name: getattr(booking, name) for name in ("job", "project_id", "project_name", "made", "model_name")
    }


def _append(entry: Entry) -> None:
    """Write an entry as the next link of its account's chain; the account's row is locked."""
    head = Account.objects.values_list("seal", flat=True).get(pk=entry.account_id)
    entry.seal = seals.of(head, entry)
    entry.save(force_insert=True)
    Account.objects.filter(pk=entry.account_id).update(seal=entry.seal)


def open_day() -> date:
    """The day that what is booked now counts for: today, or if a clock went back the first that is not closed."""
    closed = last_closed_month()
    return max(periods.today(), periods.next_month(closed)) if closed else periods.today()


def last_closed_month() -> date | None:
    """The first day of the newest month whose statements are made: nothing is booked into it any more."""
    last: date | None = Statement.objects.aggregate(last=Max("month"))["last"]
    return last


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
    """A real account takes over the limit of the sandbox's and what was given there, never what was spent there.

    An allowance begins anew instead, with the whole of this month's.
    """
    tried = None if sandbox else Account.objects.filter(user=user, sandbox=True).first()
    terms = {"limited": tried.limited, "monthly": tried.monthly} if tried else {"limited": limited}
    with transaction.atomic():
        account, new = Account.objects.get_or_create(user=user, sandbox=sandbox, defaults=terms)
        if new and tried and tried.monthly is None and (given := _given(tried)) > 0:
            why = Why(actor=None, reason="Given while trying the sandbox")
            post(account, Kind.GRANT, (given, 0), key=f"sandbox:{user.pk}", why=why)
    account.refresh_from_db()
    return account


def _given(account: Account) -> int:
    """What people gave to an account, less what they took back; what an allowance booked is none of that."""
    by_hand = ~Q(key__startswith="allowance:") & ~Q(key__startswith="raise:") & ~Q(key__startswith="adjust:")
    moves = account.entries.filter(by_hand, kind__in=[Kind.GRANT, Kind.ADJUST])
    return moves.aggregate(sum=Sum("d_available"))["sum"] or 0


def hold(user: User, amount: int, booking: Booking, *, sandbox: bool | None = None) -> None:
    """Set aside what a job may cost, of the credits its API takes. NotEnough when a limited member has less."""
    account = account_of(user, sandbox=sandbox)
    if not post(account, Kind.HOLD, (-amount, amount), key=f"hold:{booking.job}", booking=booking):
        account.refresh_from_db()
        raise NotEnough(needed=amount, available=account.available)


def settle(*, held: int, captured: int, pictures: int, booking: Booking) -> bool:
    """Close a job's hold where it was booked: what was delivered is captured, the rest goes back.

    Once; a second call changes nothing and says False. Unsettled when the books hold less than that.
    """
    if not 0 <= captured <= held or bool(captured) != bool(pictures):
        raise ValueError(f"A hold of {held} can't be settled with {captured} for {pictures} pictures.")
    with transaction.atomic():
        account = _holding(booking)
        # A capture after a full release would be taken from another job's hold.
        if Entry.objects.filter(job=booking.job, kind__in=[Kind.CAPTURE, Kind.RELEASE]).exists():
            return False
        back = held - captured
        for kind, moves, received in (
            (Kind.CAPTURE, (0, -captured), pictures),
            (Kind.RELEASE, (back, -back), 0),
        ):
            key = f"{kind}:{booking.job}"
            if any(moves) and not post(account, kind, moves, key=key, booking=booking, pictures=received):
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


def expire(account: Account, amount: int, *, key: str, why: Why) -> bool:
    """Take unused credits of an account, at most what is there. False when it has less, or the key was booked."""
    return post(account, Kind.EXPIRE, (-amount, 0), key=key, why=why)


def lock_all() -> None:
    """Let nobody book anything, and nobody close a month, until the transaction ends."""
    _lock(Account.objects.all())


def lock_of(jobs: Collection[UUID]) -> None:
    """Lock the accounts in which these jobs' holds were booked, before anything is written of any of them."""
    holds = Entry.objects.filter(key__in=[f"hold:{job}" for job in jobs])
    _lock(Account.objects.filter(pk__in=holds.values("account")))


def _lock(accounts: "QuerySet[Account]") -> None:
    # All who lock several do it in one order, so that nobody waits in a circle.
    list(accounts.select_for_update().order_by("pk").values_list("pk"))


def lose(job: UUID, credits: int, *, api: str, why: Loss.Why, finding: WalletFinding | None = None) -> bool:
    """Write down once what the provider took for a job's pictures that nobody received. False when it is there."""
    with transaction.atomic():
        # Who closes a month locks the accounts: a loss goes into no month behind its back.
        locked = Account.objects.select_for_update(of=("self",)).filter(entries__key=f"hold:{job}")
        if credits <= 0 or not locked or Loss.objects.filter(job=job).exists():
            return False
        Loss(job=job, credits=credits, api=api, why=why, finding=finding, day=open_day()).save()
    log.warning("credits lost to the team", job=str(job), credits=credits, why=why.value)
    return True
