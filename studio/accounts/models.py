"""Who works here."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone


class Accounts(BaseUserManager["User"]):
    """Makes members; the e-mail address is the name one signs in with."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A new member. Without a password nobody can sign in as them until one is set."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A new admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def whom_to_ask(self) -> str:
        """The name of the admin who is here longest, for who can't do something themselves."""
        admins = self.filter(is_staff=True, is_active=True).order_by("pk")
        return admins.values_list("name", flat=True).first() or "an admin"


class User(AbstractUser):
    """A person of the team. Admins (`is_staff`) answer for members and credits; the deactivated are strangers."""

    username = None  # type: ignore[assignment]  # Django's documented way to drop the field
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(max_length=80)
    email = models.EmailField("e-mail address", unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[Accounts] = Accounts()  # type: ignore[assignment]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("email"), name="email_once_whatever_its_case"),
            models.CheckConstraint(
                condition=models.Q(is_staff=models.F("is_superuser")), name="an_admin_is_staff_and_superuser"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """The name shown beside pictures and jobs."""
        return str(self)

    def get_short_name(self) -> str:
        """The first word of the name."""
        return str(self).split()[0]


class Invitation(models.Model):
    """A link that lets one person in, once. Only its hash is kept.

    Limited, they get `monthly` credits on the first of every month, or without that `credits` once.
    """

    LIFETIME = timedelta(days=7)

    email = models.EmailField("e-mail address")
    is_admin = models.BooleanField(default=False)
    limited = models.BooleanField(default=False)
    credits = models.PositiveIntegerField(default=0)
    monthly = models.PositiveIntegerField(null=True)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="invitations")
    invited_at = models.DateTimeField(default=timezone.now)
    accepted_by = models.OneToOneField(User, null=True, on_delete=models.PROTECT, related_name="invitation")
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Invitation of {self.email}"

    @staticmethod
    def new_token() -> tuple[str, str]:
        """A random token of 256 bits for the link, and the hash of it for the row."""
        token = secrets.token_urlsafe(32)
        return token, Invitation.hash(token)

    @staticmethod
    def hash(token: str) -> str:
        """What is kept of a token."""
        return hashlib.sha256(token.encode()).hexdigest()

    @property
    def expires_at(self) -> datetime:
        """When the link stops working."""
        return self.invited_at + self.LIFETIME
