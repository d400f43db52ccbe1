"""Writes many rows of a model past it: what the ORM would need minutes for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper

AT_ONCE = 20_000


class Table:
    """Gathers rows of a model and writes them. Fields that are not named have their defaults.

    With `numbered` the rows bring their own numbers. Without `by_itself` only `flush` writes, so that rows of several
    tables that point at each other come in their order.
    """

    def __init__(self, model: type[models.Model], *, numbered: bool = False, by_itself: bool = True) -> None:
        options = model._meta  # noqa: SLF001 - Django's documented door to a model's fields
        fields = [
            field for field in options.concrete_fields if numbered or not isinstance(field, models.AutoField)
        ]
        self.model = model
        self.table = options.db_table
        self.columns = [str(field.column) for field in fields]
        self.defaults: dict[str, Any] = {
            str(field.column): None if field.primary_key or field.null else field.get_default()
            for field in fields
        }
        self.numbered = numbered
        self.by_itself = by_itself
        self.rows: list[tuple[Any, ...]] = []

    def add(self, **said: Any) -> None:
        """One more row."""
        row = self.defaults | said
        if len(row) != len(self.columns):
            raise TypeError(f"{self.table} has no {sorted(said.keys() - self.defaults.keys())}.")
        self.rows.append(tuple(row.values()))
        if self.by_itself and len(self.rows) >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what was gathered."""
        rows, self.rows = self.rows, []
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                self._copy(cursor, rows)
            else:
                columns, marks = ", ".join(map(_quoted, self.columns)), ", ".join("?" * len(self.columns))
                insert = f"INSERT INTO {self.table} ({columns}) VALUES ({marks})"  # noqa: S608 - a model's own names
                cursor.connection.executemany(insert, (list(map(_in_sqlite, row)) for row in rows))

    def _copy(self, cursor: CursorWrapper, rows: list[tuple[Any, ...]]) -> None:
        columns = ", ".join(map(_quoted, self.columns))
        with cursor.copy(f"COPY {self.table} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([json.dumps(one) if isinstance(one, list | dict) else one for one in row])
        if self.numbered:
            for statement in connection.ops.sequence_reset_sql(no_style(), [self.model]):
                cursor.execute(statement)


def _quoted(column: str) -> str:
    return f'"{column}"'


def _in_sqlite(value: object) -> object:
    """As Django keeps it there."""
    match value:
        case UUID():
            return value.hex
        case datetime():
            return str(value.astimezone(UTC).replace(tzinfo=None))
        case date() | Decimal():
            return str(value)
        case list() | dict():
            return json.dumps(value)
        case _:
            return value


@contextmanager
def quickly() -> Iterator[None]:
    """Let SQLite write without waiting for the disk, and PostgreSQL know its tables as a vacuum would.

    Inside of somebody's transaction neither can be done.
    """
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous=OFF")
            cursor.execute("PRAGMA cache_size=-400000")
        yield
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA cache_size=-2000")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            cursor.execute("VACUUM ANALYZE")
