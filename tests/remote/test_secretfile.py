"""Secrets in files: whole, private, and silent in a repr."""

import os
import stat
import threading

import pytest

from studio.remote import secretfile
from studio.remote.secretfile import Secret


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_that_is_not_there_is_an_empty_secret(tmp_path):
    assert secretfile.read(tmp_path / "none") == ""


def test_white_space_around_a_secret_is_nobodys_intention(tmp_path):
    (tmp_path / "key").write_text("  abc \n\n")
    assert secretfile.read(tmp_path / "key") == "abc"


def test_what_is_written_is_read_and_only_by_its_owner(tmp_path):
    path = tmp_path / "new" / "folder" / "key"
    secretfile.write(path, "abc")
    assert secretfile.read(path) == "abc"
    assert mode(path) == 0o600


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_it_is_private_whatever_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        secretfile.write(tmp_path / "key", "abc")
        secretfile.read_or_make(tmp_path / "made")
    finally:
        os.umask(before)
    assert (mode(tmp_path / "key"), mode(tmp_path / "made")) == (0o600, 0o600)


def test_a_file_that_others_could_read_is_replaced_by_one_they_can_not(tmp_path):
    path = tmp_path / "key"
    path.write_text("old")
    path.chmod(0o644)
    secretfile.write(path, "new")
    assert (secretfile.read(path), mode(path)) == ("new", 0o600)


def test_nothing_but_the_file_stays_behind(tmp_path):
    for _ in range(2):
        secretfile.write(tmp_path / "key", "abc")
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_many_writers_leave_one_whole_secret(tmp_path):
    path, gate, troubles = tmp_path / "key", threading.Barrier(8), []
    values = [str(number) * 5000 for number in range(8)]

    def write(value: str) -> None:
        gate.wait()
        try:
            for _ in range(20):
                secretfile.write(path, value)
        except OSError as error:
            troubles.append(error)

    threads = [threading.Thread(target=write, args=(value,)) for value in values]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    assert secretfile.read(path) in values


def test_the_first_caller_makes_it_and_everyone_gets_the_same(tmp_path):
    path, gate, got = tmp_path / "key", threading.Barrier(8), []

    def ask() -> None:
        gate.wait()
        got.append(secretfile.read_or_make(path))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert len(set(got)) == 1
    assert len(got[0]) == 64
    assert [entry.name for entry in tmp_path.iterdir()] == ["key"]


def test_one_that_is_there_is_kept(tmp_path):
    (tmp_path / "key").write_text("given by the operator")
    assert secretfile.read_or_make(tmp_path / "key") == "given by the operator"


def test_a_secret_says_nothing_of_itself_when_shown_by_accident():
    secret = Secret("abc-123")
    for shown in (repr(secret), repr([secret]), f"{secret!r}", repr({"key": secret})):
        assert "abc" not in shown
    assert secret == "abc-123"
    assert f"Bearer {secret}" == "Bearer abc-123"
