"""Whether the files on disk are those of the rows. It looks, and deletes neither a file nor a row."""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gallery import files
from gallery.models import Image

# A file is there a moment before its row; a day later it will not get one.
SETTLED_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Finding:
    """A row's file that is missing or changed, or a file that belongs to no row."""

    kind: Literal["missing", "changed", "orphan"]
    path: Path


def findings() -> Iterator[Finding]:
    """All that is wrong with the originals, and what was left in incoming; reads every byte of the media."""
    for prefix in (f"{number:02x}" for number in range(256)):
        yield from _in_folder(prefix)
    yield from (
        Finding("orphan", path) for path in sorted(files.folder("incoming").iterdir()) if _settled(path)
    )


def _in_folder(prefix: str) -> Iterator[Finding]:
    """One of the 256 folders at a time, so that a million pictures need little memory."""
    # Hexadecimal digits sort before "g".
    rows = Image.objects.filter(sha256__gte=prefix, sha256__lt=f"{prefix}g").order_by("sha256")
    kept = {files.original(image) for image in rows.only("sha256", "format").iterator()}
    folder = files.place("originals", prefix, "").parent
    found = set(folder.iterdir()) if folder.is_dir() else set()
    for path in sorted(kept | found):
        if path not in found:
            yield Finding("missing", path)
        elif path not in kept:
            if _settled(path):
                yield Finding("orphan", path)
        elif _digest(path) != path.stem:
            yield Finding("changed", path)


def _settled(path: Path) -> bool:
    return path.stat().st_mtime < time.time() - SETTLED_SECONDS


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def set_aside(finding: Finding) -> Path:
    """Move what belongs to no row to the folder quarantine, where a person decides."""
    aside = files.folder("quarantine") / finding.path.name
    finding.path.replace(aside)
    return aside
