"""Races of real processes, each on SQLite and on PostgreSQL.

A race is a function that processes run, and a test that starts them and looks at what is left. Both stand in one file:

    def give(admin: int, owner: int, amount: int, nonce: str) -> bool:
        gift = team.Gift(amount=amount, reason="Spring campaign", nonce=nonce)
        return team.give_credits(User.objects.get(pk=owner), gift, by=User.objects.get(pk=admin))


    def test_a_gift_that_is_sent_twice_at_once_is_booked_once(processes):
        maya, ada = (processes.alone(member, name=name) for name in ("Maya", "Ada"))
        gift = partial(give, admin=ada, owner=maya, amount=100, nonce="click")
        assert sorted(processes.at_once([gift] * 2)) == [False, True]
        assert processes.alone(books, owner=maya) == {"available": 100, "held": 0, "grant": 1}

- `processes.at_once` takes a call for each process, of one function or of several. Each process has the studio's own
  settings and a connection before any of them starts, and all start together. What they return comes back in the
  order of the calls. A process that raises fails the test, with its traceback: what is rightly refused is caught and
  returned.
- `processes.alone` makes one call in a process of its own, to prepare a race and to look at its end. The test itself
  must not ask the database: its own is another one.
- Arguments and results travel as JSON: numbers, strings, lists, dictionaries with strings as keys.
- What several races need stands in `cast.py`; `cast.books` also holds the books against themselves.
- `processes.setting(STUDIO_SUBMITS_PER_MINUTE="60")`, before the first call, races with other settings.
- The first call of a test costs a second, for the studio to be imported; each process after that some milliseconds.
  So a race that is seldom lost may be run ten times in a row.
"""

import inspect
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pytest

from tests.databases import Database
from tests.started import ROOT

STARTER = [sys.executable, "-W", "error", "-m", "tests.races.starter"]


class Processes:
    """Starts processes that work on one database."""

    def __init__(self, database: Database) -> None:
        self._environment = database.environment
        self._said = database.folder / "said"
        self._starter: subprocess.Popen[str] | None = None

    def setting(self, **settings: str) -> None:
        """Change the environment of the processes to come."""
        assert self._starter is None, "they have started"
        self._environment |= settings

    def alone(self, function: Callable[..., Any], **arguments: Any) -> Any:
        """What a call in a process of its own returns."""
        return self.at_once([partial(function, **arguments)])[0]

    def at_once(self, calls: Sequence["partial[Any]"]) -> list[Any]:
        """What the calls return, each made by a process of its own, all at the same moment."""
        asked = [(inspect.getfile(call.func), call.func.__name__, call.keywords) for call in calls]
        starter = self._starter or self._start()
        print(json.dumps(asked), file=starter.stdin, flush=True)
        answer = starter.stdout.readline()
        assert answer, self._said.read_text()
        said = json.loads(answer)
        troubles = [one["trouble"] for one in said if "trouble" in one]
        assert not troubles, f"{len(troubles)} of {len(said)} processes failed.\n" + "\n".join(set(troubles))
        return [one["value"] for one in said]

    def _start(self) -> "subprocess.Popen[str]":
        with self._said.open("w") as log:
            self._starter = subprocess.Popen(
                STARTER,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        return self._starter

    def end(self) -> None:
        """Let the starter go; nothing of it is left."""
        if self._starter:
            self._starter.communicate(timeout=60)


@pytest.fixture
def processes(database) -> Iterator[Processes]:
    """Processes on a new database; the test runs on SQLite and on PostgreSQL."""
    made = Processes(database)
    yield made
    made.end()
