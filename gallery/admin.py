"""Raw rows to look at. Nothing is changed here: the library is the only writer."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from gallery.models import Image, Parent, Project


class LookOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # it is generic to the type checker only
    """Rows that nobody can add, change or delete."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody can."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody can."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody can."""
        return False


@admin.register(Project)
class ProjectAdmin(LookOnly):
    list_display = ("name", "created_by", "created_at", "archived_at")
    list_select_related = ("created_by",)


@admin.register(Image)
class ImageAdmin(LookOnly):
    # Prompts and pictures of others are not laid open in a list; reports have what an admin answers for.
    list_display = (
        "id",
        "owner",
        "project",
        "kind",
        "format",
        "width",
        "height",
        "size",
        "credits",
        "created_at",
    )
    list_filter = ("kind", "format", "project")
    list_select_related = ("owner", "project")
    show_full_result_count = False
    exclude = ("prompt", "options", "file_name")


@admin.register(Parent)
class ParentAdmin(LookOnly):
    list_display = ("child_id", "parent_id", "position")
    show_full_result_count = False
