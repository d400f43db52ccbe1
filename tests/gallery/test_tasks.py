import time

from gallery import files, previews, tasks
from tests.gallery import pictures


def test_the_previews_of_a_picture_are_made(media, alice):
    image = pictures.made(alice)
    tasks.make_previews(image.pk)
    tasks.make_previews(image.pk)
    assert all(previews.path(image, width).exists() for width in previews.WIDTHS)


def test_a_picture_that_is_gone_or_damaged_harms_no_worker(media, alice):
    tasks.make_previews(999_999)
    image = pictures.made(alice)
    files.original(image).write_bytes(b"bit rot")
    tasks.make_previews(image.pk)
    files.original(image).unlink()
    tasks.make_previews(image.pk)
    assert list(media.rglob("*.webp")) == []


def test_waking_never_raises_nor_waits_without_a_broker():
    started = time.monotonic()
    tasks.ask_for_previews(1)
    # Left to itself, kombu tries for 6 s
    assert time.monotonic() - started < 3
