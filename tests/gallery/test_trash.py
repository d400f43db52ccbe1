"""What lies in the trash, and what is left of a picture that is deleted for good: nothing that it said or showed."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery import access, acts, asked, library, lineage, search, tidying
from gallery.models import Album, Deed, Favourite, Image, Placed, Tag, Tagged
from studio.credits.models import Entry
from studio.jobs.states import State
from tests.gallery import pictures
from tests.jobs.cast import in_state, order

pytestmark = pytest.mark.django_db


@pytest.fixture
def hers(alice):
    """Three of Alice's pictures, in the trash."""
    found = pictures.said(alice, "vixen one", "vixen two", "vixen three")
    library.trash([image.pk for image in found], by=alice)
    return found


def numbers(images):
    return [image.pk for image in images]


def state_of(image) -> Image:
    return Image.objects.get(pk=image.pk)


def found_by(user, text):
    return list(access.visible_to(user).filter(search.said_of(search.terms(text))))


def test_what_is_not_in_the_trash_can_not_be_deleted(alice):
    images = pictures.rows(alice, 2)
    assert library.delete(numbers(images), by=alice) == []
    assert access.own(alice).count() == 2


@pytest.mark.parametrize("who", ["bob", "charlie"])
def test_nobody_else_deletes_what_lies_in_ones_trash(request, hers, who):
    assert library.delete(numbers(hers), by=request.getfixturevalue(who)) == []
    assert library.delete(numbers(hers), by=AnonymousUser()) == []
    assert not Image.objects.exclude(deleted_at=None).exists()


def test_an_admin_deletes_the_teams_and_never_anothers_private_pictures(alice, admin, hers):
    Image.objects.filter(pk=hers[0].pk).update(private=True)
    assert library.delete(numbers(hers), by=admin) == numbers(hers[1:])
    assert library.delete(numbers(hers), by=alice) == [hers[0].pk]


def test_a_deleted_picture_says_nothing_and_keeps_its_place_in_books_and_lineage(alice, bob, media):
    parent = pictures.made(alice, prompt="a red fox")
    child = pictures.made(
        alice, kind="edit", prompt="a blue fox", parents=[parent], data=pictures.with_markers("PNG")
    )
    library.note(child, text="for Alba", by=alice)
    library.win(child, by=alice)
    library.tag([child.pk, parent.pk], name="Hero", by=alice)
    library.tag([child.pk], name="Secret words", by=alice)
    library.favourite([child.pk], by=bob)
    album = pictures.album(alice, child, parent)
    Album.objects.filter(pk=album.pk).update(cover=child)
    before = state_of(child)
    library.trash([child.pk], by=alice)
    assert library.delete([child.pk], by=alice) == [child.pk]
    after = state_of(child)
    assert (after.prompt, after.note, after.file_name, after.options, after.winner) == ("", "", "", {}, False)
    for kept in (
        "owner_id",
        "project_id",
        "job",
        "position",
        "credits",
        "sha256",
        "size",
        "created_at",
        "kind",
    ):
        assert getattr(after, kept) == getattr(before, kept)
    assert after.deleted_at
    assert list(Placed.objects.values_list("image", flat=True)) == [parent.pk]
    assert not Favourite.objects.exists()
    assert list(Tag.objects.values_list("key", flat=True)) == ["hero"]
    assert Tagged.objects.get().image == parent
    assert Album.objects.get().cover is None
    assert list(child.parent_links.values_list("parent", flat=True)) == [parent.pk]
    assert not lineage.children(parent, alice).exists()


def indexed(images) -> int:
    """How many of these pictures the search knows. Its table has what other tests left, too: it is no model's."""
    column = "image_id" if connection.vendor == "postgresql" else "rowid"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM gallery_words")
        return len({row[0] for row in cursor.fetchall()}.intersection(numbers(images)))


def test_its_words_leave_the_search(alice, hers):
    other = pictures.said(alice, "vixen four")
    library.delete([hers[0].pk], by=alice)
    library.restore(numbers(hers), by=alice)
    assert set(found_by(alice, "vixen")) == {*hers[1:], *other}
    assert indexed([*hers, *other]) == 3
    search.index_all()
    assert indexed([*hers, *other]) == 3


def test_it_never_comes_back(alice, admin, hers):
    deed = acts.do("restore", [hers[0].pk], by=alice).deed
    assert acts.undo(deed, by=alice).images == [hers[0].pk]
    library.delete(numbers(hers), by=alice)
    assert library.restore(numbers(hers), by=alice) == []
    assert library.delete(numbers(hers), by=alice) == []
    assert not access.in_trash(admin).exists()
    assert not access.visible_to(alice).exists()


def test_undoing_to_trash_finds_nothing_once_it_is_deleted(alice):
    image = pictures.rows(alice, 1)[0]
    deed = acts.do("trash", [image.pk], by=alice).deed
    library.delete([image.pk], by=alice)
    assert acts.undo(deed, by=alice).words == "Nothing was left to undo."


def test_the_ledger_does_not_change(alice, media):
    job = order(alice)
    image = pictures.made(alice, job=job.pk)
    before = list(Entry.objects.values_list())
    library.trash([image.pk], by=alice)
    library.delete([image.pk], by=alice)
    assert list(Entry.objects.values_list()) == before


@pytest.mark.parametrize("state", [State.WAITING, State.SENDING, State.MAKING, State.SAVING, State.UNKNOWN])
def test_what_an_order_under_way_is_made_from_stays(alice, hers, state):
    in_state(alice, state).sources.create(image=hers[0], position=0)
    assert library.delete(numbers(hers), by=alice) == numbers(hers[1:])
    assert library.restore([hers[0].pk], by=alice) == [hers[0].pk]


@pytest.mark.parametrize(
    ("state", "fields"),
    [
        (State.DONE, {}),
        (State.FAILED, {}),
        (State.CANCELLED, {}),
        (State.UNKNOWN, {"settled_at": timezone.now()}),
    ],
)
def test_an_order_that_is_over_holds_nothing(alice, hers, state, fields):
    in_state(alice, state, **fields).sources.create(image=hers[0], position=0)
    assert library.delete([hers[0].pk], by=alice) == [hers[0].pk]


def test_a_gallery_without_a_studio_deletes_too(settings, alice, hers):
    settings.PICTURES_IN_USE = ""
    assert library.delete(numbers(hers), by=alice) == numbers(hers)


def test_the_same_upload_after_that_is_a_new_picture(alice, media):
    def bring():
        return library.bring(owner=alice, project=pictures.general(), file=pictures.file(), private=False)

    first = bring().image
    library.trash([first.pk], by=alice)
    library.delete([first.pk], by=alice)
    again = bring()
    assert not again.known
    assert again.image.pk != first.pk


def test_what_lies_longer_than_thirty_days_goes_by_itself_oldest_first(alice, hers):
    now = timezone.now()
    for image, days in zip(hers, (31, 32, 29), strict=True):
        Image.objects.filter(pk=image.pk).update(trashed_at=now - timedelta(days=days))
    assert library.delete_overdue(most=1) == [hers[1].pk]
    assert library.delete_overdue(most=5) == [hers[0].pk]
    assert library.delete_overdue(most=5) == []
    assert library.restore(numbers(hers), by=alice) == [hers[2].pk]


def test_what_is_in_use_does_not_stand_before_the_others(alice, hers):
    in_state(alice, State.MAKING).sources.create(image=hers[0], position=0)
    Image.objects.update(trashed_at=timezone.now() - timedelta(days=40))
    Image.objects.filter(pk=hers[0].pk).update(trashed_at=timezone.now() - timedelta(days=50))
    assert library.delete_overdue(most=1) == [hers[1].pk]


def test_an_album_out_of_sight_goes_after_as_many_days_and_its_pictures_stay(alice):
    images = pictures.rows(alice, 3)
    albums = [library.add_album(name=f"Album {days}", by=alice) for days in (32, 29, 0)]
    for album in albums:
        library.place(numbers(images), album=album, by=alice)
    for album, days in zip(albums[:2], (32, 29), strict=True):
        library.trash_album(album=album, by=alice)
        Album.objects.filter(pk=album.pk).update(trashed_at=timezone.now() - timedelta(days=days))
    tidying.tidy()
    assert set(Album.objects.values_list("name", flat=True)) == {"Album 29", "Album 0"}
    assert access.visible_to(alice).count() == 3


def test_the_hour_tidies_up_and_is_safe_twice(alice, media):
    image = pictures.made(alice)
    library.trash([image.pk], by=alice)
    Image.objects.update(trashed_at=timezone.now() - timedelta(days=31))
    old, young = (Deed.objects.create(by=alice, back=[]) for _ in range(2))
    Deed.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(hours=25))
    for _ in range(2):
        tidying.tidy()
    assert state_of(image).deleted_at
    assert list(Deed.objects.values_list("pk", flat=True)) == [young.pk]


@pytest.mark.parametrize("broken", ["delete_overdue", "delete_overdue_albums", "free"])
def test_one_part_of_tidying_that_fails_holds_up_no_other(alice, media, monkeypatch, broken):
    def fail(**_most: int) -> None:
        raise ValueError("of a kind that nobody thought of")

    done = []
    for name in ("delete_overdue", "delete_overdue_albums", "free"):
        monkeypatch.setattr(library, name, lambda name=name, **_most: done.append(name) or [])
    monkeypatch.setattr(library, broken, fail)
    deed = Deed.objects.create(by=alice, back=[])
    Deed.objects.filter(pk=deed.pk).update(at=timezone.now() - timedelta(hours=25))
    tidying.tidy()
    assert set(done) == {"delete_overdue", "delete_overdue_albums", "free"} - {broken}
    assert not Deed.objects.exists()


def test_deleting_many_asks_no_more_than_deleting_one(alice):
    def asked_for(count: int) -> int:
        images = pictures.rows(alice, count, prompt="x")
        library.tag(numbers(images), name=f"Tag {count}", by=alice)
        library.trash(numbers(images), by=alice)
        with CaptureQueriesContext(connection) as queries:
            assert len(library.delete(numbers(images), by=alice)) == count
        # The index of the search is told row by row, in one statement.
        return len([one for one in queries if "gallery_words" not in one["sql"]])

    assert asked_for(40) == asked_for(2)


def test_hidden_words_are_no_filter_to_choose(client, alice, bob, hers):
    library.delete(numbers(hers), by=alice)
    assert not asked.images(bob, asked.read({"q": "vixen"}), {}).exists()
