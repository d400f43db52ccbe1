"""Work on pictures that nobody waits for, done aside: it takes seconds, and must hold up no thread that has a date."""

import threading
from collections.abc import Callable
from functools import lru_cache
from queue import SimpleQueue

import structlog
from django.db import close_old_connections

log = structlog.get_logger(__name__)
# Pillow keeps a core busy; more of them would only take it from those who are waited for.
THREADS = 2
Work = Callable[[], object]


def later(work: Work) -> None:
    """Have it done soon by a thread kept for it. Lost with the process: whoever needs it meanwhile does it itself."""
    _waiting().put(work)


@lru_cache(maxsize=1)
def _waiting() -> SimpleQueue[Work]:
    """What waits, and the process's threads that do it."""
    waiting: SimpleQueue[Work] = SimpleQueue()
    for _ in range(THREADS):
        threading.Thread(target=_do, args=(waiting,), name="aside", daemon=True).start()
    return waiting


def _do(waiting: SimpleQueue[Work]) -> None:
    while True:
        try:
            waiting.get()()
        except Exception:
            log.exception("work aside broke")
        close_old_connections()
