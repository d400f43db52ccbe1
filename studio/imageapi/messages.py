"""What is asked of the API and what it says, as plain values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from studio.imageapi.catalog import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A picture on disk to edit; it is streamed and never held whole."""

    mime: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One paid request. `leave_out` names parameters that this API refuses though they are documented."""

    model: Model
    prompt: str
    num_images: int = 1
    aspect_ratio: str = "auto"
    output_format: str = "png"
    sources: tuple[Source, ...] = ()
    leave_out: frozenset[str] = frozenset()
    idempotency_key: str = ""

    def options(self) -> dict[str, str | int]:
        """The parameters that have to be said: those that differ from the API's default and may be named."""
        said: dict[str, tuple[str | int, str | int]] = {
            "output_format": (self.output_format, self.model.formats[0]),
            "aspect_ratio": (self.aspect_ratio, self.model.ratios[0].name),
            "num_images": (self.num_images, 1),
        }
        return {
            name: value
            for name, (value, default) in said.items()
            if value != default and name not in self.leave_out
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The API took the order. `created_at` is aware and in UTC, None when the API did not say."""

    task_id: str
    created_at: datetime | None = None


class Status(StrEnum):
    """Where a task stands; a word we do not know means that it is still being made."""

    WORKING = "working"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """Where a finished picture can be downloaded, for 24 hours."""

    url: str
    thumbnail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A task as the API sees it. `percent` is 0..100 or None; `word` is the API's own word for the status."""

    status: Status
    percent: int | None = None
    failure_reason: str = ""
    assets: tuple[Asset, ...] = ()
    word: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What was downloaded: its length in bytes and its SHA-256 in hex."""

    size: int
    sha256: str
