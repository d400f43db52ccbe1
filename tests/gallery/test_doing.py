"""The page's side of what is done to pictures: with script and without, in many pictures at once."""

import json
import uuid

import pytest
from django.db import IntegrityError

from gallery import access, selection
from gallery.models import Album, Favourite, Image, Placed
from tests.gallery import pictures

pytestmark = pytest.mark.django_db


def post(client, path="/gallery/act/", *, script=True, **fields):
    headers = {"Accept": "application/json"} if script else {}
    return client.post(path, fields, headers=headers)


@pytest.fixture
def hers(client, alice):
    client.force_login(alice)
    return pictures.rows(alice, 5)


def test_without_script_one_is_back_where_one_was_with_a_way_back(client, alice, hers):
    came = post(client, script=False, act="trash", images=[hers[0].pk, hers[1].pk], next="/gallery/?by=me")
    assert (came.status_code, came["Location"]) == (303, "/gallery/?by=me")
    page = client.get("/gallery/?by=me").content.decode()
    assert '2 pictures are in <a href="/trash/">the trash</a>.' in page
    way_back = page.split('<form action="/gallery/undo/')[1].split('"')[0]
    post(client, f"/gallery/undo/{way_back}", script=False)
    assert access.own(alice).count() == 5


def test_nobody_is_sent_to_another_host(client, hers):
    for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        came = post(client, script=False, act="favourite", images=[hers[0].pk], next=elsewhere)
        assert came["Location"] == "/gallery/"


def test_with_script_the_words_the_pictures_and_the_way_back_come(client, hers):
    said = json.loads(post(client, act="favourite", images=f"{hers[0].pk},{hers[1].pk}").content)
    assert said["words"] == "2 pictures are favourites now."
    assert said["images"] == [hers[0].pk, hers[1].pk]
    said = json.loads(post(client, said["undo"]).content)
    assert said == {"words": "Undone.", "images": [hers[0].pk, hers[1].pk], "undo": ""}
    assert not Favourite.objects.exists()


def test_the_link_to_the_chosen_leads_to_them_alone(client, alice, bob, hers):
    others = pictures.rows(bob, 1)
    went = post(client, "/gallery/link/", script=False, images=[hers[1].pk, others[0].pk])
    assert (went.status_code, went["Location"]) == (303, f"/gallery/?images={others[0].pk}%2C{hers[1].pk}")
    page = client.get(went["Location"]).content.decode()
    assert page.count('class="card') == 2
    assert "Chosen pictures" in page


def test_a_link_to_too_many_says_what_to_do_instead(client, hers):
    went = post(client, "/gallery/link/", script=False, images=",".join(map(str, range(1, 102))))
    assert went.status_code == 422
    assert b"Add them to an album, and share that." in went.content


def test_all_that_match_are_those_of_the_address_and_no_others(client, alice, bob, hers):
    others = pictures.rows(bob, 3)
    pictures.rows(bob, 1, private=True)
    said = json.loads(post(client, act="favourite", all="?by=me").content)
    assert said["images"] == [image.pk for image in hers]
    said = json.loads(post(client, act="favourite", all="").content)
    assert said["images"] == [image.pk for image in others]


def test_all_that_match_has_a_bound_and_words_for_it(client, hers, monkeypatch):
    monkeypatch.setattr(selection, "MOST", 4)
    refused = post(client, act="trash", all="")
    assert refused.status_code == 422
    assert "at once" in json.loads(refused.content)["problem"]
    assert Image.objects.filter(trashed_at=None).count() == 5


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"act": "trash"}, "Choose some pictures first."),
        ({"act": "trash", "images": "x,,-1,9x"}, "Choose some pictures first."),
        ({"act": "explode", "images": "1"}, "not one of the available"),
        ({"act": "tag", "images": "1"}, "A tag needs"),
        ({"act": "tag", "images": "1", "tag": "x" * 41}, "at most 40"),
        ({"act": "project", "images": "1", "project": "77"}, "no such project"),
    ],
)
@pytest.mark.parametrize("script", [True, False])
def test_what_can_not_be_done_is_said(client, hers, fields, words, script):
    refused = post(client, script=script, **fields)
    assert refused.status_code == 422
    assert words in refused.content.decode()


def test_who_chooses_all_gets_the_numbers_of_what_the_address_shows(client, alice, bob, hers):
    (secret,) = pictures.rows(alice, 1, private=True)
    pictures.rows(bob, 1, private=True)
    others = pictures.rows(bob, 2)

    def numbers(address):
        return json.loads(client.get(f"/gallery/numbers/{address}").content)["images"]

    seen = [image.pk for image in reversed([*hers, *others])]
    assert numbers("") == seen
    assert numbers(f"?by={bob.pk}") == [others[1].pk, others[0].pk]
    assert numbers("?by=me")[0] == secret.pk
    assert numbers("?at=2020-01&before=3") == seen
    assert numbers("?kind=upload") == []
    assert numbers("?trash") == seen


def test_too_many_to_choose_are_none_and_a_sentence(client, hers, monkeypatch):
    monkeypatch.setattr(selection, "MOST", 4)
    refused = client.get("/gallery/numbers/")
    assert (refused.status_code, "at once" in json.loads(refused.content)["problem"]) == (422, True)


def test_an_undo_that_is_nobodys_says_so(client, hers):
    said = json.loads(post(client, f"/gallery/undo/{uuid.uuid4()}/").content)
    assert said["words"] == "There is nothing to undo any more."


def test_pictures_chosen_by_number_come_as_the_gallery_shows_them(client, alice, hers):
    for chosen in ({"images": ",".join(str(image.pk) for image in hers)}, {"all": "?by=me"}):
        Album.objects.all().delete()
        post(client, act="place", album_name="Summer", **chosen)
        assert list(Placed.objects.values_list("image", flat=True)) == [image.pk for image in reversed(hers)]


@pytest.mark.parametrize("script", [True, False])
def test_what_somebody_changes_at_the_same_moment_is_said_by_undo_too(client, hers, monkeypatch, script):
    def clash(*_args, **_said):
        raise IntegrityError("UNIQUE")

    way_back = json.loads(post(client, act="hide", images=hers[0].pk).content)["undo"]
    monkeypatch.setattr("gallery.undoing.go_back", clash)
    refused = post(client, way_back, script=script)
    assert refused.status_code == 422
    assert "at the same moment" in refused.content.decode()
