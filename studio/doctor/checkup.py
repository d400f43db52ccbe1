"""Runs checks side by side, each with a deadline of its own, so that one thing that hangs hides no other."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import structlog
from django.db import connections

log = structlog.get_logger(__name__)


class Problem(Exception):
    """What is wrong and what to do, in a sentence or two; with several things wrong several of them."""

    def __init__(self, *words: str) -> None:
        super().__init__(*words)
        self.words = words


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing to look at. `look` says in words how it is, or raises Problem."""

    name: str
    look: Callable[[], str]
    seconds: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a check found."""

    name: str
    fine: bool
    words: Sequence[str]


def run(checks: Sequence[Check]) -> Iterator[Result]:
    """The results in the order of the checks; all together take as long as the slowest."""
    found: dict[str, Result] = {}
    threads = [threading.Thread(target=_look, args=(check, found), daemon=True) for check in checks]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    for check, thread in zip(checks, threads, strict=True):
        thread.join(max(0.0, began + check.seconds - time.monotonic()))
        late = f"No answer within {check.seconds:g} seconds."
        yield found.get(check.name) or Result(name=check.name, fine=False, words=[late])


def _look(check: Check, found: dict[str, Result]) -> None:
    """Make one check in its own thread, with database connections of its own."""
    try:
        result = Result(name=check.name, fine=True, words=[check.look()])
    except Problem as problem:
        result = Result(name=check.name, fine=False, words=problem.words)
    except Exception as error:
        # Its text may hold anything, a password too.
        log.debug("a check broke", check=check.name, exc_info=True)
        words = f"This could not be looked at: {type(error).__name__}."
        result = Result(name=check.name, fine=False, words=[words])
    finally:
        connections.close_all()
    found[check.name] = result
