"""The team's API key: tried at the provider before it is believed, kept in a file of mode 600."""

from decimal import Decimal

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError

from studio import remote
from studio.credits import wallet
from studio.imageapi import ImageAPIError
from studio.jobs import outlay
from studio.remote import secretfile

log = structlog.get_logger(__name__)


def test(key: str) -> Decimal:
    """The wallet's balance, read with a key that is not kept yet. ValidationError in words when it can't be read."""
    try:
        return remote.client(settings.STUDIO_API_URL, key).balance()
    except ImageAPIError as error:
        raise ValidationError(f"The API did not accept this key: {error}") from None


def keep(key: str) -> None:
    """Use this key from now on. ValidationError when it can't be written; then nothing has changed."""
    write(key)
    read_wallet()


def write(key: str) -> None:
    """Put the key where the next submit reads it. ValidationError beside the key's field when that can't be done."""
    path = settings.STUDIO_API_KEY_FILE
    try:
        secretfile.write(path, key)
    except OSError as error:
        log.exception("the API key can't be written", path=str(path))
        words = f"The key works, but {path} can't be written: {error.strerror or error}. Nothing was changed."
        raise ValidationError({"api_key": words}) from None


def read_wallet() -> None:
    """Read the wallet for the pages; a failure is only logged, since they do without."""
    try:
        outlay.read_wallet(wallet.api_in_use())
    except ImageAPIError as error:
        # The key was tried a moment ago; this reading is only for the pages, and beat makes the next one.
        log.warning("the wallet can't be read", words=str(error))


def last_four() -> str:
    """Enough of the key to recognise it; empty when there is none."""
    key = remote.key()
    return key[-4:] if len(key) >= 12 else ""


def operators_words() -> str:
    """What the operator's key opens, or why it does not."""
    try:
        return f"It works. The wallet has {test(settings.STUDIO_API_KEY):,.0f} credits."
    except ValidationError as error:
        return " ".join(error.messages)


def from_environment() -> bool:
    """Whether the key is given by the operator, so that no page can change it."""
    return bool(settings.STUDIO_API_KEY)
