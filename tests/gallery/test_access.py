import re
import uuid

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from gallery import access, library
from gallery.models import Image
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
def test_who_was_let_in_once_is_asked_again_each_time(client, alice, media, name):
    image = pictures.made(alice)
    client.force_login(alice)
    etag = bytes_of(client.get(address(name, image.pk)))["ETag"]
    library.trash(image=image, by=alice)
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
    assert list(lineage.parents(child, bob)) == []
