"""The supervisor with small programs of its own; tests/test_runstudio.py has the real ones."""

import io
import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.supervisor import preflight
from studio.supervisor.console import Console
from studio.supervisor.preflight import StartError
from tests.started import ENVIRONMENT, Started, wait_until

DRIVER = """
import os, pathlib, sys
from studio.supervisor.child import Child
from studio.supervisor.console import Console
from studio.supervisor.supervise import Supervisor

def child(name, code, *arguments, **more):
    command = [sys.executable, "-S", "-u", "-c", code, *arguments]
    return Child(name=name, command=command, environment=os.environ, **more)

OBEDIENT = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('stopped'))); "
    "signal.signal(signal.SIGUSR1, lambda *_: sys.exit(3)); print('up'); time.sleep(60)"
)
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, lambda *_: print('no')); print('up'); "
    "[time.sleep(1) for _ in range(60)]"
)
PARENT = (
    "import subprocess, sys; print('up'); "
    "subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
)
MENDABLE = "import pathlib, sys; pathlib.Path(sys.argv[1]).exists() or sys.exit(1); " + OBEDIENT

def supervise(*children):
    console = Console(sys.stdout, sys.stderr, [each.name for each in children])
    sys.exit(Supervisor(children, console).run(lambda: console.say("All ready")))

"""


@pytest.fixture
def supervise(tmp_path) -> Iterator:
    programs = []

    def start(code: str) -> Started:
        programs.append(Started(["-c", DRIVER + code], tmp_path / f"said-{len(programs)}", ENVIRONMENT))
        return programs[-1]

    yield start
    for each in programs:
        each.end()


def test_every_line_carries_the_name_of_its_program_and_no_colour_off_a_terminal(supervise):
    studio = supervise("supervise(child('web', OBEDIENT), child('worker', OBEDIENT))")
    studio.wait_for("web    | up")
    studio.wait_for("worker | up")
    assert "\x1b" not in studio.text()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_each_name_has_its_colour_unless_none_are_wanted(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    console = Console(terminal, terminal, ["web", "worker"])
    console.line("web", "up")
    console.line("worker", "up")
    monkeypatch.setenv("NO_COLOR", "1")
    Console(terminal, terminal, ["web", "worker"]).line("web", "up")
    assert terminal.getvalue().splitlines() == [
        "\x1b[36mweb    |\x1b[0m up",
        "\x1b[33mworker |\x1b[0m up",
        "web    | up",
    ]


class Gone(io.StringIO):
    def write(self, _text: str) -> int:
        raise BrokenPipeError


def test_a_terminal_that_went_away_stops_nothing():
    console = Console(Gone(), Gone(), ["web"])
    console.line("web", "up")
    console.complain("web is gone")


def test_letters_the_terminal_does_not_know_stop_nothing():
    raw = io.BytesIO()
    latin = io.TextIOWrapper(raw, encoding="latin-1")
    Console(latin, latin, ["web"]).line("web", "prompt: 猫 é")
    assert raw.getvalue() == "web | prompt: ? é\n".encode("latin-1")


def test_the_last_words_without_a_line_end_are_shown(supervise):
    studio = supervise("supervise(child('web', \"print('no more', end='')\"))")
    assert studio.exit_code() == 1
    assert "web | no more" in studio.text()


def test_a_line_without_end_is_shown_in_pieces(supervise):
    studio = supervise("supervise(child('web', \"print('-' * 200_000)\"))")
    assert studio.exit_code() == 1
    assert studio.text().count("-") == 200_000


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_and_last_what_the_others_need(supervise, asked):
    studio = supervise(
        "supervise(child('valkey', OBEDIENT, needed=True), child('worker', OBEDIENT), child('beat', OBEDIENT))"
    )
    for name in ("valkey", "worker", "beat  "):
        studio.wait_for(f"{name} | up")
    studio.send(asked)
    assert studio.exit_code() == 0
    stops = [line.split()[0] for line in studio.text().splitlines() if line.endswith("stopped")]
    assert sorted(stops[:2]) == ["beat", "worker"]
    assert stops[2:] == ["valkey"]
    assert not studio.alive()


def test_slow_ones_stop_together_and_not_one_after_the_other(supervise):
    slow = "child('web', STUBBORN, stop_seconds=2), child('worker', STUBBORN, stop_seconds=2)"
    studio = supervise(f"supervise({slow})")
    studio.wait_for("web    | up")
    studio.wait_for("worker | up")
    began = time.monotonic()
    studio.send(signal.SIGTERM)
    assert studio.exit_code() == 0
    assert 2 <= time.monotonic() - began < 3.8


def test_a_program_that_does_not_stop_is_killed_when_its_time_is_up(supervise):
    studio = supervise("supervise(child('worker', STUBBORN, stop_seconds=1.5))")
    studio.wait_for("worker | up")
    studio.send(signal.SIGTERM)
    assert studio.exit_code() == 0
    assert "worker | no" in studio.text()
    assert not studio.alive()


def test_a_second_signal_hurries(supervise):
    studio = supervise("supervise(child('worker', STUBBORN, stop_seconds=60))")
    studio.wait_for("worker | up")
    studio.send(signal.SIGINT)
    studio.wait_for("worker | no")
    studio.send(signal.SIGINT)
    assert studio.exit_code(30) == 0
    assert studio.text().count("worker | no") == 2
    assert not studio.alive()


def test_a_signal_while_a_program_is_not_ready_yet_stops_too(supervise):
    studio = supervise("supervise(child('web', OBEDIENT, ready=lambda: False))")
    studio.wait_for("web | up")
    studio.send(signal.SIGTERM)
    assert studio.exit_code() == 0
    assert "All ready" not in studio.text()
    assert not studio.alive()


def test_kill_9_of_the_supervisor_leaves_no_process_not_even_a_stubborn_one(supervise):
    studio = supervise("supervise(child('web', OBEDIENT), child('worker', STUBBORN))")
    studio.wait_for("web    | up")
    studio.wait_for("worker | up")
    assert len(studio.alive()) == 3
    studio.send(signal.SIGKILL)
    studio.all_gone()


def test_the_end_of_one_stops_the_rest_and_is_named(supervise):
    studio = supervise("supervise(child('web', OBEDIENT), child('beat', OBEDIENT))")
    studio.wait_for("web  | up")
    studio.wait_for("beat | up")
    os.kill(max(studio.alive()), signal.SIGUSR1)
    assert studio.exit_code() == 1
    assert "beat ended with exit code 3. The studio stops." in studio.text()
    assert "web  | stopped" in studio.text()
    assert not studio.alive()


def test_a_killed_program_is_named_with_its_signal(supervise):
    studio = supervise("supervise(child('web', OBEDIENT), child('worker', STUBBORN))")
    studio.wait_for("worker | up")
    os.kill(max(studio.alive()), signal.SIGKILL)
    assert studio.exit_code() == 1
    assert "worker was killed by SIGKILL. The studio stops." in studio.text()
    assert not studio.alive()


def test_what_a_program_started_itself_ends_with_it(supervise):
    studio = supervise("supervise(child('web', PARENT))")
    studio.wait_for("web | up")
    wait_until(lambda: len(studio.alive()) == 3)
    studio.send(signal.SIGTERM)
    assert studio.exit_code() == 0
    assert not studio.alive()


def test_the_next_program_starts_when_the_one_before_is_ready(supervise, tmp_path):
    flag = tmp_path / "flag"
    studio = supervise(
        f"flag = pathlib.Path({str(flag)!r})\n"
        "supervise(child('valkey', OBEDIENT, ready=flag.exists), child('web', OBEDIENT))"
    )
    studio.wait_for("valkey | up")
    assert "web" not in studio.text()
    flag.touch()
    studio.wait_for("All ready")


def test_a_program_that_is_never_ready_is_given_up(supervise):
    studio = supervise("supervise(child('web', OBEDIENT, ready=lambda: False, ready_seconds=0.2))")
    assert studio.exit_code() == 1
    assert "web was not ready within 0.2 seconds. The studio stops." in studio.text()
    assert not studio.alive()


def test_a_start_that_could_be_mended_is_tried_once_more(supervise, tmp_path):
    flag = tmp_path / "flag"
    studio = supervise(
        f"flag = pathlib.Path({str(flag)!r})\n"
        "mend = lambda: flag.touch() or 'Mended.'\n"
        "supervise(child('valkey', MENDABLE, str(flag), ready=flag.exists, mend=mend))"
    )
    studio.wait_for("All ready")
    assert "Mended." in studio.text()
    studio.send(signal.SIGTERM)
    assert studio.exit_code() == 0


def test_a_start_that_mending_does_not_help_is_not_tried_for_ever(supervise):
    studio = supervise(
        "supervise(child('valkey', 'import sys; sys.exit(1)', ready=lambda: False, mend=lambda: 'Mended.'))"
    )
    assert studio.exit_code() == 1
    assert studio.text().count("Mended.") == 1


def test_a_program_that_closes_its_output_keeps_nobody_busy(supervise, tmp_path):
    code = (
        f"import os, time; os.close(1); os.close(2); open({str(tmp_path / 'closed')!r}, 'w'); time.sleep(60)"
    )
    studio = supervise(f"supervise(child('web', {code!r}))")
    studio.wait_for("All ready")
    wait_until((tmp_path / "closed").exists)
    spent, began = processor_seconds(studio.process.pid), time.monotonic()
    wait_until(lambda: time.monotonic() - began > 0.5)
    assert processor_seconds(studio.process.pid) - spent < 0.1


def processor_seconds(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def test_a_missing_program_is_told_as_its_end(supervise):
    studio = supervise("supervise(Child(name='web', command=['/nowhere/at-all'], environment=os.environ))")
    assert studio.exit_code() == 1
    assert "web ended with exit code 1." in studio.text()


def test_a_data_folder_is_held_by_one_process_only(tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "LOCK_SECONDS", 0.1)
    with preflight.locked(tmp_path), pytest.raises(StartError, match=f"already running on {tmp_path}"):
        preflight.locked(tmp_path).__enter__()
    with preflight.locked(tmp_path):
        pass


def test_a_lock_file_left_by_a_dead_process_is_no_obstacle(tmp_path):
    (tmp_path / "studio.lock").write_text("/tmp/studio-gone")
    with preflight.locked(tmp_path) as lock, preflight.runtime_folder(lock) as folder:
        assert (tmp_path / "studio.lock").read_text() == str(folder)
    assert not folder.exists()


def test_the_socket_folder_left_by_a_kill_is_cleared_up_by_the_next_start(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left = tmp_path / "studio-left"
    left.mkdir()
    (tmp_path / "studio.lock").write_text(str(left))
    with preflight.locked(tmp_path) as lock, preflight.runtime_folder(lock):
        assert not left.exists()


def test_only_folders_of_the_studio_are_ever_cleared_up(tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (tmp_path / "studio.lock").write_text(str(other))
    with preflight.locked(tmp_path) as lock, preflight.runtime_folder(lock):
        assert other.exists()


def test_a_taken_port_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=f"Port {port} on 127.0.0.1 is taken"):
            preflight.check_port(f"127.0.0.1:{port}")


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(StartError, match=re.escape("can't listen on 192.0.2.1:8000")):
        preflight.check_port("192.0.2.1:8000")


@pytest.mark.parametrize(
    "bind", ["8000", "localhost", ":8000", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:99999", "a:b"]
)
def test_a_bind_that_is_no_address_is_refused(bind):
    with pytest.raises(StartError, match="STUDIO_BIND must be"):
        preflight.check_port(bind)


def test_both_kinds_of_address_are_understood():
    assert preflight.parse_bind("0.0.0.0:80") == ("0.0.0.0", 80)
    assert preflight.parse_bind("[::1]:8000") == ("::1", 8000)


def test_the_sandbox_keeps_its_port_while_it_is_free(tmp_path):
    note = tmp_path / "port"
    port = preflight.steady_port(note)
    assert preflight.steady_port(note) == port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert preflight.steady_port(note) != port


def test_nonsense_in_the_note_of_the_port_is_no_obstacle(tmp_path):
    note = tmp_path / "port"
    note.write_text("nonsense")
    assert 0 < preflight.steady_port(note) < 65536


@pytest.mark.parametrize("folder", ["/proc/nothing/var", "/dev/null/var"])
def test_a_data_folder_that_cannot_be_written_is_refused(folder):
    with pytest.raises(StartError, match=f"data folder {folder} can't be written"):
        preflight.check_folder(Path(folder))
