"""Holds the books against themselves."""

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce

from studio.credits.models import Account


def drift() -> QuerySet[Account]:
    """Accounts whose sums are not the sums of their entries: none, unless somebody wrote past the ledger."""
    return Account.objects.annotate(
        sum_available=Coalesce(Sum("entries__d_available"), 0), sum_held=Coalesce(Sum("entries__d_held"), 0)
    ).exclude(available=F("sum_available"), held=F("sum_held"))
