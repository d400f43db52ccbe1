"""Raw rows to look at. Nothing is changed here: the library is the only writer."""

from django.contrib import admin

from gallery.models import Image, Parent, Project


class LookOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # it is generic to the type checker only
    """Rows that nobody can add, change or delete."""

    def has_add_permission(self, *_args: object, **_kwargs: object) -> bool:
        """Nobody can."""
        return False

    def has_change_permission(self, *_args: object, **_kwargs: object) -> bool:
        """Nobody can."""
        return False

    def has_delete_permission(self, *_args: object, **_kwargs: object) -> bool:
        """Nobody can."""
        return False


@admin.register(Project)
class ProjectAdmin(LookOnly):
    """What pictures are made for."""

    list_display = ("name", "code", "client", "created_by", "created_at", "archived_at")
    list_select_related = ("created_by",)


@admin.register(Image)
class ImageAdmin(LookOnly):
    """Pictures as figures; what they show and say is between those who may see them."""

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
    exclude = ("prompt", "options", "file_name", "note")


@admin.register(Parent)
class ParentAdmin(LookOnly):
    """Which picture was made from which."""

    list_display = ("child_id", "parent_id", "position")
    show_full_result_count = False
