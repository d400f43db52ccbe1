"""Raw rows of the making side, to read."""

from django.contrib import admin

from studio.credits.admin import ReadOnly
from studio.jobs.models import Job, Line, RefusedOption


@admin.register(Job)
class JobAdmin(ReadOnly):
    """What was ordered and what came of it."""

    list_display = ("ordered_at", "owner", "state", "asked", "delivered", "prompt")
    list_filter = ("state", "api")
    search_fields = ("id", "task_id", "prompt")


admin.site.register(Line, ReadOnly)
admin.site.register(RefusedOption)
