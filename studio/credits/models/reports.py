"""Closed months, and what a credit costs."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from studio.credits.models.books import Booked


class Scope(models.TextChoices):
    """Whose month a statement is about."""

    TEAM = "team"
    MEMBER = "member"
    PROJECT = "project"


class Statement(Booked):
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
