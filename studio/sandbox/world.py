"""The provider's side of the story: tasks, wallet, keys, limit and pictures, in one folder.

Several processes may open the same folder: one serves it, a test adds faults and reads the truth.

    world = World(folder, pace=Pace(seconds=(0.2, 0.2), per_minute=60))
    world.faults.add("submit.drop", times=1)      # see faults.py for all of them
    world.truth()                                 # every accepted task, oldest first
    world.submits()                               # every submit that arrived, in order, also refused
    world.balance(); world.top_up(50); world.set_balance(0)
    world.set_keys(accepted=["sandbox"], expired=["old"], revoked=["stolen"])
    world.looks(task_id)                          # status polls of a task, and when it is ready
    world.finish(task_id); world.expire(task_id)  # ready now; results gone now
    world.pass_time(23 * 3600)                    # all that was accepted is so much older
    world.predraw(90)                             # 90 pictures drawn ahead, for benchmarks

Nothing runs between two looks: what a task has become is worked out from the clock, so killing every
process loses nothing. Times are unix seconds, money is in credits. The pace is the serving process's
own: what it says about a task (ready, expired) is written down when the task is accepted.
"""

import sqlite3
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from studio.sandbox.faults import Fault, Faults, Target
from studio.sandbox.lookwindow import LookWindow
from studio.sandbox.orders import Order
from studio.sandbox.pictures import Picture
from studio.sandbox.purse import cents, charge, give_back
from studio.sandbox.records import Looks, Pace, Submit, Taken, Task, progress, state
from studio.sandbox.shelf import Shelf
from studio.sandbox.store import Store

SANDBOX_KEY: Final = "sandbox"
PRICE: Final = 5
LOW_CENTS: Final = 100 * 100
CLEAR_SECONDS: Final = 3600.0

INSERT_TASK: Final = """
INSERT INTO tasks (task_id, kind, prompt, aspect_ratio, output_format, num_images, idempotency_key,
                   created_at, ready_at, expires_at, charged)
VALUES (:task_id, :kind, :prompt, :aspect_ratio, :output_format, :num_images, :idempotency_key,
        :created_at, :ready_at, :expires_at, :charged)
"""
# What a fault makes of a task.
CHANGES: Final = {
    "fail": "UPDATE tasks SET task_fault = :fault, failure_reason = :reason, ready_at = :now + :seconds "
    "WHERE task_id = :task_id",
    "late": "UPDATE tasks SET task_fault = :fault, ready_at = ready_at + :seconds WHERE task_id = :task_id",
    "never": "UPDATE tasks SET task_fault = :fault, ready_at = NULL WHERE task_id = :task_id",
}
OLDER: Final = """
UPDATE tasks SET created_at = created_at - :past, ready_at = ready_at - :past, expires_at = expires_at - :past
"""


class OverLimitError(Exception):
    """Too many submits; the next place is free in `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.1f} s too early")
        self.seconds = seconds


class World:
    """One provider account in a folder: `world.sqlite3` and the pictures beside it."""

    def __init__(self, folder: Path, *, pace: Pace | None = None) -> None:
        self.folder = folder
        self.pace = pace or Pace()
        self._store = Store(folder / "world.sqlite3")
        self.faults = Faults(self._store)
        self.look_window = LookWindow(self.pace.looks, self.pace.window_seconds)
        self._shelf = Shelf(folder)
        with self._store.transaction() as db:
            # Only a new folder gets the starting balance: a restart must not fill the wallet.
            full = cents(self.pace.starting_balance)
            if db.execute("INSERT OR IGNORE INTO wallet VALUES (1, ?)", (full,)).rowcount:
                db.execute("INSERT INTO keys VALUES (?, 'accepted')", (SANDBOX_KEY,))
            self._refill(db)
        self._cleared_at = 0.0
        self._clear()

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

    def accept(self, submit: int, order: Order) -> Taken:
        """Charge and take an order, unless a fault comes first. Raises OverLimitError, EmptyWalletError."""
        # Files before the row: a kill in between leaves files nobody asks for, never a task without.
        task_id = str(uuid.uuid4())
        self._shelf.keep_sources(task_id, order.sources)
        with self._store.transaction() as db:
            taken, refusal = self._take(db, task_id, submit, order)
        if not taken.task_id:
            self._shelf.drop(task_id)
        self._clear()
        # Raised only now, since inside it would roll back what the books say of this submit.
        if refusal:
            raise refusal
        return taken

    def _take(
        self, db: sqlite3.Connection, task_id: str, submit: int, order: Order
    ) -> tuple[Taken, Exception | None]:
        now = time.time()
        db.execute("UPDATE submits SET prompt = ? WHERE id = ?", (order.prompt, submit))
        target = Target(stage="submit", moment="before", prompt=order.prompt, parameters=order.parameters)
        if fault := self.faults.take(db, target):
            return Taken(None, now, fault), None
        if refusal := self._over_limit(db, now) or charge(db, PRICE * order.num_images, now):
            return Taken(None, now, None), refusal
        self._refill(db)
        self._insert(db, task_id, order, now)
        db.execute("UPDATE submits SET task_id = ? WHERE id = ?", (task_id, submit))
        _upset(db, self.faults, {"task_id": task_id, "prompt": order.prompt}, now)
        return Taken(task_id, now, self.faults.take(db, replace(target, moment="after"))), None

    def _refill(self, db: sqlite3.Connection) -> None:
        """Fill a wallet up that is low, for who only wants to try the studio."""
        if self.pace.refill:
            full = cents(self.pace.starting_balance)
            db.execute("UPDATE wallet SET cents = max(cents, ?) WHERE cents < ?", (full, LOW_CENTS))

    def _clear(self) -> None:
        """Drop the files of tasks whose results are gone; once an hour, since nobody waits for it."""
        now = time.time()
        if now - self._cleared_at < CLEAR_SECONDS:
            return
        self._cleared_at = now
        kept = self._shelf.task_ids()
        for row in self._store.read("SELECT task_id FROM tasks WHERE expires_at <= ?", now):
            if row["task_id"] in kept:
                self._shelf.drop(row["task_id"])

    def _over_limit(self, db: sqlite3.Connection, now: float) -> OverLimitError | None:
        """What a sliding window of accepted submits says; a refused one was never in it."""
        if not self.pace.per_minute:
            return None
        sql = "SELECT created_at FROM tasks ORDER BY created_at DESC LIMIT 1 OFFSET ?"
        row = db.execute(sql, (self.pace.per_minute - 1,)).fetchone()
        wait = row["created_at"] + self.pace.window_seconds - now if row else 0
        return OverLimitError(wait) if wait > 0 else None

    def _insert(self, db: sqlite3.Connection, task_id: str, order: Order, now: float) -> None:
        columns = ("kind", "prompt", "aspect_ratio", "output_format", "num_images", "idempotency_key")
        row = {
            **{name: getattr(order, name) for name in columns},
            "task_id": task_id,
            "created_at": now,
            "ready_at": now + self.pace.seconds_for(task_id, order.num_images),
            "expires_at": now + self.pace.results_live_seconds,
            "charged": PRICE * order.num_images,
        }
        db.execute(INSERT_TASK, row)

    def look(self, task_id: str) -> tuple[Task | None, Fault | None]:
        """A status poll: the task as it is now, None when unknown or expired, and the fault of this look."""
        with self._store.transaction() as db:
            row = db.execute("SELECT * FROM tasks WHERE task_id = ?", (task_id,)).fetchone()
            if not row:
                return None, None
            now = time.time()
            # Also a look that a fault answers is a look.
            db.execute("UPDATE tasks SET looks = looks + 1, last_look_at = ? WHERE id = ?", (now, row["id"]))
            if row["task_fault"] is None and state(row, now) == "IN_PROGRESS":
                _upset(db, self.faults, row, now)
            give_back(db, now)
            task = self._task(db.execute("SELECT * FROM tasks WHERE task_id = ?", (task_id,)).fetchone(), now)
            fault = self.faults.take(db, Target(stage="status", moment="look", prompt=task.prompt))
            if not fault and task.status == "FINISHED":
                age = now - (task.ready_at or 0)
                target = Target(stage="status", moment="finished", prompt=task.prompt, age=age)
                fault = self.faults.take(db, target)
        return (None if task.expires_at <= now else task), fault

    def listed(self, task_id: str, count: int) -> None:
        """Write down how many results a look at a finished task has shown."""
        with self._store.transaction() as db:
            db.execute("UPDATE tasks SET listed = ? WHERE task_id = ?", (count, task_id))

    def wallet_look(self, path: str) -> Fault | None:
        """The fault of one wallet read at one of its addresses."""
        with self._store.transaction() as db:
            return self.faults.take(db, Target(stage="wallet", moment="look", path=path))

    def asset_look(self, task_id: str, nth: int) -> tuple[Task | None, Fault | None]:
        """A download: the finished task the picture belongs to, None when there is none, and the fault."""
        with self._store.transaction() as db:
            row = db.execute("SELECT * FROM tasks WHERE task_id = ?", (task_id,)).fetchone()
            now = time.time()
            if not row or row["expires_at"] <= now or state(row, now) != "FINISHED":
                return None, None
            target = Target(stage="asset", moment="look", prompt=row["prompt"], nth=nth)
            return self._task(row, now), self.faults.take(db, target)

    def picture(self, task: Task, nth: int, output_format: str) -> bytes:
        """The bytes of a task's nth picture (from 1), drawn when nobody has asked for it before."""
        earlier = "SELECT count(*) AS n FROM tasks WHERE prompt = ? AND id < ?"
        picture = Picture(
            prompt=task.prompt,
            aspect_ratio=task.aspect_ratio,
            output_format=output_format,
            nth=nth,
            task_id=task.task_id,
            sources=task.sources,
            run=self._store.read(earlier, task.prompt, task.serial)[0]["n"],
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
            now = time.time()
            give_back(db, now)
            return [self._task(row, now) for row in db.execute("SELECT * FROM tasks ORDER BY id").fetchall()]

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
            give_back(db, time.time())
            left = db.execute("SELECT cents FROM wallet").fetchone()[0]
        return Decimal(left).scaleb(-2)

    def top_up(self, amount: Decimal | int | str) -> None:
        """Put credits into the wallet."""
        with self._store.transaction() as db:
            db.execute("UPDATE wallet SET cents = cents + ?", (cents(amount),))

    def set_balance(self, amount: Decimal | int | str) -> None:
        """Say what is in the wallet."""
        with self._store.transaction() as db:
            give_back(db, time.time())
            db.execute("UPDATE wallet SET cents = ?", (cents(amount),))

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

    def pass_time(self, seconds: float) -> None:
        """Let all that was accepted be so much older, as if the time had passed."""
        with self._store.transaction() as db:
            db.execute(OLDER, {"past": seconds})

    def handed_out(self) -> list[str]:
        """The tasks in the order in which a first whole, good picture of each was handed out."""
        rows = self._store.read("SELECT task_id FROM fetches GROUP BY task_id ORDER BY min(rowid)")
        return [row["task_id"] for row in rows]

    def predraw(self, count: int) -> None:
        """Draw this many square PNGs ahead; generates of that shape and format take turns with them."""
        self._shelf.predraw(count)

    def _task(self, row: sqlite3.Row, now: float) -> Task:
        fetches = self._store.read("SELECT nth FROM fetches WHERE task_id = ? ORDER BY nth", row["task_id"])
        status = state(row, now)
        same = ("task_id", "idempotency_key", "prompt", "kind", "num_images", "aspect_ratio", "output_format")
        times = ("created_at", "ready_at", "expires_at", "charged", "refunded")
        return Task(
            **{name: row[name] for name in same + times},
            status=status,
            progress=0 if self.pace.stuck_progress and status != "FINISHED" else progress(row, now),
            failure_reason=row["failure_reason"] if status == "FAILED" else None,
            delivered=row["listed"],
            fetched=tuple(fetch["nth"] for fetch in fetches),
            sources=self._shelf.sources(row["task_id"]),
            serial=row["id"],
        )


def _upset(db: sqlite3.Connection, faults: Faults, task: sqlite3.Row | Mapping[str, str], now: float) -> None:
    """Let a fault change what becomes of a task; once, so that a fault without end does not pile up."""
    fault = faults.take(db, Target(stage="status", moment="task", prompt=task["prompt"]))
    if fault:
        values = {**fault.options, "now": now, "task_id": task["task_id"], "fault": fault.id}
        db.execute(CHANGES[fault.name], values)
