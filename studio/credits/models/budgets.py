"""Who may spend how much: allowances, caps, the team's budget, and asking for more."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Sharing(models.Model):
    """How new members get credits: from the shared wallet, or an allowance of their own. One row."""

    monthly = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        return "Everyone shares the wallet" if self.monthly is None else f"{self.monthly} a month each"


class ProjectCap(models.Model):
    """The credits a project may take a month. A project without a row has no cap."""

    project_id = models.BigIntegerField(unique=True)
    monthly = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.monthly} a month for project {self.project_id}"


class TeamBudget(models.Model):
    """The credits the team may take a month. A hard one stops the line, a soft one warns. One row, or none."""

    monthly = models.PositiveIntegerField()
    hard = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.monthly} a month{', hard' if self.hard else ''}"


class BudgetWarning(models.Model):
    """A share of the month's budget that was reached, told once."""

    month = models.DateField(help_text="its first day")
    percent = models.PositiveSmallIntegerField()
    spent = models.PositiveIntegerField()
    budget = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)
    dismissed_at = models.DateTimeField(null=True, help_text="when an admin had read it")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["month", "percent"], name="one_warning_a_share")
        ]

    def __str__(self) -> str:
        return f"{self.percent} % of {self.month:%B %Y}"


class Change(models.Model):
    """Who changed an allowance, a cap, a budget or a price, when, and from what to what, in words."""

    class Of(models.TextChoices):
        """What was changed."""

        ALLOWANCE = "allowance"
        DEFAULT = "default"
        CAP = "cap"
        BUDGET = "budget"
        PRICE = "price"

    of = models.CharField(max_length=9, choices=Of)
    subject_id = models.BigIntegerField(null=True, help_text="the member or the project")
    before = models.CharField(max_length=120, blank=True)
    after = models.CharField(max_length=120)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["of", "subject_id", "-id"])]

    def __str__(self) -> str:
        return f"{self.of}: {self.before} → {self.after}"


class CreditRequest(models.Model):
    """A member asks for more, an admin answers: kept with names and times."""

    class Answer(models.TextChoices):
        """What the admin said, or that the member withdrew it before."""

        OPEN = ""
        YES = "yes"
        NO = "no"
        WITHDRAWN = "withdrawn"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="credit_requests"
    )
    sentence = models.CharField(max_length=300)
    asked_at = models.DateTimeField(default=timezone.now)
    answer = models.CharField(max_length=9, choices=Answer, blank=True, default=Answer.OPEN)
    amount = models.PositiveIntegerField(default=0, help_text="the credits that were given")
    reason = models.CharField(max_length=300, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True, help_text="when the member read the answer")
    told_at = models.DateTimeField(null=True, help_text="when a mail about it was written to the admins")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(answer=""), name="one_open_request_a_member"
            ),
            models.CheckConstraint(
                name="an_answer_has_a_name",
                condition=Q(answer="", answered_by=None, answered_at=None, amount=0)
                | Q(answer="withdrawn", answered_by=None, answered_at__isnull=False, amount=0)
                | Q(answer="yes", answered_by__isnull=False, answered_at__isnull=False, amount__gt=0)
                | Q(answer="no", answered_by__isnull=False, answered_at__isnull=False, amount=0)
                & ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} asks: {self.sentence}"
