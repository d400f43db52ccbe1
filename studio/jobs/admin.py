"""Raw rows of the making side, to read."""

from django.contrib import admin

from studio.credits.admin import ReadOnly
from studio.jobs.models import Job, Line, RefusedOption


@admin.register(Job)
class JobAdmin(ReadOnly):
    """What came of orders, as figures; what they ask for is between those who may see it."""

    list_display = ("ordered_at", "owner", "state", "asked", "delivered", "reason_code")
    list_filter = ("state", "api")
    list_select_related = ("owner",)
    search_fields = ("id", "task_id", "owner__email")
    # The API's own words may quote the prompt.
    exclude = ("prompt", "reason")


admin.site.register(Line, ReadOnly)
admin.site.register(RefusedOption)
