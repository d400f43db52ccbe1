"""What people did to pictures, so that it can be undone."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone


class Deed(models.Model):
    """Something a person did to pictures a moment ago, with the way back; forgotten after a day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    back = models.JSONField(help_text="the steps back that were not taken yet, as of gallery/undoing.py")
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"deed {self.pk} of user {self.by_id}"
