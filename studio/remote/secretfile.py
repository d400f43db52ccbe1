"""Secrets that live in files only their owner may read."""

import os
import secrets
import tempfile
from pathlib import Path


class Secret(str):
    """A string whose repr says nothing, so that no traceback or log shows it by accident."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret(…)"


def read(path: Path) -> Secret:
    """What the file holds, without white space around it; empty when there is no such file."""
    try:
        return Secret(path.read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return Secret("")


def write(path: Path, value: str) -> None:
    """Replace the file in one step; it is never readable by others, not even for a moment."""
    fresh = _fresh(path, value)
    try:
        fresh.replace(path)
    except OSError:
        fresh.unlink()
        raise


def read_or_make(path: Path) -> Secret:
    """What the file holds; the first caller fills it with 64 random characters.

    Several processes and threads may ask at once: the file appears whole or not at all, and everyone gets the same.
    """
    if value := read(path):
        return value
    fresh = _fresh(path, secrets.token_urlsafe(48))
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass  # another one was first, and its value counts
    finally:
        fresh.unlink()
    return read(path)


def _fresh(path: Path, value: str) -> Path:
    """A whole new file beside `path`, under a name of its own, with mode 600."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(value + "\n")
        file.flush()
        os.fsync(file.fileno())
    return Path(name)
