"""docker-compose.yml as plain processes of this machine: its commands, environment, secrets and checks, and the proxy
with its own file. Only addresses and folders are others, as there are no containers.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import yaml

from tests.postgres import Cluster
from tests.started import ENVIRONMENT, ROOT, wait_until

# All of 127/8 is this machine: an address that no other run has, so that every port is free.
HOST = ".".join(map(str, b"\x7f" + os.getpid().to_bytes(3)))
WEBS = {"web-1": 8000, "web-2": 8001}
URL = f"https://{HOST}:8443"
QUICK = {
    "STUDIO_SUBMITS_PER_MINUTE": "60",
    "STUDIO_LEASE_SECONDS": "6",
    "STUDIO_POST_SECONDS": "4",
    "STUDIO_SWEEP_SECONDS": "0.5",
    "STUDIO_LATE_ANSWER_SECONDS": "3",
    "STUDIO_REFUND_SECONDS": "1",
}
"""The times of a job's life, for people who wait for a test."""


def services() -> dict[str, Any]:
    """The services of docker-compose.yml, with nothing set in .env but the address."""
    text = (ROOT / "docker-compose.yml").read_text().replace("${STUDIO_URL:?", f"${{STUDIO_URL:-{URL}?")
    said = re.sub(r"\$\{\w+:-([^}?]*)[^}]*\}", r"\1", text).replace("$$", "$")
    return yaml.safe_load(said)["services"]


def image_command() -> list[str]:
    """What the image runs when it is told nothing: the Dockerfile's CMD."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    return next(json.loads(line.removeprefix("CMD ")) for line in lines if line.startswith("CMD "))


class Boxes:
    """The processes of all services, by name: web-1, web-2, worker-1, worker-2, beat, valkey, proxy."""

    def __init__(self, folder: Path, sandbox_url: str) -> None:
        self.folder, self.services = folder, services()
        self._sandbox_url = sandbox_url
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        for name in ("data/media", "valkey", "public", "said", "buffers"):
            (folder / name).mkdir(parents=True)
        self._make_secrets()
        options = self.services["postgres"]["command"][1:]
        assert options[::2] == ["-c"] * (len(options) // 2)
        self.cluster = Cluster(HOST, options[1::2])
        self.cluster.execute("CREATE DATABASE studio")
        self.cluster.execute(f"ALTER ROLE studio PASSWORD '{self.secret('database-password')}'")

    def _make_secrets(self) -> None:
        secrets = self.folder / "secrets"
        subprocess.run(["sh", "deploy/secrets.sh", secrets], cwd=ROOT, check=True, capture_output=True)
        subject = ["-subj", "/CN=studio", "-addext", f"subjectAltName=IP:{HOST}"]
        files = ["-keyout", secrets / "tls-key", "-out", secrets / "tls-certificate"]
        make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *files, *subject]
        subprocess.run(make, check=True, capture_output=True)
        for name in ("database-url", "redis-url"):
            path = secrets / name
            path.chmod(0o600)
            path.write_text(re.sub(r"@\w+:", f"@{HOST}:", path.read_text()))

    def secret(self, name: str) -> str:
        """What a secret says."""
        return (self.folder / "secrets" / name).read_text().strip()

    def here(self, text: str) -> str:
        """A text of a container, with the folders of this machine."""
        folders = {
            "/run/secrets": self.folder / "secrets",
            "/srv/studio/public": self.folder / "public",
            "/buffers": self.folder / "buffers",
            "/tmp": self.folder,
            "/data": self.folder / "data",
        }
        return re.sub(rf"({'|'.join(folders)})(?![\w-]*\w)", lambda found: str(folders[found[0]]), text)

    def environment(self, name: str) -> dict[str, str]:
        """What a service's processes run with; of the machine's own nothing but what finds its programs."""
        given = {name: str(value or "") for name, value in self.services[name].get("environment", {}).items()}
        image = {
            "STUDIO_DATA_DIR": str(self.folder / "data"),
            "STUDIO_STATIC_DIR": str(self.folder / "public" / "static"),
            "DJANGO_SETTINGS_MODULE": "studio.settings",
            "PYTHONPATH": str(ROOT),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        given = {name: self.here(value) for name, value in given.items()}
        return ENVIRONMENT | image | given | QUICK | {"STUDIO_SANDBOX_URL": self._sandbox_url}

    def command(self, process: str) -> list[str]:
        """How a process is started."""
        name = process.partition("-")[0]
        if name == "proxy":
            return [
                "nginx",
                "-c",
                str(self._proxy_file()),
                "-g",
                "daemon off;" + " user root;" * (not os.geteuid()),
            ]
        words = [self.here(str(word)) for word in self.services[name].get("command") or image_command()]
        if name == "valkey":
            # Debian 12 has no Valkey; its Redis takes the same words.
            own = [word.replace(f"{self.folder}/data", f"{self.folder}/valkey") for word in words[1:]]
            return ["redis-server", *own, "--bind", HOST, "--port", "6379"]
        words = [word.replace("0.0.0.0:8000", f"{HOST}:{WEBS.get(process)}") for word in words]
        # Containers have names of their own.
        return [*words, "-n", f"{process}@{HOST}"] if name == "worker" else words

    def _proxy_file(self) -> Path:
        said = self.here((ROOT / "deploy" / "nginx.conf").read_text())
        said = re.sub(r"\n *listen \[::\].*", "", said)
        said = re.sub(r"listen (\d+)", rf"listen {HOST}:\1", said)
        # Docker's names have the addresses of all web processes, as a group of servers has.
        servers = " ".join(f"server {HOST}:{port} max_fails=0;" for port in WEBS.values())
        said = said.replace("http://web:8000;", "http://webs;").replace(
            "    server {", f"    upstream webs {{ {servers} }}\n    server {{", 1
        )
        path = self.folder / "nginx.conf"
        path.write_text(said)
        return path

    def run(self, name: str, *command: str, told: str | None = None) -> str:
        """What a command says in a container of a service; it must succeed."""
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment(name),
            input=told,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *processes: str) -> None:
        """Start processes."""
        for process in processes:
            with (self.folder / "said" / process).open("ab") as said:
                self._processes[process] = subprocess.Popen(
                    self.command(process),
                    cwd=ROOT,
                    env=self.environment(process.partition("-")[0]),
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                    start_new_session=True,
                )

    def kill(self, process: str, number: signal.Signals = signal.SIGKILL) -> None:
        """End a process and what it started, as the end of its container would."""
        running = self._processes.pop(process)
        if number == signal.SIGKILL:
            os.killpg(running.pid, number)
        else:
            running.send_signal(number)
        running.wait(40)

    def up(self) -> None:
        """Start everything, in the order of docker-compose.yml."""
        self.start("valkey")
        self.run("migrate", *self.services["migrate"]["command"])
        self.run("web", "python", "manage.py", "collectstatic", "--no-input", "--verbosity", "0")
        self.start(*WEBS, "worker-1", "worker-2", "beat", "proxy")

    def logs(self) -> str:
        """The end of what each process said."""
        return "\n".join(
            f"== {path.name}\n{path.read_text()[-3000:]}" for path in (self.folder / "said").iterdir()
        )

    def rows(self, query: str) -> list[tuple]:
        """What the database says."""
        address = {"host": str(self.cluster.folder), "port": 5432, "user": "studio", "dbname": "studio"}
        with psycopg.connect(**address) as connection:
            return connection.execute(query).fetchall()

    def until(self, condition: Callable[[], object], seconds: float = 120) -> None:
        """Wait for something; what the processes said comes with the failure."""
        try:
            wait_until(condition, seconds)
        except AssertionError:
            raise AssertionError(f"waited in vain\n{self.logs()}") from None

    def down(self) -> None:
        """Leave nothing behind."""
        for process in list(self._processes):
            self.kill(process)
        self.cluster.stop()
        shutil.rmtree(self.folder)


@contextmanager
def boxes(folder: Path, sandbox_url: str) -> Iterator[Boxes]:
    """All boxes, started."""
    made = Boxes(folder, sandbox_url)
    try:
        made.up()
        yield made
    finally:
        made.down()
