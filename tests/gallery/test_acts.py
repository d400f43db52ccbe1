"""What people do to many pictures at once, what they are told of it, and the way back."""

import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from gallery import access, acts, asked, library
from gallery.models import Deed, Favourite, Image, Tag, Tagged
from tests.gallery import pictures

pytestmark = pytest.mark.django_db


def numbers(images) -> list[int]:
    return sorted(image.pk for image in images)


def seen(user, address: str = "") -> set[int]:
    from django.http import QueryDict

    return set(asked.images(user, asked.read(QueryDict(address)), {}).values_list("pk", flat=True))


@pytest.fixture
def three(alice):
    return pictures.rows(alice, 3)


def test_others_pictures_stay_and_that_is_told(alice, bob, three):
    mine = pictures.rows(bob, 2)
    done = acts.do("trash", numbers([*three, *mine]), by=bob)
    assert done.images == numbers(mine)
    assert done.words == "2 pictures are in the trash; 3 are not yours to take away."
    assert seen(alice) == set(numbers(three))


def test_when_nothing_changed_there_is_nothing_to_undo(bob, three):
    done = acts.do("trash", numbers(three[:1]), by=bob)
    assert done.words == "Nothing changed: this picture is not yours to take away."
    assert done.deed is None
    assert not Deed.objects.exists()


def test_what_one_may_not_see_is_not_counted_as_there(alice, bob):
    (hidden,) = pictures.rows(alice, 1, private=True)
    for name, target in [("favourite", ""), ("tag", "Hero"), ("show", ""), ("trash", ""), ("hide", "")]:
        assert acts.do(name, [hidden.pk], by=bob, target=target).images == []
    assert not Favourite.objects.exists()
    assert not Tagged.objects.exists()


def test_a_stranger_does_nothing(charlie, three):
    for name in set(acts.ACTS) - {"project", "place", "unplace"}:
        assert acts.do(name, numbers(three), by=charlie, target="Hero").images == []
    assert not Tag.objects.exists()


@pytest.mark.parametrize("name", ["favourite", "hide", "trash", "tag", "project"])
def test_undoing_takes_back_only_what_was_done(alice, admin, name):
    before, new = pictures.rows(alice, 2)
    alba = library.add_project(name="Alba", by=admin)
    target = {"tag": "Hero", "project": str(alba.pk)}.get(name, "")
    states = [
        seen(alice, address) for address in ("", "private=1", "fav=1", "tag=Hero", f"project={alba.pk}")
    ]
    acts.do(name, [before.pk], by=alice, target=target)
    after = [seen(alice, address) for address in ("", "private=1", "fav=1", "tag=Hero", f"project={alba.pk}")]
    assert after != states
    numbers = [new.pk] if name == "trash" else [before.pk, new.pk]
    done = acts.do(name, numbers, by=alice, target=target)
    assert done.images == [new.pk]
    assert acts.undo(done.deed, by=alice).images == [new.pk]
    assert [
        seen(alice, address) for address in ("", "private=1", "fav=1", "tag=Hero", f"project={alba.pk}")
    ] == after


def test_undone_once_by_who_did_it_and_within_a_day(alice, bob, three):
    deed = acts.do("trash", numbers(three), by=alice).deed
    assert acts.undo(deed, by=bob).images == []
    Deed.objects.filter(pk=deed).update(at=timezone.now() - timedelta(days=1, seconds=1))
    assert acts.undo(deed, by=alice).images == []
    Deed.objects.filter(pk=deed).update(at=timezone.now())
    assert acts.undo(deed, by=alice).images == numbers(three)
    assert acts.undo(deed, by=alice).words == "There is nothing to undo any more."


def test_undoing_asks_for_the_right_again(alice, admin, three):
    deed = acts.do("trash", numbers(three), by=admin).deed
    type(admin).objects.filter(pk=admin.pk).update(is_staff=False, is_superuser=False)
    admin.refresh_from_db()
    assert acts.undo(deed, by=admin).words == "Nothing was left to undo."
    assert set(access.in_trash(alice)) == set(three)


def test_a_move_takes_orders_whole_and_comes_back_to_where_each_was(alice, admin):
    alba, berg = (library.add_project(name=name, by=admin) for name in ("Alba", "Berg"))
    job = uuid.uuid4()
    order = pictures.rows(alice, 3, job=job)
    (other,) = pictures.rows(alice, 1, project=berg)
    done = acts.do("project", [order[0].pk, other.pk], by=alice, target=str(alba.pk))
    assert done.words == "4 pictures are in Alba now."
    acts.undo(done.deed, by=alice)
    assert {image.project for image in Image.objects.filter(job=job)} == {pictures.general()}
    other.refresh_from_db()
    assert (other.project, other.booked_on) == (berg, None)


def test_an_order_has_one_winner_and_undo_knows_the_one_before(alice, bob):
    first, second, third = pictures.rows(alice, 3, job=uuid.uuid4())
    assert acts.do("win", [first.pk], by=bob).images == []
    acts.do("win", [second.pk], by=alice)
    done = acts.do("win", [third.pk], by=alice)
    assert done.words == "1 picture is on top of its order now."
    assert Image.objects.get(winner=True) == third
    acts.undo(done.deed, by=alice)
    assert Image.objects.get(winner=True) == second
    acts.do("unwin", [second.pk], by=alice)
    assert not Image.objects.filter(winner=True).exists()


def test_a_tag_is_one_word_in_any_case_and_gone_with_its_last_picture(alice, bob, three):
    acts.do("tag", [three[0].pk], by=alice, target="Élan")
    acts.do("tag", [three[1].pk], by=bob, target="éLAN")
    assert Tag.objects.count() == 1
    assert seen(bob, "q=elan") == set(numbers(three[:2]))
    acts.do("untag", numbers(three), by=alice, target="ÉLAN")
    assert not Tag.objects.exists()
    assert seen(bob, "q=elan") == set()


@pytest.mark.parametrize("word", ["", "  ", "--", "…"])
def test_a_tag_needs_something_to_be_found_by(alice, three, word):
    with pytest.raises(ValidationError):
        acts.do("tag", numbers(three), by=alice, target=word)
    assert not Tag.objects.exists()


def test_a_picture_has_only_so_many_tags(alice, three, monkeypatch):
    monkeypatch.setattr("gallery.library.marks.MOST_TAGS", 2)
    for word in ("one", "two"):
        acts.do("tag", numbers(three[:1]), by=alice, target=word)
    with pytest.raises(ValidationError, match="at most 2"):
        acts.do("tag", numbers(three), by=alice, target="three")
    assert not Tagged.objects.filter(tag__name="three").exists()


def test_an_admin_takes_away_no_private_picture_that_was_shared_with_them(alice, admin):
    (hidden,) = pictures.rows(alice, 1, private=True)
    pictures.album(alice, hidden, guests=[admin])
    assert access.visible_to(admin).filter(pk=hidden.pk).exists()
    for name in ("trash", "hide", "show", "win"):
        assert acts.do(name, [hidden.pk], by=admin).images == []


def test_only_ones_own_pictures_are_made_private_by_an_admin_too(admin, three):
    assert acts.do("hide", numbers(three), by=admin).images == []


def test_a_file_brought_twice_stays_one_for_the_team_and_one_for_oneself(media, alice):
    both = [
        library.upload(owner=alice, project=pictures.general(), file=pictures.file(), private=private)
        for private in (False, True)
    ]
    assert acts.do("hide", numbers(both), by=alice).images == []
    assert acts.do("show", numbers(both), by=alice).images == []


def test_nobody_is_told_of_a_target_that_is_none(alice, three):
    for target in ("", "999", "x"):
        with pytest.raises(ValidationError, match="no such project"):
            acts.do("project", numbers(three), by=alice, target=target)
