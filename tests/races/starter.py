"""Run as a program, this starts the processes of races: it is a studio without a connection that forks itself.

A line of JSON comes in for each race: its calls, as [file, function, arguments]. A line goes out: for each call
what it returned, as {"value": ...}, or the traceback, as {"trouble": ...}.
"""

import functools
import importlib.util
import json
import multiprocessing
import os
import sys
import time
import traceback
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from types import ModuleType

import django
from django.conf import settings
from django.db import connection, connections

FORK = multiprocessing.get_context("fork")
SECONDS = 120
"""After this long a process that is not done is killed."""


@functools.cache
def module(file: str) -> ModuleType:
    """A file of tests as a module, whatever pytest calls it."""
    spec = importlib.util.spec_from_file_location("race", file)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def run(call: list, gate: Barrier, answer: Connection) -> None:
    """A process of a race: connected to the database before all start."""
    file, function, arguments = call
    try:
        work = getattr(module(file), function)
        connection.ensure_connection()
        gate.wait(SECONDS)
        said = {"value": work(**arguments)}
        json.dumps(said)
    except BaseException:  # noqa: BLE001 - what went wrong is the result
        said = {"trouble": traceback.format_exc()}
    answer.send(said)
    connections.close_all()


class Racer:
    """A process that makes a call as soon as all are there."""

    def __init__(self, call: list, gate: Barrier) -> None:
        self.call = call
        self.answer, theirs = FORK.Pipe(duplex=False)
        self.process = FORK.Process(target=run, args=(call, gate, theirs))
        self.process.start()
        theirs.close()

    def result(self, deadline: float) -> dict:
        """What it answered in time."""
        try:
            there = self.answer.poll(max(0, deadline - time.monotonic()))
            said = self.answer.recv() if there else {"trouble": f"{self.call} was not done in time."}
        except EOFError:
            said = {"trouble": f"{self.call} died without a word."}
        self.answer.close()
        if "value" not in said:
            self.process.kill()
        self.process.join()
        return said


def race(calls: list[list]) -> list[dict]:
    """What the calls gave, each in a process of its own, all let go at the same moment."""
    for file, _function, _arguments in calls:
        module(file)
    connections.close_all()
    gate, deadline = FORK.Barrier(len(calls)), time.monotonic() + SECONDS
    racers = [Racer(call, gate) for call in calls]
    return [racer.result(deadline) for racer in racers]


def main() -> None:
    """Start the races that are asked for, until no more are."""
    django.setup()
    # Half a second for each member's password is nothing of the race.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # What a process prints is for the log.
    with os.fdopen(os.dup(sys.stdout.fileno()), "w") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        for line in sys.stdin:
            print(json.dumps(race(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
