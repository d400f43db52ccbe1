"""The team's wallet at the provider, as it was read, and what its changes tell."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class WalletReading(models.Model):
    """What the provider said of the team's wallet, and when: evidence beside the books.

    `spent` is what the books knew then to be paid to this API in all, `open` how much more it may have taken by
    then for jobs under way. Balance and spent together stay the same until somebody tops up, or credits go
    where the studio does not see. Both are NULL in readings from before they were kept.
    """

    api = models.CharField(max_length=200)
    balance = models.DecimalField(max_digits=14, decimal_places=2)
    spent = models.IntegerField(null=True)
    open = models.PositiveIntegerField(null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["api", "-at"])]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(spent__isnull=True, open__isnull=True)
                | Q(spent__isnull=False, open__isnull=False),
                name="a_reading_knows_the_books_or_not",
            )
        ]

    def __str__(self) -> str:
        return f"{self.balance} at {self.at:%Y-%m-%d %H:%M}"


class WalletFinding(models.Model):
    """A change of the wallet that the books don't explain, between two readings with nothing under way."""

    class Verdict(models.TextChoices):
        """What it was: nobody said yet, or one of these."""

        OPEN = ""
        TOP_UP = "top-up"
        LOST = "lost", "lost answers"
        OUTSIDE = "outside", "spent outside the studio or not refunded"
        REFUND = "refund", "refunded late"

    api = models.CharField(max_length=200)
    amount = models.DecimalField(max_digits=14, decimal_places=2, help_text="what the wallet rose, or fell")
    since = models.DateTimeField()
    until = models.DateTimeField()
    balance_before = models.DecimalField(max_digits=14, decimal_places=2)
    balance_after = models.DecimalField(max_digits=14, decimal_places=2)
    verdict = models.CharField(max_length=8, choices=Verdict, blank=True, default=Verdict.OPEN)
    note = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["api", "until"], name="one_finding_a_reading"),
            models.CheckConstraint(condition=~Q(amount=0), name="a_finding_is_of_something"),
            models.CheckConstraint(condition=Q(since__lte=F("until")), name="a_finding_has_its_window"),
        ]

    def __str__(self) -> str:
        return f"{self.amount:+} until {self.until:%Y-%m-%d %H:%M}"


class ApiUsed(models.Model):
    """The APIs this installation ever had a key for: once there is one, it never falls back to the sandbox."""

    name = models.CharField(max_length=200, unique=True)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name
