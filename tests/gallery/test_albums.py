"""Albums: who may do what with them, in what order pictures lie in them, and what each reader sees of them."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gallery import access, acts, albums, library
from gallery.library.albums import GAP
from gallery.models import Album, Guest, Image, Placed
from tests.gallery import pictures

pytestmark = pytest.mark.django_db
Team = Album.Team


def numbers(images) -> list[int]:
    return [image.pk for image in images]


def lying(album) -> list[int]:
    return list(album.places.values_list("image", flat=True))


def seen(user, album) -> list[int]:
    return numbers(albums.page(user, album).images)


@pytest.fixture
def four(alice):
    return numbers(pictures.rows(alice, 4))


@pytest.fixture
def poster(alice, four):
    """Alice's own album of her four pictures."""
    made = library.add_album(name="Poster ideas", team=Team.NOTHING, by=alice)
    library.place(four, album=made, by=alice)
    return made


def invite(album, guest, *, may_add=False):
    library.share(album=album, guest=guest, may_add=may_add, by=album.owner)


# What it is called


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("  ", "needs a name"),
        ("x" * 81, "at most 80"),
        ("ÄPFEL", "of this name"),
        (" äpfel ", "of this name"),
    ],
)
def test_an_album_has_a_name_of_its_own(alice, name, words):
    library.add_album(name="Äpfel", by=alice)
    with pytest.raises(ValidationError, match=words):
        library.add_album(name=name, by=alice)
    assert Album.objects.count() == 1


def test_two_members_may_use_one_name_and_one_may_use_it_again_once_it_is_thrown_away(alice, bob):
    first = library.add_album(name="Summer", by=alice)
    library.add_album(name="Summer", by=bob)
    library.trash_album(album=first, by=alice)
    second = library.add_album(name="summer", by=alice)
    with pytest.raises(ValidationError, match="another album called “Summer”"):
        library.restore_album(album=first, by=alice)
    library.trash_album(album=second, by=alice)
    library.restore_album(album=first, by=alice)
    assert list(access.albums_of(alice).filter(owner=alice)) == [first]


def test_a_name_that_was_given_in_the_same_moment_is_said_to_be_taken(alice, monkeypatch):
    library.add_album(name="Summer", by=alice)
    monkeypatch.setattr(Album, "full_clean", lambda *_args, **_more: None)
    monkeypatch.setattr("gallery.library.albums.Album.objects.filter", lambda **_which: Album.objects.none())
    with pytest.raises(ValidationError, match="of this name"):
        library.add_album(name="Summer", by=alice)


def test_an_album_keeps_its_own_name_when_who_sees_it_changes(alice, poster):
    library.change_album(album=poster, name="poster IDEAS", team=Team.ADD, by=alice)
    assert (poster.name, poster.team) == ("poster IDEAS", Team.ADD)
    with pytest.raises(ValidationError):
        library.change_album(album=poster, name="Posters", team="all", by=alice)


# Who may do what


@pytest.mark.parametrize("team", [Team.NOTHING, Team.VIEW, Team.ADD])
@pytest.mark.parametrize("who", ["bob", "charlie", "admin"])
def test_its_owner_alone_changes_an_album_and_admins_do_not(request, alice, poster, four, who, team):
    other = request.getfixturevalue(who)
    library.change_album(album=poster, name=poster.name, team=team, by=alice)
    invite(poster, request.getfixturevalue("bob"), may_add=True)
    tries = [
        lambda: library.change_album(album=poster, name="Mine", team=Team.ADD, by=other),
        lambda: library.share(album=poster, guest=other, may_add=True, by=other),
        lambda: library.unshare(album=poster, guest=other, by=other),
        lambda: library.order(four[:1], album=poster, before=None, by=other),
        lambda: library.set_cover(album=poster, image=four[1], by=other),
        lambda: library.trash_album(album=poster, by=other),
    ]
    for attempt in tries:
        with pytest.raises(PermissionDenied):
            attempt()
    poster.refresh_from_db()
    assert (poster.name, poster.cover, poster.trashed_at) == ("Poster ideas", None, None)
    assert lying(poster) == four


@pytest.mark.parametrize("who", ["bob", "charlie", "admin"])
def test_nobody_else_brings_an_album_back(request, alice, poster, who):
    library.trash_album(album=poster, by=alice)
    with pytest.raises(PermissionDenied):
        library.restore_album(album=poster, by=request.getfixturevalue(who))
    assert not access.albums_of(alice).exists()


@pytest.mark.parametrize(
    ("who", "team", "guest", "may"),
    [
        ("alice", Team.NOTHING, None, True),
        ("bob", Team.NOTHING, None, False),
        ("bob", Team.VIEW, None, False),
        ("bob", Team.ADD, None, True),
        ("bob", Team.NOTHING, False, False),
        ("bob", Team.NOTHING, True, True),
        ("admin", Team.NOTHING, None, False),
        ("admin", Team.VIEW, None, False),
        ("admin", Team.ADD, None, True),
        ("charlie", Team.ADD, True, False),
    ],
)
def test_who_may_put_pictures_into_an_album(request, alice, who, team, guest, may):
    member = request.getfixturevalue(who)
    album = pictures.album(alice, team=team)
    if guest is not None:
        Guest.objects.create(album=album, member=member, may_add=guest)
    (image,) = pictures.rows(alice, 1)
    assert (album in access.filled_by(member)) == may
    assert (album in albums.to_choose(member)) == may
    if may:
        assert library.place([image.pk], album=album, by=member) == [image.pk]
    else:
        with pytest.raises(PermissionDenied):
            library.place([image.pk], album=album, by=member)


def test_an_album_is_shared_with_active_members_that_are_not_its_owner(alice, bob, charlie, poster):
    for nobody, words in [(alice, "yours already"), (charlie, "not in the team")]:
        with pytest.raises(ValidationError, match=words):
            invite(poster, nobody)
    invite(poster, bob)
    invite(poster, bob, may_add=True)
    assert list(poster.guests.values_list("member", "may_add")) == [(bob.pk, True)]
    assert charlie not in albums.to_invite(poster)


def test_nothing_is_put_into_an_album_that_was_thrown_away(alice, poster):
    (image,) = pictures.rows(alice, 1)
    library.trash_album(album=poster, by=alice)
    with pytest.raises(PermissionDenied):
        library.place([image.pk], album=poster, by=alice)


# In and out


def test_pictures_come_to_the_end_once_and_in_the_order_they_are_given(alice, bob, poster, four):
    more = numbers(pictures.rows(alice, 2))
    assert library.place([more[1], four[0], more[0], more[1]], album=poster, by=alice) == more[::-1]
    assert lying(poster) == [*four, more[1], more[0]]


def test_places_are_written_from_the_first_picture_on_so_that_nobody_waits_in_a_circle(alice, poster):
    def written() -> list[int]:
        return list(poster.places.filter(image__in=more).order_by("pk").values_list("image", flat=True))

    more = numbers(pictures.rows(alice, 3))
    library.place(more[::-1], album=poster, by=alice)
    assert written() == more
    library.put_back(library.unplace(more, album=poster, by=alice), album=poster, by=alice)
    assert written() == more
    assert lying(poster)[-3:] == more[::-1]


def test_what_one_may_not_see_is_not_put_in(alice, bob, poster):
    hidden, thrown = pictures.rows(bob, 2, private=True)
    library.trash([thrown.pk], by=bob)
    assert library.place([hidden.pk, thrown.pk, 10**6], album=poster, by=alice) == []


def test_others_take_out_only_what_they_put_in(alice, bob, admin, poster, four):
    invite(poster, bob, may_add=True)
    theirs = numbers(pictures.rows(alice, 2))
    library.place(theirs, album=poster, by=bob)
    assert [one.image for one in library.unplace([*four, theirs[0]], album=poster, by=bob)] == theirs[:1]
    assert library.unplace(theirs, album=poster, by=admin) == []
    assert [one.image for one in library.unplace(theirs, album=poster, by=alice)] == theirs[1:]
    assert lying(poster) == four


def test_who_may_add_no_more_still_takes_out_what_they_put_in(alice, bob, poster):
    invite(poster, bob, may_add=True)
    (image,) = pictures.rows(bob, 1)
    library.place([image.pk], album=poster, by=bob)
    invite(poster, bob, may_add=False)
    assert library.unplace([image.pk], album=poster, by=bob)


def test_its_owner_is_not_told_of_hidden_pictures_in_an_album(alice, bob, poster):
    (image,) = pictures.rows(bob, 1)
    library.place([image.pk], album=poster, by=alice)
    library.hide([image.pk], by=bob)
    assert library.unplace([image.pk], album=poster, by=alice) == []
    assert library.order([image.pk], album=poster, before=None, by=alice) == []
    with pytest.raises(ValidationError):
        library.set_cover(album=poster, image=image.pk, by=alice)


def test_a_cover_that_is_taken_out_is_the_cover_no_more(alice, poster, four):
    library.set_cover(album=poster, image=four[2], by=alice)
    library.unplace(four[:1], album=poster, by=alice)
    assert Album.objects.get().cover_id == four[2]
    library.unplace([four[2]], album=poster, by=alice)
    assert Album.objects.get().cover_id is None


@pytest.mark.parametrize("what", ["unshare", "close"])
def test_who_can_not_see_an_album_any_more_shows_nothing_private_by_it(alice, bob, poster, four, what):
    """They could not take it out themselves."""
    invite(poster, bob, may_add=True)
    library.change_album(album=poster, name=poster.name, team=Team.NOTHING, by=alice)
    hidden, open_one, later = (pictures.rows(bob, 1, private=private)[0] for private in (True, False, False))
    library.place([hidden.pk, open_one.pk, later.pk, four[0]], album=poster, by=bob)
    assert hidden in access.visible_to(alice)
    if what == "unshare":
        library.unshare(album=poster, guest=bob, by=alice)
    else:
        Guest.objects.all().delete()
        library.change_album(album=poster, name=poster.name, team=Team.NOTHING, by=alice)
    assert hidden not in access.visible_to(alice)
    assert seen(alice, poster) == [*four, open_one.pk, later.pk]
    library.hide([later.pk], by=bob)
    assert later not in access.visible_to(alice)


def test_a_picture_of_the_owner_is_not_shared_by_a_guest_who_leaves(alice, bob, admin):
    """Bob put it in while everybody saw it; Alice never meant to share it there."""
    album = pictures.album(alice, guests=[bob, admin])
    Guest.objects.update(may_add=True)
    (hers,) = pictures.rows(alice, 1)
    library.place([hers.pk], album=album, by=bob)
    library.unshare(album=album, guest=bob, by=alice)
    library.hide([hers.pk], by=alice)
    assert hers not in access.visible_to(admin)


# In order


@pytest.mark.parametrize(
    ("moved", "before", "becomes"),
    [
        ([3], 0, [3, 0, 1, 2]),
        ([0], 2, [1, 0, 2, 3]),
        ([0], None, [1, 2, 3, 0]),
        ([3, 1], 0, [1, 3, 0, 2]),
        ([0, 1], None, [2, 3, 0, 1]),
        ([2], 2, [0, 1, 2, 3]),
        ([0, 1, 2, 3], None, [0, 1, 2, 3]),
        ([1, 2], 2, [0, 1, 2, 3]),
    ],
)
@pytest.mark.parametrize("gap", [GAP, 1])
def test_pictures_are_moved_before_another_one_or_to_the_end(
    alice, poster, four, moved, before, becomes, gap
):
    for at, place in enumerate(poster.places.all()):
        Placed.objects.filter(pk=place.pk).update(position=at * gap)
    target = None if before is None else four[before]
    library.order([four[at] for at in moved], album=poster, before=target, by=alice)
    assert lying(poster) == [four[at] for at in becomes]


def test_a_gap_that_closes_is_opened_again(alice, poster, four):
    order = list(four)
    for _ in range(40):
        library.order([order[-1]], album=poster, before=order[1], by=alice)
        order.insert(1, order.pop())
        assert lying(poster) == order


def test_pictures_in_one_place_keep_their_order_when_another_one_comes_between(alice, poster, four):
    poster.places.update(position=5)
    library.order([four[3]], album=poster, before=four[1], by=alice)
    assert lying(poster) == [four[0], four[3], four[1], four[2]]


def test_one_moves_nothing_before_a_picture_that_is_gone(alice, poster, four):
    with pytest.raises(ValidationError, match="not in the album any more"):
        library.order(four[:1], album=poster, before=10**6, by=alice)


@pytest.mark.parametrize(
    ("at", "to", "becomes"),
    [
        (2, "start", [2, 0, 1, 3]),
        (2, "earlier", [0, 2, 1, 3]),
        (1, "later", [0, 2, 1, 3]),
        (1, "end", [0, 2, 3, 1]),
        (0, "start", [0, 1, 2, 3]),
        (0, "earlier", [0, 1, 2, 3]),
        (3, "later", [0, 1, 2, 3]),
        (2, "later", [0, 1, 3, 2]),
    ],
)
def test_a_step_goes_past_what_is_seen_and_not_past_what_is_hidden(alice, bob, poster, four, at, to, becomes):
    hidden = numbers(pictures.rows(bob, 3))
    library.place(hidden, album=poster, by=alice)
    for one, before in zip(hidden, four[1:], strict=True):
        library.order([one], album=poster, before=before, by=alice)
    library.hide(hidden, by=bob)
    before = albums.before_which(alice, poster, four[at], to)
    library.order([four[at]], album=poster, before=before, by=alice)
    assert seen(alice, poster) == [four[nth] for nth in becomes]


# What a reader sees


def test_counts_covers_and_pages_have_only_what_the_reader_sees(alice, bob, admin, poster, four):
    invite(poster, bob, may_add=True)
    library.change_album(album=poster, name=poster.name, team=Team.VIEW, by=alice)
    (bobs,) = numbers(pictures.rows(bob, 1))
    library.place([bobs], album=poster, by=alice)
    library.set_cover(album=poster, image=bobs, by=alice)
    library.hide([bobs], by=bob)
    library.trash(four[:1], by=alice)
    for reader, visible, cover in [
        (alice, four[1:], four[1]),
        (admin, four[1:], four[1]),
        (bob, [*four[1:], bobs], bobs),
    ]:
        shown = albums.one(reader, poster)
        assert seen(reader, poster) == visible
        assert (shown.count, shown.cover.pk) == (len(visible), cover)


def test_an_album_without_pictures_has_no_cover(alice):
    shown = albums.one(alice, library.add_album(name="Empty", by=alice))
    assert (shown.count, shown.cover) == (0, None)


def test_pages_go_on_where_the_last_one_ended_whatever_other_albums_say(alice, bob, poster, four):
    pictures.album(alice, *Image.objects.filter(pk__in=four).order_by("-pk"), name="Other way round")
    found, after = [], ""
    for _ in range(4):
        page = albums.page(alice, poster, after, size=1)
        found, after = found + numbers(page.images), page.more
    assert found == four
    assert after == ""
    assert albums.page(alice, poster, size=3).next == four[3]
    assert numbers(albums.page(alice, poster, "1-x").images) == four


def test_one_finds_what_one_put_in_oneself(alice, bob, poster):
    invite(poster, bob, may_add=True)
    (image,) = numbers(pictures.rows(alice, 1))
    library.place([image], album=poster, by=bob)
    assert numbers(albums.page(bob, poster, by=bob).images) == [image]


def test_who_sees_an_album_is_said_for_each_reader(alice, bob, charlie):
    made = [
        pictures.album(alice, name="A"),
        pictures.album(alice, name="B", guests=[bob, charlie]),
        pictures.album(alice, name="C", team="view"),
        pictures.album(alice, name="D", team="add"),
    ]
    says = [albums.one(alice, album).sharing for album in made]
    assert says == ["Only you", "Shared with 1", "Everyone sees it", "Everyone adds to it"]
    assert albums.one(bob, made[1]).sharing == "Shared with you"


def test_the_shelf_has_the_newest_albums_first_and_goes_on(alice, bob, monkeypatch):
    monkeypatch.setattr(albums, "SIZE", 2)
    made = [pictures.album(alice, name=str(nth), team="view").pk for nth in range(3)]
    own = pictures.album(bob).pk
    pictures.album(alice, name="Closed")
    first = albums.shelf(bob)
    second = albums.shelf(bob, before=first.more)
    assert [[one.album.pk for one in shelf.albums] for shelf in (first, second)] == [
        [own, made[2]],
        [made[1], made[0]],
    ]
    assert second.more is None
    assert [one.album.pk for one in albums.shelf(bob, mine=True).albums] == [own]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("zzz", []),
        ("--", []),
        ("äpfel", ["Grüne Äpfel 1", "Äpfel"]),
        ("APFEL gru", ["Grüne Äpfel 1"]),
        ("pfel 1", ["Grüne Äpfel 1"]),
        ("", ["Birnen 1", "Grüne Äpfel 1", "Äpfel"]),
    ],
)
def test_an_album_is_found_by_parts_of_its_name_however_it_is_written(alice, bob, typed, found):
    for name in ("Äpfel", "Grüne Äpfel 1", "Birnen 1"):
        library.add_album(name=name, by=alice)
    library.add_album(name="Äpfel", by=bob)
    assert [album.name for album in albums.to_choose(alice, typed)] == found


def test_the_oldest_of_very_many_albums_is_found_by_its_name(alice, monkeypatch):
    monkeypatch.setattr(albums, "MOST_CHOICES", 3)
    for nth in range(9):
        library.add_album(name=f"Album {nth}", by=alice)
    offered = [album.name for album in albums.to_choose(alice)]
    assert offered == ["Album 8", "Album 7", "Album 6", "Album 5"], "one more says that there are others"
    assert [album.name for album in albums.to_choose(alice, "album 0")] == ["Album 0"]


def test_when_albums_were_used_is_asked_only_of_those_that_fit(alice):
    used, fits, other = (pictures.album(alice, name=name) for name in ("A poster", "Posters", "Other"))
    library.place(numbers(pictures.rows(alice, 1)), album=used, by=alice)
    with CaptureQueriesContext(connection) as asked:
        assert albums.to_choose(alice, "poster") == [used, fits]
    names, found = (one["sql"] for one in asked)
    assert "MAX(" not in names
    assert f"{other.pk}" not in found.split(" IN (")[-1]


def test_the_album_used_last_is_offered_first(alice):
    first, second = (library.add_album(name=name, by=alice) for name in ("First", "Second"))
    assert albums.to_choose(alice) == [second, first]
    library.place(numbers(pictures.rows(alice, 1)), album=first, by=alice)
    assert albums.to_choose(alice) == [first, second]


def test_a_shelf_and_a_page_cost_the_same_however_full_they_are(alice, bob):
    def queries() -> list[int]:
        made = []
        for read in (
            lambda: albums.shelf(bob),
            lambda: albums.page(bob, full),
            lambda: albums.to_choose(bob),
        ):
            with CaptureQueriesContext(connection) as asked:
                read()
            made.append(len(asked))
        return made

    full = pictures.album(alice, *pictures.rows(alice, 1), name="Full", team="add")
    few = queries()
    for nth in range(5):
        pictures.album(alice, *pictures.rows(bob, 3), name=f"Album {nth}", team="add", guests=[bob])
    library.place(numbers(pictures.rows(alice, 20)), album=full, by=alice)
    assert queries() == few == [5, 1, 1]


# As acts


def do(name, images, *, by, target):
    return acts.do(name, images, by=by, target=target if isinstance(target, str) else str(target.pk))


def test_what_comes_of_it_is_said_and_undone(alice, poster, four):
    more = numbers(pictures.rows(alice, 3))
    done = do("place", [four[0], *more], by=alice, target=poster)
    assert done.words == "3 pictures are in “Poster ideas” now; 1 already was there, or is gone."
    assert acts.undo(done.deed, by=alice).images == more
    assert lying(poster) == four


def test_what_is_taken_out_comes_back_to_where_it_was(alice, poster, four):
    done = do("unplace", [four[1], four[2]], by=alice, target=poster)
    assert done.words == "2 pictures were taken out of “Poster ideas”."
    library.place(numbers(pictures.rows(alice, 1)), album=poster, by=alice)
    assert acts.undo(done.deed, by=alice).words == "Undone."
    assert lying(poster)[:4] == four


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_a_cover_that_is_taken_out_and_back_is_the_cover_again(request, alice, bob, poster, four, who):
    invite(poster, bob, may_add=True)
    (image,) = numbers(pictures.rows(bob, 1))
    library.place([image], album=poster, by=bob)
    library.set_cover(album=poster, image=image, by=alice)
    by = request.getfixturevalue(who)
    done = do("unplace", [image], by=by, target=poster)
    assert Album.objects.get().cover_id is None
    acts.undo(done.deed, by=by)
    assert Album.objects.get().cover_id == image


def test_a_cover_that_was_chosen_meanwhile_stays(alice, poster, four):
    library.set_cover(album=poster, image=four[0], by=alice)
    done = do("unplace", four[:1], by=alice, target=poster)
    library.set_cover(album=poster, image=four[1], by=alice)
    acts.undo(done.deed, by=alice)
    assert Album.objects.get().cover_id == four[1]


def test_others_are_told_what_is_not_theirs_to_take_out(alice, bob, poster, four):
    invite(poster, bob)
    done = do("unplace", four, by=bob, target=poster)
    assert done.words == "Nothing changed: these pictures are not yours to take out."


@pytest.mark.parametrize("who", ["bob", "charlie", "admin"])
def test_a_closed_album_is_none_to_others(request, alice, poster, four, who):
    other = request.getfixturevalue(who)
    for target in (str(poster.pk), "999999", "x", "9" * 30):
        for act in ("place", "unplace"):
            with pytest.raises(ValidationError, match="There is no such album"):
                do(act, four, by=other, target=target)


def test_who_sees_an_album_but_may_not_add_is_told_so(alice, bob, poster, four):
    invite(poster, bob)
    with pytest.raises(ValidationError, match="You see “Poster ideas”"):
        do("place", four, by=bob, target=poster)


def test_a_new_album_is_made_with_the_pictures_that_come_into_it(alice, bob, four):
    done = do("place", four, by=alice, target="+ Summer  sale ")
    assert done.words == "4 pictures are in “Summer sale” now. The team sees the new album."
    album = Album.objects.get()
    assert (album.owner, album.name, lying(album)) == (alice, "Summer sale", four)
    assert acts.undo(done.deed, by=alice).images == four
    assert lying(album) == []
    assert do("place", four, by=alice, target="+Summer sale").images == four


def test_private_pictures_are_shown_to_nobody_by_a_new_album(alice, bob):
    (hidden,) = pictures.rows(alice, 1, private=True)
    done = do("place", [hidden.pk], by=alice, target="+Mine")
    assert done.words == "1 picture is in “Mine” now. Only you see the new album."
    assert hidden not in access.visible_to(bob)


def test_no_album_is_made_for_pictures_one_can_not_see_nor_under_a_name_that_is_taken(alice, bob, four):
    (hidden,) = pictures.rows(bob, 1, private=True)
    with pytest.raises(ValidationError, match="not there any more"):
        do("place", [hidden.pk], by=alice, target="+New")
    library.add_album(name="Taken", by=alice)
    for name in ("+taken", "+", "+   "):
        with pytest.raises(ValidationError):
            do("place", four, by=alice, target=name)
    assert Album.objects.count() == 1


def test_who_puts_a_private_picture_where_others_look_is_told(alice, bob, poster, four):
    one, two, three = numbers(pictures.rows(alice, 3, private=True))
    assert do("place", [one], by=alice, target=poster).words == "1 picture is in “Poster ideas” now."
    invite(poster, bob)
    assert do("place", [two, three], by=alice, target=poster).words.endswith(
        "now. 2 private ones are seen by all who see the album."
    )


def test_undoing_shares_nothing_in_anothers_name(alice, bob, admin):
    """Bob shared his private picture in Alice's album; she took it out, and then back in."""
    album = pictures.album(alice, guests=[bob, admin])
    Guest.objects.update(may_add=True)
    (image,) = pictures.rows(bob, 1)
    library.place([image.pk], album=album, by=bob)
    done = do("unplace", [image.pk], by=alice, target=album)
    acts.undo(done.deed, by=alice)
    assert lying(album) == [image.pk]
    library.hide([image.pk], by=bob)
    assert image not in access.visible_to(admin)


def test_undoing_does_not_share_what_others_had_put_in(alice, bob, admin):
    """Bob had put Alice's picture in, which shares nothing when it is private; her undoing shares nothing either."""
    album = pictures.album(alice, guests=[bob, admin])
    Guest.objects.update(may_add=True)
    (hers,) = pictures.rows(alice, 1)
    library.place([hers.pk], album=album, by=bob)
    library.hide([hers.pk], by=alice)
    done = do("unplace", [hers.pk], by=alice, target=album)
    acts.undo(done.deed, by=alice)
    assert hers not in access.visible_to(admin)


def test_ones_own_private_picture_is_shared_again_by_undoing(alice, bob):
    album = pictures.album(alice, guests=[bob])
    (hers,) = pictures.rows(alice, 1, private=True)
    library.place([hers.pk], album=album, by=alice)
    done = do("unplace", [hers.pk], by=alice, target=album)
    assert hers not in access.visible_to(bob)
    acts.undo(done.deed, by=alice)
    assert hers in access.visible_to(bob)


@pytest.mark.parametrize("act", ["place", "unplace"])
def test_nothing_is_undone_in_an_album_that_was_closed_meanwhile(alice, bob, poster, act):
    invite(poster, bob, may_add=True)
    (image,) = numbers(pictures.rows(bob, 1))
    done = do("place", [image], by=bob, target=poster)
    if act == "unplace":
        done = do("unplace", [image], by=bob, target=poster)
    library.unshare(album=poster, guest=bob, by=alice)
    before = lying(poster)
    assert acts.undo(done.deed, by=bob).words == "Nothing was left to undo."
    assert lying(poster) == before
