"""What it costs: accounts and the entries that explain every credit of them."""

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class Account(models.Model):
    """A member's credits of one kind: `sandbox` ones buy nothing, and never meet the real ones.

    The two sums equal the account's entries, always; only `ledger.post` moves them. A limited member spends what
    was granted. An unlimited one shares the team's wallet: `available` then goes below zero and says, negated, what
    was used.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="accounts")
    sandbox = models.BooleanField()
    limited = models.BooleanField(default=False)
    available = models.IntegerField(default=0)
    held = models.IntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "sandbox"], name="one_account_of_a_kind"),
            models.CheckConstraint(condition=Q(held__gte=0), name="held_is_never_negative"),
            models.CheckConstraint(
                condition=Q(limited=False) | Q(available__gte=0), name="a_limit_is_a_limit"
            ),
        ]

    def __str__(self) -> str:
        return f"{'Sandbox account' if self.sandbox else 'Account'} of {self.user}"


class Append(models.QuerySet["Entry"]):
    """Entries are added, never changed: the ledger is the only writer."""

    def _refuse(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError("Entries are never changed or deleted; book an adjust with a reason instead.")

    update = delete = bulk_update = bulk_create = update_or_create = get_or_create = _refuse


class Entry(models.Model):
    """One move of credits. `d_available` and `d_held` are what it added to the account's two sums."""

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
    kind = models.CharField(max_length=8, choices=Kind)
    d_available = models.IntegerField()
    d_held = models.IntegerField()
    key = models.CharField(max_length=80, unique=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = Append.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["account", "-id"])]
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
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.d_available:+d}/{self.d_held:+d}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the entry once."""
        if not self._state.adding:
            raise TypeError("Entries are never changed; book an adjust with a reason instead.")
        # A new object with the number of an entry that is there would otherwise write over it.
        super().save(*args, **(kwargs | {"force_insert": True}))

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Entries are never deleted."""
        raise TypeError("Entries are never deleted; book an adjust with a reason instead.")


class WalletReading(models.Model):
    """What the provider said of the team's wallet, and when: evidence beside the books."""

    api = models.CharField(max_length=200)
    balance = models.DecimalField(max_digits=14, decimal_places=2)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["api", "-at"])]

    def __str__(self) -> str:
        return f"{self.balance} at {self.at:%Y-%m-%d %H:%M}"


class ApiUsed(models.Model):
    """The APIs this installation ever had a key for: once there is one, it never falls back to the sandbox."""

    name = models.CharField(max_length=200, unique=True)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class Sharing(models.Model):
    """How new members get credits: from the shared wallet, or an amount of their own. One row."""

    monthly = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        return "Everyone shares the wallet" if self.monthly is None else f"{self.monthly} a month each"
