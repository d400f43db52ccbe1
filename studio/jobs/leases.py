"""Whose a lease is: the first half of its token names the process, so that one that stops can hand on all it holds."""

import os
import secrets
import threading
import uuid
from functools import lru_cache

HALF = 64
closing = threading.Event()
"""Set once this process has been asked to stop: it takes nothing more up."""


def new() -> uuid.UUID:
    """The token of a new lease of this process."""
    return uuid.UUID(int=_mine(os.getpid()) << HALF | secrets.randbits(HALF))


def ours() -> tuple[uuid.UUID, uuid.UUID]:
    """The first and the last token that this process can have made."""
    first = _mine(os.getpid()) << HALF
    return uuid.UUID(int=first), uuid.UUID(int=first | (1 << HALF) - 1)


@lru_cache(maxsize=1)
def _mine(_pid: int) -> int:
    """This process's half. After a fork it is another one."""
    return secrets.randbits(HALF)
