"""What the nightly audit said."""

from django.db import models
from django.utils import timezone


class AuditRun(models.Model):
    """One time the books were held against everything that must agree with them."""

    at = models.DateTimeField(default=timezone.now)
    seconds = models.FloatField()
    disagreements = models.PositiveIntegerField()
    newest_statement = models.CharField(
        max_length=64, blank=True, help_text="the hash of the team's newest, which binds all before it"
    )
    words = models.TextField(help_text="what disagrees, a sentence a line; or that all agree")

    def __str__(self) -> str:
        return f"{self.disagreements} disagreements at {self.at:%Y-%m-%d %H:%M}"
