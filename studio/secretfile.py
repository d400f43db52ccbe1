"""Secrets that live in files only their owner may read."""

import os
import secrets
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
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(value + "\n")
    fresh.replace(path)


def read_or_make(path: Path) -> Secret:
    """What the file holds; the first caller fills it with 64 random characters.

    Several processes may ask at once: the file appears whole or not at all, and everyone gets the same value.
    """
    if value := read(path):
        return value
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.first")
    write(fresh, secrets.token_urlsafe(48))
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass  # another process was first, and its value counts
    finally:
        fresh.unlink()
    return read(path)
