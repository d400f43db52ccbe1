"""What pictures are made for."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone


class Project(models.Model):
    """What pictures are made for: a campaign of a client. Number 1, "General", is made with the tables."""

    name = models.CharField(max_length=80)
    code = models.CharField(max_length=12, blank=True, help_text="what it is called in the client's papers")
    client = models.CharField(max_length=80, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="projects_made"
    )
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = (Lower("name"),)
        constraints = (
            models.UniqueConstraint(
                Lower("name"),
                name="project_name_once",
                violation_error_message="There is a project of this name.",
            ),
            models.UniqueConstraint(
                Lower("code"),
                condition=~models.Q(code=""),
                name="project_code_once",
                violation_error_message="There is a project with this code.",
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="project_has_name"),
        )

    def __str__(self) -> str:
        return self.name
