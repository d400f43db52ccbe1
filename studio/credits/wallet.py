"""The team's wallet at the provider, and which API this installation works with."""

from django.conf import settings
from django.db.models import Case, Exists, Expression, Value, When

from studio import remote
from studio.credits.models import ApiUsed, WalletReading


def api_in_use() -> str:
    """The name of the API that new jobs go to: its address, or `sandbox` until a key is there.

    A set-up that once had a key never falls back: without its key the line stops instead.
    """
    if remote.key():
        ApiUsed.objects.get_or_create(name=settings.STUDIO_API_URL)
        return str(settings.STUDIO_API_URL)
    return str(settings.STUDIO_API_URL) if ApiUsed.objects.exists() else remote.SANDBOX


def api_in_sql() -> Expression | Case:
    """The same name as a query's expression, which writes nothing: for pages that ask all the time."""
    real = Value(str(settings.STUDIO_API_URL))
    return (
        real
        if remote.key()
        else Case(When(Exists(ApiUsed.objects.all()), then=real), default=Value(remote.SANDBOX))
    )


def in_sandbox() -> bool:
    """Whether new jobs are drawn by the sandbox."""
    return api_in_use() == remote.SANDBOX


def in_sandbox_in_sql() -> Expression:
    """The same for a query, which writes nothing: which kind of account is in use."""
    return Case(When(Exists(ApiUsed.objects.all()), then=False), default=not remote.key())


def read(api: str) -> WalletReading:
    """Ask the provider and keep what it says. Any `ImageAPIError` is the caller's to handle."""
    return WalletReading.objects.create(api=api, balance=remote.named(api).balance())


def latest(api: str) -> WalletReading | None:
    """The newest reading there is."""
    return WalletReading.objects.filter(api=api).order_by("-at").first()
