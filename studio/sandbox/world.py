"""The provider's side of the story: tasks, wallet, keys, limit and pictures, in one folder.

Several processes may open the same folder: one serves it, a test adds faults and reads the truth.

    world = World(folder, pace=Pace(seconds=(0.2, 0.2), per_minute=60))
    world.faults.add("submit.drop", times=1)      # see faults.py for all of them
    world.truth()                                 # every accepted task, oldest first
    world.submits()                               # every submit that arrived, in order of arrival, also refused ones
    world.balance(); world.top_up(50); world.set_balance(0)
    world.set_keys(accepted=["sandbox"], expired=["old"], revoked=["stolen"])
    world.looks(task_id)                          # status polls of a task, and when it is ready
    world.finish(task_id); world.expire(task_id)  # ready now; results gone now
    world.predraw(90)                             # 90 pictures drawn ahead, so that a benchmark measures no drawing

Nothing runs between two looks: what a task has become is worked out from the clock, so killing every process
loses nothing. Times are unix seconds, money is in credits. The pace is the serving process's own: what it says
about a task (ready, expired) is written down when the task is accepted.
"""

import math
import sqlite3
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from .faults import Fault, Faults, Target
from .orders import Order
from .pictures import Picture, seed_of
from .shelf import Shelf
from .store import Store

SANDBOX_KEY: Final = "sandbox"
PRICE: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast and how generous the API is. `per_minute` submits in `window_seconds`; 0 is no limit."""

    seconds: tuple[float, float] = (6.0, 6.0)
    per_minute: int = 3
    window_seconds: float = 60.0
    results_live_seconds: float = 24 * 3600.0
    starting_balance: str = "1000.00"
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


class OverLimit(Exception):
    """Too many submits; the next place is free in `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.1f} s too early")
        self.seconds = seconds


class WalletEmpty(Exception):
    """The wallet does not hold the price of this order."""


class World:
    """One provider account in a folder: `world.sqlite3` and the pictures beside it."""

    def __init__(self, folder: Path, *, pace: Pace | None = None) -> None:
        self.folder = folder
        self.pace = pace or Pace()
        self._store = Store(folder / "world.sqlite3")
        self.faults = Faults(self._store)
        self._shelf = Shelf(folder)
        with self._store.transaction() as db:
            cents = _cents(self.pace.starting_balance)
            if db.execute("INSERT OR IGNORE INTO wallet VALUES (1, ?)", (cents,)).rowcount:
                db.execute("INSERT INTO keys VALUES (?, 'accepted')", (SANDBOX_KEY,))

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    # What the API does.

    def key_state(self, key: str) -> str:
        """`accepted`, `expired`, `revoked`, or `unknown`."""
        rows = self._store.read("SELECT state FROM keys WHERE key = ?", key)
        return str(rows[0]["state"]) if rows else "unknown"

    def arrived(self, kind: str, idempotency_key: str) -> int:
        """Write down that a submit arrived; its number is for `accept` and `answered`."""
        row = (kind, idempotency_key, time.time())
        with self._store.transaction() as db:
            added = db.execute(
                "INSERT INTO submits (kind, idempotency_key, arrived_at) VALUES (?, ?, ?)", row
            )
        return int(added.lastrowid or 0)

    def answered(self, submit: int, status: int | None, fault: str) -> None:
        """Write down how a submit was answered; no status is a closed connection."""
        with self._store.transaction() as db:
            row = (time.time(), status, fault, submit)
            db.execute("UPDATE submits SET answered_at = ?, status = ?, fault = ? WHERE id = ?", row)

    def accept(self, submit: int, order: Order) -> tuple[str, Fault | None]:
        """Charge and take an order, all or nothing: its task_id, empty when a fault came first; and the fault.

        Raises OverLimit and WalletEmpty.
        """
        task_id = str(uuid.uuid4())
        self._shelf.keep_sources(task_id, order.sources)
        with self._store.transaction() as db:
            db.execute("UPDATE submits SET prompt = ? WHERE id = ?", (order.prompt, submit))
            target = Target(stage="submit", moment="before", prompt=order.prompt, parameters=order.parameters)
            if fault := self.faults.take(db, target):
                self._shelf.drop_sources(task_id)
                return "", fault
            now = time.time()
            self._check_limit(db, now)
            self._charge(db, PRICE * order.num_images, now)
            self._insert(db, task_id, submit, order, now)
            after = Target(stage="submit", moment="after", prompt=order.prompt, parameters=order.parameters)
            return task_id, self.faults.take(db, after)

    def _check_limit(self, db: sqlite3.Connection, now: float) -> None:
        if not self.pace.per_minute:
            return
        sql = "SELECT created_at FROM tasks ORDER BY created_at DESC LIMIT 1 OFFSET ?"
        row = db.execute(sql, (self.pace.per_minute - 1,)).fetchone()
        if row and (wait := row["created_at"] + self.pace.window_seconds - now) > 0:
            raise OverLimit(wait)

    def _charge(self, db: sqlite3.Connection, credits: int, now: float) -> None:
        _give_back(db, now)
        cents = credits * 100
        if not db.execute("UPDATE wallet SET cents = cents - ? WHERE cents >= ?", (cents, cents)).rowcount:
            raise WalletEmpty

    def _insert(self, db: sqlite3.Connection, task_id: str, submit: int, order: Order, now: float) -> None:
        key = db.execute("SELECT idempotency_key FROM submits WHERE id = ?", (submit,)).fetchone()[0]
        row = {
            "task_id": task_id,
            "kind": order.kind,
            "prompt": order.prompt,
            "aspect_ratio": order.aspect_ratio,
            "output_format": order.output_format,
            "num_images": order.num_images,
            "idempotency_key": key,
            "created_at": now,
            "ready_at": now + self.pace.seconds_for(task_id, order.num_images),
            "expires_at": now + self.pace.results_live_seconds,
            "charged": PRICE * order.num_images,
        }
        names = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        db.execute(f"INSERT INTO tasks ({names}) VALUES ({marks})", row)
        db.execute("UPDATE submits SET task_id = ? WHERE id = ?", (task_id, submit))
        _upset(db, self.faults, task_id, order.prompt)

    def look(self, task_id: str) -> tuple[Task | None, Fault | None]:
        """A status poll: the task as it is now, None when unknown or expired, and the fault of this look."""
        with self._store.transaction() as db:
            row = db.execute("SELECT * FROM tasks WHERE task_id = ?", (task_id,)).fetchone()
            if not row:
                return None, None
            now = time.time()
            db.execute("UPDATE tasks SET looks = looks + 1, last_look_at = ? WHERE id = ?", (now, row["id"]))
            if row["task_fault"] is None and _state(row, now) == "IN_PROGRESS":
                _upset(db, self.faults, task_id, row["prompt"])
            _give_back(db, now)
            task = self._task(db.execute("SELECT * FROM tasks WHERE task_id = ?", (task_id,)).fetchone())
            fault = self.faults.take(db, Target(stage="status", moment="look", prompt=task.prompt))
            if not fault and task.status == "FINISHED":
                age = time.time() - (task.ready_at or 0)
                target = Target(stage="status", moment="finished", prompt=task.prompt, age=age)
                fault = self.faults.take(db, target)
        return (None if task.expires_at <= now else task), fault

    def listed(self, task_id: str, count: int) -> None:
        """Write down how many results a look at a finished task has shown."""
        with self._store.transaction() as db:
            db.execute("UPDATE tasks SET listed = ? WHERE task_id = ?", (count, task_id))

    def wallet_look(self) -> Fault | None:
        """The fault of one wallet read."""
        with self._store.transaction() as db:
            return self.faults.take(db, Target(stage="wallet", moment="look"))

    def asset_look(self, task_id: str, nth: int) -> tuple[Task | None, Fault | None]:
        """A download: the finished task the picture belongs to, None when there is none, and the fault."""
        with self._store.transaction() as db:
            row = db.execute("SELECT * FROM tasks WHERE task_id = ?", (task_id,)).fetchone()
            now = time.time()
            if not row or row["expires_at"] <= now or _state(row, now) != "FINISHED":
                return None, None
            target = Target(stage="asset", moment="look", prompt=row["prompt"], nth=nth)
            return self._task(row), self.faults.take(db, target)

    def picture(self, task: Task, nth: int, output_format: str) -> bytes:
        """The bytes of a task's nth picture (from 1), drawn when nobody has asked for it before."""
        picture = Picture(
            prompt=task.prompt,
            aspect_ratio=task.aspect_ratio,
            output_format=output_format,
            nth=nth,
            task_id=task.task_id,
            sources=task.sources,
            serial=task.serial,
        )
        return self._shelf.bytes_of(picture)

    def fetched(self, task_id: str, nth: int) -> None:
        """Write down that a whole, good picture was handed out."""
        sql = (
            "INSERT INTO fetches VALUES (?, ?, 1) ON CONFLICT (task_id, nth) DO UPDATE SET times = times + 1"
        )
        with self._store.transaction() as db:
            db.execute(sql, (task_id, nth))

    # What tests ask and do.

    def truth(self) -> list[Task]:
        """Every accepted task, oldest first."""
        with self._store.transaction() as db:
            _give_back(db, time.time())
            return [self._task(row) for row in db.execute("SELECT * FROM tasks ORDER BY id").fetchall()]

    def submits(self) -> list[Submit]:
        """Every submit that arrived, accepted or not, in order of arrival."""
        rows = self._store.read("SELECT * FROM submits ORDER BY id")
        return [Submit(**{name: row[name] for name in Submit.__dataclass_fields__}) for row in rows]

    def looks(self, task_id: str) -> Looks:
        """How often a task's status was asked for, when last, and when it is ready."""
        row = self._store.read("SELECT * FROM tasks WHERE task_id = ?", task_id)[0]
        return Looks(row["looks"], row["last_look_at"], row["ready_at"])

    def balance(self) -> Decimal:
        """The wallet in credits, with two decimals."""
        with self._store.transaction() as db:
            _give_back(db, time.time())
            cents = db.execute("SELECT cents FROM wallet").fetchone()[0]
        return Decimal(cents).scaleb(-2)

    def top_up(self, credits: Decimal | int | str) -> None:
        """Put credits into the wallet."""
        with self._store.transaction() as db:
            db.execute("UPDATE wallet SET cents = cents + ?", (_cents(credits),))

    def set_balance(self, credits: Decimal | int | str) -> None:
        """Say what is in the wallet."""
        with self._store.transaction() as db:
            _give_back(db, time.time())
            db.execute("UPDATE wallet SET cents = ?", (_cents(credits),))

    def set_keys(
        self, *, accepted: Iterable[str] = (), expired: Iterable[str] = (), revoked: Iterable[str] = ()
    ) -> None:
        """Replace all keys; any other key is unknown."""
        states = {"revoked": revoked, "expired": expired, "accepted": accepted}
        rows = [(key, state) for state, keys in states.items() for key in keys]
        with self._store.transaction() as db:
            db.execute("DELETE FROM keys")
            db.executemany("INSERT OR REPLACE INTO keys VALUES (?, ?)", rows)

    def finish(self, task_id: str) -> None:
        """Make a task ready at once."""
        with self._store.transaction() as db:
            db.execute("UPDATE tasks SET ready_at = ? WHERE task_id = ?", (time.time(), task_id))

    def expire(self, task_id: str) -> None:
        """Let a task's 24 hours be over: status and pictures are gone."""
        with self._store.transaction() as db:
            db.execute("UPDATE tasks SET expires_at = ? WHERE task_id = ?", (time.time(), task_id))

    def predraw(self, count: int) -> None:
        """Draw this many square PNGs ahead; generates of that shape and format take turns with them."""
        self._shelf.predraw(count)

    def _task(self, row: sqlite3.Row) -> Task:
        now = time.time()
        fetches = self._store.read("SELECT nth FROM fetches WHERE task_id = ? ORDER BY nth", row["task_id"])
        status = _state(row, now)
        same = ("task_id", "idempotency_key", "prompt", "kind", "num_images", "aspect_ratio", "output_format")
        times = ("created_at", "ready_at", "expires_at", "charged", "refunded")
        return Task(
            **{name: row[name] for name in same + times},
            status=status,
            progress=self._progress(row, status, now),
            failure_reason=row["failure_reason"] if status == "FAILED" else None,
            delivered=row["listed"],
            fetched=tuple(fetch["nth"] for fetch in fetches),
            sources=self._shelf.sources(row["task_id"]),
            serial=row["id"],
        )

    def _progress(self, row: sqlite3.Row, status: str, now: float) -> int:
        if status == "FINISHED":
            return 100
        if self.pace.stuck_progress or not row["ready_at"]:
            return 0
        whole = max(row["ready_at"] - row["created_at"], 0.001)
        return max(0, min(99, int(100 * (now - row["created_at"]) / whole)))


def _state(row: sqlite3.Row, now: float) -> str:
    """The API's word for what a task is by now."""
    if row["ready_at"] is None or now < row["ready_at"]:
        return "IN_PROGRESS"
    return "FINISHED" if row["failure_reason"] is None else "FAILED"


def _give_back(db: sqlite3.Connection, now: float) -> None:
    """Refund the tasks that have failed by now, each once."""
    due = "FROM tasks WHERE failure_reason IS NOT NULL AND refunded = 0 AND ready_at <= ?"
    (credits,) = db.execute(f"SELECT coalesce(sum(charged), 0) {due}", (now,)).fetchone()
    if credits:
        db.execute("UPDATE wallet SET cents = cents + ?", (credits * 100,))
        db.execute(f"UPDATE tasks SET refunded = charged WHERE id IN (SELECT id {due})", (now,))


def _upset(db: sqlite3.Connection, faults: Faults, task_id: str, prompt: str) -> None:
    """Let a fault change what becomes of a task; once, so that a fault without end does not pile up."""
    fault = faults.take(db, Target(stage="status", moment="task", prompt=prompt))
    if not fault:
        return
    changes = {
        "fail": "failure_reason = :reason, ready_at = :now + :seconds",
        "late": "ready_at = ready_at + :seconds",
        "never": "ready_at = NULL",
    }
    values = {"now": time.time(), **fault.options, "task_id": task_id, "fault": fault.id}
    db.execute(
        f"UPDATE tasks SET task_fault = :fault, {changes[fault.name]} WHERE task_id = :task_id", values
    )


def _cents(credits: Decimal | int | str) -> int:
    return math.floor(Decimal(credits) * 100)
