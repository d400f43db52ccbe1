import pytest
from PIL import Image as Pixels
from PIL import ImageCms

from gallery import files, previews
from tests.gallery import pictures


def preview(image, width=320):
    with Pixels.open(previews.find(image, width)) as picture:
        picture.load()
        return picture


def test_a_missing_preview_is_made_when_it_is_asked_for(media, alice):
    image = pictures.made(alice, data=pictures.encoded(pictures.drawing((1500, 1000))))
    assert not previews.path(image, 640).exists()
    assert [(preview(image, width).format, preview(image, width).size) for width in previews.WIDTHS] == [
        ("WEBP", (320, 213)),
        ("WEBP", (640, 427)),
        ("WEBP", (1280, 853)),
    ]


def test_a_small_picture_is_not_made_larger(media, alice):
    image = pictures.made(alice, data=pictures.encoded(pictures.drawing((400, 300))))
    assert [preview(image, width).size for width in previews.WIDTHS] == [(320, 240), (400, 300), (400, 300)]


@pytest.mark.parametrize(
    ("turn", "corner"), [(1, "left top"), (3, "right bottom"), (6, "right top"), (8, "left bottom")]
)
def test_a_photo_stands_upright(media, alice, turn, corner):
    photo = pictures.encoded(pictures.drawing((900, 600)), "JPEG", exif=pictures.exif(turn))
    seen = preview(pictures.made(alice, data=photo))
    assert seen.size == ((320, 213) if turn in {1, 3} else (320, 480))
    x = 10 if "left" in corner else seen.width - 10
    y = 10 if "top" in corner else seen.height - 10
    red, green, _ = seen.getpixel((x, y))
    assert red > green + 100


def test_colours_are_seen_as_their_profile_means_them(media, alice):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    red_is_blue = srgb.replace(b"rXYZ", b"swap").replace(b"bXYZ", b"rXYZ").replace(b"swap", b"bXYZ")
    red = pictures.encoded(Pixels.new("RGB", (50, 50), (250, 0, 0)), icc_profile=red_is_blue)
    seen = preview(pictures.made(alice, data=red)).getpixel((20, 20))
    assert seen[2] > 240
    assert seen[0] < 10


def test_a_broken_profile_is_passed_over(media, alice):
    red = pictures.encoded(Pixels.new("RGB", (50, 50), (250, 0, 0)), icc_profile=b"no profile at all")
    assert preview(pictures.made(alice, data=red)).getpixel((20, 20))[0] > 240


@pytest.mark.parametrize("encoding", ["PNG", "JPEG", "WEBP"])
def test_a_preview_tells_nothing_of_what_the_file_told(media, alice, encoding):
    image = pictures.made(alice, data=pictures.with_markers(encoding))
    made = previews.find(image, 320).read_bytes()
    assert [marker for marker in (*pictures.MARKERS, b"EXIF", b"ICCP", b"XMP ") if marker in made] == []


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_mode_has_a_preview(media, alice, mode):
    grey = Pixels.new("I;16", (700, 700), 0x8080) if mode == "I;16" else pictures.drawing((700, 700), mode)
    seen = preview(pictures.made(alice, data=pictures.encoded(grey, "JPEG" if mode == "CMYK" else "PNG")))
    assert seen.size == (320, 320)
    assert 100 < sum(seen.convert("RGB").getpixel((160, 160))) / 3 < 160


def test_what_shows_through_stays_so(media, alice):
    clear = Pixels.new("RGBA", (50, 50), (255, 0, 0, 100))
    assert preview(pictures.made(alice, data=pictures.encoded(clear))).mode == "RGBA"


def test_a_needle_has_a_preview(media, alice):
    needle = pictures.made(alice, data=pictures.encoded(Pixels.new("L", (1, 60_000), 90)))
    assert preview(needle).size == (1, 1280)


def test_a_damaged_original_has_no_preview_and_leaves_no_file(media, alice):
    image = pictures.made(alice)
    files.original(image).write_bytes(b"bit rot")
    with pytest.raises(files.NotAPicture):
        previews.make(image)
    assert list(media.rglob("*.webp")) == []
    assert list((media / "incoming").iterdir()) == []


def test_making_them_again_changes_nothing(media, alice):
    image = pictures.made(alice)
    previews.make(image)
    was = [previews.path(image, width).stat().st_mtime_ns for width in previews.WIDTHS]
    previews.make(image)
    assert [previews.path(image, width).stat().st_mtime_ns for width in previews.WIDTHS] == was
