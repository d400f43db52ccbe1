"""What leaves says where it comes from; exiftool, which others use, reads it."""

import io
import json
import shutil
import subprocess

import pytest
from PIL import Image as Pixels

from gallery import exports, files, library, provenance
from gallery.exports import Wanted
from gallery.models import Image
from gallery.xmp import Order
from tests.gallery import pictures

FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}
PROMPT = 'a fox & "friend" <b>\nin the snow 🦊'


@pytest.fixture
def uploaded(media, alice):
    def keep(data=None, name="photo.png") -> Image:
        file = pictures.file(data, name)
        return library.upload(owner=alice, project=pictures.general(), file=file, private=False)

    return keep


def left(image, **wanted) -> bytes:
    return b"".join(exports.leaving(image, Wanted(**wanted)).chunks())


def pixels(data: bytes) -> bytes:
    with Pixels.open(io.BytesIO(data)) as image:
        return image.convert("RGBA").tobytes()


def exif(data: bytes, tmp_path) -> dict:
    """What exiftool reads of it."""
    path = pictures.on_disk(tmp_path, data)
    run = subprocess.run(["exiftool", "-json", "-G1", "-a", path], capture_output=True, check=True)
    return json.loads(run.stdout)[0]


needs_exiftool = pytest.mark.skipif(
    not shutil.which("exiftool"), reason="Debian: apt-get install libimage-exiftool-perl"
)


@needs_exiftool
@pytest.mark.parametrize("encoding", FORMATS)
@pytest.mark.parametrize("asked", ["as it was made", *FORMATS])
def test_every_format_tells_exiftool_what_made_it(media, alice, tmp_path, encoding, asked):
    image = pictures.made(
        alice,
        data=pictures.encoded(None, FORMATS[encoding]),
        prompt=PROMPT,
        options={"model": "gemini-2.5-flash", "aspect_ratio": "3:2", "output_format": encoding},
    )
    data = left(image, format=asked if asked in FORMATS else "")
    told = exif(data, tmp_path)
    assert told["XMP-iptcExt:DigitalSourceType"] == (
        "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    )
    assert (told["XMP-dc:Creator"], told["XMP-dc:Description"]) == ("Alice", PROMPT)
    assert told["XMP-iptcExt:AISystemUsed"] == "gemini-2.5-flash"
    assert not [name for name in told if "Warning" in name or "Error" in name]


@pytest.mark.parametrize("encoding", FORMATS)
def test_the_pixels_are_those_that_were_kept_and_the_original_is_untouched(media, alice, encoding):
    kept = pictures.with_markers(FORMATS[encoding])
    image = pictures.made(alice, data=kept)
    assert pixels(left(image)) == pixels(kept)
    assert files.original(image).read_bytes() == kept
    assert list((media / "previews").rglob("*-copy-*")) == []


@pytest.mark.parametrize("encoding", FORMATS)
@pytest.mark.parametrize("orientation", [1, 6])
def test_stripped_nothing_leaves_but_the_picture(media, alice, encoding, orientation):
    kept = pictures.encoded(pictures.drawing(), FORMATS[encoding], exif=pictures.exif(orientation))
    for data in (kept, pictures.with_markers(FORMATS[encoding])):
        image = pictures.made(alice, data=data, prompt=PROMPT)
        leaving = exports.leaving(image, Wanted(strip=True))
        bare = b"".join(leaving.chunks())
        assert not [mark for mark in (*pictures.MARKERS, b"fox", b"Alice", b"xmp", b"Exif") if mark in bare]
        assert leaving.name == f"picture-{image.pk}.{files.EXTENSIONS[encoding]}"
        with Pixels.open(io.BytesIO(bare)) as seen:
            assert seen.size == (image.width, image.height)
            assert not seen.getexif()


def test_stripping_what_hangs_on_nothing_encodes_nothing_anew(media, alice):
    kept = pictures.encoded(None, "JPEG", comment=b"SECRET-COMMENT")
    assert pixels(left(pictures.made(alice, data=kept), strip=True)) == pixels(kept)
    assert list((media / "previews").rglob("*-copy-*")) == []


def test_an_upload_leaves_as_it_came_for_we_know_nothing_of_it(uploaded):
    data = pictures.with_markers("JPEG")
    assert left(uploaded(data)) == data


def test_an_edit_of_something_brought_is_only_partly_made(media, alice, uploaded):
    photo = uploaded()
    made = pictures.made(alice)
    edits = {
        "of a photo": pictures.made(alice, kind="edit", parents=[photo]),
        "of a made one": pictures.made(alice, kind="edit", parents=[made]),
        "of both": pictures.made(alice, kind="edit", parents=[made, photo]),
    }
    again = pictures.made(alice, kind="edit", parents=[pictures.made(alice), edits["of both"]])
    assert {name: provenance.source_type(image) for name, image in edits.items()} == {
        "of a photo": provenance.PARTLY_MADE,
        "of a made one": provenance.MADE,
        "of both": provenance.PARTLY_MADE,
    }
    assert provenance.source_type(again) == provenance.PARTLY_MADE


def test_a_file_that_comes_back_tells_its_order(media, alice, uploaded):
    image = pictures.made(alice, prompt=PROMPT, options={"aspect_ratio": "3:2", "output_format": "webp"})
    for encoding in FORMATS:
        back = uploaded(left(image, format=encoding), f"back.{encoding}")
        assert provenance.order_of(back) == Order(PROMPT, "3:2", "webp")
        assert left(back) == left(image, format=encoding)


@pytest.mark.parametrize("encoding", FORMATS)
def test_a_file_of_others_tells_no_order(uploaded, encoding):
    assert provenance.order_of(uploaded(pictures.with_markers(FORMATS[encoding]))) is None


def test_a_lost_file_tells_none(uploaded):
    image = uploaded()
    files.original(image).unlink()
    assert provenance.order_of(image) is None
