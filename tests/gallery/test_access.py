import re
import uuid

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from gallery import access, library
from gallery.models import Album, Guest, Image
from tests.gallery import pictures

NAMES = ("original", "download", "preview")


def address(name, image_id):
    return reverse(f"gallery:{name}", args=[image_id, 320] if name == "preview" else [image_id])


def bytes_of(response):
    """The response with its file read and closed."""
    assert b"".join(response.streaming_content)
    return response


def plain(response) -> bytes:
    """A page without what differs by chance: the number asked for and the form token."""
    return re.sub(rb"media/\d+|[A-Za-z0-9]{64}", b"-", response.content)


@pytest.fixture
def private(media, alice):
    return pictures.made(alice, private=True, prompt="a secret")


def test_the_team_sees_the_teams_pictures_and_each_their_own_private_ones(alice, bob, private):
    (team,) = pictures.rows(alice, 1)
    assert set(access.visible_to(alice)) == {team, private}
    assert set(access.visible_to(bob)) == {team}


def test_a_stranger_sees_nothing_and_not_even_their_own(alice, charlie):
    pictures.rows(alice, 1)
    pictures.rows(charlie, 1)
    assert not access.visible_to(charlie).exists()
    assert not access.visible_to(AnonymousUser()).exists()


def test_the_trash_is_seen_by_nobody(alice):
    Image.objects.filter(pk=pictures.rows(alice, 1)[0].pk).update(trashed_at=timezone.now())
    assert not access.visible_to(alice).exists()


def test_what_is_hidden_is_said_to_be_absent(bob, private):
    said = []
    for number in (private.pk, 999_999, 2**70):
        with pytest.raises(Http404) as error:
            access.find(bob, number)
        said.append(str(error.value))
    assert len(set(said)) == 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("who", [None, "bob", "charlie", "admin"])
def test_nobody_else_gets_a_byte_of_a_private_picture(request, client, private, name, who):
    if who:
        client.force_login(request.getfixturevalue(who))
    hidden, absent = client.get(address(name, private.pk)), client.get(address(name, private.pk + 1000))
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert plain(hidden) == plain(absent)
    assert "ETag" not in hidden


@pytest.mark.parametrize("name", NAMES)
def test_who_was_let_in_once_is_asked_again_each_time(client, alice, bob, media, name):
    image = pictures.made(alice)
    client.force_login(bob)
    etag = bytes_of(client.get(address(name, image.pk)))["ETag"]
    library.trash([image.pk], by=alice)
    assert client.get(address(name, image.pk), headers={"if-none-match": etag}).status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_a_member_who_is_deactivated_gets_nothing_from_then_on(client, alice, media, name):
    image = pictures.made(alice)
    client.force_login(alice)
    alice.is_active = False
    alice.save()
    assert client.get(address(name, image.pk)).status_code == 404


def test_private_pictures_are_in_nobody_elses_pages_or_lineage(client, bob, private, alice):
    from gallery import lineage, pages

    child = pictures.made(alice, parents=[private], job=uuid.uuid4())
    seen = [image for day in pages.page(bob).days for stack in day.stacks for image in stack.images]
    assert seen == [child]
    assert lineage.parents(child, bob) == [lineage.Blank.HIDDEN]


# Private pictures in albums


def test_a_private_picture_in_an_album_shared_by_name_is_seen_by_that_member_alone(
    alice, bob, admin, private
):
    pictures.album(alice, private, guests=[bob])
    assert list(access.visible_to(bob)) == [private]
    assert not access.visible_to(admin).exists()
    assert access.find(bob, private.pk) == private


def test_one_in_an_album_for_the_team_is_seen_by_all_but_strangers(alice, bob, admin, charlie, private):
    pictures.album(alice, private, team="view")
    assert list(access.visible_to(bob)) == list(access.visible_to(admin)) == [private]
    assert not access.visible_to(charlie).exists()
    assert not access.visible_to(AnonymousUser()).exists()


@pytest.mark.parametrize("undo", ["trash", "unshare", "take out"])
def test_what_is_not_shared_any_more_is_not_seen_any_more(alice, bob, private, undo):
    album = pictures.album(alice, private, guests=[bob])
    assert access.visible_to(bob).exists()
    if undo == "trash":
        Album.objects.filter(pk=album.pk).update(trashed_at=timezone.now())
    elif undo == "unshare":
        Guest.objects.all().delete()
    else:
        album.places.all().delete()
    assert not access.visible_to(bob).exists()


def test_only_the_owner_shares_a_private_picture(alice, bob, admin):
    """Bob put it into his album while everybody saw it; since then Alice made it private."""
    (image,) = pictures.rows(alice, 1)
    pictures.album(bob, image, team="view")
    Image.objects.filter(pk=image.pk).update(private=True)
    assert not access.visible_to(bob).exists()
    assert not access.visible_to(admin).exists()
    assert access.visible_to(alice).exists()


def test_who_owns_the_album_sees_what_its_owner_put_in(alice, bob, admin, private):
    pictures.album(bob, private, by=alice, guests=[alice])
    assert list(access.visible_to(bob)) == [private]
    assert not access.visible_to(admin).exists()


def test_an_album_brings_nothing_back_from_the_trash(alice, bob, private):
    pictures.album(alice, private, team="view")
    library.trash([private.pk], by=alice)
    assert not access.visible_to(bob).exists()
    assert not access.visible_to(alice).exists()


def test_a_guest_who_is_deactivated_sees_nothing(alice, charlie, private):
    pictures.album(alice, private, guests=[charlie])
    assert not access.visible_to(charlie).exists()
    assert not access.albums_of(charlie).exists()


@pytest.mark.parametrize("name", NAMES)
def test_a_guest_gets_the_bytes(client, alice, bob, private, name):
    pictures.album(alice, private, guests=[bob])
    client.force_login(bob)
    assert bytes_of(client.get(address(name, private.pk))).status_code == 200


def test_each_picture_is_there_once_however_many_albums_have_it(alice, bob, private):
    for name in ("One", "Two", "Three"):
        pictures.album(alice, private, name=name, guests=[bob], team="add")
    assert list(access.visible_to(bob)) == [private]


def test_an_album_is_seen_by_its_owner_its_guests_and_if_so_told_the_team(alice, bob, admin, charlie):
    own = pictures.album(alice, name="Own")
    shared = pictures.album(alice, name="Shared", guests=[bob])
    team = pictures.album(alice, name="Team", team="add")
    assert set(access.albums_of(alice)) == {own, shared, team}
    assert set(access.albums_of(bob)) == {shared, team}
    assert set(access.albums_of(admin)) == {team}
    assert not access.albums_of(charlie).exists()


def test_who_sees_a_private_picture_is_told(alice, bob, private):
    assert not access.is_shared(private)
    pictures.album(alice, private, name="Own")
    assert not access.is_shared(private)
    pictures.album(alice, private, name="Shared", guests=[bob])
    assert access.is_shared(private)


# The trash


def trashed(owner, **fields):
    (image,) = pictures.rows(owner, 1, trashed_at=timezone.now(), **fields)
    return image


def test_the_trash_has_ones_own_and_for_admins_the_teams(alice, bob, admin, charlie):
    team, secret = trashed(alice), trashed(alice, private=True)
    pictures.rows(alice, 1)
    assert set(access.in_trash(alice)) == {team, secret}
    assert set(access.in_trash(admin)) == {team}
    for other in (bob, charlie, AnonymousUser()):
        assert not access.in_trash(other).exists()


def test_what_is_gone_for_good_is_in_no_trash(alice, admin):
    trashed(alice, deleted_at=timezone.now())
    assert not access.in_trash(alice).exists()
    assert not access.in_trash(admin).exists()


def test_pictures_a_stranger_once_trashed_are_the_admins_to_bring_back(charlie, admin):
    image = trashed(charlie)
    assert list(access.in_trash(admin)) == [image]
    assert not access.in_trash(charlie).exists()
