"""A set-up that was cut off is made good by the next."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

VENV = Path(__file__).resolve().parents[2] / "tools" / "venv.sh"


@pytest.fixture
def set_up(tmp_path):
    """`tools/venv.sh` in a folder of the test's own, with a lock that asks for nothing."""
    (tmp_path / "lock.txt").write_text("")

    def run() -> subprocess.CompletedProcess[str]:
        command = ["sh", str(VENV), sys.executable, "lock.txt", ".venv/.installed"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


def test_a_python_without_its_pip_is_made_again(set_up, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
    run = set_up()
    assert run.returncode == 0, run.stderr
    assert (tmp_path / ".venv" / ".installed").exists()


def test_half_a_pip_is_made_whole_and_what_is_whole_is_kept(set_up, tmp_path):
    assert set_up().returncode == 0
    note = tmp_path / ".venv" / "note"
    note.touch()
    assert set_up().returncode == 0
    assert note.exists()
    # The last that is written of a package is what says that it is there.
    for folder in (tmp_path / ".venv").glob("lib/python*/site-packages/pip-*.dist-info"):
        shutil.rmtree(folder)
    run = set_up()
    assert run.returncode == 0, run.stderr
    assert not note.exists()
