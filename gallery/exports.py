"""What leaves: a picture as it was kept, or a copy in another format and size, with its provenance or nothing."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog

from gallery import containers, files, media, pixels, provenance
from gallery.containers import Part, Scattered, Span
from gallery.models import Image

log = structlog.get_logger(__name__)
SIDES = (640, 1280, 2048, 4096)
# A WebP can't be larger, nor a JPEG.
LARGEST = {"png": pixels.MOST_PIXELS, "jpeg": 65_500, "webp": 16_383}
CHUNK = 2**17


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How a picture is to leave: in a format, or as it was kept; its longer side, or 0; stripped of all metadata."""

    format: str = ""
    side: int = 0
    strip: bool = False


@dataclass(frozen=True, slots=True)
class Leaving:
    """A file as it leaves, not yet read: what it is called, and what it is made of."""

    name: str
    format: str
    path: Path
    parts: list[Part]

    @property
    def size(self) -> int:
        """Bytes."""
        return containers.size(self.parts)

    @property
    def etag(self) -> str:
        """A name for these bytes."""
        digest = hashlib.sha256(self.path.name.encode())
        for part in self.parts:
            digest.update(part if isinstance(part, bytes) else repr(part).encode())
        return digest.hexdigest()[:32]

    def chunks(self) -> Iterator[bytes]:
        """The bytes, a little at a time."""
        with self.path.open("rb") as file:
            for part in self.parts:
                if isinstance(part, bytes):
                    yield part
                    continue
                file.seek(part.start)
                left = part.length
                while left and (chunk := file.read(min(CHUNK, left))):
                    left -= len(chunk)
                    yield chunk


def leaving(image: Image, wanted: Wanted) -> Leaving:
    """A picture on its way out. NotAPicture or FileNotFoundError if the original is damaged or missing."""
    encoding = wanted.format or image.format
    same = encoding == image.format and not (wanted.side and max(image.width, image.height) > wanted.side)
    try:
        if same and not (wanted.strip and _hangs_on_metadata(files.original(image))):
            return _put_together(image, files.original(image), encoding, wanted)
    except Scattered:
        log.warning("gallery.file_scattered", image=image.pk)
    return _put_together(image, _copy(image, encoding, wanted.side), encoding, wanted)


def _hangs_on_metadata(path: Path) -> bool:
    """Whether a picture would be shown turned or in other colours without what its file says of it."""
    with pixels.opened(path) as opened:
        return pixels.turn(opened) != 1 or bool(opened.info.get("icc_profile"))


def _put_together(image: Image, path: Path, encoding: str, wanted: Wanted) -> Leaving:
    """Uploads stay as they are: what they say of themselves is not ours to change."""
    packet = b"" if wanted.strip else provenance.packet(image)
    with path.open("rb") as file:
        if packet:
            parts = containers.with_xmp(file, encoding, packet)
        elif wanted.strip:
            parts = containers.only_pixels(file, encoding)
        else:
            parts = [Span(0, path.stat().st_size)]
    # The words of a prompt are metadata, too.
    plain = f"picture-{image.pk}.{files.EXTENSIONS[encoding]}"
    return Leaving(plain if wanted.strip else media.file_name(image, encoding), encoding, path, parts)


def _copy(image: Image, encoding: str, side: int) -> Path:
    """Nothing but the pixels in a format and size, never enlarged; made once and kept beside the previews."""
    path = files.place("previews", image.sha256, f"-copy-{side}.{files.EXTENSIONS[encoding]}")
    if not path.exists():
        box = side or LARGEST[encoding]
        with pixels.opened(files.original(image)) as opened:
            copy = pixels.plain(pixels.shrink(opened, box, box))
        files.write_whole(path, partial(pixels.write, copy, encoding=encoding))
    return path
