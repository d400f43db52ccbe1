"""The chain of an account's entries: each is sealed with the one before; a row changed past the studio breaks it."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

# Everything an entry says. Whoever adds a field that matters adds it here, in a migration that seals anew.
SEALED = (
    "account_id",
    "kind",
    "d_available",
    "d_held",
    "key",
    "job",
    "project_id",
    "project_name",
    "made",
    "model_name",
    "pictures",
    "actor_id",
    "reason",
    "at",
    "day",
)


# An encoder and a look at the type for most: the audit seals a million entries in seconds.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_PLAIN = frozenset({str, int, type(None)})


def seal(before: str, fields: Iterable[Any]) -> str:
    """The SHA-256 of an entry's fields, in the order of `SEALED`, and of the seal before it; 64 hex digits."""
    said = [value if type(value) in _PLAIN else _said(value) for value in fields]
    return hashlib.sha256(_encode([before, *said]).encode()).hexdigest()


def of(before: str, entry: object) -> str:
    """The seal of an entry that follows the one with this seal in its account."""
    return seal(before, (getattr(entry, name) for name in SEALED))


def broken(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, int]]:
    """The accounts and entries at which a chain does not hold: `rows` are (id, seal, *SEALED), oldest first."""
    heads: dict[int, str] = {}
    for entry_id, sealed, *fields in rows:
        account_id = fields[0]
        if seal(heads.get(account_id, ""), fields) != sealed:
            yield account_id, entry_id
        heads[account_id] = sealed


def _said(value: object) -> str | int | None:
    """A value as it is hashed: the same on every database."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date() | UUID():
            return str(value)
        case None | int():
            return value
        case _:
            return str(value)
