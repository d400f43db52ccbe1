"""The Dockerfile's steps without Docker: in trees of Debian 12 in a folder, by debootstrap and chroot. As root:

    python tools/image.py FOLDER

Debian's own Python 3.11 and nginx stand for the base images. What RUN, COPY, ENV, WORKDIR and USER say is done to the
letter; then the proxy reads its file, and the studio is started as its user and asked by its HEALTHCHECK.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {
    "PYTHON_IMAGE": "python3,python3-venv,ca-certificates",
    "NGINX_IMAGE": "nginx-light,curl,ca-certificates",
}
# How this machine reaches its package index is no part of the image.
MACHINE = ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt")


@dataclass
class Stage:
    """A tree that grows step by step."""

    tree: Path
    environment: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=lambda: {"WORKDIR": "/", "USER": "0:0"})
    """What the other instructions say, by their word."""

    def words(self, instruction: str) -> list[str]:
        """The command that HEALTHCHECK or CMD names."""
        return json.loads(re.sub(r"^.*?CMD (?=\[)", "", self.said[instruction]))

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command inside, as the stage's user."""
        inside = ["sh", "-c", 'cd "$0" && exec "$@"', self.said["WORKDIR"], *command]
        given = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp"}
        index = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        chroot = ["chroot", f"--userspec={self.said['USER']}", str(self.tree)]
        return subprocess.run(
            [*chroot, *inside],
            env=given | index | self.environment,
            check=check,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    def path(self, name: str) -> Path:
        """A path inside, as it is called out here."""
        return self.tree / (Path(self.said["WORKDIR"]) / name).relative_to("/")


def steps(text: str) -> Iterator[tuple[str, str]]:
    """The instructions of a Dockerfile and what each says, comments and line ends taken out."""
    whole = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    for line in re.sub(r"\\\n\s*", "", whole).splitlines():
        if line.strip():
            word, _, said = line.partition(" ")
            yield word, said.strip()


def base(folder: Path, name: str) -> Path:
    """A bare Debian with what a base image has; made once."""
    tree = folder / name
    if not (tree / "made").exists():
        shutil.rmtree(tree, ignore_errors=True)
        include = f"--include={PACKAGES[name]}"
        subprocess.run(["debootstrap", "--variant=minbase", include, "bookworm", tree], check=True)
        for path in map(Path, MACHINE):
            shutil.copy(path.resolve(), tree / path.relative_to("/"))
        (tree / "dev/shm").mkdir(exist_ok=True)
        (tree / "dev/shm").chmod(0o1777)
        if name == "PYTHON_IMAGE":
            (tree / "usr/local/bin/python").symlink_to("/usr/bin/python3")
        (tree / "made").touch()
    return tree


def copy(stage: Stage, said: str, stages: dict[str, Stage]) -> None:
    """COPY, from here or from another stage. Of here only what .dockerignore lets through, and no caches."""
    *options, source, target = said.split()
    given = next((option.removeprefix("--from=") for option in options), None)
    origin = stages[given].path(source) if given else ROOT / source
    goal = stage.path(target)
    if origin.is_dir():
        shutil.copytree(
            origin,
            goal,
            dirs_exist_ok=True,
            symlinks=True,
            ignore=None if given else shutil.ignore_patterns("__pycache__"),
        )
    else:
        goal = goal / origin.name if target.endswith("/") else goal
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(origin, goal)


def do(stage: Stage, word: str, said: str, stages: dict[str, Stage]) -> None:
    """One instruction."""
    if word == "RUN":
        stage.run("sh", "-c", said)
    elif word == "COPY":
        copy(stage, said, stages)
    elif word == "ENV":
        for name, value in re.findall(r"(\w+)=(\S+)", said):
            stage.environment[name] = value.replace("$PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin")
    else:
        stage.said[word] = said
    if word == "WORKDIR":
        stage.path("").mkdir(parents=True, exist_ok=True)


def build(folder: Path) -> dict[str, Stage]:
    """All stages."""
    stages: dict[str, Stage] = {}
    stage = Stage(folder)
    for word, said in steps((ROOT / "Dockerfile").read_text()):
        print(f"{word} {said}"[:110], flush=True)
        if word == "FROM":
            image, name = re.fullmatch(r"\$\{(\w+)\} AS (\w+)", said).groups()
            shutil.rmtree(folder / name, ignore_errors=True)
            subprocess.run(["cp", "-a", base(folder, image), folder / name], check=True)
            stage = stages[name] = Stage(folder / name)
        elif word != "ARG":
            do(stage, word, said, stages)
    return stages


def prove(stages: dict[str, Stage]) -> None:
    """What the image promises, with SQLite in place of the other boxes."""
    studio, proxy = stages["studio"], stages["proxy"]
    found = studio.run("sh", "-c", "command -v gcc cc make g++ pip", check=False)
    assert found.returncode, "there is a compiler, or pip"
    assert studio.run("sh", "-c", "touch /srv/studio/new || touch /new", check=False).returncode, (
        "the code can be written"
    )
    studio.environment["STUDIO_BIND"] = "127.0.0.1:8000"
    studio.run(
        "sh",
        "-c",
        "python manage.py migrate --no-input -v0 && python manage.py createcachetable && python manage.py check",
    )
    command = [word.replace("0.0.0.0", "127.0.0.1") for word in studio.words("CMD")]
    inside = [*command, "--pid", "/tmp/web.pid", "--daemon", "--error-logfile", "/tmp/web.log"]
    studio.run(*inside)
    try:
        deadline = time.monotonic() + 120
        while studio.run(*studio.words("HEALTHCHECK"), check=False).returncode:
            assert time.monotonic() < deadline, "HEALTHCHECK never passed"
            time.sleep(0.5)
    finally:
        studio.run("sh", "-c", "kill $(cat /tmp/web.pid)")
    secrets = proxy.path("/run/secrets")
    secrets.mkdir(parents=True, exist_ok=True)
    files = ["-keyout", secrets / "tls-key", "-out", secrets / "tls-certificate"]
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=studio", *files]
    subprocess.run(make, check=True, capture_output=True)
    (secrets / "tls-key").chmod(0o444)
    proxy.run("nginx", "-t")
    assert next(proxy.path("/srv/studio/public/static").glob("css/*.css.gz")), "no static files for the proxy"


def main() -> int:
    """Build, prove, and say how large it came out."""
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    stages = build(folder)
    prove(stages)
    size = subprocess.run(
        ["du", "-sm", stages["studio"].tree], capture_output=True, text=True, check=True
    ).stdout
    print(f"The steps work. The studio's tree has {size.split()[0]} MB.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
