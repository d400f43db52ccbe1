"""The parts that PNG, JPEG and WebP files are made of: metadata comes and goes, and no pixel is encoded anew."""

import mmap
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

PNG_HEAD = b"\x89PNG\r\n\x1a\n"
PNG_CHECK = b"\0\0\0\0"
PNG_XMP = b"XML:com.adobe.xmp\0"
# Uncompressed, no language, no translation.
PNG_XMP_HEAD = PNG_XMP + b"\0\0\0\0"
# What is needed to show the same pixels.
PNG_PIXELS = frozenset(
    (b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"cICP", b"sBIT", b"IDAT", b"IEND")
)
JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
JPEG_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"
APP0, APP1, APP14, APP15, COMMENT, SCAN, END = 0xE0, 0xE1, 0xEE, 0xEF, 0xFE, 0xDA, 0xD9
# Only these say something about the pixels: how large they are on paper, and how colours were turned.
JPEG_PIXELS = {APP0: (b"JFIF\0", 18), APP14: (b"Adobe", 16)}
NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
WEBP_PIXELS = frozenset((b"VP8X", b"ALPH", b"VP8 ", b"VP8L"))
ALPHA, XMP_FLAG, ALL_METADATA = 0x10, 0x04, 0x2C
HEAD, WEBP_HEAD = 64, 10
LONGEST_XMP = 65_000
# A PNG of 40 MB in pieces of 8 kB has 5,000.
MOST_PIECES = 50_000


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the file that goes along as it is."""

    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk or segment: its name, where all of it stands, and how its content begins."""

    name: bytes
    span: Span
    head: bytes = b""
    content: int = 0


Part = bytes | Span
Walk = Callable[[BinaryIO, int], Iterator[Piece]]


class Scattered(ValueError):
    """A file of more pieces than any honest one has, or of none."""


def size(parts: Iterable[Part]) -> int:
    """How many bytes they come to."""
    return sum(len(part) if isinstance(part, bytes) else part.length for part in parts)


def with_xmp(file: BinaryIO, encoding: str, packet: bytes) -> list[Part]:
    """A picture's file with this XMP and no other; all else in it stays."""
    pieces = list(_pieces(file, encoding, whole=False))
    kept = [piece for piece in pieces if not _is_xmp(piece)]
    match encoding:
        case "png":
            return _joined([*_spans(kept[:2]), _png_chunk(PNG_XMP_HEAD + packet), *_spans(kept[2:])])
        case "jpeg":
            first = next((at for at, piece in enumerate(kept) if at and piece.name[0] not in {APP0, APP1}), 1)
            return _joined([*_spans(kept[:first]), _jpeg_segment(JPEG_XMP + packet), *_spans(kept[first:])])
        case _:
            return _webp(kept, packet)


def only_pixels(file: BinaryIO, encoding: str) -> list[Part]:
    """A picture's file with nothing but what shows it. Colours and turns must not hang on a profile or EXIF."""
    kept = [piece for piece in _pieces(file, encoding, whole=True) if _shows(piece, encoding)]
    return _webp(kept, b"") if encoding == "webp" else _joined(_spans(kept))


def xmp(file: BinaryIO, encoding: str) -> bytes:
    """The XMP of a picture's file; nothing when it has none, or more than a few pages."""
    for piece in _pieces(file, encoding, whole=False):
        if _is_xmp(piece) and not piece.head.startswith(JPEG_MORE_XMP) and piece.span.length <= LONGEST_XMP:
            file.seek(piece.content)
            content = file.read(piece.span.start + piece.span.length - piece.content)
            return _packet(content[: -len(PNG_CHECK)] if encoding == "png" else content)
    return b""


def _packet(content: bytes) -> bytes:
    """What is left without the label that stands before it and the filling behind it."""
    begin, end = content.find(b"<"), content.rfind(b">")
    return content[begin : end + 1] if 0 <= begin < end else b""


def _spans(pieces: Iterable[Piece]) -> list[Part]:
    return [piece.span for piece in pieces]


def _joined(parts: Iterable[Part]) -> list[Part]:
    """Stretches that follow each other are one."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, Span) and isinstance(last, Span) and last.start + last.length == part.start:
            joined[-1] = Span(last.start, last.length + part.length)
        else:
            joined.append(part)
    return joined


def _is_xmp(piece: Piece) -> bool:
    return (
        (piece.name == b"iTXt" and piece.head.startswith(PNG_XMP))
        or (piece.name == bytes([APP1]) and piece.head.startswith((JPEG_XMP, JPEG_MORE_XMP)))
        or piece.name == b"XMP "
    )


def _shows(piece: Piece, encoding: str) -> bool:
    """Whether a picture would look otherwise without it."""
    match encoding:
        case "png":
            return piece.name == b"head" or piece.name in PNG_PIXELS
        case "webp":
            return piece.name in WEBP_PIXELS
        case _:
            marker = piece.name[0]
            if marker in JPEG_PIXELS:
                label, length = JPEG_PIXELS[marker]
                return piece.head.startswith(label) and piece.span.length == length
            return not (APP0 <= marker <= APP15 or marker == COMMENT)


def _pieces(file: BinaryIO, encoding: str, *, whole: bool) -> Iterator[Piece]:
    """All pieces of a file in their order. Unless it is wanted `whole`, the rest behind the metadata may be one."""
    end = file.seek(0, 2)
    walks: dict[str, Walk] = {"png": _png, "jpeg": partial(_jpeg, whole=whole), "webp": _riff}
    for count, piece in enumerate(walks[encoding](file, end)):
        if count > MOST_PIECES:
            raise Scattered
        yield piece


def _at(file: BinaryIO, place: int, length: int) -> bytes:
    file.seek(place)
    return file.read(length)


def _png(file: BinaryIO, end: int) -> Iterator[Piece]:
    yield Piece(b"head", Span(0, len(PNG_HEAD)))
    place, name = len(PNG_HEAD), b""
    while place + 12 <= end and name != b"IEND":
        start = _at(file, place, 8 + HEAD)
        length, name = int.from_bytes(start[:4]) + 12, start[4:8]
        yield Piece(name, Span(place, min(length, end - place)), start[8:], place + 8)
        place += length


def _png_chunk(content: bytes) -> bytes:
    body = b"iTXt" + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def _jpeg(file: BinaryIO, end: int, *, whole: bool) -> Iterator[Piece]:
    yield Piece(b"\xd8", Span(0, 2))
    place = 2
    while place + 4 <= end:
        start = _at(file, place, 4 + HEAD)
        if start[:2] == b"\xff\xff":
            place += 1  # filling
            continue
        marker, length = start[1], int.from_bytes(start[2:4]) + 2
        if start[0] != 0xFF or marker == END:
            break
        if marker == SCAN:
            length = (_next_marker(file, place + length) if whole else end) - place
        yield Piece(bytes([marker]), Span(place, min(length, end - place)), start[4:], place + 4)
        place += length
    if whole and _at(file, place, 2) == bytes([0xFF, END]):
        yield Piece(bytes([END]), Span(place, 2))


def _next_marker(file: BinaryIO, place: int) -> int:
    """Where the pixels of a scan end."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found = NEXT_MARKER.search(content, place)
        return found.start() if found else len(content)


def _jpeg_segment(content: bytes) -> bytes:
    return bytes([0xFF, APP1]) + struct.pack(">H", len(content) + 2) + content


def _riff(file: BinaryIO, end: int) -> Iterator[Piece]:
    place = 12
    end = min(end, int.from_bytes(_at(file, 4, 4), "little") + 8)
    while place + 8 <= end:
        start = _at(file, place, 8 + HEAD)
        length = int.from_bytes(start[4:8], "little")
        padded = 8 + length + length % 2
        yield Piece(start[:4], Span(place, min(padded, end - place)), start[8:], place + 8)
        place += padded


def _webp(kept: list[Piece], packet: bytes) -> list[Part]:
    """A WebP of these pieces, and its XMP at the end if there is any."""
    if not kept or len(kept[0].head) < WEBP_HEAD:
        raise Scattered
    first, rest = kept[0], kept
    if first.name == b"VP8X":
        flags, canvas, rest = first.head[0], first.head[4:10], kept[1:]
    else:
        flags, canvas = _extended(first)
    flags = flags & ~XMP_FLAG | XMP_FLAG if packet else flags & ~ALL_METADATA
    parts: list[Part] = [_riff_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + canvas), *_spans(rest)]
    parts += [_riff_chunk(b"XMP ", packet)] if packet else []
    length = size(parts) + 4
    return [b"RIFF" + struct.pack("<I", length) + b"WEBP", *_joined(parts)]


def _extended(first: Piece) -> tuple[int, bytes]:
    """Flags and canvas of a simple WebP, from the head of its pixels."""
    if first.name == b"VP8L":
        bits = int.from_bytes(first.head[1:5], "little")
        width, height, flags = bits & 0x3FFF, bits >> 14 & 0x3FFF, ALPHA if bits >> 28 & 1 else 0
    else:
        width, height = (int.from_bytes(first.head[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        width, height, flags = width - 1, height - 1, 0
    return flags, width.to_bytes(3, "little") + height.to_bytes(3, "little")


def _riff_chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
