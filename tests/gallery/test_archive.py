import io
import json
import subprocess
import tracemalloc
from zipfile import ZipFile

import pytest
from django.contrib.auth.models import AnonymousUser
from PIL import Image as Pixels

from gallery import archive, files, library
from gallery.exports import Wanted
from gallery.models import Image
from studio.accounts.models import User
from tests.gallery import pictures


@pytest.fixture
def twelve(media, alice):
    return [
        pictures.made(alice, data=pictures.encoded(pictures.drawing((40 + number, 30))))
        for number in range(12)
    ]


def all_of(user, images=None, **wanted):
    """The pieces of an archive, as they are sent."""
    found = Image.objects.filter(pk__in=[image.pk for image in images]) if images else Image.objects.all()
    return archive.stream(found, wanted=Wanted(**wanted), reader=lambda: User.objects.get(pk=user.pk))


def opened(pieces) -> ZipFile:
    found = ZipFile(io.BytesIO(b"".join(pieces)))
    assert found.testzip() is None
    return found


def told(zipped: ZipFile) -> dict:
    return json.loads(zipped.read("manifest.json"))


def pictures_in(zipped: ZipFile) -> list[str]:
    return [name for name in zipped.namelist() if not name.startswith(("manifest", "NOT"))]


def test_what_one_may_not_see_is_not_in_it(twelve, alice, bob):
    hidden = pictures.made(alice, private=True, prompt="a secret")
    library.trash([twelve[0].pk], by=alice)
    zipped = opened(all_of(bob))
    assert len(pictures_in(zipped)) == 11
    assert str(hidden.pk) not in "".join(zipped.namelist())
    assert b"a secret" not in b"".join(zipped.read(name) for name in zipped.namelist())


def test_who_leaves_the_team_meanwhile_gets_no_more(twelve, bob):
    pieces = all_of(bob)
    begun = [next(pieces) for _ in range(2)]
    User.objects.filter(pk=bob.pk).update(is_active=False)
    zipped = opened([*begun, *pieces])
    assert len(pictures_in(zipped)) < 4
    assert "not in the team any more" in zipped.read("NOT-ALL.txt").decode()


def test_what_becomes_private_meanwhile_is_left_out(twelve, alice, bob):
    pieces = all_of(bob)
    begun = [next(pieces)]
    Image.objects.filter(pk__in=[image.pk for image in twelve[:6]]).update(private=True)
    assert len(pictures_in(opened([*begun, *pieces]))) == 6


def test_after_five_minutes_it_ends_well_and_says_how_far_it_came(twelve, alice, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(archive.time, "monotonic", lambda: now[0])
    pieces = all_of(alice)
    begun = [next(pieces) for _ in range(2)]
    now[0] += archive.MOST_SECONDS + 1
    zipped = opened([*begun, *pieces])
    came = pictures_in(zipped)
    assert 0 < len(came) < 12
    last = min(row["picture"] for row in told(zipped)["pictures"])
    assert f"it goes down to picture {last}." in zipped.read("NOT-ALL.txt").decode()
    assert told(zipped)["note"] == zipped.read("NOT-ALL.txt").decode()


def test_who_reads_for_ever_is_cut_off(twelve, alice, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(archive.time, "monotonic", lambda: now[0])
    pieces = all_of(alice)
    next(pieces)
    now[0] += archive.MOST_SECONDS + archive.LAST_SECONDS + 1
    with pytest.raises(TimeoutError):
        list(pieces)


def test_a_lost_file_is_told_and_the_others_come(twelve, alice):
    files.original(twelve[5]).unlink()
    zipped = opened(all_of(alice))
    assert len(pictures_in(zipped)) == 11
    assert told(zipped)["missing"] == [twelve[5].pk]


def test_who_goes_away_leaves_nothing_behind(twelve, alice):
    pieces = all_of(alice)
    next(pieces)
    pieces.close()


@pytest.mark.parametrize(
    "prompt", ["../../etc/passwd", "con", "a" * 300, '/\\:*?"<>|', "狐" * 300, "", "\u202egnp.exe"]
)
def test_odd_and_equal_names_are_tame_and_different(media, alice, prompt):
    for size in (20, 21, 22):
        pictures.made(alice, prompt=prompt or "!", data=pictures.encoded(pictures.drawing((size, 20))))
    names = pictures_in(opened(all_of(alice)))
    assert len(set(names)) == 3
    for name in names:
        assert len(name.encode()) < 255
        assert not set(name) & set('/\\:*?"<>|\0\u202e')
        assert not name.startswith((".", "-"))


def test_the_pictures_are_whole_and_say_what_made_them(twelve, alice):
    zipped = opened(all_of(alice))
    for image in twelve:
        data = zipped.read(f"a-red-fox-{image.pk}.png")
        assert b"trainedAlgorithmicMedia" in data
        with Pixels.open(io.BytesIO(data)) as sent, Pixels.open(files.original(image)) as kept:
            assert sent.tobytes() == kept.tobytes()
    assert [row["picture"] for row in told(zipped)["pictures"]] == [image.pk for image in reversed(twelve)]
    assert zipped.read("manifest.csv").decode("utf-8-sig").count("\r\n") == 13


def test_stripped_it_says_nothing_at_all(twelve, alice):
    zipped = opened(all_of(alice, strip=True))
    assert sorted(zipped.namelist()) == sorted(f"picture-{image.pk}.png" for image in twelve)
    assert b"fox" not in b"".join(zipped.read(name) for name in zipped.namelist())


def test_in_another_format_all_are_in_it(twelve, alice):
    assert {name[-4:] for name in pictures_in(opened(all_of(alice, twelve[:3], format="jpeg")))} == {".jpg"}


def test_others_programs_open_it(twelve, alice, tmp_path):
    path = tmp_path / "pictures.zip"
    path.write_bytes(b"".join(all_of(alice)))
    run = subprocess.run(["python3", "-m", "zipfile", "-t", path], capture_output=True, text=True, check=True)
    assert "Done testing" in run.stdout


def test_nobody_gets_an_empty_one_with_a_word(twelve):
    pieces = archive.stream(Image.objects.all(), wanted=Wanted(), reader=AnonymousUser)
    zipped = opened(pieces)
    assert pictures_in(zipped) == []
    assert "not in the team" in zipped.read("NOT-ALL.txt").decode()


def test_more_pictures_take_no_more_memory(media, alice):
    """Two hundred pictures of one file of 3 MB, with less than a tenth of one picture more than for two."""
    noise = Pixels.effect_noise((1800, 1700), 90)
    first = pictures.made(alice, data=pictures.encoded(noise))
    assert first.size > 2_500_000
    fields = {name: getattr(first, name) for name in ("sha256", "size", "width", "height", "format")}

    def peak(count: int) -> int:
        tracemalloc.start()
        sent = sum(map(len, all_of(alice, pictures.rows(alice, count, **fields))))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert sent > count * first.size
        return most

    peak(1)
    assert peak(40) < peak(2) + 300_000
