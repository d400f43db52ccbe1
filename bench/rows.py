"""Writes many rows of a model past it: what the ORM would need minutes for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection, models, transaction

AT_ONCE = 20_000


class Table:
    """Gathers rows of a model and writes them. Fields that are not named have their defaults."""

    def __init__(self, model: type[models.Model]) -> None:
        options = model._meta  # noqa: SLF001 - Django's documented door to a model's fields
        fields = [field for field in options.concrete_fields if not isinstance(field, models.AutoField)]
        self.table = options.db_table
        self.columns = [field.column for field in fields]
        self.defaults = {
            field.column: None if field.primary_key or field.null else field.get_default() for field in fields
        }
        self.rows: list[tuple] = []

    def add(self, **said) -> None:
        """One more row."""
        row = self.defaults | said
        assert len(row) == len(self.columns), set(row) - set(self.columns)
        self.rows.append(tuple(row.values()))
        if len(self.rows) >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what was gathered."""
        rows, self.rows = self.rows, []
        columns = ", ".join(f'"{column}"' for column in self.columns)
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {self.table} ({columns}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row([json.dumps(one) if isinstance(one, list) else one for one in row])
            else:
                marks = ", ".join("?" * len(self.columns))
                told = ([_in_sqlite(one) for one in row] for row in rows)
                cursor.connection.executemany(f"INSERT INTO {self.table} ({columns}) VALUES ({marks})", told)


def _in_sqlite(value: object) -> object:
    """As Django keeps it there."""
    match value:
        case UUID():
            return value.hex
        case datetime():
            return str(value.astimezone(UTC).replace(tzinfo=None))
        case date() | Decimal():
            return str(value)
        case list():
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
