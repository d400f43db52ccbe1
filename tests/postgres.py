"""A PostgreSQL of the tests' own: a cluster in a temporary folder, reached by a unix socket and nothing else.

`python -m tests.postgres COMMAND ...` runs a command with the DATABASE_URL of an empty database of such a cluster.
"""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

import psycopg

from tests.started import wait_until

DEBIAN = Path("/usr/lib/postgresql")
MISSING = "No PostgreSQL was found, which this test needs. As root: apt-get install postgresql"
# What the machine says about its own servers must not lead to them.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
# A power cut may take the tests' rows.
QUICK = ("fsync=off", "full_page_writes=off")


def binaries() -> Path:
    """The folder of PostgreSQL's newest programs, Debian's before the PATH's. FileNotFoundError when there are none."""
    versions = sorted(DEBIAN.glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True)
    found = shutil.which("initdb")
    for folder in [*versions, *([Path(found).resolve().parent] if found else [])]:
        # The client's package alone leaves a folder without a server.
        if all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres")):
            return folder
    raise FileNotFoundError(MISSING)


def user() -> dict[str, object]:
    """As whom PostgreSQL runs, for `subprocess`: as us, unless we are root, whom it refuses."""
    if os.geteuid():
        return {}
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise LookupError("PostgreSQL does not run as root, and there is no user postgres or nobody.")


class Cluster:
    """A running server. Who may enter its folder may do everything.

    With a `host` it listens there too, on port 5432, and who comes that way needs a password.
    """

    def __init__(self, host: str = "", options: Sequence[str] = ()) -> None:
        self._binaries, self._user = binaries(), user()
        self._options = [f"listen_addresses={host}", "port=5432", *QUICK, *options]
        self.folder = Path(tempfile.mkdtemp(prefix="studio-pg-"))
        if self._user:
            os.chown(self.folder, self._user["user"], self._user["group"])
        self._numbers = itertools.count(1)
        self._server: subprocess.Popen[bytes] | None = None
        try:
            self._make()
            self._start()
        except BaseException:
            self.stop()
            raise

    def _make(self) -> None:
        data = self.folder / "data"
        kind = ["--username=studio", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        kind += ["--auth-local=trust", "--auth-host=scram-sha-256"]
        assert self._run("initdb", "-D", data, *kind).wait() == 0, self.log()

    def _start(self) -> None:
        data = self.folder / "data"
        options = [f"unix_socket_directories={self.folder}", *self._options]
        self._server = self._run(
            "postgres", "-D", data, *(word for option in options for word in ("-c", option))
        )
        wait_until(lambda: self._server.poll() is not None or self._answers(), 60)
        assert self._server.poll() is None, self.log()

    def _run(self, name: str, *arguments: object) -> subprocess.Popen[bytes]:
        # Should the tests be killed, it goes with them.
        guard = ["setpriv", "--pdeathsig", "QUIT", "--"] if shutil.which("setpriv") else []
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [*guard, self._binaries / name, *arguments],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=ENVIRONMENT,
                start_new_session=True,
                **self._user,
            )

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def log(self) -> str:
        """What the server said."""
        return (self.folder / "log").read_text()

    def execute(self, statement: str) -> None:
        """Run a statement outside of the databases of the tests."""
        address = {"host": str(self.folder), "port": 5432, "user": "studio", "dbname": "postgres"}
        with psycopg.connect(**address, autocommit=True) as connection:
            connection.execute(statement)

    def create(self, template: str = "template0") -> str:
        """The name of a new database, like `template`, to which nobody may be connected."""
        name = f"studio_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Throw a database away, whoever is still connected."""
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, name: str) -> str:
        """The DATABASE_URL of a database."""
        return f"postgres://studio@:5432/{name}?{urlencode({'host': self.folder})}"

    def restart(self, away: float = 0.0) -> None:
        """Stop it as a power cut does (`immediate`), and start it again so many seconds later."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(60)
        time.sleep(away)
        self._start()

    def stop(self) -> None:
        """Stop the server and leave nothing behind."""
        if self._server and self._server.poll() is None:
            self._server.send_signal(signal.SIGINT)
            self._server.wait(60)
        shutil.rmtree(self.folder)


def main() -> int:
    """Run the command that was given."""
    cluster = Cluster()
    try:
        given = {"DATABASE_URL": cluster.url(cluster.create())}
        return subprocess.run(sys.argv[1:], env=os.environ | given, check=False).returncode
    finally:
        cluster.stop()


if __name__ == "__main__":
    sys.exit(main())
