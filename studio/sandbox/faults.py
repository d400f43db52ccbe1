"""Faults on demand: what the API, its network and its CDN do wrong when a test asks for it.

    world.faults.add("submit.drop", times=1)                      # the next submit only
    world.faults.add("asset.missing", nth=2, word="lighthouse")   # second picture, prompts with that word
    world.faults.add("submit.refuse", parameter="output_format")  # until removed
    world.faults.add("status.error_500", share=0.3)               # three looks of ten

Faults live in the world's file, so one process adds them while another one serves. `times` is how many
matches are left (None: until removed), `word` a part of the prompt, `nth` the picture (from 1, assets only),
`share` how many of the matches it falls to (1: all), by dice that fall the same each time.
The oldest fault that matches is taken. Options and what they are when not given:

submit, before acceptance (nothing is charged, nothing counts for the limit)
    drop_uncharged                 the connection closes without an answer
    refuse                         400 validation_failed while the body has `parameter`; `shape`
    unauthorized                   401 with `code` (invalid_api_key); `shape`
    payment_required               402; `shape`
    throttle                       429 saying `seconds` (20); `retry_after` (True) in the header; `shape`
submit, after acceptance (charged and counted)
    drop                           the connection closes without an answer
    slow                           the answer comes after `seconds` (5)
    garbage                        200 with something that is not JSON
    no_task_id                     200 with JSON that lacks the task_id
submit, either
    error_500, error_502           502 is a proxy's HTML; `charged` (False)
status, at most one a task (taken when it is accepted, or at a look while it is not ready)
    fail                           FAILED with `reason`, `seconds` (0) from now, and the credits back
    late                           ready `seconds` (30) later
    never                          IN_PROGRESS until it expires
status, a look
    error_500 html invalid_json    html is a proxy's 502
    drop                           the connection closes without an answer
    drip                           one byte every `seconds` (0.2)
    slow                           the answer comes after `seconds` (5)
    odd_word                       status is `status` ("WARMING_UP")
    pending                        status is PENDING
    not_found                      404
    throttle                       429, as above
status, a look at a finished task
    gap                            no results, for `times` looks or `seconds` (None) after it became ready
    fewer, more                    one result less, one more
    doubled                        every result twice
    only_asset, only_asset_url     the other address is missing
wallet
    error_500 html invalid_json drop drip slow throttle
    absent                         the wallet is not at `path` ("/account/user/wallet/"): `status` (404), or 405
asset
    missing error_500 drop         404, 500, closed without an answer
    truncated empty                half of the bytes that Content-Length promises; none
    html svg                       200 with markup and an image's Content-Type
    wrong_type                     a good picture in another format than asked
    bomb                           a small PNG that claims 30000 x 30000 pixels
    endless                        bytes without end
    huge                           as many `bytes` (2 GB) as Content-Length says
    drip                           one byte every `seconds` (0.2)
    slow                           the answer comes after `seconds` (5)
    gzip                           Content-Encoding: gzip, asked for or not
    redirect                       302 to `to`

`shape` is how an error's body is written: "error" {error, message}, "code" {code, detail}, "detail" {detail},
"nested" {error: {code, message}}, "html".
"""

import json
import random
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from studio.sandbox.store import Store

Options = Mapping[str, object]

SHAPE: Final[Options] = {"shape": "error"}
DRIP: Final[Options] = {"seconds": 0.2}
SLOW: Final[Options] = {"seconds": 5}
THROTTLE: Final[Options] = {"seconds": 20, "retry_after": True, **SHAPE}
READ: Final[Mapping[str, Options]] = {
    "error_500": {},
    "html": {},
    "invalid_json": {},
    "drop": {},
    "drip": DRIP,
    "slow": SLOW,
    "throttle": THROTTLE,
}
# stage -> moment -> name -> options with their defaults
CATALOG: Final[Mapping[str, Mapping[str, Mapping[str, Options]]]] = {
    "submit": {
        "before": {
            "drop_uncharged": {},
            "refuse": {"parameter": "output_format", **SHAPE},
            "unauthorized": {"code": "invalid_api_key", **SHAPE},
            "payment_required": SHAPE,
            "throttle": THROTTLE,
            "error_500": {"charged": False},
            "error_502": {"charged": False},
        },
        "after": {"drop": {}, "slow": SLOW, "garbage": {}, "no_task_id": {}},
    },
    "status": {
        "task": {
            "fail": {"reason": "The model could not make this picture.", "seconds": 0},
            "late": {"seconds": 30},
            "never": {},
        },
        "look": {**READ, "odd_word": {"status": "WARMING_UP"}, "pending": {}, "not_found": {}},
        "finished": {
            "gap": {"seconds": None},
            "fewer": {},
            "more": {},
            "doubled": {},
            "only_asset": {},
            "only_asset_url": {},
        },
    },
    "wallet": {"look": {**READ, "absent": {"path": "/account/user/wallet/", "status": 404}}},
    "asset": {
        "look": {
            "missing": {},
            "error_500": {},
            "drop": {},
            "truncated": {},
            "empty": {},
            "html": {},
            "svg": {},
            "wrong_type": {},
            "bomb": {},
            "endless": {},
            "huge": {"bytes": 2 * 1024**3},
            "drip": DRIP,
            "slow": SLOW,
            "gzip": {},
            "redirect": {"to": "http://127.0.0.1:1/"},
        }
    },
}


class UnknownFaultError(ValueError):
    """There is no fault of this name, or it has no such option."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is happening just now, for a fault to match. `age` is seconds since the task became ready."""

    stage: str
    moment: str
    prompt: str = ""
    nth: int = 0
    age: float = 0.0
    parameters: frozenset[str] = frozenset()
    path: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault as it was added. `times` is how often it may still happen, None without end."""

    id: int
    stage: str
    name: str
    moment: str
    options: Options
    times: int | None
    word: str
    nth: int | None
    hits: int

    def seconds(self) -> float:
        """The option `seconds`."""
        return float(str(self.options["seconds"]))

    def text(self, option: str) -> str:
        """An option that is a word."""
        return str(self.options[option])

    def matches(self, target: Target) -> bool:
        """Whether this is the place, the moment, the prompt, the picture and the address."""
        return (
            (self.stage, self.moment) == (target.stage, target.moment)
            and self.word.lower() in target.prompt.lower()
            and self.nth in (None, target.nth)
            and self._has_its_parameter(target)
            and self._is_at_its_path(target)
            and self._is_young_enough(target)
        )

    def _has_its_parameter(self, target: Target) -> bool:
        return self.name != "refuse" or self.text("parameter") in target.parameters

    def _is_at_its_path(self, target: Target) -> bool:
        return self.name != "absent" or self.text("path") == target.path

    def _is_young_enough(self, target: Target) -> bool:
        return self.name != "gap" or self.options["seconds"] is None or target.age < self.seconds()


class Faults:
    """The faults of one world, oldest first."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._dice: dict[int, random.Random] = {}

    def add(
        self,
        name: str,
        *,
        times: int | None = None,
        word: str = "",
        nth: int | None = None,
        share: float = 1,
        **options: object,
    ) -> int:
        """Ask for a fault, such as "submit.drop", and get its id. Raises UnknownFaultError."""
        _, defaults = _find(name)
        if strange := set(options) - set(defaults):
            raise UnknownFaultError(f"{name} has no option {', '.join(sorted(strange))}")
        row = (name, times, word, nth, json.dumps(options | {"share": share}))
        with self._store.transaction() as db:
            added = db.execute(
                "INSERT INTO faults (name, times, word, nth, options) VALUES (?, ?, ?, ?, ?)", row
            )
        return int(added.lastrowid or 0)

    def remove(self, fault_id: int) -> None:
        """Take a fault back; nothing happens when it is gone."""
        with self._store.transaction() as db:
            db.execute("DELETE FROM faults WHERE id = ?", (fault_id,))

    def clear(self) -> None:
        """Take all faults back."""
        with self._store.transaction() as db:
            db.execute("DELETE FROM faults")

    def waiting(self) -> tuple[Fault, ...]:
        """The faults that may still happen."""
        rows = self._store.read("SELECT * FROM faults ORDER BY id")
        return tuple(fault for fault in map(_read, rows) if fault.times != 0)

    def hits(self, fault_id: int) -> int:
        """How often a fault has happened; 0 when it was removed."""
        rows = self._store.read("SELECT hits FROM faults WHERE id = ?", fault_id)
        return int(rows[0]["hits"]) if rows else 0

    def take(self, db: sqlite3.Connection, target: Target) -> Fault | None:
        """The oldest fault that matches, counted as happened, inside the caller's transaction."""
        rows = db.execute("SELECT * FROM faults WHERE times IS NULL OR times > 0 ORDER BY id")
        fault = next(
            (fault for fault in map(_read, rows) if fault.matches(target) and self._falls_to(fault)), None
        )
        if fault:
            db.execute("UPDATE faults SET hits = hits + 1, times = times - 1 WHERE id = ?", (fault.id,))
        return fault

    def _falls_to(self, fault: Fault) -> bool:
        """Whether this match is one of the fault's share."""
        share = float(str(fault.options["share"]))
        # The same dice each time a test runs.
        dice = self._dice.setdefault(fault.id, random.Random(fault.id))  # noqa: S311 - no secret
        return share >= 1 or dice.random() < share


def _find(name: str) -> tuple[str, Options]:
    """The moment and the default options of a fault."""
    stage, _, short = name.partition(".")
    for moment, faults in CATALOG.get(stage, {}).items():
        if short in faults:
            return moment, faults[short]
    raise UnknownFaultError(f"there is no fault {name}")


def _read(row: sqlite3.Row) -> Fault:
    moment, defaults = _find(row["name"])
    options = {"share": 1, **defaults, **json.loads(row["options"])}
    stage, _, name = row["name"].partition(".")
    return Fault(
        id=row["id"],
        stage=stage,
        name=name,
        # A server error that was charged can only come after acceptance.
        moment="after" if options.get("charged") else moment,
        options=MappingProxyType(options),
        times=row["times"],
        word=row["word"],
        nth=row["nth"],
        hits=row["hits"],
    )
