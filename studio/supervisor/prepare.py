"""Brings the database and the static files up to date; next to no time when they are."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from studio.supervisor.preflight import StartError


def database(say: Callable[[str], None]) -> None:
    """Apply the migrations that are missing, and make the cache's table."""
    connection = connections["default"]
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            say("Bringing the database up to date.")
            call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
    except DatabaseError as trouble:
        raise StartError(f"The database can't be used: {' '.join(str(trouble).split())}") from trouble
    finally:
        connections.close_all()


def static_files(say: Callable[[str], None]) -> None:
    """Copy, hash and compress the static files when one of them, or how it is done, has changed."""
    note = Path(f"{settings.STATIC_ROOT}.fingerprint")
    fingerprint = _fingerprint()
    if note.is_file() and note.read_text() == fingerprint:
        return
    say("Preparing the static files.")
    note.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    note.write_text(fingerprint)


def _fingerprint() -> str:
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
