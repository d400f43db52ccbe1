"""The entries of the real accounts added up, so that reports need not read them all. Only `totals` writes here."""

from typing import ClassVar

from django.db import models

from studio.credits.models.books import Account


class Total(models.Model):
    """The entries of a day, or of a month, for one kind of work and one model. Figures are credits and positive."""

    class Grain(models.TextChoices):
        """What one row covers, from its `start`."""

        DAY = "day"
        MONTH = "month"

    grain = models.CharField(max_length=5, choices=Grain)
    start = models.DateField()
    made = models.CharField(max_length=8, blank=True)
    model_name = models.CharField(max_length=40, blank=True)
    orders = models.PositiveIntegerField(default=0)
    pictures = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)
    used = models.PositiveIntegerField(default=0)
    released = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.grain} {self.start}"


class MemberTotal(Total):
    """What one account did, whatever for. `adjusted` has a sign."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    granted = models.PositiveIntegerField(default=0)
    adjusted = models.IntegerField(default=0)
    expired = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["grain", "start", "account", "made", "model_name"], name="one_total_a_member"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["account", "grain", "start"])]


class ProjectTotal(Total):
    """What was done for one project, whoever did it: entries of no job are in none."""

    project_id = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["grain", "start", "project_id", "made", "model_name"], name="one_total_a_project"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["project_id", "grain", "start"])]


class Fold(models.Model):
    """Up to which entry the totals go. One row, or none before the first fold."""

    entry_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"up to entry {self.entry_id}"
