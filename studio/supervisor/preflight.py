"""What must be so before anything is started. Each refusal is one sentence for the person at the terminal."""

import errno
import fcntl
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from studio import embedded, environment
from studio.remote import secretfile

LOCK_SECONDS = 2.0
"""Long enough for the processes of a studio that was just killed to be gone."""


class StartError(Exception):
    """The studio can't start; the message says why and what to do."""


def check_folder(folder: Path) -> None:
    """The data folder exists and can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as trouble:
        raise StartError(
            f"The data folder {folder} can't be written ({trouble.strerror}). "
            "Set STUDIO_DATA_DIR to one that can."
        ) from None


def check_key_file(path: Path) -> None:
    """The key's file, if there is one, can be read."""
    try:
        secretfile.read(path)
    except (OSError, UnicodeDecodeError) as trouble:
        why = getattr(trouble, "strerror", None) or "it is not text"
        raise StartError(
            f"The API key's file {path} can't be read ({why}): check STUDIO_API_KEY_FILE."
        ) from None


def parse_bind(bind: str) -> tuple[str, int]:
    """The host and the port of "127.0.0.1:8000" or "[::]:8000"."""
    try:
        return environment.host_and_port("STUDIO_BIND", bind)
    except ImproperlyConfigured as broken:
        raise StartError(str(broken)) from None


def check_port(bind: str) -> None:
    """Nobody else listens there, and we may."""
    host, port = parse_bind(bind)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as trouble:
        if trouble.errno == errno.EADDRINUSE:
            raise StartError(
                f"Port {port} on {host} is taken by another program: "
                "stop that one or set STUDIO_BIND to another port."
            ) from None
        raise StartError(
            f"The studio can't listen on {bind} ({trouble.strerror}): check STUDIO_BIND."
        ) from None


def steady_port(note: Path) -> int:
    """A free port of this machine, the same as last time if it still is free. `note` remembers it."""
    with suppress(OSError, ValueError, StartError):
        port = int(note.read_text())
        check_port(f"127.0.0.1:{port}")
        return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    note.write_text(f"{port}\n")
    return port


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Hold the data folder for this process and whoever inherits the descriptor; it is free when all died."""
    descriptor = os.open(folder / "studio.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + LOCK_SECONDS
        while not _taken(descriptor):
            if time.monotonic() > deadline:
                raise StartError(f"The studio is already running on {folder}: stop it first.")
            time.sleep(0.05)
        yield descriptor
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def runtime_folder(lock: int) -> Iterator[Path]:
    """A private folder for sockets. The lock file names it, so that the next start clears up after a kill."""
    left = Path(os.fsdecode(os.pread(lock, 4096, 0)))
    # A copied data folder names the folder of a studio that may still run.
    if left.name.startswith("studio-") and not embedded.answers(
        embedded.socket_url(left / embedded.SOCKET_NAME)
    ):
        shutil.rmtree(left, ignore_errors=True)
    try:
        folder = embedded.private_folder()
    except OSError as trouble:
        raise StartError(
            f"No folder for sockets can be made ({trouble}): set TMPDIR to one that can be written."
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, os.fsencode(folder), 0)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
