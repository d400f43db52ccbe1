import os
import time

import pytest
from django.utils import timezone

from gallery import audit, files, library, previews
from gallery.models import Image
from tests.gallery import pictures


@pytest.fixture
def kept(media, alice):
    """Thirty pictures, one of them in the trash."""
    found = [pictures.made(alice, data=pictures.encoded(pictures.drawing((30 + n, 20)))) for n in range(30)]
    library.trash([found[0].pk], by=alice)
    return [files.original(image) for image in found]


def age(path, hours=25):
    moment = time.time() - hours * 3600
    os.utime(path, (moment, moment))


def orphan(folder, number, hours=25):
    path = pictures.stored(pictures.encoded(pictures.drawing((200 + number, 20))))
    final = files.place("originals", path.sha256, ".png")
    age(final, hours)
    return final


def spoil(path):
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(data)


def test_whole_media_have_nothing_to_say(kept):
    assert list(audit.findings()) == []


def test_ten_missing_ten_changed_and_ten_strangers_are_found(media, kept):
    for path in kept[:10]:
        path.unlink()
    for path in kept[10:20]:
        spoil(path)
    strangers = [orphan(media, number) for number in range(10)]
    found = {(finding.kind, finding.path) for finding in audit.findings()}
    assert found == (
        {("missing", path) for path in kept[:10]}
        | {("changed", path) for path in kept[10:20]}
        | {("orphan", path) for path in strangers}
    )


def test_a_file_whose_row_may_still_come_is_left_alone(media, kept):
    orphan(media, 0, hours=23)
    (media / "incoming" / "young").write_bytes(b"half")
    assert list(audit.findings()) == []


def test_what_a_killed_worker_left_is_found(media, kept):
    left = media / "incoming" / "tmpabc"
    left.write_bytes(b"half")
    age(left)
    assert list(audit.findings()) == [audit.Finding("orphan", left)]


def test_what_is_deleted_for_good_must_have_no_file(media, kept):
    now = timezone.now()
    gone = {"prompt": "", "trashed_at": now, "deleted_at": now}
    image = Image.objects.get(sha256=kept[3].stem)
    assert previews.find(image, 320).exists()
    Image.objects.filter(pk=image.pk).update(**gone)
    left = [kept[3], *(previews.path(image, width) for width in previews.WIDTHS)]
    assert list(audit.findings()) == []  # young still
    for path in left:
        age(path)
    assert list(audit.findings()) == []  # the hour to remove it is still to come
    Image.objects.filter(pk=image.pk).update(freed_at=now)
    assert {finding.path for finding in audit.findings()} == set(left)


def test_a_file_that_another_picture_has_too_is_that_ones(media, alice, kept):
    twin = pictures.made(alice, data=kept[3].read_bytes())
    gone = {"prompt": "", "trashed_at": timezone.now(), "deleted_at": timezone.now()}
    Image.objects.filter(pk=twin.pk).update(**gone)
    age(kept[3])
    assert list(audit.findings()) == []


def test_previews_of_what_is_kept_are_no_strangers(media, kept):
    image = Image.objects.get(sha256=kept[3].stem)
    age(previews.find(image, 320))
    age(files.for_api(image)[1])
    assert list(audit.findings()) == []


def test_what_is_set_aside_is_in_quarantine_and_whole(media, kept):
    stranger = orphan(media, 0)
    data = stranger.read_bytes()
    aside = audit.set_aside(audit.Finding("orphan", stranger))
    assert (aside.parent, aside.read_bytes()) == (media / "quarantine", data)
    assert not stranger.exists()
