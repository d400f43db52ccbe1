"""Whether the files on disk are those of the rows. It looks, and deletes neither a file nor a row."""

import hashlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from django.db.models import Q, QuerySet

from gallery import files
from gallery.library.freeing import LEAVING, MADE_FROM_IT
from gallery.models import Image

# A file is there a moment before its row; a day later it will not get one.
SETTLED_SECONDS = 24 * 3600
HASH_LENGTH = 64
# Deleted for good, and the file not removed yet: it is neither kept nor nobody's.
STILL_TO_GO = Q(deleted_at__isnull=False, freed_at=None)


@dataclass(frozen=True, slots=True)
class Finding:
    """A row's file that is missing or changed, or a file that belongs to no row."""

    kind: Literal["missing", "changed", "orphan"]
    path: Path


def findings() -> Iterator[Finding]:
    """All that is wrong with the originals, and what was left of others; reads every byte of the originals.

    A picture in the trash has its file; one that is deleted for good must have none, once the hour came to remove it.
    """
    for prefix in (f"{number:02x}" for number in range(256)):
        yield from _in_folder(prefix)
    strays = [*files.folder("incoming").iterdir(), *_nobodys(files.folder(LEAVING).iterdir())]
    yield from (Finding("orphan", path) for path in sorted(strays) if _settled(path))


def _nobodys(aside: Iterable[Path]) -> Iterator[Path]:
    """Of what was moved aside to be removed, that which the next round won't find a picture for."""
    owed = Image.objects.filter(Q(deleted_at=None) | STILL_TO_GO)
    return (path for path in aside if not owed.filter(sha256=path.name[:HASH_LENGTH]).exists())


def _in_folder(prefix: str) -> Iterator[Finding]:
    """One of the 256 folders at a time, so that a million pictures need little memory."""
    # Hexadecimal digits sort before "g".
    rows = Image.objects.filter(sha256__gte=prefix, sha256__lt=f"{prefix}g")
    kept, leaving = _originals(rows.filter(deleted_at=None)), _originals(rows.filter(STILL_TO_GO))
    found = _found("originals", prefix)
    for path in sorted(kept | (found - leaving)):
        if path not in found:
            yield Finding("missing", path)
        elif path not in kept:
            if _settled(path):
                yield Finding("orphan", path)
        elif _digest(path) != path.stem:
            yield Finding("changed", path)
    hashes = {path.stem for path in kept | leaving}
    for path in sorted(path for folder in MADE_FROM_IT for path in _found(folder, prefix)):
        if path.name[:HASH_LENGTH] not in hashes and _settled(path):
            yield Finding("orphan", path)


def _originals(rows: QuerySet[Image]) -> set[Path]:
    """The files of these rows."""
    pairs = rows.order_by("sha256").values_list("sha256", "format").distinct()
    return {
        files.place("originals", sha256, f".{files.EXTENSIONS[format]}")
        for sha256, format in pairs.iterator()
    }


def _found(kind: str, prefix: str) -> set[Path]:
    folder = files.place(kind, prefix, "").parent
    return set(folder.iterdir()) if folder.is_dir() else set()


def _settled(path: Path) -> bool:
    try:
        return path.stat().st_mtime < time.time() - SETTLED_SECONDS
    except FileNotFoundError:
        return False  # put away since the folder was listed


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def set_aside(finding: Finding) -> Path:
    """Move a file to the folder quarantine, where a person decides."""
    aside = files.folder("quarantine") / finding.path.name
    finding.path.replace(aside)
    return aside


def keep_aside(finding: Finding) -> Path:
    """Have a file in the folder quarantine as well, before another one takes its place."""
    aside = files.folder("quarantine") / finding.path.name
    aside.unlink(missing_ok=True)
    aside.hardlink_to(finding.path)
    return aside
