"""The image API: does it take the key, what is in the wallet, and does its clock agree with ours. Nothing is spent."""

import threading
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import Error
from django.utils import timezone

from studio import remote
from studio.credits.models import ApiUsed
from studio.doctor.checkup import Problem
from studio.imageapi import ImageAPIError, KeyRefused, NotSent

# Leases and pauses stand more; beyond this times on the pages begin to be wrong.
APART = 5.0
SANDBOX = "The sandbox is in use until there is a key."


class Provider:
    """One free reading of the wallet, for all three questions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: tuple[Decimal, datetime | None, float] | ImageAPIError | None = None

    def key(self) -> str:
        """It is accepted."""
        if not _real():
            return SANDBOX
        said = self._ask()
        if isinstance(said, KeyRefused):
            raise Problem(f"The API refuses the key: {said} Give another one under Settings.")
        if isinstance(said, ImageAPIError):
            raise Problem(f"The key can't be tried at {settings.STUDIO_API_URL}: {said}")
        return f"{settings.STUDIO_API_URL} accepts it."

    def wallet(self) -> str:
        """It can be read, and there is something in it."""
        if not _real():
            return SANDBOX
        balance, _at, _took = self._answer()
        if balance <= 0:
            raise Problem(f"There are {balance:,.0f} credits in the wallet: top it up at the provider.")
        return f"{balance:,.0f} credits."

    def clock(self) -> str:
        """The API's clock and ours agree."""
        if not _real():
            return SANDBOX
        _balance, theirs, apart = self._answer()
        if theirs is None:
            return "The API does not say what time it has."
        if abs(apart) > APART:
            which = "ahead of" if apart > 0 else "behind"
            raise Problem(
                f"This machine's clock is {abs(apart):.0f} s {which} the API's: let it be set by NTP "
                "(timedatectl set-ntp true)."
            )
        return "It agrees with the API's to the second." if abs(apart) <= 1 else f"{abs(apart):.0f} s apart."

    def _answer(self) -> tuple[Decimal, datetime | None, float]:
        said = self._ask()
        if isinstance(said, ImageAPIError):
            raise Problem("This can't be known: the wallet can't be read.")
        return said

    def _ask(self) -> tuple[Decimal, datetime | None, float] | ImageAPIError:
        """Ask once, whoever wants to know first."""
        with self._lock:
            if self._said is None:
                self._said = _read()
            return self._said


def _read() -> tuple[Decimal, datetime | None, float] | ImageAPIError:
    """The balance, the API's time, and by how many seconds ours is ahead of it."""
    try:
        balance, theirs = remote.named(settings.STUDIO_API_URL).wallet()
    except (ImageAPIError, ValueError) as error:
        return error if isinstance(error, ImageAPIError) else NotSent(str(error))
    # Their clock was told in whole seconds, somewhere in the middle of the call.
    return balance, theirs, (timezone.now() - theirs).total_seconds() - 0.5 if theirs else 0.0


def _real() -> bool:
    """Whether the real API is in use. Nothing is written, unlike where orders are taken."""
    if remote.key():
        return True
    try:
        used = ApiUsed.objects.exists()
    except Error:
        raise Problem("This can't be known: there is no key, and the database can't be used.") from None
    if used:
        raise Problem("The key is gone: give one under Settings, or check STUDIO_API_KEY_FILE.")
    return False
