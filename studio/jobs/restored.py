"""Whether the database was put back from a backup: what waits in it may have been sent, and paid for, since then.

Three witnesses. A mark in the data folder counts the submits as the database does: if it knows of more, the database
is of an earlier time. The database knows where it lies: a copy lies elsewhere, even when the mark was copied along. And
the mark knows when it was written: who writes a folder's copy over the folder leaves both files where they are, but the
file system says that somebody else has touched the mark since. Only a whole machine that was set back as it stood can't
be told; `manage.py line park` says it instead.
"""

import os
import uuid
from pathlib import Path

import structlog
from django.conf import settings
from django.db import Error, connection, transaction

from studio.jobs.models import Line

log = structlog.get_logger(__name__)
# In nanoseconds: longer no disk takes from one of our own writes to the next.
A_WRITE = 60_000_000_000
# The cluster, its history since a restore to a point in time, the database in it, and the table in that.
POSTGRESQL_HOME = """
    SELECT concat_ws('.', (SELECT system_identifier FROM pg_control_system()),
        left(pg_walfile_name(pg_current_wal_lsn()), 8), oid, 'jobs_line'::regclass::oid)
    FROM pg_database WHERE datname = current_database()
"""


def mark() -> Path:
    """The file that counts the submits outside of the database."""
    return Path(settings.STUDIO_DATA_DIR) / "submits-begun"


def is_so(line: Line) -> bool:
    """Whether this database is not the one that the last submit was taken from."""
    home = _home()
    moved = bool(line.home and home and line.home != home)
    return moved or _counted(line) > line.taken or (connection.vendor == "sqlite" and _written_over(line))


def adopt(line: Line) -> None:
    """This database, where it lies now, is the one that counts; the caller has the line's lock."""
    line.installation = line.installation or uuid.uuid4()
    line.taken, line.home = max(line.taken, _counted(line)), _home()
    line.save(update_fields=["installation", "taken", "home"])
    if _written_over(line):
        _write(line)


def count(line: Line) -> None:
    """One more submit begins, in the caller's transaction, under the line's lock."""
    if not (line.home and line.installation):
        adopt(line)
    line.taken += 1
    line.save(update_fields=["taken"])


def write_mark() -> None:
    """Once that is in the database, and before the order is sent: the mark must never be ahead of it."""
    _write(Line.objects.get())


def _write(line: Line) -> None:
    """Write down how many submits there were, and when that is by the file system's own clock."""
    try:
        # Written over in one piece of always the same length, which takes no room on a full disk.
        file = os.open(mark(), os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(file, _said(line, os.fstat(file)), 0)
            os.pwrite(file, _said(line, os.fstat(file)), 0)
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as trouble:
        # A full disk must not hold up the line as well; the other witness stays.
        log.warning("the mark of submits can't be written", error=str(trouble))


def _said(line: Line, file: os.stat_result) -> bytes:
    return f"{line.installation} {line.taken:020} {file.st_mtime_ns:020} {_kind(file):>40}\n".encode()


def _kind(file: os.stat_result) -> str:
    """What the file system knows of a file beside its times: owner, group, mode, names."""
    return f"{file.st_uid}.{file.st_gid}.{file.st_mode:o}.{file.st_nlink}"


def _read(line: Line) -> tuple[int, int, str]:
    """How many submits the mark knows of this installation, when it was written, and what it was then."""
    try:
        whose, number, *more = mark().read_text().split()
        at, kind = more or ("0", "")
        return (int(number), int(at), kind) if whose == str(line.installation) else (0, 0, "")
    except (OSError, ValueError):
        return 0, 0, ""


def _counted(line: Line) -> int:
    """How many submits the mark knows of this installation; 0 when it is of another one, or not there."""
    return _read(line)[0]


def _written_over(line: Line) -> bool:
    """Whether somebody else has written the mark, or what the file system knows of it, after we did."""
    written, kind = _read(line)[1:]
    try:
        now = mark().stat()
    except OSError:
        return False
    # Another owner, mode or name is no other content: who changes these does not put anything back.
    return bool(written) and kind == _kind(now) and now.st_ctime_ns - written > A_WRITE


def _home() -> str:
    """Where the database lies, which no copy of it shares; empty when that can't be known."""
    try:
        if connection.vendor == "sqlite":
            return f"file {Path(connection.settings_dict['NAME']).stat().st_ino}"
        # The caller's transaction goes on should the server not tell.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(POSTGRESQL_HOME)
            return f"server {cursor.fetchone()[0]}"
    except (OSError, Error) as trouble:
        log.debug("where the database lies is not known", error=str(trouble))
        return ""
