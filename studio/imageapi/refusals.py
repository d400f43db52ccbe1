"""What an answer that says no means for the caller."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType

from studio.imageapi.answers import Answer
from studio.imageapi.complaint import Complaint
from studio.imageapi.errors import (
    ImageAPIError,
    KeyRefused,
    NotSent,
    OrderRefused,
    OutcomeUnknown,
    ServiceRefused,
    Throttled,
    WalletEmpty,
)
from studio.imageapi.messages import Order
from studio.imageapi.transport import BrokenError

USUAL_WAIT = 20.0
SHORTEST_WAIT = 1.0
# Some throttles advertise a day. Asking once an hour costs nothing and notices a raised limit
LONGEST_WAIT = 3600.0
# These come from proxies too, behind which the order may have arrived, or say that it is there already (409)
IN_DOUBT = frozenset({408, 409, 425, 499})
# Only these judge the order itself: its parameters (400, 422), its size (413). Any other is about who or where we are
INVALID = frozenset({400, 413, 422})
ABOUT_THE_ORDER = "validation_failed"
# A framework that names no way to sign in says 403 where others say 401
_ABOUT_THE_KEY = re.compile(r"\b(?:api[ _-]?key|credentials|token)\b", re.IGNORECASE)

# What the API's words and statuses mean whatever was asked; the words are the surer sign
_MEANS: Mapping[str | int, type[ImageAPIError]] = MappingProxyType(
    {
        "invalid_api_key": KeyRefused,
        "api_key_expired": KeyRefused,
        "api_key_revoked": KeyRefused,
        "insufficient_credits": WalletEmpty,
        "rate_limited": Throttled,
        "throttled": Throttled,
        401: KeyRefused,
        402: WalletEmpty,
        429: Throttled,
    }
)
_SENTENCES: Mapping[type[ImageAPIError], str] = MappingProxyType(
    {
        KeyRefused: "The image API does not accept the API key.",
        WalletEmpty: "The wallet at the image API has not enough credits.",
        Throttled: "The image API takes no more requests for now.",
    }
)


def general_refusal(answer: Answer, complaint: Complaint) -> ImageAPIError | None:
    """The error for what is no order's fault: the key, the wallet, the pace. None when it is not that."""
    kind = _MEANS.get(complaint.code) or _MEANS.get(answer.status)
    if answer.status == 403 and _ABOUT_THE_KEY.search(complaint.message):
        kind = kind or KeyRefused
    if kind is None or not answer.refusal:
        return None
    message = complaint.sentence or _SENTENCES[kind]
    if kind is Throttled:
        return Throttled(message, complaint.code, seconds=wait(answer.headers, complaint))
    return kind(message, complaint.code)


def submit_refusal(order: Order, answer: Answer, complaint: Complaint) -> ImageAPIError:
    """The error for a submit whose answer is not a yes."""
    if error := general_refusal(answer, complaint):
        return error
    if not answer.refusal or answer.status in IN_DOUBT:
        # A redirect is here as well: it may stand for "done, see there"
        message = f"The image API answered {answer.name()}; whether it took the order is unknown."
        return OutcomeUnknown(message, complaint.code)
    if answer.status in INVALID or complaint.code == ABOUT_THE_ORDER or complaint.fields:
        message = complaint.sentence or f"The image API refused the order ({answer.name()})."
        return OrderRefused(message, complaint.code, parameter=_at_fault(order, complaint))
    words = f": {complaint.message}" if complaint.message else "."
    return ServiceRefused(f"The image API takes no orders ({answer.name()}){words}", complaint.code)


def _at_fault(order: Order, complaint: Complaint) -> str:
    """The option to leave out from now on; a message may quote the prompt, whose words name nothing."""
    parameter = complaint.parameter(order.options())
    return parameter if complaint.fields or parameter not in order.prompt else ""


def submit_failure(broken: BrokenError) -> ImageAPIError:
    """The error for a submit that got no answer."""
    if broken.sent:
        return OutcomeUnknown(f"Whether the image API took the order is unknown: {broken}.")
    return NotSent(f"The order was not sent to the image API: {broken}.")


def wait(headers: Mapping[str, str], complaint: Complaint) -> float:
    """Seconds until we may ask again: from Retry-After, else from the text, else 20; from 1 s to 1 h."""
    seconds = _retry_after(headers.get("Retry-After", ""))
    if seconds is None:
        seconds = complaint.seconds()
    return USUAL_WAIT if seconds is None else min(max(seconds, SHORTEST_WAIT), LONGEST_WAIT)


def _retry_after(value: str) -> float | None:
    if re.fullmatch(r"\s*\d{1,9}(\.\d*)?\s*", value):
        return float(value)
    try:
        then = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return (then.replace(tzinfo=then.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
