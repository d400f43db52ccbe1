import io

import pytest
from PIL import Image as Pixels

from gallery import exports, files
from gallery.exports import Wanted
from gallery.pixels import NotAPicture
from tests.gallery import pictures


@pytest.fixture
def image(media, alice):
    """A picture of 1600 × 1000."""
    return pictures.made(alice, data=pictures.encoded(pictures.drawing((1600, 1000))))


def seen(leaving) -> tuple[str | None, tuple[int, int]]:
    data = b"".join(leaving.chunks())
    assert len(data) == leaving.size
    with Pixels.open(io.BytesIO(data)) as opened:
        opened.load()
        return opened.format, opened.size


def test_a_missing_original_is_said_so(image):
    files.original(image).unlink()
    for wanted in (Wanted(), Wanted(format="webp"), Wanted(strip=True)):
        with pytest.raises(FileNotFoundError):
            exports.leaving(image, wanted)


def test_a_damaged_one_is_not_converted(image):
    files.original(image).write_bytes(b"bit rot")
    with pytest.raises(NotAPicture):
        exports.leaving(image, Wanted(side=640))


@pytest.mark.parametrize(("encoding", "name"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP")])
@pytest.mark.parametrize(("side", "size"), [(640, (640, 400)), (1280, (1280, 800)), (0, (1600, 1000))])
def test_it_leaves_in_every_format_and_size(image, encoding, name, side, size):
    leaving = exports.leaving(image, Wanted(format=encoding, side=side))
    assert seen(leaving) == (name, size)
    assert leaving.name == f"a-red-fox-{image.pk}.{files.EXTENSIONS[encoding]}"


@pytest.mark.parametrize("side", [2048, 4096])
def test_nothing_is_enlarged_and_nothing_made_that_is_there(media, image, side):
    assert seen(exports.leaving(image, Wanted(side=side, format="png"))) == ("PNG", (1600, 1000))
    assert not (media / "previews").exists()


def test_a_copy_is_made_once_and_stands_beside_the_previews(image, media):
    first = exports.leaving(image, Wanted(format="jpeg", side=640))
    made = first.path.stat()
    assert first.path.parent.parent == media / "previews"
    second = exports.leaving(image, Wanted(format="jpeg", side=640))
    assert (second.path, second.path.stat().st_mtime_ns) == (first.path, made.st_mtime_ns)
    assert first.etag == second.etag != exports.leaving(image, Wanted(format="jpeg")).etag


def test_a_strip_too_long_for_webp_is_fitted(media, alice):
    long = pictures.made(alice, data=pictures.encoded(pictures.drawing((20_000, 10))))
    assert seen(exports.leaving(long, Wanted(format="webp"))) == ("WEBP", (16_383, 8))


def test_the_words_of_a_name_are_part_of_its_tag(image, alice):
    before = exports.leaving(image, Wanted()).etag
    type(alice).objects.filter(pk=alice.pk).update(name="Alice Other")
    image.owner.refresh_from_db()
    assert exports.leaving(image, Wanted()).etag != before


def test_a_turned_picture_is_upright_without_its_words(media, alice):
    turned = pictures.made(alice, data=pictures.encoded(None, "JPEG", exif=pictures.exif(6)))
    assert seen(exports.leaving(turned, Wanted(strip=True))) == ("JPEG", (64, 96))
