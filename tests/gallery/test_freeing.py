"""Files of pictures that are deleted for good: removed once, never under another picture's feet, and found again after
a death on the way."""

import os
import time

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from gallery import audit, exports, files, library, previews
from gallery.library import freeing
from gallery.models import Image
from tests.gallery import pictures
from tests.gallery.test_audit import age

pytestmark = pytest.mark.django_db


def deleted(owner, **fields) -> Image:
    """A picture of last week that is deleted for good."""
    image = pictures.made(owner, **fields)
    age(files.original(image))
    library.trash([image.pk], by=owner)
    assert library.delete([image.pk], by=owner) == [image.pk]
    return image


def free() -> int:
    return library.free(most=100)


def left(media) -> set[str]:
    """The names of all files, without those of their folders."""
    return {path.name for path in media.rglob("*") if path.is_file()}


def test_a_picture_in_the_trash_keeps_its_file(media, alice):
    image = pictures.made(alice)
    age(files.original(image))
    library.trash([image.pk], by=alice)
    assert free() == 0
    assert files.original(image).exists()


def test_the_file_goes_with_all_that_was_made_from_it(media, alice):
    image = pictures.made(alice, data=pictures.encoded(pictures.drawing((900, 600))))
    previews.make(image)
    exports.leaving(image, exports.Wanted(format="jpeg", side=640))
    files.for_api(image)
    assert len(left(media)) == 6
    age(files.original(image))
    library.trash([image.pk], by=alice)
    library.delete([image.pk], by=alice)
    assert free() == 1
    assert left(media) == set()
    assert Image.objects.get(pk=image.pk).freed_at
    assert list(audit.findings()) == []


def test_it_is_done_once_and_safe_twice(media, alice):
    deleted(alice)
    assert [free(), free()] == [1, 0]


def test_a_file_that_is_lost_already_is_no_trouble(media, alice):
    files.original(deleted(alice)).unlink()
    assert free() == 1


@pytest.mark.parametrize("trashed", [True, False])
def test_a_file_that_another_picture_has_stays(media, alice, bob, trashed):
    other = pictures.made(bob)
    if trashed:
        library.trash([other.pk], by=bob)
    image = deleted(alice)
    previews.make(image)
    before = left(media)
    assert free() == 1
    assert left(media) == before


def test_the_last_one_to_go_takes_the_file(media, alice, bob):
    first = deleted(alice)
    second = pictures.made(bob)
    age(files.original(second))
    free()
    library.trash([second.pk], by=bob)
    library.delete([second.pk], by=bob)
    assert free() == 1
    assert not files.original(first).exists()


def test_a_fresh_file_may_belong_to_a_row_that_is_still_to_come(media, alice):
    image = deleted(alice)
    os.utime(files.original(image))  # as somebody's who stores the same bytes now
    assert free() == 0
    assert files.original(image).exists()
    assert not Image.objects.get(pk=image.pk).freed_at
    age(files.original(image), hours=2)
    assert free() == 1
    assert not files.original(image).exists()


@pytest.mark.parametrize("stored_again", [True, False])
def test_who_stores_the_same_bytes_while_it_is_aside_keeps_them(media, alice, bob, monkeypatch, stored_again):
    """The row appears after the first look; with or without the file being there anew."""
    image = deleted(alice)
    asked = []

    def needed(sha256: str) -> bool:
        asked.append(sha256)
        if len(asked) == 2:
            assert not files.original(image).exists()
            if stored_again:
                pictures.made(bob)
            else:
                pictures.rows(bob, 1, sha256=sha256)
        return Image.objects.filter(sha256=sha256, deleted_at=None).exists()

    monkeypatch.setattr(freeing, "_needed", needed)
    assert free() == 0
    assert left(media) == {files.original(image).name}
    assert pictures.encoded() == files.original(image).read_bytes()


def test_a_file_that_was_fresh_only_once_it_was_moved_is_put_back(media, alice, monkeypatch):
    image = deleted(alice)
    looks = []

    def fresh(path) -> bool:
        looks.append(path)
        return len(looks) == 2

    monkeypatch.setattr(freeing, "_fresh", fresh)
    assert free() == 0
    assert left(media) == {files.original(image).name}


def test_a_row_that_is_deleted_while_its_twin_is_freed_is_freed_in_the_next_round(
    media, alice, bob, monkeypatch
):
    deleted(alice)
    other = pictures.made(bob)
    age(files.original(other))
    library.trash([other.pk], by=bob)

    def needed(_sha256: str) -> bool:
        library.delete([other.pk], by=bob)
        return True

    with monkeypatch.context() as patched:
        patched.setattr(freeing, "_needed", needed)
        assert free() == 1
    assert not Image.objects.get(pk=other.pk).freed_at
    assert free() == 1
    assert not files.original(other).exists()


def die(*_args: object) -> None:
    raise KeyboardInterrupt


def killed_with_the_file_aside(alice, monkeypatch) -> Image:
    image = deleted(alice)
    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.unlink", die)
        with pytest.raises(KeyboardInterrupt):
            free()
    assert not files.original(image).exists()
    return image


def test_what_was_aside_when_its_mover_was_killed_is_judged_anew(media, alice, monkeypatch):
    killed_with_the_file_aside(alice, monkeypatch)
    assert list(audit.findings()) == []
    monkeypatch.setattr(freeing, "LEFT", -1)
    assert free() == 1
    assert left(media) == set()


def test_what_was_aside_comes_back_to_who_needs_it_by_now(media, alice, bob, monkeypatch):
    image = killed_with_the_file_aside(alice, monkeypatch)
    pictures.rows(bob, 1, sha256=image.sha256)
    monkeypatch.setattr(freeing, "LEFT", -1)
    assert free() == 1
    assert left(media) == {files.original(image).name}


def test_what_is_no_file_of_ours_holds_up_nothing(media, alice, monkeypatch):
    """Servers of files and desktops leave such things lying."""
    strays = {".DS_Store", ".nfs000000000000beef", "a.b.c", f"{'a' * 64}.png.{'b' * 32}.part"}
    for name in strays:
        (files.folder("leaving") / name).write_bytes(b"x")
    (files.folder("leaving") / "lost+found").mkdir()
    killed_with_the_file_aside(alice, monkeypatch)
    monkeypatch.setattr(freeing, "LEFT", -1)
    assert free() == 1
    assert left(media) == strays


def test_what_can_not_be_put_back_holds_up_no_other(media, alice, monkeypatch):
    bad = killed_with_the_file_aside(alice, monkeypatch)
    good = deleted(alice, data=pictures.encoded(pictures.drawing((50, 50))))
    hardlink = type(media).hardlink_to

    def refuse(path, target):
        if path == files.original(bad):
            raise PermissionError
        return hardlink(path, target)

    monkeypatch.setattr(freeing, "LEFT", -1)
    monkeypatch.setattr(type(media), "hardlink_to", refuse)
    free()
    assert not files.original(good).exists()


def test_what_others_hold_aside_at_this_moment_is_theirs(media, alice, monkeypatch):
    image = killed_with_the_file_aside(alice, monkeypatch)
    free()
    assert left(media) == {next((media / "leaving").iterdir()).name}
    assert image.sha256 in next((media / "leaving").iterdir()).name


def test_a_file_that_can_not_be_removed_holds_up_no_other(media, alice, monkeypatch):
    bad = deleted(alice)
    good = deleted(alice, data=pictures.encoded(pictures.drawing((50, 50))))
    rename = type(media).rename

    def refuse(path, target):
        if path == files.original(bad):
            raise PermissionError
        return rename(path, target)

    monkeypatch.setattr(type(media), "rename", refuse)
    assert free() == 1
    assert (files.original(bad).exists(), files.original(good).exists()) == (True, False)


def test_what_nobody_can_ever_claim_aside_is_told_as_an_orphan(media, alice):
    stray = files.folder("leaving") / f"{'a' * 64}.png.{'b' * 32}"
    stray.write_bytes(b"x")
    assert list(audit.findings()) == []  # young
    age(stray)
    assert list(audit.findings()) == [audit.Finding("orphan", stray)]


def test_the_database_lets_no_picture_that_is_there_be_freed(alice):
    image = pictures.rows(alice, 1)[0]
    with pytest.raises(IntegrityError, match=r"image_keeps_its_file|CHECK"), transaction.atomic():
        Image.objects.filter(pk=image.pk).update(freed_at=timezone.now())


def test_a_clock_that_ran_ahead_keeps_no_file_for_ever(media, alice):
    image = deleted(alice)
    ahead = time.time() + 1e6
    os.utime(files.original(image), (ahead, ahead))
    assert free() == 1
