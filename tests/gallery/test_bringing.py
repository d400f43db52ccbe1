"""Bringing many pictures by a plain form."""

import errno
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from gallery import files, library
from gallery.models import Image, Project
from tests.gallery import pictures

ADDRESS = reverse("gallery:bring")


@pytest.fixture
def member(client, alice, media):
    client.force_login(alice)
    return client


def photo(number: int, name="") -> object:
    return pictures.file(pictures.encoded(pictures.drawing((30 + number, 20))), name or f"photo {number}.png")


def send(member, sent, **fields):
    return member.post(ADDRESS, {"images": sent} | fields)


def said(response) -> dict[str, str]:
    """What became of each file."""
    rows = re.findall(r"<li[^>]*>.*?<p>(.*?)</p></li>", response.content.decode())
    words = [re.sub(r"<[^>]+>", "", row) for row in rows if "<a class" in row or "<b>" in row]
    return {name: rest for name, _, rest in (word.partition(".png ") for word in words)}


def test_without_a_file_it_is_told_so(member):
    response = send(member, [])
    assert response.status_code == 422
    assert "There was no file. Pick some pictures." in response.content.decode()


def test_an_archived_project_takes_nothing(member):
    old = Project.objects.create(name="Old", archived_at="2026-01-01T00:00Z")
    response = send(member, [photo(1)], project=old.pk)
    assert response.status_code == 422
    assert "“Old” was archived." in response.content.decode()
    assert not Image.objects.exists()


def test_one_bad_file_holds_up_no_other(member):
    response = send(member, [photo(1), pictures.file(b"no picture", "notes.png"), photo(2)])
    assert response.status_code == 200
    assert said(response) == {
        "photo 1": "Added.",
        "notes": "This file can&#x27;t be read here. PNG, JPEG and WebP can.",
        "photo 2": "Added.",
    }
    assert Image.objects.count() == 2


def test_when_none_could_be_kept_it_is_no_success(member):
    assert send(member, [pictures.file(b"no picture", "notes.png")]).status_code == 422


def test_too_many_and_too_big_are_told_and_nothing_is_kept(member, settings):
    response = send(member, [photo(number) for number in range(51)])
    assert response.status_code == 413
    assert "No more than 50 at a time. Nothing was added." in response.content.decode()
    settings.STUDIO_UPLOAD_MB = 1
    response = send(member, [photo(1), pictures.file(b"x" * (2**20 + 1))])
    assert response.status_code == 413
    assert "A picture may have up to 1 MB. Nothing was added." in response.content.decode()
    assert not Image.objects.exists()


def test_a_full_disk_is_said_beside_the_file(member, monkeypatch):
    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "store", full)
    response = send(member, [photo(1)])
    assert response.status_code == 422
    assert "disk is full" in said(response)["photo 1"]


def test_sending_the_same_again_goes_on_where_it_ended(member):
    send(member, [photo(1), photo(2)])
    response = send(member, [photo(1), photo(2), photo(3)])
    assert said(response) == {
        "photo 1": "It was here already.",
        "photo 2": "It was here already.",
        "photo 3": "Added.",
    }
    assert Image.objects.count() == 3


def test_the_same_twice_in_one_form_is_one(member):
    response = send(member, [photo(1, "a.png"), photo(1, "b.png")])
    assert said(response) == {"a": "Added.", "b": "It was here already."}


def test_project_and_privacy_are_taken_and_offered_again(member):
    spring = Project.objects.create(name="Spring")
    response = send(member, [photo(1)], project=spring.pk, private="1")
    image = Image.objects.get()
    assert (image.project, image.private, image.kind, image.credits) == (spring, True, "upload", 0)
    page = response.content.decode()
    assert f'<option value="{spring.pk}" selected>' in page
    assert 'name="private" value="1" checked' in page


def test_the_gallery_leads_here(member):
    assert f'href="{ADDRESS}"' in member.get("/gallery/").content.decode()
    page = member.get(ADDRESS).content.decode()
    assert 'enctype="multipart/form-data"' in page
    assert re.search(r'<input id="bring-files" type="file" name="images"[^>]* multiple', page)


# What a script asks before it sends


def ask(member, sha256, **fields):
    return member.post(reverse("gallery:known"), {"sha256": sha256} | fields).json()


def test_only_ones_own_uploads_are_known(member, alice, bob):
    general = pictures.general()
    made = pictures.made(alice)
    others = library.upload(owner=bob, project=general, file=photo(1), private=False)
    mine = library.upload(owner=alice, project=general, file=photo(2), private=False)
    assert ask(member, "nonsense") == {"id": None}
    assert ask(member, made.sha256) == {"id": None}
    assert ask(member, others.sha256) == {"id": None}
    assert ask(member, mine.sha256) == {"id": mine.pk}
    assert ask(member, mine.sha256, private="1") == {"id": None}


def test_what_lies_in_the_trash_is_sent_again_and_comes_back(member, alice):
    mine = library.upload(owner=alice, project=pictures.general(), file=photo(2), private=False)
    library.trash([mine.pk], by=alice)
    assert ask(member, mine.sha256) == {"id": None}
    assert said(send(member, [photo(2)])) == {"photo 2": "It was here already."}
    assert ask(member, mine.sha256) == {"id": mine.pk}


def test_what_was_deleted_for_good_is_a_new_picture(member, alice):
    gone = library.upload(owner=alice, project=pictures.general(), file=photo(2), private=False)
    now = timezone.now()
    Image.objects.filter(pk=gone.pk).update(file_name="", trashed_at=now, deleted_at=now)
    assert ask(member, gone.sha256) == {"id": None}
    assert said(send(member, [photo(2)])) == {"photo 2": "Added."}
    assert Image.objects.exclude(pk=gone.pk).get().sha256 == gone.sha256
