"""Allowances: the credits of a month, what expires with it, and what changes by hand. docs/credits.md has the rules."""

from datetime import date

import structlog
from django.db import transaction
from django.db.models import Q, Sum

from studio.accounts.models import User
from studio.credits import ledger, modes, periods, wallet
from studio.credits.models import Account, Change, Entry, Sharing
from studio.credits.modes import Given, Mode, Monthly, Shares, mode_of

log = structlog.get_logger(__name__)
Kind = Entry.Kind


def due(monthly: int | None, renewed_for: date | None) -> bool:
    """Whether an account with these is to be given this month's allowance: asks the calendar and nothing else."""
    month = periods.month_of(periods.today())
    return monthly is not None and (renewed_for is None or renewed_for < month)


def renew(account: Account) -> None:
    """Give an account the allowance of this month, once; what was left of an earlier one expires first.

    Without a query when that was done. Afterwards `account` has the figures that are booked. Who is out of the team
    is given nothing until they are back.
    """
    if not due(account.monthly, account.renewed_for):
        return
    with transaction.atomic():
        _begin_month(_locked(account))
    account.refresh_from_db()


def renew_all() -> None:
    """Renew what is due of the accounts in use; one that can't be renewed must not hold up the others."""
    month = periods.month_of(periods.today())
    late = Q(renewed_for=None) | Q(renewed_for__lt=month)
    for account in Account.objects.filter(
        late, sandbox=wallet.in_sandbox(), monthly__isnull=False, user__is_active=True
    ):
        try:
            renew(account)
        except Exception:
            log.exception("an allowance can't be renewed", account=account.pk)


def next_renewal(account: Account) -> date | None:
    """The day on which what is left expires and the next allowance comes; None without one."""
    if account.monthly is None:
        return None
    today = periods.today()
    return periods.next_month(max(account.renewed_for or today, today))


def available_today(account: Account) -> int:
    """What an account has, or will once its allowance is renewed: for pages that look at others' and book nothing."""
    if due(account.monthly, account.renewed_for):
        return account.monthly or 0
    return account.available


def _locked(account: Account) -> Account:
    """The account as it stands, locked until the transaction ends."""
    rows = Account.objects.select_for_update(of=("self",)).select_related("user")
    return rows.get(pk=account.pk)


def _month() -> date:
    """The month that counts: this one, or if the clock went back into one that is closed, the first that is not."""
    return periods.month_of(ledger.open_day())


def _begin_month(account: Account) -> None:
    """Let what is left of a locked account's last allowance expire, and give this month's."""
    month = _month()
    told = account.renewed_for
    if account.monthly is None or not account.user.is_active or (told and told >= month):
        return
    key = f"allowance:{account.pk}:{month:%Y-%m}"
    # Booked before, and then changed by hand while the clock was back: then nothing may expire either.
    if not ledger.booked(key):
        left = _left_before(account, month)
        _book(account, -left, f"expire:{account.pk}:{month:%Y-%m}", _because("The month is over"))
        _book(account, account.monthly, key, _because(f"Allowance of {month:%B %Y}"))
    _write(account, mode_of(account), renewed_for=month)


def _left_before(account: Account, month: date) -> int:
    """What is there still of what was there when a month began: what was given or came back since is this month's."""
    since = account.entries.filter(day__gte=month).aggregate(sum=Sum("d_available"))["sum"] or 0
    return max(0, min(account.available, account.available - since))


def _because(reason: str, by: User | None = None) -> ledger.Why:
    return ledger.Why(actor=by, reason=reason)


def _book(account: Account, amount: int, key: str, why: ledger.Why) -> None:
    """Grant a locked account so much, or let it expire when it is negative."""
    if amount > 0:
        ledger.post(account, Kind.GRANT, (amount, 0), key=key, why=why)
    elif amount < 0:
        ledger.expire(account, -amount, key=key, why=why)


def _write(account: Account, mode: Mode, *, renewed_for: date | None) -> None:
    """Keep how a locked account gets its credits, and the month it has its allowance for."""
    Account.objects.filter(pk=account.pk).update(
        limited=not isinstance(mode, Shares), monthly=modes.monthly(mode), renewed_for=renewed_for
    )


@transaction.atomic
def welcome(user: User, mode: Mode, *, by: User | None) -> Account:
    """Open the account of a new member, with the whole allowance of this month if they get one."""
    account = ledger.open_account(user, limited=not isinstance(mode, Shares))
    _write(account, mode, renewed_for=None)
    Change.objects.create(of=Change.Of.ALLOWANCE, subject_id=user.pk, after=str(mode), actor=by)
    account.refresh_from_db()
    renew(account)
    return account


@transaction.atomic
def set_allowance(user: User, mode: Mode, *, by: User | None) -> str:
    """Change how a member gets credits, booked and written down; what that means for them now, in words.

    The same again changes nothing. ValueError when somebody must answer for it by name and `by` is None: who shared
    the wallet and has used credits is brought to 0 by an adjust.
    """
    account = _locked(ledger.account_of(user))
    _begin_month(account)
    account.refresh_from_db()
    before = mode_of(account)
    if before == mode:
        return f"Nothing changed: {user} {_has(mode)}."
    change = Change.objects.create(
        of=Change.Of.ALLOWANCE, subject_id=user.pk, before=str(before), after=str(mode), actor=by
    )
    match mode:
        case Shares():
            more = _share(account, change)
        case Monthly():
            more = _allow(account, mode, change)
        case Given():
            more = _give_only(account, change)
    return f"{user} {_has(mode)} now.{more}"


def _has(mode: Mode) -> str:
    """What a member has or does, after the name."""
    return str(mode) if isinstance(mode, Shares) else f"gets {mode}"


def _share(account: Account, change: Change) -> str:
    """What is left expires, so that the figure says from here on what is used of the wallet."""
    left, why = account.available, _because("Shares the wallet from now on", change.actor)
    _book(account, -left, f"expire:change:{change.pk}", why)
    _write(account, Shares(), renewed_for=None)
    return f" The {left:,} credits that were left expired." if left else ""


def _give_only(account: Account, change: Change) -> str:
    """What is there stays and does not expire any more."""
    _settle_shared(account, change)
    _write(account, Given(), renewed_for=account.renewed_for)
    return f" {max(0, account.available):,} credits are there."


def _allow(account: Account, mode: Monthly, change: Change) -> str:
    """The whole allowance at once; of one that was given for this month only what it is more."""
    _settle_shared(account, change)
    month = max(_month(), account.renewed_for or _month())
    if not account.user.is_active and account.renewed_for != month:
        _write(account, mode, renewed_for=account.renewed_for)
        return " They are given once they are back in the team."
    has = _allowed(account, month) if account.renewed_for == month else 0
    more = max(0, mode.credits - has)
    key = f"raise:{account.pk}:{month:%Y-%m}:{change.pk}" if has else _free_key(account, month, change)
    _book(account, more, key, _because(f"From now on {mode}", change.actor))
    _write(account, mode, renewed_for=month)
    if more:
        return f" {more:,} were given at once; what is left on {_day(month)} expires."
    return f" This month's {has:,} stay; the new allowance comes on {_day(month)}."


def _day(month: date) -> str:
    """The day after a month, in words: "1 December"."""
    return f"{periods.next_month(month):%-d %B}"


def _settle_shared(account: Account, change: Change) -> None:
    """Bring who shared the wallet to 0: a limit counts what is spent from now on."""
    if account.available >= 0:
        return
    used = -account.available - account.held
    held = f", held: {account.held:,}" if account.held else ""
    reason = f"From now on {change.after}; used before: {used:,}{held}"
    if change.actor is None:
        raise ValueError(f"Somebody must answer for it by name: {account.user} has used {used:,} credits.")
    ledger.post(
        account,
        Kind.ADJUST,
        (-account.available, 0),
        key=f"adjust:change:{change.pk}",
        why=_because(reason, change.actor),
    )


def _free_key(account: Account, month: date, change: Change) -> str:
    """The key of a month's allowance; with the change that gave it, if there was one before they shared the wallet."""
    key = f"allowance:{account.pk}:{month:%Y-%m}"
    return f"{key}:{change.pk}" if ledger.booked(key) else key


def _allowed(account: Account, month: date) -> int:
    """What a month's allowance gave so far: the whole one, given last, and what was raised since."""
    entries = account.entries.filter(kind=Kind.GRANT, day__gte=month)
    whole = entries.filter(key__startswith=f"allowance:{account.pk}:{month:%Y-%m}").order_by("-id").first()
    if whole is None:
        return 0
    raised = entries.filter(key__startswith=f"raise:{account.pk}:{month:%Y-%m}", id__gt=whole.pk)
    return int(whole.d_available + (raised.aggregate(sum=Sum("d_available"))["sum"] or 0))


def usual() -> int | None:
    """The allowance of new members, in credits; None lets them share the wallet."""
    return Sharing.objects.values_list("monthly", flat=True).first()


@transaction.atomic
def set_usual(monthly: int | None, *, by: User | None) -> None:
    """Say what new members get; who is here keeps what they have."""
    row, _new = Sharing.objects.select_for_update().get_or_create(pk=1)
    before, after = modes.usual(row.monthly), modes.usual(monthly)
    if before != after:
        Sharing.objects.filter(pk=1).update(monthly=monthly)
        Change.objects.create(of=Change.Of.DEFAULT, before=str(before), after=str(after), actor=by)
