"""Files of pictures: the write protocol, and what is made of originals. A name or a header is never believed.

In MEDIA_ROOT: incoming/ (not checked yet), originals/ab/<sha256>.<ext> (never changed, moved or renamed
while a picture has it), previews/ and sources/ (made from the originals, and made again when they are missing),
leaving/ (originals on their way out).
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from gallery import classes, pixels
from gallery.models import Image
from gallery.pixels import NotAPicture

__all__ = [
    "NotAPicture", "Picture", "examine", "for_api", "incoming", "original", "remake", "store", "write_whole",
]  # fmt: skip

EXTENSIONS = {"png": "png", "jpeg": "jpg", "webp": "webp"}
SOURCES = {"jpeg": ".jpg", "png": ".png"}
SOURCE_SIDE = 2048
SOURCE_QUALITY = 90
SAME_SHAPE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A file that was decoded whole and found good."""

    path: Path
    format: str
    width: int
    height: int
    size: int
    sha256: str
    ratio: str
    colour: int


def folder(name: str) -> Path:
    """A folder of the media, made when it is missing."""
    path = Path(settings.MEDIA_ROOT) / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def place(kind: str, sha256: str, ending: str) -> Path:
    """Where a file of this hash stands: originals/ab/<sha256>.<ext>."""
    return Path(settings.MEDIA_ROOT) / kind / sha256[:2] / f"{sha256}{ending}"


def original(image: Image) -> Path:
    """The kept file of a picture."""
    return place("originals", image.sha256, f".{EXTENSIONS[image.format]}")


@contextmanager
def incoming() -> Iterator[BinaryIO]:
    """An open temporary file (wb+, with .name) on the media's own file system; gone at the end unless stored.

    Flush it before it is examined.
    """
    handle, name = tempfile.mkstemp(dir=folder("incoming"))
    os.close(handle)
    path = Path(name)
    try:
        with path.open("wb+") as file:
            yield file
    finally:
        path.unlink(missing_ok=True)


def examine(path: Path) -> Picture:
    """Decode all of a file and say what it is; NotAPicture, with a sentence for people, if it is not good.

    Only PNG, JPEG and WebP of one frame and at most 40 megapixels. OSError is the disk's fault.
    """
    with pixels.opened(path) as image:
        image.load()
        width, height = pixels.seen_size(image)
        colour = classes.nearest_colour(*pixels.mean_colour(image))
        encoding = pixels.FORMATS[image.format or ""]
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Picture(
        path=path,
        format=encoding,
        width=width,
        height=height,
        size=path.stat().st_size,
        sha256=sha256,
        ratio=classes.nearest_ratio(width, height),
        colour=colour,
    )


def store(picture: Picture) -> None:
    """Put an examined file under its final name, safe from a crash once this returns; twice is harmless."""
    final = place("originals", picture.sha256, f".{EXTENSIONS[picture.format]}")
    if not picture.path.exists() and final.exists():
        return
    _sync(picture.path)
    _settle(picture.path, final)


def write_whole(final: Path, write: Callable[[BinaryIO], None]) -> None:
    """Make a file that is either there and whole or not there, whatever happens meanwhile."""
    with incoming() as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
        _settle(Path(file.name), final)


def _settle(path: Path, final: Path) -> None:
    """Move to the final name in one step and make the move last."""
    if not final.parent.exists():
        final.parent.mkdir(parents=True, exist_ok=True)
        _sync(final.parent.parent)
    path.replace(final)
    _sync(final.parent)


def _sync(path: Path) -> None:
    """Have the disk hold what was written to a file or a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remake(path: Path, *, format: str = "", ratio: float = 0) -> None:
    """Crop to a proportion (width over height) and convert, in place: makes good an option the API refused.

    A file that already is as asked keeps its bytes. NotAPicture as from `examine`.
    """
    with pixels.opened(path) as image:
        was = pixels.FORMATS[image.format or ""]
        box = _middle(*pixels.seen_size(image), ratio)
        if box == (0, 0, *pixels.seen_size(image)) and format in {"", was}:
            return
        image.load()
        remade = pixels.plain(image).crop(box)
    write_whole(path, lambda file: pixels.write(remade, file, format or was))


def _middle(width: int, height: int, ratio: float) -> tuple[int, int, int, int]:
    """The largest box of a proportion in the middle of a picture; all of it when it nearly has that."""
    if not ratio or abs(width / height / ratio - 1) <= SAME_SHAPE:
        return 0, 0, width, height
    wide, high = max(min(width, round(height * ratio)), 1), max(min(height, round(width / ratio)), 1)
    left, top = (width - wide) // 2, (height - high) // 2
    return left, top, left + wide, top + high


def for_api(image: Image) -> tuple[str, Path]:
    """Media type and path of an edit's source as it is sent: only pixels, upright, sRGB, at most 2048 a side.

    JPEG, or PNG when something shows through. Made once and kept. NotAPicture or FileNotFoundError if the
    original is damaged or missing.
    """
    kept = {name: place("sources", image.sha256, ending) for name, ending in SOURCES.items()}
    for name, path in kept.items():
        if path.exists():
            return f"image/{name}", path
    with pixels.opened(original(image)) as opened:
        small = pixels.plain(pixels.shrink(opened, SOURCE_SIDE, SOURCE_SIDE))
    encoding = "png" if small.mode == "RGBA" else "jpeg"
    write_whole(kept[encoding], lambda file: pixels.write(small, file, encoding, quality=SOURCE_QUALITY))
    return f"image/{encoding}", kept[encoding]
