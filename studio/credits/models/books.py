"""The books: accounts, the entries that explain every credit of them, and what was lost to nobody's account."""

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

NEVER = "Rows of the books are never changed and never deleted; book an adjust with a reason instead."


class Account(models.Model):
    """A member's credits of one kind: `sandbox` ones buy nothing, and never meet the real ones.

    The two sums equal the account's entries, always; only `ledger.post` moves them. A limited member spends what
    was granted, by hand or as a `monthly` allowance, of which what is left expires on the first of the next month. An
    unlimited one shares the team's wallet: `available` then goes below zero and says, negated, what was used.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="accounts")
    sandbox = models.BooleanField()
    limited = models.BooleanField(default=False)
    available = models.IntegerField(default=0)
    held = models.IntegerField(default=0)
    monthly = models.PositiveIntegerField(null=True, help_text="credits given on the first of every month")
    renewed_for = models.DateField(
        null=True, help_text="the first of the month the allowance was last given for"
    )
    seal = models.CharField(max_length=64, blank=True, help_text="the seal of its newest entry")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "sandbox"], name="one_account_of_a_kind"),
            models.CheckConstraint(condition=Q(held__gte=0), name="held_is_never_negative"),
            models.CheckConstraint(
                condition=Q(limited=False) | Q(available__gte=0), name="a_limit_is_a_limit"
            ),
            models.CheckConstraint(
                condition=Q(monthly=None) | Q(limited=True), name="an_allowance_is_a_limit"
            ),
        ]

    def __str__(self) -> str:
        return f"{'Sandbox account' if self.sandbox else 'Account'} of {self.user}"


class Append(models.QuerySet[Any]):
    """Rows of the books are added, never changed: the ledger is the only writer."""

    def _refuse(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError(NEVER)

    update = delete = bulk_update = bulk_create = update_or_create = get_or_create = _refuse


class Booked(models.Model):
    """A row of the books: written once."""

    objects: ClassVar[Any] = Append.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row once."""
        if not self._state.adding:
            raise TypeError(NEVER)
        # A new object with the number of a row that is there would otherwise write over it.
        super().save(*args, **(kwargs | {"force_insert": True}))

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Never."""
        raise TypeError(NEVER)


class Entry(Booked):
    """One move of credits. `d_available` and `d_held` are what it added to the account's two sums.

    `day` is the day of the studio's time zone it counts for, in no month that is closed. `seal` is the hash of all
    this and of the account's entry before it: whoever changes a row past the studio breaks the chain.
    """

    class Kind(models.TextChoices):
        GRANT = "grant"
        ADJUST = "adjust"
        HOLD = "hold"
        CAPTURE = "capture"
        RELEASE = "release"
        EXPIRE = "expire"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries")
    job = models.UUIDField(null=True, db_index=True)
    project_id = models.BigIntegerField(null=True)
    project_name = models.CharField(max_length=80, blank=True)
    made = models.CharField(max_length=8, blank=True, help_text="generate or edit")
    model_name = models.CharField(max_length=40, blank=True)
    pictures = models.PositiveSmallIntegerField(default=0, help_text="received for what was captured")
    kind = models.CharField(max_length=8, choices=Kind)
    d_available = models.IntegerField()
    d_held = models.IntegerField()
    key = models.CharField(max_length=80, unique=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)
    day = models.DateField(default=timezone.localdate)
    seal = models.CharField(max_length=64)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["account", "-id"]),
            models.Index(fields=["account", "day"]),
            models.Index(fields=["project_id", "day"]),
            # What one member did for one project: by either alone it would be a year's entries to read for a few.
            models.Index(fields=["account", "project_id", "day"], name="entry_of_member_and_project"),
            models.Index(fields=["day"]),
            # The few that people look for among the many of jobs: grants, corrections, what expired.
            models.Index(fields=["day"], name="entry_of_no_job", condition=Q(job=None)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="entries_have_their_shape",
                condition=Q(kind="grant", d_available__gt=0, d_held=0)
                | Q(kind="adjust", d_held=0) & ~Q(d_available=0)
                | Q(kind="hold", d_held__gt=0, d_available=-F("d_held"))
                | Q(kind="capture", d_available=0, d_held__lt=0)
                | Q(kind="release", d_available__gt=0, d_held=-F("d_available"))
                | Q(kind="expire", d_available__lt=0, d_held=0),
            ),
            models.CheckConstraint(
                name="who_adjusts_says_why",
                condition=~Q(kind="adjust") | Q(actor__isnull=False) & ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="a_job_is_booked_on_a_project",
                condition=Q(job__isnull=True, kind__in=["grant", "adjust", "expire"])
                | Q(job__isnull=False, project_id__isnull=False, kind__in=["hold", "capture", "release"]),
            ),
            models.CheckConstraint(
                name="a_job_is_booked_with_its_work",
                condition=Q(job__isnull=True, made="", model_name="")
                | Q(job__isnull=False, made__in=["generate", "edit"]) & ~Q(model_name=""),
            ),
            models.CheckConstraint(
                name="who_pays_receives_pictures",
                condition=Q(kind="capture", pictures__gt=0) | ~Q(kind="capture") & Q(pictures=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.d_available:+d}/{self.d_held:+d}"


class Loss(Booked):
    """What the provider took for pictures nobody received: it is the team's, no member and no project pays it."""

    class Why(models.TextChoices):
        """What became of them."""

        UNKNOWN = "unknown"
        EXPIRED = "expired"
        UNUSABLE = "unusable"
        LATE = "late"

    job = models.UUIDField(unique=True)
    api = models.CharField(max_length=200)
    why = models.CharField(max_length=8, choices=Why)
    credits = models.PositiveIntegerField()
    finding = models.ForeignKey(
        "credits.WalletFinding",
        null=True,
        on_delete=models.PROTECT,
        related_name="losses",
        help_text="the fall of the wallet that shows it, when nothing else does",
    )
    at = models.DateTimeField(default=timezone.now)
    day = models.DateField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(credits__gt=0), name="a_loss_is_more_than_nothing")
        ]

    def __str__(self) -> str:
        return f"{self.credits} lost with {self.job}"
