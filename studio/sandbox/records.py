"""What the sandbox's world is made of, as tests and the application read it."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from studio.sandbox.faults import Fault
from studio.sandbox.pictures import seed_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast and how generous the API is. `per_minute` submits and `looks` in `window_seconds`; 0 is no limit.

    `refill`: a wallet that falls under a hundred credits is filled up to the starting balance.
    """

    seconds: tuple[float, float] = (6.0, 6.0)
    per_minute: int = 3
    looks: int = 0
    window_seconds: float = 60.0
    results_live_seconds: float = 24 * 3600.0
    starting_balance: str = "1000.00"
    refill: bool = False
    stuck_progress: bool = False

    def seconds_for(self, task_id: str, num_images: int) -> float:
        """How long a task takes: within the range by its id, and 15 % longer for each further picture."""
        shortest, longest = self.seconds
        share = seed_of(task_id) % 1000 / 999
        return (shortest + (longest - shortest) * share) * (1 + 0.15 * (num_images - 1))


@dataclass(frozen=True, slots=True)
class Task:
    """What the provider knows of one accepted submit, at the moment it was read."""

    task_id: str
    idempotency_key: str
    prompt: str
    kind: str
    num_images: int
    aspect_ratio: str
    output_format: str
    created_at: float
    ready_at: float | None
    expires_at: float
    charged: int
    refunded: int
    status: str
    progress: int
    failure_reason: str | None
    delivered: int
    fetched: tuple[int, ...]
    sources: tuple[Path, ...]
    serial: int


@dataclass(frozen=True, slots=True)
class Submit:
    """One submit that arrived. `answered_at` and `status` are None when no answer was ever given."""

    id: int
    kind: str
    prompt: str
    idempotency_key: str
    arrived_at: float
    answered_at: float | None
    status: int | None
    fault: str
    task_id: str | None

    @property
    def accepted(self) -> bool:
        """Whether it was charged and is being made, whatever the client heard."""
        return self.task_id is not None


@dataclass(frozen=True, slots=True)
class Looks:
    """The status polls of one task; `ready_at` is None when it never will be."""

    count: int
    last_at: float | None
    ready_at: float | None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an order that was in order: its task, or none when the fault came first."""

    task_id: str | None
    created_at: float
    fault: Fault | None


def state(row: sqlite3.Row, now: float) -> str:
    """The API's word for what a task has become by now."""
    if row["ready_at"] is None or now < row["ready_at"]:
        return "IN_PROGRESS"
    return "FINISHED" if row["failure_reason"] is None else "FAILED"


def progress(row: sqlite3.Row, now: float) -> int:
    """0 to 100, in step with the clock; a task that is not finished stays below 100."""
    if state(row, now) == "FINISHED":
        return 100
    if not row["ready_at"]:
        return 0
    whole = max(row["ready_at"] - row["created_at"], 0.001)
    return max(0, min(99, int(100 * (now - row["created_at"]) / whole)))
