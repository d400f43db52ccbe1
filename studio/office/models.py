"""What the office keeps: mails on their way."""

from django.db import models
from django.utils import timezone


class Mail(models.Model):
    """A mail to one person. Its row is gone once the mail server took it, or it was given up."""

    to = models.EmailField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    written_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now, db_index=True, help_text="when to try it next")
    attempts = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return self.subject
