"""What may be spent now, and the hold of an order: the project's cap, the month's allowance, the member's credits."""

from dataclasses import dataclass

from django.db.models import Sum

from studio.accounts.models import User
from studio.credits import allowances, balances, budgets, ledger, wallet
from studio.credits.models import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The credits that may be spent now; None where there is no limit, or nothing is known.

    `own` and `project` refuse orders. `wallet` is what the team's wallet has for orders that come now, at most: one
    that needs more is taken, and waits for a top-up. `budget` is what a hard budget of the team's has for them this
    month: one that needs more is taken too, and waits for the next month or a raise.
    """

    own: int | None
    project: int | None
    wallet: int | None
    budget: int | None


def hold(user: User, amount: int, booking: ledger.Booking, *, sandbox: bool) -> None:
    """Set aside what a job may cost, in the caller's transaction.

    `budgets.CapReached` when its project may not take that much any more, `ledger.NotEnough` when the member has less.
    """
    # The cap's row is always locked before an account's.
    budgets.admit(booking, amount, sandbox=sandbox)
    allowances.renew(ledger.account_of(user, sandbox=sandbox))
    ledger.hold(user, amount, booking, sandbox=sandbox)


def afford(user: User, project_id: int) -> Room:
    """What a member may spend on a project now."""
    account = balances.account_of(user)
    return Room(
        own=account.available if account.limited else None,
        project=budgets.left_of(project_id),
        wallet=_in_the_wallet(sandbox=account.sandbox),
        budget=None if account.sandbox else budgets.left_of_a_hard_one(_held(sandbox=False)),
    )


def _in_the_wallet(*, sandbox: bool) -> int | None:
    """What the wallet had when it was read, less what everyone's orders hold that it can't have taken by then."""
    reading = wallet.latest(wallet.api_in_use())
    if reading is None:
        return None
    waiting = 0 if reading.open is None else max(0, _held(sandbox=sandbox) - reading.open)
    return max(0, int(reading.balance) - waiting)


def _held(*, sandbox: bool) -> int:
    """What everyone's orders hold: those in line, and those that were sent."""
    return Account.objects.filter(sandbox=sandbox).aggregate(sum=Sum("held"))["sum"] or 0
