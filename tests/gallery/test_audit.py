import os
import time

import pytest
from django.core.management import CommandError, call_command

from gallery import audit, files, library
from tests.gallery import pictures


@pytest.fixture
def kept(media, alice):
    """Thirty pictures, one of them in the trash."""
    found = [pictures.made(alice, data=pictures.encoded(pictures.drawing((30 + n, 20)))) for n in range(30)]
    library.trash(image=found[0], by=alice)
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
    call_command("media")


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


def test_the_command_only_lists_until_told_to_set_aside(media, kept, capsys):
    stranger = orphan(media, 0)
    call_command("media")
    assert f"orphan {stranger}" in capsys.readouterr().out
    assert stranger.exists()
    call_command("media", quarantine=True)
    assert not stranger.exists()
    assert (media / "quarantine" / stranger.name).exists()
    assert list(audit.findings()) == []


def test_the_command_fails_when_a_picture_is_lost_and_deletes_nothing(kept):
    kept[5].unlink()
    with pytest.raises(CommandError, match="1 pictures are missing"):
        call_command("media", quarantine=True)
    assert [path.exists() for path in kept].count(True) == 29
