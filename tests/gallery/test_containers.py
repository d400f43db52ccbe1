import io
import struct
import zlib

import pytest
from PIL import Image as Pixels

from gallery import containers
from gallery.containers import Scattered, Span
from tests.gallery import pictures

PACKET = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>ours</x:xmpmeta>"
FILES = {
    "png": pictures.encoded(),
    "png with words": pictures.with_markers("PNG"),
    "png that shows through": pictures.encoded(pictures.drawing(mode="RGBA")),
    "png with a palette": pictures.encoded(pictures.drawing(mode="P"), transparency=3),
    "jpeg": pictures.encoded(None, "JPEG"),
    "jpeg with words": pictures.with_markers("JPEG"),
    "jpeg of many scans": pictures.encoded(None, "JPEG", progressive=True),
    "jpeg for print": pictures.encoded(pictures.drawing(mode="CMYK"), "JPEG"),
    "jpeg with restarts": pictures.encoded(None, "JPEG", restart_marker_blocks=1),
    "webp": pictures.encoded(None, "WEBP"),
    "webp with words": pictures.with_markers("WEBP"),
    "webp that shows through": pictures.encoded(pictures.drawing(mode="RGBA"), "WEBP"),
    "webp without loss": pictures.encoded(pictures.drawing((97, 63), mode="RGBA"), "WEBP", lossless=True),
}


def encoding(name: str) -> str:
    return name.split(maxsplit=1)[0]


def whole(data: bytes, parts) -> bytes:
    return b"".join(
        part if isinstance(part, bytes) else data[part.start : part.start + part.length] for part in parts
    )


@pytest.fixture
def opened(tmp_path):
    """Puts bytes into a real file and opens it."""
    handles = []

    def put(data: bytes):
        handles.append(pictures.on_disk(tmp_path, data).open("rb"))
        return handles[-1]

    yield put
    for handle in handles:
        handle.close()


def pixels(data: bytes) -> tuple[str, tuple[int, int], bytes]:
    with Pixels.open(io.BytesIO(data)) as image:
        return image.mode, image.size, image.convert("RGBA").tobytes()


@pytest.mark.parametrize("name", FILES)
def test_the_pixels_stay_when_words_come_in(opened, name):
    data = FILES[name]
    parts = containers.with_xmp(opened(data), encoding(name), PACKET)
    written = whole(data, parts)
    assert pixels(written) == pixels(data)
    assert containers.size(parts) == len(written)
    assert containers.xmp(opened(written), encoding(name)) == PACKET
    assert b"SECRET-XMP" not in written


@pytest.mark.parametrize("name", FILES)
def test_words_that_come_in_twice_are_there_once(opened, name):
    once = whole(FILES[name], containers.with_xmp(opened(FILES[name]), encoding(name), PACKET + b" "))
    twice = whole(once, containers.with_xmp(opened(once), encoding(name), PACKET))
    assert twice.count(PACKET) == 1


@pytest.mark.parametrize("name", FILES)
def test_the_pixels_stay_when_all_words_go(opened, name):
    data = FILES[name]
    written = whole(data, containers.only_pixels(opened(data), encoding(name)))
    assert pixels(written) == pixels(data)
    assert not [mark for mark in pictures.MARKERS if mark in written]
    again = whole(written, containers.with_xmp(opened(written), encoding(name), PACKET))
    assert pixels(again) == pixels(data)


@pytest.mark.parametrize("name", [name for name in FILES if "words" not in name])
def test_a_file_without_words_has_none(opened, name):
    assert containers.xmp(opened(FILES[name]), encoding(name)) == b""


def test_a_print_that_is_turned_inside_out_keeps_its_colours(opened):
    data = FILES["jpeg for print"]
    assert b"Adobe" in whole(data, containers.only_pixels(opened(data), "jpeg"))


def test_little_stretches_are_not_copied_one_by_one(opened):
    data = FILES["jpeg"]
    parts = containers.with_xmp(opened(data), "jpeg", PACKET)
    assert [type(part) for part in parts] == [Span, bytes, Span]


def test_more_words_than_a_few_pages_are_not_read(opened):
    long = whole(FILES["png"], containers.with_xmp(opened(FILES["png"]), "png", b"<" + b"x" * 70_000 + b">"))
    assert containers.xmp(opened(long), "png") == b""


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def test_a_file_of_countless_pieces_is_given_up(opened):
    head, rest = FILES["png"][:33], FILES["png"][33:]
    evil = head + chunk(b"teSt", b"") * (containers.MOST_PIECES + 5) + rest
    for look in (containers.xmp, containers.only_pixels):
        with pytest.raises(Scattered):
            look(opened(evil), "png")


@pytest.mark.parametrize("length", [0, 5, 8, 12, 20, 30, 40, 60, 200])
@pytest.mark.parametrize("name", ["png with words", "jpeg with words", "webp with words"])
def test_what_breaks_off_breaks_nothing(opened, name, length):
    cut = FILES[name][:length]
    for look in (containers.xmp, containers.only_pixels):
        try:
            look(opened(cut), encoding(name))
        except Scattered:
            continue


@pytest.mark.parametrize("name", ["png", "jpeg", "webp"])
def test_lengths_that_lie_lead_nowhere(opened, name):
    for place in range(4, min(120, len(FILES[name]) - 4)):
        lie = FILES[name][:place] + b"\xff\xff\xff\xff" + FILES[name][place + 4 :]
        for look in (containers.xmp, containers.only_pixels):
            try:
                look(opened(lie), name)
            except Scattered:
                continue
