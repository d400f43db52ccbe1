"""What an account says, for pages: the figures."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import OuterRef, Q, Subquery, Sum

from studio.accounts.models import User
from studio.credits import allowances, ledger, periods, wallet
from studio.credits.models import Account, Entry

Kind = Entry.Kind
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


def used_lately(account: Account) -> int:
    """What was used in an account during the last 30 days."""
    since = periods.today() - LATELY
    paid = account.entries.filter(kind=Kind.CAPTURE, day__gt=since)
    return int(-paid.aggregate(sum=Sum("d_held", default=0))["sum"])


def used_in_sql(account: str) -> Subquery:
    """What was used this month in the account that a query has under this name; None for nothing."""
    paid = Entry.objects.filter(
        account=OuterRef(account), day__gte=periods.month_of(periods.today()), kind=Kind.CAPTURE
    )
    return Subquery(paid.order_by().values("account").annotate(sum=-Sum("d_held")).values("sum"))


def this_month(user: User) -> dict[str, int]:
    """What was used, for how many pictures, and what was given since the first of this month."""
    entries = account_of(user).entries.filter(day__gte=periods.month_of(periods.today()))
    paid, given = Q(kind=Kind.CAPTURE), Q(kind__in=[Kind.GRANT, Kind.ADJUST])
    return entries.aggregate(
        used=-Sum("d_held", filter=paid, default=0),
        pictures=Sum("pictures", default=0),
        given=Sum("d_available", filter=given, default=0),
    )
