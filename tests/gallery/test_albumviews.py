"""The pages of the albums, for everybody, with and without a script."""

import html
import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from gallery import access, albums, library
from gallery.models import Album, Guest
from tests.gallery import pictures

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}
HTMX = {"HX-Request": "true"}


def numbers(images) -> list[int]:
    return [image.pk for image in images]


def lying(album) -> list[int]:
    return list(album.places.values_list("image", flat=True))


def address(name, album) -> str:
    return reverse(f"gallery:{name}", args=[album.pk])


def text(response) -> str:
    return html.unescape(response.content.decode())


def said(client, path="/settings/") -> str:
    """What stands on the next page."""
    return text(client.get(path))


@pytest.fixture
def four(alice):
    return numbers(pictures.rows(alice, 4, prompt="a red fox"))


@pytest.fixture
def poster(alice, four):
    made = library.add_album(name="Poster ideas", team="", by=alice)
    library.place(four, album=made, by=alice)
    return made


@pytest.fixture
def hers(client, alice):
    """A browser in which Alice is signed in."""
    client.force_login(alice)
    return client


# The list


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "An album needs a name."),
        ("x" * 81, "at most 80"),
        ("poster IDEAS", "You have an album of this name."),
    ],
)
def test_a_name_that_can_be_none_is_told_beside_its_field_and_kept(hers, poster, name, words):
    refused = hers.post("/albums/", {"name": name, "team": "add"})
    assert refused.status_code == 422
    assert words in text(refused)
    assert f'value="{name}"' in text(refused) or not name
    assert Album.objects.count() == 1


def test_a_new_album_is_opened_with_the_way_to_the_pictures(hers, alice):
    came = hers.post("/albums/", {"name": " Summer  sale", "team": "add"})
    album = Album.objects.get()
    assert (came.status_code, came["Location"]) == (303, f"/albums/{album.pk}/")
    assert (album.name, album.owner, album.team) == ("Summer sale", alice, "add")
    assert "No pictures in it yet" in said(hers, came["Location"])


def test_without_albums_the_page_says_what_one_is(hers):
    assert "No albums yet" in said(hers, "/albums/")
    assert "You have no album yet" in said(hers, "/albums/?mine=1")


def test_the_list_has_counts_and_owners_and_only_what_one_sees(client, alice, bob, poster):
    Guest.objects.create(album=poster, member=bob)
    pictures.album(alice, name="Closed to others")
    client.force_login(bob)
    page = said(client, "/albums/")
    assert "Poster ideas" in page
    assert "4 pictures · by Alice" in page
    assert "Shared with you" in page
    assert "Closed to others" not in page
    assert "Poster ideas" not in said(client, "/albums/?mine=1")


def test_the_list_goes_on(hers, alice, monkeypatch):
    monkeypatch.setattr("gallery.albums.SIZE", 1)
    first, second = (library.add_album(name=name, by=alice) for name in ("First", "Second"))
    page = said(hers, "/albums/?mine=1")
    assert "Second" in page
    assert "First" not in page
    assert f'href="?before={second.pk}&mine=1"' in page
    assert "First" in said(hers, f"/albums/?before={second.pk}&mine=1")
    assert "No more albums" in said(hers, f"/albums/?before={first.pk}")


# One album


@pytest.mark.parametrize(
    ("who", "team", "guest", "seen", "adds", "owns"),
    [
        ("alice", "", None, True, True, True),
        ("bob", "", None, False, False, False),
        ("bob", "", "view", True, False, False),
        ("bob", "", "add", True, True, False),
        ("bob", "view", None, True, False, False),
        ("bob", "add", None, True, True, False),
        ("admin", "", None, False, False, False),
        ("admin", "view", None, True, False, False),
        ("charlie", "add", "add", False, False, False),
    ],
)
def test_everybody_gets_what_is_theirs(request, client, alice, who, team, guest, seen, adds, owns):
    member = request.getfixturevalue(who)
    hidden, common = (
        pictures.rows(alice, 1, private=private, prompt="a vixen")[0] for private in (True, False)
    )
    album = library.add_album(name="Hers", team=team, by=alice)
    library.place([hidden.pk, common.pk], album=album, by=alice)
    if guest:
        Guest.objects.create(album=album, member=member, may_add=guest == "add")
    client.force_login(member)
    page = client.get(address("album", album))
    assert page.status_code == (302 if who == "charlie" else 200 if seen else 404)
    assert (f'data-id="{hidden.pk}"' in text(page)) == seen
    assert ("others’ private pictures are never shared by you" in text(page)) == (adds and not owns)
    assert ("Share and settings" in text(page)) == owns
    for name in ("change_album", "order_album"):
        assert (client.get(address(name, album)).status_code == 200) == owns
    settings = text(client.get(address("change_album", album)))
    assert ("others’ private pictures are never shared by you" in settings) == owns
    for name in ("change_album", "share_album", "unshare_album", "order_album", "cover_album", "trash_album"):
        if not owns:
            assert client.post(address(name, album)).status_code in {302, 404}
    album.refresh_from_db()
    assert album.trashed_at is None


def test_an_album_of_somebody_who_left_is_still_there_and_says_so(client, bob, charlie):
    (image,) = pictures.rows(charlie, 1)
    album = pictures.album(charlie, image, team="view")
    client.force_login(bob)
    page = said(client, address("album", album))
    assert "Charlie (not in the team any more)" in page
    assert f'data-id="{image.pk}"' in page


def test_who_sees_an_album_is_named_but_for_those_who_left(hers, bob, charlie, poster):
    Guest.objects.create(album=poster, member=bob, may_add=True)
    Guest.objects.create(album=poster, member=charlie)
    page = said(hers, address("album", poster))
    assert "Shared with 1: Bob (may add)." in page
    assert "Charlie" not in page
    assert "Not in the team any more" in said(hers, address("change_album", poster))


def test_a_member_whom_nothing_in_an_album_is_for_is_told_so(client, alice, bob):
    (image,) = pictures.rows(alice, 1)
    album = pictures.album(bob, image, team="view")
    library.hide([image.pk], by=alice)
    client.force_login(bob)
    page = said(client, address("album", album))
    assert "0 pictures" in page
    assert f'data-id="{image.pk}"' not in page


def test_the_next_piece_comes_to_htmx_and_as_a_page(hers, poster, four, monkeypatch):
    monkeypatch.setitem(albums.page.__kwdefaults__, "size", 2)
    first = said(hers, address("album", poster))
    more = first.split('<a class="btn" href="?after=')[1].split('"')[0]
    assert f'data-id="{four[2]}"' not in first
    for headers in ({}, HTMX):
        piece = hers.get(f"{address('album', poster)}?after={more}", headers=headers)
        assert [f'data-id="{pk}"' in text(piece) for pk in four] == [False, False, True, True]
        assert ("<html" in text(piece)) == (not headers)


def test_all_of_an_album_that_one_sees_can_be_chosen_at_once(hers, bob, poster, four, monkeypatch):
    monkeypatch.setitem(albums.page.__kwdefaults__, "size", 2)
    hidden = numbers(pictures.rows(bob, 2))
    library.place(hidden, album=poster, by=poster.owner)
    library.hide(hidden[:1], by=bob)
    pictures.rows(poster.owner, 1)
    page = said(hers, address("album", poster))
    where = page.split('data-numbers="')[1].partition('"')[0]
    assert where == f"/gallery/numbers/?album={poster.pk}"
    assert set(hers.get(where).json()["images"]) == {*four, hidden[1]}
    # Without a script by the form under the pictures.
    assert f'name="all" value="?album={poster.pk}"' in page
    hers.post("/gallery/act/", {"act": "favourite", "all": f"?album={poster.pk}"})
    assert "5 pictures are favourites now." in said(hers)


def test_of_an_album_that_one_does_not_see_no_numbers_are_told(client, bob, poster):
    client.force_login(bob)
    assert client.get(f"/gallery/numbers/?album={poster.pk}").json() == {"images": []}


def test_the_pictures_of_an_album_can_be_moved_to_a_project(hers, admin, poster, four):
    alba, old = (library.add_project(name=name, by=admin) for name in ("Alba", "Old"))
    library.archive_project(project=old, by=admin)
    page = said(hers, address("album", poster))
    template, form = page.split('<template id="projects">')[1].split("<noscript>")[:2]
    for part in (template, form):
        assert f'<option value="{alba.pk}">Alba</option>' in part
        assert "Old" not in part


def test_beyond_the_end_there_is_a_way_back(hers, poster):
    assert "Nothing comes after this" in said(hers, address("album", poster) + "?after=999999-999999")


def test_a_page_costs_the_same_however_many_pictures_and_guests(hers, alice, bob, admin, poster):
    def queries() -> list[int]:
        counted = []
        for path in ("/albums/", "/albums/choose/", *(address(name, poster) for name in names)):
            with CaptureQueriesContext(connection) as asked:
                hers.get(path)
            counted.append(len(asked))
        return counted

    names = ("album", "order_album", "change_album")
    Guest.objects.create(album=poster, member=bob)
    few = queries()
    Guest.objects.create(album=poster, member=admin)
    library.place(numbers(pictures.rows(bob, 20)), album=poster, by=alice)
    for nth in range(4):
        pictures.album(alice, *pictures.rows(alice, 2), name=str(nth), guests=[bob])
    assert queries() == few
    assert max(few) <= 16


# What its owner sets


def test_what_is_saved_is_there_and_what_is_refused_is_kept(hers, alice, poster):
    library.add_album(name="Taken", by=alice)
    refused = hers.post(address("change_album", poster), {"name": "taken", "team": "add"})
    assert refused.status_code == 422
    assert 'value="taken"' in text(refused)
    assert "You have an album of this name." in text(refused)
    saved = hers.post(address("change_album", poster), {"name": "Posters", "team": "view"})
    assert saved.status_code == 303
    poster.refresh_from_db()
    assert (poster.name, poster.team) == ("Posters", "view")


def test_an_album_is_shared_with_a_member_and_taken_away_with_a_way_back(client, hers, bob, poster):
    hers.post(address("share_album", poster), {"guest": bob.pk, "may_add": "on"})
    assert poster in access.filled_by(bob)
    assert "Bob sees the album and may add to it now." in said(hers)
    hers.post(address("unshare_album", poster), {"guest": bob.pk})
    assert poster not in access.albums_of(bob)
    page = said(hers)
    assert "not shared with Bob any more" in page
    hers.post(way_back(page))
    assert poster in access.filled_by(bob)


def way_back(page: str) -> str:
    """Where the button of the toast leads."""
    return page.split('<div class="toast">')[1].split('action="')[1].partition('"')[0]


@pytest.fixture
def bobs(bob, poster) -> list[int]:
    """Two private pictures that Bob put into Alice's album, and may take out."""
    Guest.objects.create(album=poster, member=bob, may_add=True)
    images = numbers(pictures.rows(bob, 2, private=True))
    library.place(images, album=poster, by=bob)
    return images


def shown(user, album) -> int:
    return albums.one(user, album).count


def test_who_opens_an_album_is_told_that_others_have_not_shown_their_private_pictures(hers, poster, bobs):
    hers.post(address("change_album", poster), {"name": "Poster ideas", "team": "view"})
    assert (
        "Saved. 2 private pictures that others put in are not shown by it until they add them again."
        in said(hers)
    )
    assert shown(poster.owner, poster) == 4


def test_who_invites_another_member_is_told_so_too(hers, admin, poster, bobs):
    library.unplace(bobs[:1], album=poster, by=poster.owner)
    hers.post(address("share_album", poster), {"guest": admin.pk})
    assert (
        "Ada sees the album now. A private picture that another member put in is not shown by it until they add"
        " it again." in said(hers)
    )


def test_who_is_removed_and_let_in_again_by_undo_shows_what_they_showed(hers, alice, bob, poster, bobs):
    hers.post(address("unshare_album", poster), {"guest": bob.pk})
    page = said(hers)
    assert (
        "The album is not shared with Bob any more. 2 private pictures of members who don’t see it any more are not"
        " shown in it." in page
    )
    assert shown(alice, poster) == 4
    hers.post(way_back(page))
    assert "Bob sees the album and may add to it now." in said(hers)
    assert shown(alice, poster) == 6
    assert [one.image for one in library.unplace(bobs, album=poster, by=bob)] == bobs


def test_who_closes_an_album_is_told_what_leaves_and_has_a_way_back(hers, alice, bob, poster, bobs):
    library.change_album(album=poster, name="Poster ideas", team="add", by=alice)
    library.place(bobs, album=poster, by=bob)
    Guest.objects.all().delete()
    hers.post(address("change_album", poster), {"name": "Posters", "team": ""})
    page = said(hers)
    assert "Saved. 2 private pictures of members who don’t see it any more are not shown in it." in page
    assert shown(alice, poster) == 4
    hers.post(way_back(page))
    poster.refresh_from_db()
    assert (poster.name, poster.team) == ("Posters", "add")
    assert shown(alice, poster) == 6


def test_setting_it_back_by_hand_is_no_undo(hers, alice, poster, bobs):
    library.change_album(album=poster, name="Poster ideas", team="add", by=alice)
    for team in ("", "add"):
        hers.post(address("change_album", poster), {"name": "Poster ideas", "team": team})
    assert shown(alice, poster) == 4


@pytest.mark.parametrize("forged", ["x", "", "another member's", "another album's", "yesterday's"])
def test_the_way_back_leads_back_for_whom_and_what_it_was_made(
    hers, alice, bob, admin, poster, bobs, forged, monkeypatch
):
    """Or one who was never shown them would be."""
    hers.post(address("unshare_album", poster), {"guest": bob.pk})
    where, _, query = way_back(said(hers)).partition("?")
    fields = dict(part.split("=") for part in query.split("&"))
    if forged == "another member's":
        fields["guest"] = str(admin.pk)
    elif forged == "another album's":
        other = pictures.album(alice, name="Other", guests=[bob])
        Guest.objects.update(may_add=True)
        (image,) = numbers(pictures.rows(bob, 1, private=True))
        library.place([image], album=other, by=bob)
        hers.post(address("unshare_album", other), {"guest": bob.pk})
        where, poster = address("share_album", other), other
        assert shown(alice, other) == 0
    elif forged == "yesterday's":
        monkeypatch.setattr("gallery.acts.CAN_BE_UNDONE_FOR", timedelta(seconds=-1))
    else:
        fields["undoes"] = forged
    seen = shown(alice, poster)
    answer = hers.post(f"{where}?{'&'.join(map('='.join, fields.items()))}")
    assert answer.status_code == 303
    assert poster.guests.exists()
    assert shown(alice, poster) == seen


def test_who_has_private_pictures_in_an_album_that_it_does_not_show_is_told_and_shows_them(
    client, alice, bob, admin, poster, bobs
):
    client.force_login(bob)
    assert "not shown by this album" not in said(client, address("album", poster))
    library.change_album(album=poster, name="Poster ideas", team="add", by=alice)
    page = said(client, address("album", poster))
    assert "2 private pictures of yours in it are not shown by this album." in page
    fields = {"act": "place", "album": poster.pk, "next": "/queue/"}
    fields["images"] = page.split('class="quiet"')[1].split('name="images" value="')[1].split('"')[0]
    client.post("/gallery/act/", fields)
    assert "2 private ones are seen by all who see the album." in said(client)
    assert shown(admin, poster) == 6
    assert "not shown by this album" not in said(client, address("album", poster))


def test_who_may_look_but_not_add_is_told_without_a_button(client, alice, bob, poster, bobs):
    library.change_album(album=poster, name="Poster ideas", team="view", by=alice)
    Guest.objects.update(may_add=False)
    client.force_login(bob)
    page = said(client, address("album", poster))
    assert "2 private pictures of yours in it are not shown by this album." in page
    assert "Show them here" not in page
    assert f'href="{address("order_album", poster)}"' in page
    assert f'data-id="{bobs[0]}"' in said(client, address("order_album", poster))


def test_of_a_private_picture_in_an_album_of_ones_own_nothing_is_said(hers, alice, bob):
    (image,) = pictures.rows(alice, 1, private=True)
    album = pictures.album(alice, image, by=bob)
    assert "not shown by this album" not in said(hers, address("album", album))


@pytest.mark.parametrize("guest", ["", "alice", "charlie", "999999", "x"])
def test_it_is_shared_with_members_alone(request, hers, poster, guest):
    number = request.getfixturevalue(guest).pk if guest in {"alice", "charlie"} else guest
    refused = hers.post(address("share_album", poster), {"guest": number})
    assert refused.status_code == 422
    assert "Choose somebody" in text(refused)
    assert not poster.guests.exists()


@pytest.mark.parametrize("guest", ["", "999999", "x"])
def test_who_is_no_guest_can_not_be_removed(hers, poster, guest):
    assert hers.post(address("unshare_album", poster), {"guest": guest}).status_code == 404


def test_who_left_the_team_can_be_removed_and_is_not_offered_again(hers, charlie, poster):
    Guest.objects.create(album=poster, member=charlie)
    hers.post(address("unshare_album", poster), {"guest": charlie.pk})
    assert not poster.guests.exists()
    assert "toast" not in said(hers).split("<main")[0]


def test_an_album_is_thrown_away_and_brought_back(hers, bob, poster, four):
    came = hers.post(address("trash_album", poster))
    assert (came.status_code, came["Location"]) == (303, "/albums/")
    page = said(hers, "/albums/")
    assert "“Poster ideas” is thrown away, and goes for good in 30 days." in page
    assert "Thrown away" in page
    assert hers.get(address("album", poster)).status_code == 404
    assert hers.post(way_back(page))["Location"] == f"/albums/{poster.pk}/"
    assert lying(poster) == four
    assert hers.post(address("restore_album", poster)).status_code == 404


@pytest.mark.parametrize(
    ("ago", "words"), [(0, "in 30 days"), (18, "in 12 days"), (29, "tomorrow"), (33, "today")]
)
def test_how_long_a_thrown_away_album_stays_is_said_beside_it_and_before(hers, poster, ago, words):
    assert "For 30 days you can bring it back" in said(hers, address("change_album", poster))
    hers.post(address("trash_album", poster))
    Album.objects.update(trashed_at=timezone.now() - timedelta(days=ago))
    page = said(hers, "/albums/").split('id="thrown-away"')[1]
    assert f"goes for good {words}<" in page


def test_an_album_whose_name_is_taken_by_now_stays_away_and_that_is_told(hers, poster):
    hers.post(address("trash_album", poster))
    hers.post("/albums/", {"name": "Poster ideas"})
    hers.post(address("restore_album", poster))
    assert "Give that one another name first" in said(hers, "/albums/")


# The order


def test_the_buttons_move_without_a_script_and_lead_back_to_the_picture(hers, poster, four):
    came = hers.post(address("order_album", poster) + "?after=1-1", {"move": f"start:{four[3]}"})
    assert (came.status_code, came["Location"]) == (303, f"/albums/{poster.pk}/order/?after=1-1#p-{four[3]}")
    hers.post(address("order_album", poster), {"move": f"later:{four[0]}"})
    assert lying(poster) == [four[3], four[1], four[0], four[2]]


def test_a_script_says_before_which_picture_one_comes(hers, poster, four):
    assert (
        hers.post(
            address("order_album", poster), {"image": four[0], "before": four[3]}, headers=JSON
        ).status_code
        == 204
    )
    assert lying(poster) == [four[1], four[2], four[0], four[3]]
    hers.post(address("order_album", poster), {"image": four[1], "before": ""}, headers=JSON)
    assert lying(poster)[-1] == four[1]


@pytest.mark.parametrize(
    "fields", [{}, {"move": "start:x"}, {"move": "up:999999"}, {"image": "x"}, {"move": "earlier:999999"}]
)
def test_a_move_that_is_none_is_told(hers, poster, four, fields):
    refused = hers.post(address("order_album", poster), fields, headers=JSON)
    assert refused.status_code == 422
    assert json.loads(refused.content)["problem"]
    assert hers.post(address("order_album", poster), fields).status_code == 422
    assert lying(poster) == four


def test_a_picture_that_is_gone_meanwhile_is_said_to_be(hers, poster, four):
    moved = {"image": four[0], "before": four[1]}
    library.unplace([four[1]], album=poster, by=poster.owner)
    refused = hers.post(address("order_album", poster), moved, headers=JSON)
    assert "not in the album any more" in json.loads(refused.content)["problem"]


def test_others_find_there_what_they_put_in_to_take_it_out(client, alice, bob, poster, four):
    Guest.objects.create(album=poster, member=bob, may_add=True)
    client.force_login(bob)
    assert client.get(address("order_album", poster)).status_code == 404
    (image,) = numbers(pictures.rows(bob, 1))
    library.place([image], album=poster, by=bob)
    page = said(client, address("order_album", poster))
    assert f'data-id="{image}"' in page
    assert f'data-id="{four[0]}"' not in page
    assert "Use as cover" not in page
    assert 'value="start:' not in page
    client.post("/gallery/act/", {"act": "unplace", "album": poster.pk, "images": [image, four[0]]})
    assert lying(poster) == four


def test_a_cover_is_chosen_and_must_be_in_the_album(hers, alice, poster, four):
    hers.post(address("cover_album", poster), {"cover": four[2]})
    poster.refresh_from_db()
    assert poster.cover_id == four[2]
    (other,) = numbers(pictures.rows(alice, 1))
    hers.post(address("cover_album", poster), {"cover": other})
    assert "not in the album any more" in said(hers)
    poster.refresh_from_db()
    assert poster.cover_id == four[2]
    hers.post(address("cover_album", poster))
    poster.refresh_from_db()
    assert poster.cover_id is None


# Choosing one


def test_those_one_may_add_to_are_offered_and_no_others(client, alice, bob):
    adds = pictures.album(alice, name="Adds", team="add")
    pictures.album(alice, name="Looks", team="view")
    pictures.album(alice, name="Closed")
    own = pictures.album(bob, name="Own")
    client.force_login(bob)
    piece = text(client.get("/albums/choose/", headers=HTMX))
    assert "<html" not in piece
    assert [f'name="album" value="{album.pk}"' in piece for album in (adds, own)] == [True, True]
    assert "Looks" not in piece
    assert "Closed" not in piece
    assert 'name="album_name"' in piece
    # Enter in the field is a click on the first button.
    assert piece.index("<button") > piece.index("album_name")
    assert piece.split("<button")[1].startswith(' class="btn" type="submit">')


def test_few_albums_have_no_field_to_find_one_by(hers, poster):
    assert 'name="named"' not in said(hers, "/albums/choose/?images=1")


def test_of_very_many_albums_the_others_are_found_by_name_without_a_script(hers, alice, monkeypatch):
    monkeypatch.setattr(albums, "MOST_CHOICES", 3)
    monkeypatch.setattr(albums, "FEW", 2)
    made = [pictures.album(alice, name=f"Album {nth}") for nth in range(5)]
    page = said(hers, "/albums/choose/?images=1,2&next=/queue/")
    assert "There are more: type a part of the name." in page
    assert f'value="{made[0].pk}"' not in page
    form = page.split('<form id="album-finding"')[1].partition("</form>")[0]
    assert 'name="images" value="2,1"' in form
    assert 'name="next" value="/queue/"' in form
    assert 'form="album-finding"' in page.split('name="named"')[1].partition(">")[0]
    page = text(hers.post("/albums/choose/", {"named": "album 0", "images": "2,1", "next": "/queue/"}))
    assert f'<button type="submit" name="album" value="{made[0].pk}"' in page
    assert page.count('name="images" value="2,1"') == 2
    assert 'value="album 0"' in page
    assert "There are more" not in page
    assert "No album is called so" in text(hers.post("/albums/choose/", {"named": "zz", "images": "1"}))


def test_in_a_panel_the_field_asks_while_one_types(hers, alice, monkeypatch):
    monkeypatch.setattr(albums, "FEW", 2)
    made = [pictures.album(alice, name=f"Album {nth}") for nth in range(5)]
    piece = text(hers.get("/albums/choose/?named=album+3", headers=HTMX))
    assert 'hx-get="/albums/choose/"' in piece
    assert 'id="album-finding"' not in piece
    assert [f'value="{album.pk}"' in piece for album in made] == [False, False, False, True, False]


def test_without_a_script_the_page_carries_what_was_chosen(hers, alice, poster, four):
    (new,) = numbers(pictures.rows(alice, 1))
    page = said(hers, f"/albums/choose/?images={new},{four[0]}&next=/gallery/?by=me")
    assert f'name="images" value="{new},{four[0]}"' in page
    came = hers.post(
        "/gallery/act/",
        {"act": "place", "images": f"{new}", "album": poster.pk, "album_name": "", "next": "/queue/"},
    )
    assert came["Location"] == "/queue/"
    assert lying(poster) == [*four, new]
    assert 'name="all" value="by=me"' in said(hers, "/albums/choose/?all=by%3Dme")
    assert "No pictures are chosen" in said(hers, "/albums/choose/")


def test_a_new_album_is_made_by_its_name_alone(hers, four):
    told = hers.post("/gallery/act/", {"act": "place", "images": four[:2], "album_name": "Neu"}, headers=JSON)
    assert json.loads(told.content)["words"] == "2 pictures are in “Neu” now. The team sees the new album."
    refused = hers.post("/gallery/act/", {"act": "place", "images": four[:2]}, headers=JSON)
    assert json.loads(refused.content)["problem"] == "Choose an album, or type the name of a new one."
