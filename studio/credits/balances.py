"""What an account says, for pages: the figures."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from studio.accounts.models import User
from studio.credits import allowances, ledger, periods, wallet
from studio.credits.models import Account, Entry

Kind = Entry.Kind
# Who shared the wallet and is limited now begins at 0: see allowances.
CHANGED = Q(key__startswith="adjust:change:")
LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Balance:
    """A member's own figures, in credits. `used` is what was paid for pictures, `held` what running jobs may cost."""

    limited: bool
    available: int
    held: int

    @property
    def used(self) -> int:
        """What an unlimited member used so far, without what is only held."""
        return max(0, -self.available - self.held)


def account_of(user: User) -> Account:
    """A member's account in use, with this month's allowance; it is opened when there is none yet."""
    mine = Account.objects.filter(user=user, sandbox=wallet.in_sandbox_in_sql())
    account = mine.first() or ledger.account_of(user)
    allowances.renew(account)
    return account


def of(user: User) -> Balance:
    """A member's figures now."""
    account = account_of(user)
    return Balance(limited=account.limited, available=account.available, held=account.held)


def lately(users: Collection[int]) -> dict[int, tuple[Account, int]]:
    """Members' accounts as they stand, and what was used in each during the last 30 days. One query, no writes.

    Whose account of the kind in use is not open yet is told with the other.
    """
    in_use = Q(sandbox=wallet.in_sandbox_in_sql())
    used = Coalesce(_used_in_sql("pk", since=periods.today() - LATELY + periods.DAY), 0)
    accounts = Account.objects.filter(user__in=users).select_related("user").annotate(used=used, mine=in_use)
    return {account.user_id: (account, account.used) for account in accounts.order_by("mine")}


def used_in_sql(account: str) -> Subquery:
    """What was used this month in the account that a query has under this name; None for nothing."""
    return _used_in_sql(account, since=periods.month_of(periods.today()))


def _used_in_sql(account: str, *, since: date) -> Subquery:
    paid = Entry.objects.filter(account=OuterRef(account), day__gte=since, kind=Kind.CAPTURE)
    return Subquery(paid.order_by().values("account").annotate(sum=-Sum("d_held")).values("sum"))


def this_month(user: User) -> dict[str, int]:
    """What was used, for how many pictures, and what people gave, less what they took, since the first of this month.

    What a change of the allowance corrects was given to nobody.
    """
    entries = account_of(user).entries.filter(day__gte=periods.month_of(periods.today()))
    paid, given = Q(kind=Kind.CAPTURE), Q(kind=Kind.GRANT) | Q(kind=Kind.ADJUST) & ~CHANGED
    return entries.aggregate(
        used=-Sum("d_held", filter=paid, default=0),
        pictures=Sum("pictures", default=0),
        given=Sum("d_available", filter=given, default=0),
    )
