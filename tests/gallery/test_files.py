import errno
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image as Pixels

from gallery import files, pixels
from tests.gallery import pictures

UNKNOWN = "This file can't be read here. PNG, JPEG and WebP can."


def examined(folder, data):
    return files.examine(pictures.on_disk(folder, data))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "This file is empty."),
        (b"<html>Not found</html>", UNKNOWN),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG can't be read here. PNG, JPEG and WebP can."),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC can't be read here. PNG, JPEG and WebP can."),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", "AVIF can't be read here. PNG, JPEG and WebP can."),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomiso2", "Video can't be read here. PNG, JPEG and WebP can."),
        (pictures.encoded(None, "GIF"), "GIF can't be read here. PNG, JPEG and WebP can."),
        (pictures.encoded(None, "TIFF"), "TIFF can't be read here. PNG, JPEG and WebP can."),
        (pictures.encoded(None, "BMP"), "BMP can't be read here. PNG, JPEG and WebP can."),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, pixels.DAMAGED),
        (b"\xff\xd8\xff\xe0" + b"\0" * 50, pixels.DAMAGED),
        (b"RIFF\x10\0\0\0WEBPVP8 " + b"\0" * 50, pixels.DAMAGED),
    ],
)
def test_what_is_no_picture_is_refused_in_words(tmp_path, data, sentence):
    with pytest.raises(files.NotAPicture, match=re.escape(sentence)):
        examined(tmp_path, data)


@pytest.mark.parametrize("encoding", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_half_a_picture_is_damaged(tmp_path, encoding, part):
    whole = pictures.encoded(Pixels.effect_noise((300, 300), 90).convert("RGB"), encoding)
    with pytest.raises(files.NotAPicture, match="damaged"):
        examined(tmp_path, whole[: int(len(whole) * part)])


@pytest.mark.parametrize("encoding", ["PNG", "WEBP"])
def test_moving_pictures_are_refused(tmp_path, encoding):
    frames = [pictures.drawing(), pictures.drawing().rotate(180)]
    moving = pictures.encoded(frames[0], encoding, save_all=True, append_images=frames[1:], duration=100)
    with pytest.raises(files.NotAPicture, match="Moving"):
        examined(tmp_path, moving)


@pytest.mark.parametrize("size", [(60_000, 60_000), (13_000, 13_000), (8_000, 5_001), (100_000_000, 1)])
def test_a_bomb_is_refused_before_its_pixels_are_read(tmp_path, size):
    with pytest.raises(files.NotAPicture, match="More than 40 megapixels"):
        examined(tmp_path, pictures.bomb(*size))


@pytest.mark.filterwarnings("ignore")
def test_a_bomb_is_refused_too_where_pillow_only_warns(tmp_path):
    with pytest.raises(files.NotAPicture, match="More than 40 megapixels"):
        examined(tmp_path, pictures.bomb(8_000, 5_001))


def test_a_jpeg_that_sends_its_decoder_round_for_minutes_is_refused_at_once(tmp_path):
    good = pictures.encoded(Pixels.new("L", (2000, 2000)), "JPEG", progressive=True)
    last = good.rindex(b"\xff\xda")
    evil = good[:last] + good[last:-2] * 20_000 + good[-2:]
    started = time.process_time()
    with pytest.raises(files.NotAPicture, match="damaged"):
        examined(tmp_path, evil)
    assert time.process_time() - started < 3


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("encoding", ["PNG", "JPEG", "WEBP"])
def test_flipped_bytes_end_in_a_picture_or_a_sentence(tmp_path, encoding):
    good, said = pictures.with_markers(encoding), set()
    for place in range(0, len(good), 7):
        path = pictures.on_disk(tmp_path, good[:place] + bytes([good[place] ^ 0xFF]) + good[place + 1 :])
        try:
            files.examine(path)
            files.remake(path, format="png", ratio=1)
        except files.NotAPicture as refused:
            said.add(str(refused))
    assert said <= {pixels.DAMAGED, pixels.TOO_MANY_PIXELS, pixels.MOVING, UNKNOWN}


@pytest.mark.parametrize("encoding", ["PNG", "JPEG", "WEBP"])
def test_a_good_picture_is_measured_by_its_content_and_not_by_its_name(tmp_path, encoding):
    data = pictures.encoded(pictures.drawing((160, 90)), encoding)
    path = tmp_path / "picture.html"
    path.write_bytes(data)
    found = files.examine(path)
    assert (found.format, found.width, found.height, found.ratio) == (encoding.lower(), 160, 90, "16-9")
    assert (found.size, len(found.sha256), found.path) == (len(data), 64, path)


def test_a_turned_photo_has_the_size_it_is_seen_in(tmp_path):
    found = examined(tmp_path, pictures.encoded(pictures.drawing((90, 60)), "JPEG", exif=pictures.exif(6)))
    assert (found.width, found.height, found.ratio) == (60, 90, "2-3")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_png_is_read(tmp_path, mode):
    grey = Pixels.new("I;16", (40, 40), 0x8080) if mode == "I;16" else pictures.drawing((40, 40), mode)
    found = examined(tmp_path, pictures.encoded(grey))
    if mode == "I;16":
        assert found.colour == (2 * 4 + 2) * 4 + 2  # a middle grey, not clipped to white


def test_a_print_shops_cmyk_jpeg_is_read(tmp_path):
    assert examined(tmp_path, pictures.encoded(pictures.drawing(mode="CMYK"), "JPEG")).format == "jpeg"


def test_a_phones_jpeg_with_a_second_picture_in_it_is_a_jpeg(tmp_path):
    phone = pictures.encoded(
        pictures.drawing(), "MPO", save_all=True, append_images=[pictures.drawing((8, 8))]
    )
    assert examined(tmp_path, phone).format == "jpeg"


def test_the_main_colour_is_that_of_the_pixels(tmp_path):
    assert examined(tmp_path, pictures.encoded(Pixels.new("RGB", (30, 30), (255, 0, 0)))).colour == 48
    clear = Pixels.new("RGBA", (30, 30), (0, 0, 0, 0))
    assert examined(tmp_path, pictures.encoded(clear)).colour == 63


def test_an_original_is_kept_byte_for_byte_under_its_hash(media):
    data = pictures.with_markers("JPEG")
    picture = pictures.stored(data)
    kept = media / "originals" / picture.sha256[:2] / f"{picture.sha256}.jpg"
    assert kept.read_bytes() == data
    assert list((media / "incoming").iterdir()) == []


def test_storing_twice_is_harmless(media):
    with files.incoming() as incoming:
        incoming.write(pictures.encoded())
        incoming.flush()
        picture = files.examine(Path(incoming.name))
        files.store(picture)
        files.store(picture)
    pictures.stored()
    assert len(list((media / "originals").rglob("*.png"))) == 1


def test_what_is_not_stored_is_gone(media):
    with files.incoming() as incoming:
        incoming.write(b"half a pic")
        assert Path(incoming.name).exists()
    assert list((media / "incoming").iterdir()) == []


def test_the_file_is_on_the_disk_before_it_has_its_name(media, monkeypatch):
    done, sync, replace = [], os.fsync, Path.replace

    def noted_sync(handle):
        done.append(f"sync {Path(f'/proc/self/fd/{handle}').readlink().name}")
        sync(handle)

    def noted_replace(path, final):
        done.append("replace")
        return replace(path, final)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    picture = pictures.stored()
    before, after = done[: done.index("replace")], done[done.index("replace") + 1 :]
    assert before[0].startswith("sync tmp")
    assert after == [f"sync {picture.sha256[:2]}"]


def test_a_full_disk_leaves_nothing_under_a_final_name(media, monkeypatch):
    def full(path, final):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        pictures.stored()
    assert list(media.rglob("*.png")) == []
    assert list((media / "incoming").iterdir()) == []


def test_a_disk_that_fails_while_reading_is_not_the_pictures_fault(tmp_path):
    with pytest.raises(FileNotFoundError):
        files.examine(tmp_path / "nowhere")
    with pytest.raises(IsADirectoryError):
        files.examine(tmp_path)


APPS = ["django.contrib.contenttypes", "django.contrib.auth", "gallery"]
KILLED = """
import os, sys, time
sys.path.insert(0, {root!r})
import django
from django.conf import settings
settings.configure(MEDIA_ROOT={media!r}, INSTALLED_APPS={apps!r})
django.setup()
from tests.gallery import pictures
from PIL import Image
number = 0
while True:
    number += 1
    pictures.stored(pictures.encoded(Image.effect_noise((200, 200), number % 120)))
    print("stored", flush=True)
"""


def test_a_kill_while_saving_leaves_no_bad_file_under_a_final_name(tmp_path):
    code = KILLED.format(root=str(Path.cwd()), media=str(tmp_path), apps=APPS)
    for wait in (0.02, 0.05, 0.08, 0.11, 0.14):
        worker = subprocess.Popen([sys.executable, "-W", "ignore", "-c", code], stdout=subprocess.PIPE)
        worker.stdout.readline()
        time.sleep(wait)
        worker.kill()
        worker.communicate()
    kept = list((tmp_path / "originals").rglob("*.*"))
    assert kept
    assert [path for path in kept if files.examine(path).sha256 != path.stem] == []


def test_remake_gives_the_format_and_the_shape_that_the_api_refused(tmp_path):
    path = pictures.on_disk(tmp_path, pictures.encoded(pictures.drawing((120, 120))))
    files.remake(path, format="webp", ratio=16 / 9)
    found = files.examine(path)
    assert (found.format, found.width, found.height) == ("webp", 120, 68)


def test_remake_takes_the_middle(tmp_path):
    wide = Pixels.new("RGB", (300, 100), "blue")
    wide.paste("red", (100, 0, 200, 100))
    path = pictures.on_disk(tmp_path, pictures.encoded(wide))
    files.remake(path, ratio=1)
    assert Pixels.open(path).convert("RGB").getcolors() == [(10_000, (255, 0, 0))]


def test_remake_leaves_a_file_alone_that_is_as_asked(tmp_path):
    data = pictures.with_markers("JPEG")
    path = pictures.on_disk(tmp_path, data)
    files.remake(path, format="jpeg", ratio=3 / 2)
    assert path.read_bytes() == data


def test_remake_refuses_what_is_no_picture(tmp_path):
    with pytest.raises(files.NotAPicture):
        files.remake(pictures.on_disk(tmp_path, b"<html>"), format="png")


@pytest.mark.parametrize("encoding", ["PNG", "JPEG", "WEBP"])
def test_nothing_but_pixels_is_sent_to_the_api(media, alice, encoding):
    data = pictures.with_markers(encoding)
    assert sum(marker in data for marker in pictures.MARKERS) >= 3  # the test itself works
    mime, path = files.for_api(pictures.made(alice, data=data))
    sent = path.read_bytes()
    assert mime == "image/jpeg"
    assert [
        marker for marker in (*pictures.MARKERS, b"Exif", b"ICC_PROFILE", b"http") if marker in sent
    ] == []
    with Pixels.open(path) as picture:
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_clear_picture_is_sent_as_png_without_what_its_file_told(media, alice):
    clear = pictures.drawing(mode="RGBA")
    clear.putalpha(90)
    data = pictures.encoded(clear, exif=pictures.exif(), icc_profile=b"SECRET-TEXT")
    mime, path = files.for_api(pictures.made(alice, data=data))
    assert mime == "image/png"
    assert [
        marker for marker in (*pictures.MARKERS, b"iCCP", b"eXIf", b"tEXt") if marker in path.read_bytes()
    ] == []


def test_a_source_is_sent_upright_and_no_larger_than_needed(media, alice):
    photo = pictures.encoded(pictures.drawing((3000, 1500)), "JPEG", exif=pictures.exif(6))
    with Pixels.open(files.for_api(pictures.made(alice, data=photo))[1]) as sent:
        assert sent.size == (1024, 2048)
        assert sent.getpixel((1000, 20))[0] > sent.getpixel((1000, 20))[1] + 100  # the red corner went right


def test_a_source_is_made_once(media, alice, monkeypatch):
    image = pictures.made(alice)
    first = files.for_api(image)
    monkeypatch.setattr(pixels, "opened", None)
    assert files.for_api(image) == first


def test_a_lost_original_is_said_so(media, alice):
    image = pictures.made(alice)
    files.original(image).unlink()
    with pytest.raises(FileNotFoundError):
        files.for_api(image)


COSTS = """
import resource, sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
import django
from django.conf import settings
settings.configure(MEDIA_ROOT="/nowhere", INSTALLED_APPS={apps!r})
django.setup()
from gallery import files, pixels

def shrink(path):
    with pixels.opened(path) as image:
        pixels.plain(pixels.shrink(image, 1280, 5120))

before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
try:
    {work}(Path({path!r}))
except files.NotAPicture:
    pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, time.process_time() - started)
"""


def costs(path, work="files.examine") -> tuple[int, float]:
    """MB and seconds of the processor that a fresh process takes to work on a file."""
    code = COSTS.format(root=str(Path.cwd()), path=str(path), apps=APPS, work=work)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    megabytes, seconds = done.stdout.split()
    return int(megabytes), float(seconds)


@pytest.mark.parametrize("size", [(60_000, 60_000), (13_000, 13_000)])
def test_a_bomb_costs_no_memory(tmp_path, size):
    megabytes, seconds = costs(pictures.on_disk(tmp_path, pictures.bomb(*size)))
    assert megabytes <= 10
    assert seconds < 2


@pytest.mark.parametrize(("encoding", "most"), [("PNG", 300), ("JPEG", 300), ("WEBP", 900)])
def test_the_largest_picture_costs_bounded_memory_and_time(tmp_path, encoding, most):
    data = pictures.encoded(Pixels.new("RGB", (8000, 5000), "teal"), encoding)
    megabytes, seconds = costs(pictures.on_disk(tmp_path, data))
    assert megabytes <= most
    assert seconds < 10


def test_a_preview_of_a_large_jpeg_is_decoded_small(tmp_path):
    path = pictures.on_disk(tmp_path, pictures.encoded(Pixels.new("RGB", (8000, 5000), "teal"), "JPEG"))
    megabytes, _seconds = costs(path, work="shrink")
    assert megabytes <= 60
