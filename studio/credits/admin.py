"""Raw rows of the books, to read: a mistake gets an adjust through the studio."""

from django.contrib import admin
from django.http import HttpRequest

from studio.credits.models import Account, Entry, WalletReading


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    """Rows that only the ledger writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        """Never."""
        return False


@admin.register(Entry)
class EntryAdmin(ReadOnly):
    """Every move of credits."""

    list_display = ("at", "account", "kind", "d_available", "d_held", "project_name", "reason")
    list_filter = ("kind",)


@admin.register(Account)
class AccountAdmin(ReadOnly):
    """What everybody has."""

    list_display = ("user", "sandbox", "limited", "available", "held")
    list_filter = ("sandbox", "limited")
    list_select_related = ("user",)


admin.site.register(WalletReading, ReadOnly)
