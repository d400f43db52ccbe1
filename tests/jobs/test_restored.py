"""A database that was put back from a backup sends nothing before an admin says so."""

import os

import pytest
from django.db import connection
from django.utils import timezone

from studio.jobs import line, moves, pace, restored, steps, tasks
from studio.jobs.models import Job, Line
from studio.jobs.states import State
from tests.jobs.cast import in_state, order, the_line

pytestmark = pytest.mark.django_db


def sent(owner) -> Job:
    """An order that was taken from the line and accepted."""
    order(owner)
    job = line.take()
    moves.move(job, State.MAKING, task_id=f"task-{job.pk}")
    pace.accepted(job)
    return job


def put_back(taken: int) -> None:
    """As if the database were of the time when so many submits had begun."""
    Line.objects.update(taken=taken)


def test_an_older_database_parks_what_waits_in_it(alice):
    sent(alice), sent(alice)
    put_back(1)
    job = order(alice)
    assert line.take() is None
    assert (the_line().stop, the_line().probe_at) == ("restored", None)
    assert Job.objects.get(pk=job.pk).state == State.WAITING


def test_a_copy_of_the_database_parks_what_waits_in_it_though_the_mark_was_copied_too(alice):
    sent(alice)
    Line.objects.update(home="file 7")
    order(alice)
    assert line.take() is None
    assert the_line().stop == "restored"


def test_it_is_found_out_before_the_first_order_is_sent_and_told_by_the_sweep(alice):
    sent(alice)
    put_back(0)
    order(alice)
    tasks.sweep()
    assert the_line().stop == "restored"


def test_what_was_being_sent_in_the_backup_is_unknown_and_never_sent_again(alice, clock):
    sent(alice)
    put_back(0)
    job = in_state(alice, State.SENDING, lease_until=timezone.now())
    for _ in range(3):
        tasks.sweep()
        clock.forward(65)
    assert the_line().stop == "restored"
    assert Job.objects.get(pk=job.pk).state == State.UNKNOWN


def test_no_attempt_to_start_is_made_and_none_can_be_asked_for(alice):
    sent(alice)
    put_back(0)
    order(alice)
    line.take()
    assert not steps.probe()
    assert not line.try_now()
    assert the_line().stop == "restored"


@pytest.mark.parametrize("code", [line.Stop.KEY, line.Stop.WALLET, line.Stop.LOST, line.Stop.UNREACHABLE])
def test_no_other_cause_takes_its_place(alice, code):
    line.park()
    line.stop(code, "No answer", "sandbox")
    assert the_line().stop == "restored"


def test_it_takes_the_place_of_every_other_cause(alice):
    for _ in range(line.MOST_LOSSES):
        line.stop(line.Stop.LOST, "No answer", "sandbox")
    line.park()
    assert the_line().stop == "restored"


def test_an_admin_lets_it_go_on_and_is_not_asked_again(alice, admin):
    sent(alice), sent(alice)
    put_back(0)
    job = order(alice)
    line.take()
    assert line.start_by_hand(admin)
    assert line.take() == job
    assert the_line().taken == 3


def test_when_nothing_waited_nobody_is_asked(alice):
    sent(alice), sent(alice)
    put_back(0)
    tasks.sweep()
    assert the_line().stop == ""
    job = order(alice)
    assert line.take() == job


def test_a_database_of_another_installation_is_none_that_was_put_back(alice, bob):
    sent(alice)
    Line.objects.update(installation=None, taken=0, home="")
    job = order(bob)
    assert line.take() == job


@pytest.mark.parametrize("said", ["", "nonsense", "one two", "\0"])
def test_a_mark_that_can_not_be_read_holds_nobody_up(alice, said):
    sent(alice)
    restored.mark().write_text(said)
    job = order(alice)
    assert line.take() == job
    assert restored.mark().read_text().split()[:2] == [str(the_line().installation), f"{2:020}"]


def write_over(monkeypatch) -> None:
    """As `cp -a` does, which puts a folder's copy over the folder: the same files, and the times of the copy."""
    monkeypatch.setattr(restored, "A_WRITE", 0)
    before = restored.mark().stat()
    restored.mark().write_bytes(restored.mark().read_bytes())
    os.utime(restored.mark(), ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_a_folder_that_was_written_over_with_its_copy_parks_what_waits_in_it(alice, admin, monkeypatch):
    sent(alice)
    write_over(monkeypatch)
    job = order(alice)
    assert line.take() is None
    assert the_line().stop == "restored"
    monkeypatch.setattr(restored, "A_WRITE", 60_000_000_000)
    assert line.start_by_hand(admin)
    assert line.take() == job


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_another_owner_or_mode_of_the_files_puts_nothing_back(alice, monkeypatch):
    sent(alice)
    monkeypatch.setattr(restored, "A_WRITE", 0)
    restored.mark().chmod(0o640)
    job = order(alice)
    assert line.take() == job


def test_a_moment_between_two_writes_of_ones_own_is_no_stranger(alice):
    for _ in range(3):
        sent(alice)
        assert not restored.is_so(the_line())


def test_a_mark_of_an_earlier_version_is_believed(alice, monkeypatch):
    sent(alice)
    restored.mark().write_text(f"{the_line().installation} {1:020}\n")
    monkeypatch.setattr(restored, "A_WRITE", 0)
    assert not restored.is_so(the_line())


def test_a_mark_that_can_not_be_written_holds_nobody_up(alice, settings, tmp_path):
    settings.STUDIO_DATA_DIR = tmp_path / "gone"
    job = order(alice)
    assert line.take() == job


def test_the_mark_is_never_ahead_of_the_database(alice):
    for number in (1, 2, 3):
        sent(alice)
        assert int(restored.mark().read_text().split()[1]) == the_line().taken == number


def test_where_it_lies_is_known_of_both_kinds(alice):
    sent(alice)
    assert the_line().home.startswith("file " if connection.vendor == "sqlite" else "server ")
    assert not restored.is_so(the_line())


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_a_copy_of_the_file_lies_elsewhere_and_the_file_itself_where_it_lay(alice, tmp_path, monkeypatch):
    sent(alice)
    assert not restored.is_so(the_line())
    copied = tmp_path / "copied.sqlite3"
    copied.touch()
    monkeypatch.setitem(connection.settings_dict, "NAME", str(copied))
    assert restored.is_so(the_line())
