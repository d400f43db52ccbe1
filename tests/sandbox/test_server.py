"""The server and its process: many clients, long bodies, kill -9."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from studio.sandbox.__main__ import read_arguments, seconds_range
from studio.sandbox.app import LARGEST_BODY
from tests.sandbox.conftest import IMAGES, Caller, data_url

ROOT = Path(__file__).resolve().parents[2]


def talk(url: str, words: bytes) -> bytes:
    """What the server says to these bytes before it hangs up or falls silent."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as line:
        line.sendall(words)
        line.shutdown(socket.SHUT_WR)
        said = b""
        while part := line.recv(65_536):
            said += part
    return said


@pytest.fixture
def process(tmp_path):
    """Starts the sandbox as a process of its own on one folder; gives the process and a caller."""
    running, callers = [], []

    def start(*options):
        command = [
            sys.executable,
            "-m",
            "studio.sandbox",
            "--port",
            "0",
            "--folder",
            str(tmp_path / "world"),
            *options,
        ]
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        running.append(child)
        url = re.search(r"http://\S+", child.stdout.readline()).group()
        callers.append(Caller(url))
        return child, callers[-1]

    yield start
    for caller in callers:
        caller.close()
    for child in running:
        child.kill()
        child.wait()
        child.stdout.close()


def test_sixteen_clients_at_once_are_all_served(world, caller):
    task_id = caller.task()

    def ask(number: int) -> list[int]:
        with Caller(caller.url) as one:
            looks = [one.status(task_id).status_code for _ in range(20)]
            return [*looks, one.submit(f"client {number}").status_code]

    with ThreadPoolExecutor(16) as pool:
        codes = [code for answers in pool.map(ask, range(16)) for code in answers]
    assert codes == [200] * 16 * 21
    assert len(world.truth()) == 17
    assert world.looks(task_id).count == 320


def test_one_connection_carries_many_requests(caller):
    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    assert talk(caller.url, request * 3).count(b"HTTP/1.1 200 OK") == 3


def test_a_streamed_body_without_a_length_is_read_too(caller, world):
    body = json.dumps({"prompt": "streamed", "images": [data_url((900, 700))]}).encode()
    pieces = (body[start : start + 500] for start in range(0, len(body), 500))
    answer = caller.post(f"{caller.url}{IMAGES}/edit/", data=pieces, timeout=30)
    assert answer.status_code == 200
    assert world.truth()[0].prompt == "streamed"


@pytest.mark.parametrize("length", [str(LARGEST_BODY + 1), "-1", "many"])
def test_a_body_that_is_too_long_or_nonsense_is_refused_before_it_is_read(caller, world, length):
    head = f"POST {IMAGES}/generate/ HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
    assert talk(caller.url, head.encode()).startswith(b"HTTP/1.1 413")
    assert world.submits() == []


def test_a_body_cut_short_is_never_an_order(caller, world):
    head = f"POST {IMAGES}/generate/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sandbox\r\n"
    said = talk(caller.url, head.encode() + b'Content-Length: 90\r\n\r\n{"prompt": "cut')
    assert b" 400 " in said.split(b"\r\n")[0]
    assert world.truth() == []


def test_stopping_the_server_hangs_up_on_clients_that_wait(world, serve, make_world):
    world.faults.add("submit.slow", seconds=60)
    caller = serve(world)
    outcome = []

    def ask() -> None:
        try:
            caller.submit()
        except OSError as error:
            outcome.append(error)

    waiting = threading.Thread(target=ask)
    waiting.start()
    while not world.truth():
        waiting.join(0.01)
    serve.stop_all()
    waiting.join(20)
    assert len(outcome) == 1


def test_nothing_is_lost_when_the_process_is_killed(process, make_world):
    child, caller = process("--seconds", "0", "--per-minute", "3")
    first = caller.task("an otter", num_images=2)
    content = caller.get(caller.assets(first)[1], timeout=30).content
    make_world().faults.add("submit.unauthorized", times=1, word="fox")
    child.kill()
    child.wait()

    _, again = process("--seconds", "0", "--per-minute", "3")
    assert again.wallet().json() == {"balance": "990.00"}
    address = again.assets(first)[1]
    assert address.startswith(again.url)
    assert again.get(address, timeout=30).content == content
    assert again.submit("a fox").status_code == 401
    assert [again.submit().status_code for _ in range(3)] == [200, 200, 429]


def test_a_submit_in_flight_when_the_process_is_killed_is_in_the_books(process, make_world):
    world = make_world()
    world.faults.add("submit.slow", times=1, seconds=60)
    child, caller = process("--seconds", "0")
    outcome = []

    def ask() -> None:
        try:
            caller.submit("in flight")
        except OSError as error:
            outcome.append(error)

    waiting = threading.Thread(target=ask)
    waiting.start()
    while not world.truth():
        waiting.join(0.01)
    child.kill()
    waiting.join(20)
    assert len(outcome) == 1
    (submit,) = world.submits()
    assert (submit.accepted, submit.answered_at, submit.status) == (True, None, None)
    assert world.balance() == 995


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_process_ends_cleanly_when_it_is_asked_to(process, how):
    child, caller = process()
    caller.wallet()
    child.send_signal(how)
    assert child.wait(30) == 0


def test_a_taken_port_is_one_clear_sentence(caller, tmp_path):
    port = str(urlsplit(caller.url).port)
    command = [sys.executable, "-m", "studio.sandbox", "--port", port, "--folder", str(tmp_path / "other")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr == f"The sandbox can't listen on 127.0.0.1:{port}: Address already in use.\n"


def test_seconds_are_a_number_or_a_range():
    assert seconds_range("6") == (6.0, 6.0)
    assert seconds_range("30-60") == (30.0, 60.0)
    for wrong in ("60-30", "-5", "fast", ""):
        with pytest.raises(ValueError):
            seconds_range(wrong)


def test_a_wrong_option_ends_with_the_usage(capsys):
    with pytest.raises(SystemExit):
        read_arguments(["--folder", "x", "--seconds", "fast"])
    assert "--seconds" in capsys.readouterr().err


@pytest.mark.parametrize(("environment", "folder"), [({"STUDIO_DATA_DIR": "data"}, "data"), ({}, "var")])
def test_without_a_folder_it_works_in_the_data_folder(tmp_path, environment, folder):
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | environment
    command = [sys.executable, "-m", "studio.sandbox", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, env=given, stdout=subprocess.PIPE, text=True) as child:
        said = child.stdout.readline()
        child.terminate()
    assert "http://" in said
    assert (tmp_path / folder / "sandbox" / "world.sqlite3").exists()
