"""A backup that is put back: what waited in it may have been sent since, and an admin is asked before it is sent."""

import shutil
import sqlite3
from contextlib import closing

import pytest
from django.db import connection

from studio.jobs import line, restored
from studio.jobs.models import Job, Line
from tests.installation import until

pytestmark = [
    pytest.mark.flow,
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="copies a file"),
]


def copy(source: str, target: str) -> None:
    """As `sqlite3 SOURCE ".backup TARGET"` does, also while the studio runs."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


@pytest.fixture
def backed_up(studio, alice, tmp_path) -> str:
    """A backup in which orders wait that were sent after it was made; the studio is stopped."""
    studio.extra = {"STUDIO_SUBMITS_PER_MINUTE": "2", "STUDIO_WINDOW_SECONDS": "5"}
    studio.start()
    jobs = [studio.ask(alice) for _ in range(7)]
    until(lambda: Job.objects.filter(state__in=["making", "saving", "done"]).exists())
    backup = str(tmp_path / "backup.sqlite3")
    copy(str(connection.settings_dict["NAME"]), backup)
    with closing(sqlite3.connect(backup)) as kept:
        assert kept.execute("SELECT count(*) FROM jobs_job WHERE state = 'waiting'").fetchone()[0] > 0
    studio.rest(*jobs, seconds=60)
    studio.kill()
    connection.close()
    return backup


def test_nothing_is_sent_of_a_backup_that_was_put_back_over_the_database(studio, backed_up, admin):
    before = len(studio.world.submits())
    copy(backed_up, str(connection.settings_dict["NAME"]))
    assert Job.objects.filter(state="waiting").exists()
    studio.start()
    until(lambda: Line.objects.get().stop == "restored")
    until(lambda: not Job.objects.filter(state__in=["sending", "making", "saving"]).exists())
    assert len(studio.world.submits()) == before


@pytest.mark.long
def test_nothing_is_sent_of_a_folder_that_was_put_back_whole(studio, backed_up, tmp_path):
    before = len(studio.world.submits())
    name = str(connection.settings_dict["NAME"])
    # The mark comes from the same backup, and so agrees; but the file is another one.
    shutil.move(name, tmp_path / "old.sqlite3")
    for rest in ("-wal", "-shm"):
        shutil.rmtree(name + rest, ignore_errors=True)
    shutil.copy(backed_up, name)
    row = Line.objects.get()
    restored.mark().write_text(f"{row.installation} {row.taken:020}\n")
    studio.start()
    until(lambda: Line.objects.get().stop == "restored")
    assert len(studio.world.submits()) == before


@pytest.mark.long
def test_an_admin_says_that_it_goes_on(studio, backed_up, alice):
    copy(backed_up, str(connection.settings_dict["NAME"]))
    studio.start()
    until(lambda: Line.objects.get().stop == "restored")
    assert line.start_by_hand(alice)
    waiting = Job.objects.filter(state="waiting")
    until(lambda: not waiting.exists(), seconds=60)
