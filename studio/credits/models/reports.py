"""What reports read: the ledger added up, closed months, and what a credit costs."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from studio.credits.models.books import Account


class Total(models.Model):
    """The entries of a day, or of a month, added up for one account, project, kind of work and model.

    Only `totals` writes here, from the real accounts' entries; it can be thrown away and made again. Figures are
    credits, all of them positive but `adjusted`, which has a sign.
    """

    class Grain(models.TextChoices):
        """What one row covers, from its `start`."""

        DAY = "day"
        MONTH = "month"

    grain = models.CharField(max_length=5, choices=Grain)
    start = models.DateField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    project_id = models.BigIntegerField(default=0, help_text="0 for what is of no job")
    made = models.CharField(max_length=8, blank=True)
    model_name = models.CharField(max_length=40, blank=True)
    orders = models.PositiveIntegerField(default=0)
    pictures = models.PositiveIntegerField(default=0)
    granted = models.PositiveIntegerField(default=0)
    adjusted = models.IntegerField(default=0)
    expired = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)
    used = models.PositiveIntegerField(default=0)
    released = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["grain", "start", "account", "project_id", "made", "model_name"],
                name="one_total_a_place",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["account", "grain", "start"]),
            models.Index(fields=["project_id", "grain", "start"]),
        ]

    def __str__(self) -> str:
        return f"{self.grain} {self.start}"


class Fold(models.Model):
    """Up to which entry the totals go. One row, or none before the first fold."""

    entry_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"up to entry {self.entry_id}"


class Scope(models.TextChoices):
    """Whose month a statement is about."""

    TEAM = "team"
    MEMBER = "member"
    PROJECT = "project"


class Statement(models.Model):
    """A closed month of a member, a project or the team: what it said then, word for word, with its hash."""

    number = models.CharField(max_length=40, unique=True)
    month = models.DateField(help_text="its first day")
    scope = models.CharField(max_length=7, choices=Scope)
    subject_id = models.BigIntegerField(default=0, help_text="the member or the project; 0 for the team")
    body = models.JSONField()
    sha256 = models.CharField(max_length=64)
    closed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["month", "scope", "subject_id"], name="one_statement_a_month")
        ]

    def __str__(self) -> str:
        return self.number


class Price(models.Model):
    """What one credit costs from a day on, until a later price starts."""

    start = models.DateField(unique=True)
    amount = models.DecimalField(max_digits=10, decimal_places=4)
    currency = models.CharField(max_length=3, help_text="ISO 4217")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["start"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_price_is_more_than_nothing")
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} from {self.start}"
