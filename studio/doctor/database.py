"""The database: does it answer, will what it confirmed survive a power cut, are its tables those of this version."""

import time

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from studio.doctor.checkup import Problem

OLDEST_POSTGRESQL = 14
# Fewer would not do for one more process.
FEW_CONNECTIONS = 10
FULL = 2
# Seconds. The window of submits is a matter of tenths, and the machines of a studio have to agree on it.
APART = 0.5


def look() -> str:
    """It answers, and keeps what it confirmed."""
    began = time.monotonic()
    _ask("SELECT 1")
    took = (time.monotonic() - began) * 1000
    kind = _sqlite() if connection.vendor == "sqlite" else _postgresql()
    return f"{kind}, answers in {took:.0f} ms."


def _ask(question: str) -> str | int:
    """The first figure of an answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(question)
            answer: str | int = cursor.fetchone()[0]
            return answer
    except Error as trouble:
        words = " ".join(str(trouble).split())
        raise Problem(f"The database can't be used: {words}. Check DATABASE_URL, and that it runs.") from None


def _sqlite() -> str:
    wrong = []
    if (mode := _ask("PRAGMA journal_mode")) != "wal":
        wrong.append(f"The journal of SQLite is {mode} and not WAL: readers and writers lock each other out.")
    if _ask("PRAGMA synchronous") != FULL:
        wrong.append("SQLite does not wait for the disk: a power cut may take what it has confirmed.")
    if not _ask("PRAGMA foreign_keys"):
        wrong.append("SQLite does not hold foreign keys.")
    if wrong:
        raise Problem(*wrong)
    return f"SQLite {_ask('SELECT sqlite_version()')} at {connection.settings_dict['NAME']}, WAL, synchronous FULL"


def _postgresql() -> str:
    wrong = []
    version = int(_ask("SHOW server_version_num")) // 10000
    if version < OLDEST_POSTGRESQL:
        wrong.append(f"PostgreSQL {version} is older than {OLDEST_POSTGRESQL}.")
    wrong += [
        f"{name} of PostgreSQL is off: a crash may take what it has confirmed. Set it to on."
        for name in ("fsync", "synchronous_commit")
        if _ask(f"SHOW {name}") == "off"
    ]
    most = int(_ask("SHOW max_connections")) - int(_ask("SHOW superuser_reserved_connections"))
    used = int(_ask("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"))
    if most - used < FEW_CONNECTIONS:
        wrong.append(f"{used} of {most} connections of PostgreSQL are used: raise max_connections.")
    began = time.time()
    theirs = float(_ask("SELECT extract(epoch FROM clock_timestamp())"))
    # Theirs was told somewhere in between.
    apart = max(began - theirs, theirs - time.time(), 0.0)
    if apart > APART:
        wrong.append(
            f"This machine's clock and PostgreSQL's are {apart:.1f} s apart: let NTP set both, or the API "
            "refuses orders now and then."
        )
    if wrong:
        raise Problem(*wrong)
    return f"PostgreSQL {version}, {used} of {most} connections used"


def migrations() -> str:
    """The tables are those of this version."""
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        known = set(executor.loader.disk_migrations or {})
        newer = [name for name in executor.loader.applied_migrations if name not in known]
    except Error as trouble:
        raise Problem(
            f"This can't be known: the database can't be used ({type(trouble).__name__})."
        ) from None
    if plan:
        command = f"{settings.BASE_DIR}/manage.py migrate"
        raise Problem(f"{len(plan)} are missing: stop the studio and start it again, or run {command}.")
    ours = {app for app, _name in known}
    if ahead := [f"{app}.{name}" for app, name in newer if app in ours]:
        raise Problem(f"The database is of a newer version of the studio ({ahead[0]}): update the studio.")
    return "All are applied."
