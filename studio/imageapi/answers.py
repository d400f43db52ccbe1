"""The API's answers, made into messages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from studio.imageapi.complaint import Complaint, plain, read_complaint, read_json
from studio.imageapi.messages import Accepted, Asset, Progress, Status

MOST_CREDITS = Decimal(10) ** 12

_TASK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:~-]{0,199}")
_STATUSES = {"FINISHED": Status.FINISHED, "FAILED": Status.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer. `trouble` says why the body could not be read, and is empty when it was."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)
    trouble: str = ""

    @property
    def fine(self) -> bool:
        """Whether it says yes."""
        return 200 <= self.status < 300

    @property
    def refusal(self) -> bool:
        """Whether it says no, for certain."""
        return 400 <= self.status < 500

    @property
    def is_page(self) -> bool:
        """Whether it is a page of HTML: a proxy's words, not the API's."""
        return self.body.lstrip().startswith(b"<")

    def name(self) -> str:
        """The status as people write it, "502 Bad Gateway"."""
        known = next((status.phrase for status in HTTPStatus if status == self.status), "")
        return f"{self.status} {known}".strip()

    def json(self) -> dict[str, object]:
        """The JSON object of the body. ValueError when there is none."""
        value = {} if self.trouble else read_json(self.body)
        if not isinstance(value, dict) or not value:
            raise ValueError("no JSON object")
        return value

    def complaint(self) -> Complaint:
        """What the body complains about."""
        return read_complaint(self.body)


def read_accepted(answer: Answer) -> Accepted:
    """ValueError when there is no usable task_id."""
    said = answer.json()
    task_id = said.get("task_id")
    if not isinstance(task_id, str) or not _TASK_ID.fullmatch(task_id):
        raise ValueError("no task_id")
    return Accepted(task_id=task_id, created_at=read_time(said.get("created_at")))


def read_time(value: object) -> datetime | None:
    """An ISO 8601 time in UTC; without an offset it is UTC already. None when it can't be read."""
    try:
        time = datetime.fromisoformat(str(value).strip())
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_date(answer: Answer) -> datetime | None:
    """When the API says that it answered; None when it does not, or in no way we know."""
    try:
        return parsedate_to_datetime(answer.headers.get("Date", "")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_progress(answer: Answer) -> Progress:
    """ValueError when there is no status."""
    said = answer.json()
    word = str(said.get("status") or "").strip()
    if not word:
        raise ValueError("no status")
    results = said.get("results")
    found = [read_asset(result) for result in results] if isinstance(results, list) else []
    return Progress(
        status=_STATUSES.get(word.upper(), Status.WORKING),
        percent=read_percent(said.get("progress")),
        failure_reason=plain(str(said.get("failure_reason") or "")),
        assets=tuple(asset for asset in found if asset),
        word=plain(word, 40),
    )


def read_asset(value: object) -> Asset | None:
    """The address may stand in `asset_url`, in `asset` or in both; what looks like an address wins."""
    if not isinstance(value, dict):
        return None
    urls = [
        url.strip()
        for key in ("asset_url", "asset")
        if isinstance(url := value.get(key), str) and url.strip()
    ]
    urls.sort(key=lambda url: not url.lower().startswith(("https://", "http://")))
    thumbnail = value.get("thumbnail")
    return Asset(url=urls[0], thumbnail=thumbnail if isinstance(thumbnail, str) else "") if urls else None


def read_percent(value: object) -> int | None:
    """0..100, from a number or a text with one; None when there is none."""
    try:
        number = float(str(value).strip().removesuffix("%"))
        return int(min(max(number, 0), 100))
    except ValueError:
        return None


def read_balance(answer: Answer) -> Decimal:
    """Credits in the wallet. ValueError when the answer does not say."""
    said = answer.json().get("balance")
    try:
        balance = Decimal(str(said).strip())
    except InvalidOperation:
        raise ValueError("no balance") from None
    if not balance.is_finite() or abs(balance) > MOST_CREDITS:
        raise ValueError("no such balance")
    return balance
