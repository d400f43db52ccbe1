"""`python -m bench faults [--short] [--postgres] [NAMES...]`: each in a process and places of its own."""

import argparse
import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import cache
from pathlib import Path

import django

from bench.faults.row import HEAD, Row
from studio.sandbox.world import World
from tests.databases import sqlite
from tests.started import ENVIRONMENT, GUARD, QUICK, ROOT

KEY = "bench-key-0123456789"
SETTINGS = QUICK | {
    "DJANGO_SETTINGS_MODULE": "studio.settings",
    "STUDIO_SUBMITS_PER_MINUTE": "60",
    "STUDIO_WINDOW_SECONDS": "6",
    # Longer than a wait for a locked SQLite, and than a look that hangs.
    "STUDIO_LEASE_SECONDS": "30",
    "STUDIO_POST_SECONDS": "6",
    "STUDIO_LOOK_SECONDS": "0.2",
    "TZ": "UTC",
}
DRAWN_AHEAD = 16
MEDIA = 'mkdir -p "$0" && mount -t tmpfs -o size=64m none "$0" && exec "$@"'
NETWORK = 'ip link set lo up; for one in $0; do ip addr add "$one/32" dev lo; done; exec "$@"'
LONGEST = 1800


class Unplayable(Exception):
    """A fault needs something that this machine does not have, in words."""


def main(arguments: list[str]) -> int:
    """Play what was asked for, print the table, and say by the exit code whether all of it was good."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
    django.setup()
    from bench.faults.table import FAULTS

    parser = argparse.ArgumentParser(prog="python -m bench faults", description=__doc__)
    parser.add_argument("--short", action="store_true", help="few orders, for a quick look")
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL, with the broker over TCP")
    parser.add_argument("--keep", type=Path, help="a folder for the logs and the database of each")
    parser.add_argument("names", nargs="*", help=" ".join(fault.name for fault in FAULTS))
    given = parser.parse_args(arguments)
    database = "PostgreSQL" if given.postgres else "SQLite"
    known = {fault.name: fault for fault in FAULTS}
    if unknown := set(given.names) - set(known):
        parser.error(f"there is no fault {', '.join(sorted(unknown))}")
    usual = [
        name
        for name, fault in known.items()
        if database in fault.databases and (fault.starred or not given.postgres)
    ]
    print(HEAD, flush=True)
    good = True
    for name in given.names or usual:
        try:
            row = played(name, database, "short" if given.short else "long", given.keep)
        except Unplayable as why:
            print(f"| {name} | {database} | – | {why} |", flush=True)
            continue
        print(row, flush=True)
        good = good and row.good
    return 0 if good else 1


def played(name: str, database: str, form: str, keep: Path | None = None) -> Row:
    """What came of one fault, whose logs are kept in a folder. `Unplayable` on a machine that lacks what it needs."""
    from bench.faults.table import FAULTS

    fault = next(fault for fault in FAULTS if fault.name == name)
    if why := next(filter(None, map(missing, fault.needs)), ""):
        raise Unplayable(why)
    with tempfile.TemporaryDirectory(prefix="studio-faults-") as temporary:
        folder = Path(temporary)
        environment = prepared(folder, database, fault.settings, slow="slow broker" in fault.needs)
        command = [sys.executable, "-m", "bench.faults.play", name, database, form, str(folder)]
        try:
            return said([*GUARD, *around(fault.needs, folder), *command], environment, folder / "play.log")
        finally:
            if keep:
                left_out = shutil.ignore_patterns("*.sock", "media", "ahead")
                shutil.copytree(folder, keep / f"{name}-{database}", dirs_exist_ok=True, ignore=left_out)


def said(command: list[str], environment: Mapping[str, str], log: Path) -> Row:
    """The row a player ends with."""
    with log.open("wb") as file:
        player = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=file,
            timeout=LONGEST,
            check=False,
        )
    if player.returncode:
        raise RuntimeError(log.read_text()[-6000:])
    return Row(**json.loads(player.stdout.splitlines()[-1]))


def prepared(folder: Path, database: str, settings: Mapping[str, str], *, slow: bool) -> dict[str, str]:
    """The settings of one fault's studio, and what it finds in its folders."""
    data = folder / "run"
    data.mkdir()
    (folder / "key").write_text(KEY)
    shutil.copytree(drawn_ahead(), folder / "sandbox" / "ahead")
    tcp = slow or database == "PostgreSQL"
    given = {
        "STUDIO_DATA_DIR": str(data),
        "STUDIO_BIND": f"127.0.0.1:{free_port()}",
        "STUDIO_API_URL": f"http://127.0.0.1:{free_port()}",
        "STUDIO_API_KEY_FILE": str(folder / "key"),
        "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0" if tcp else f"unix://{data}/valkey.sock",
    }
    if database == "SQLite":
        shutil.copy(migrated(), data / "studio.sqlite3")
        given["DATABASE_URL"] = sqlite(data).url
    return ENVIRONMENT | SETTINGS | dict(settings) | given


def around(needs: tuple[str, ...], folder: Path) -> Iterator[str]:
    """The command that gives a fault what it needs for itself alone."""
    from bench.faults.inside import ADDRESSES

    if "own network" in needs:
        yield from ("unshare", "--net", "sh", "-c", NETWORK, " ".join(ADDRESSES))
    if "own media" in needs:
        yield from ("unshare", "--mount", "sh", "-c", MEDIA, str(folder / "run" / "media"))


def missing(need: str) -> str:
    """Why this machine can't play what needs this; empty when it can."""
    from bench.faults.scene import FAKETIME

    if need == "faketime" and not FAKETIME:
        return "needs libfaketime. As root: apt-get install libfaketime"
    if (
        need.startswith("own ")
        and subprocess.run(["unshare", "--net", "--mount", "true"], check=False).returncode
    ):
        return f"needs its {need}, which only root may make"
    return ""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@cache
def drawn_ahead() -> Path:
    """Pictures for all faults: drawing them is no business of the bench."""
    world = World(_shared() / "sandbox")
    world.predraw(DRAWN_AHEAD)
    world.close()
    return world.folder / "ahead"


@cache
def migrated() -> Path:
    """A migrated SQLite that is copied."""
    sqlite(_shared()).migrate()
    return _shared() / "studio.sqlite3"


@cache
def _shared() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="studio-faults-shared-")
    atexit.register(folder.cleanup)
    return Path(folder.name)
