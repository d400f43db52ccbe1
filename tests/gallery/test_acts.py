"""What people do to many pictures at once, what they are told of it, and the way back."""

import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery import access, acts, asked, finding, library, marking
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
    done = acts.do("tag", numbers(three), by=alice, target="three")
    assert done.words == "2 pictures have the tag “three” now; 1 has 50 tags, which is the most."
    assert done.images == numbers(three[1:])
    done = acts.do("tag", numbers(three[:1]), by=alice, target="three")
    assert done.words == "Nothing changed: this picture has 50 tags, which is the most."
    # One that was full when its tag comes back stays without, and the others have theirs again.
    for word in ("one", "three"):
        taken = acts.do("untag", numbers(three), by=alice, target=word)
        library.tag(numbers(three[:1]), name=f"instead of {word}", by=alice)
    assert acts.undo(taken.deed, by=alice).images == numbers(three[1:])


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


# What is said


def test_who_hides_what_others_see_in_an_album_is_told(alice, bob, three):
    pictures.album(alice, three[0], name="Bob's", guests=[bob])
    pictures.album(alice, three[1], name="The team's", team="view")
    pictures.album(alice, three[2], name="Her own")
    pictures.album(bob, three[2], name="By Bob", team="view", by=bob)
    done = acts.do("hide", numbers(three), by=alice)
    assert done.words == (
        "3 pictures are private now. 2 of them are still seen by those who see the albums that you put them into."
    )
    assert set(access.visible_to(bob)) == set(three[:2])
    acts.do("show", numbers(three), by=alice)
    assert acts.do("hide", [three[0].pk], by=alice).words == (
        "1 picture is private now. It is still seen by those who see the albums that you put it into."
    )
    assert acts.do("hide", [three[1].pk, *numbers(pictures.rows(alice, 1))], by=alice).words.endswith(
        "1 of them is still seen by those who see the albums that you put it into."
    )
    library.show([three[2].pk], by=alice)
    assert acts.do("hide", [three[2].pk], by=alice).words == "1 picture is private now."


def test_hiding_costs_the_same_however_many_there_are(alice):
    def queries(count: int) -> int:
        rows = pictures.rows(alice, count)
        pictures.album(alice, *rows, name=f"Of {count}", team="view")
        with CaptureQueriesContext(connection) as asked:
            acts.do("hide", numbers(rows), by=alice)
        return len(asked)

    assert queries(2) == queries(20)


def test_why_a_file_that_is_there_twice_stays_is_said(media, alice, three):
    team, private = (
        library.upload(owner=alice, project=pictures.general(), file=pictures.file(), private=one)
        for one in (False, True)
    )
    library.trash([private.pk], by=alice)
    assert acts.do("hide", [team.pk], by=alice).words == (
        "Nothing changed: this picture is there as a private picture of yours too, maybe in the trash."
    )
    assert acts.do("hide", [team.pk, three[0].pk], by=alice).words == (
        "1 picture is private now; 1 is there as a private picture of yours too, maybe in the trash."
    )
    assert acts.do("hide", [team.pk, three[0].pk], by=alice).words == (
        "Nothing changed: 1 is there as a private picture of yours too, maybe in the trash;"
        " 1 already was private, or is not yours."
    )
    library.restore([private.pk], by=alice)
    library.trash([team.pk], by=alice)
    assert acts.do("show", [private.pk], by=alice).words == (
        "Nothing changed: this picture is there for the team too, maybe in the trash."
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("unfavourite", "this picture was none, or is gone"),
        ("untag", "this picture does not have this tag, or is gone"),
        ("show", "this picture already could be seen, or is not yours"),
        ("unwin", "this picture was not on top, or is not yours"),
        ("restore", "this picture is not in the trash, or is not yours"),
    ],
)
def test_why_nothing_changed_is_true(alice, three, name, words):
    assert acts.do(name, [three[0].pk], by=alice, target="Hero").words == f"Nothing changed: {words}."


def test_one_need_not_own_what_one_likes_or_tags(bob, three):
    for name, stayed in (("favourite", "already was one"), ("tag", "already had it")):
        acts.do(name, numbers(three[:1]), by=bob, target="Hero")
        assert acts.do(name, numbers(three), by=bob, target="Hero").words.endswith(
            f"; 1 {stayed}, or is gone."
        )


# Tags as they are written


def test_how_a_hidden_picture_has_its_tag_is_not_told(alice, bob, three):
    (hidden,) = pictures.rows(bob, 1, private=True)
    acts.do("tag", [hidden.pk], by=bob, target="Client-X: Merger!!")
    acts.do("tag", numbers(three[:1]), by=alice, target="client x merger")
    assert marking.of(three[0], alice).tags == ["client x merger"]
    assert finding.tags(alice) == ["client x merger"]
    assert marking.of(hidden, bob).tags == ["Client-X: Merger!!"]
    assert seen(bob, "tag=Client+X+merger") == {three[0].pk, hidden.pk}
    assert Tag.objects.count() == 1


def test_a_tag_is_written_as_on_others_that_one_sees(alice, bob, three):
    acts.do("tag", numbers(three[:1]), by=alice, target="Élan")
    acts.do("tag", numbers(three[1:2]), by=bob, target=" elan ")
    assert marking.of(three[1], alice).tags == ["Élan"]
    assert finding.tags(bob) == ["Élan"]


def test_how_a_picture_shared_with_few_has_its_tag_is_not_told_by_one_of_them(alice, bob, three):
    shared, hers = pictures.rows(bob, 1, private=True)[0], pictures.rows(alice, 1, private=True)[0]
    pictures.album(bob, shared, guests=[alice])
    acts.do("tag", [shared.pk], by=bob, target="Client-X: Merger!!")
    acts.do("tag", [hers.pk], by=alice, target="CLIENT X merger")
    acts.do("tag", [three[0].pk, hers.pk], by=alice, target="client x merger")
    assert marking.of(three[0], alice).tags == ["client x merger"]
    assert marking.of(hers, alice).tags == ["CLIENT X merger"]
    (another,) = pictures.rows(bob, 1, private=True)
    pictures.album(bob, another, guests=[alice], name="Another")
    acts.do("untag", [three[0].pk], by=alice, target="client x merger")
    acts.do("tag", [another.pk], by=alice, target="client X merger")
    assert marking.of(another, alice).tags == ["client X merger"]


def test_private_pictures_of_ones_own_have_a_tag_written_in_one_way(alice):
    first, second = pictures.rows(alice, 2, private=True)
    acts.do("tag", [first.pk], by=alice, target="ACME")
    acts.do("tag", [second.pk], by=alice, target="acme")
    assert marking.of(second, alice).tags == ["ACME"]


def test_a_tag_is_said_as_it_is_written(alice, bob, three):
    acts.do("tag", numbers(three[:1]), by=alice, target="ACME")
    done = acts.do("tag", numbers(three[1:2]), by=bob, target="acme")
    assert done.words == "1 picture has the tag “ACME” now."
    acts.undo(done.deed, by=bob)
    assert marking.of(three[1], alice).tags == []


def test_only_so_many_tags_are_read_and_of_each_its_newest_pictures(alice, bob, three, monkeypatch):
    monkeypatch.setattr(finding, "MOST_TAGS", 2)
    monkeypatch.setattr(finding, "NEWEST", 3)
    for name in ("Élan", "dusk", "Zen", "Ad"):
        acts.do("tag", numbers(three[:1]), by=alice, target=name)
    hidden = pictures.rows(bob, 3, private=True)
    acts.do("tag", numbers(hidden[:2]), by=bob, target="Ad")
    assert finding.tags(alice) == ["Ad", "dusk"]
    acts.do("tag", numbers(hidden[2:]), by=bob, target="Ad")
    with CaptureQueriesContext(connection) as asked:
        assert finding.tags(alice) == ["dusk", "Élan"]
    assert "LIMIT 2" in asked[0]["sql"]


def test_undoing_writes_a_tag_as_it_was(alice, bob, three):
    (hidden,) = pictures.rows(alice, 1, private=True)
    acts.do("tag", numbers(three[:1]), by=bob, target="Élan")
    Tagged.objects.create(image=hidden, tag=Tag.objects.get(), name="ELAN!", by=alice)
    both = [three[0].pk, hidden.pk]
    done = acts.do("untag", both, by=alice, target="elan")
    assert not Tag.objects.exists()
    assert acts.undo(done.deed, by=alice).images == both
    assert (marking.of(three[0], alice).tags, marking.of(hidden, alice).tags) == (["Élan"], ["ELAN!"])


def test_a_tag_whose_signs_stand_for_too_many_letters_is_refused_in_a_sentence(alice, three):
    for act in ("tag", "untag"):
        with pytest.raises(ValidationError, match="too long: some of its signs stand for many letters"):
            acts.do(act, numbers(three), by=alice, target="ﷺ" * 40)
    assert not Tag.objects.exists()


# Moves


@pytest.fixture
def mixed(alice):
    """An order of four: one that the team sees, two private ones, one deleted for good."""
    images = pictures.rows(alice, 4, job=uuid.uuid4())
    library.hide(numbers(images[1:3]), by=alice)
    library.trash(numbers(images[3:]), by=alice)
    library.delete(numbers(images[3:]), by=alice)
    return images


def test_who_moves_an_order_is_told_only_of_what_they_see(alice, admin, mixed):
    alba = library.add_project(name="Alba", by=admin)
    done = acts.do("project", [mixed[0].pk], by=admin, target=str(alba.pk))
    assert (done.words, done.images) == ("1 picture is in Alba now.", [mixed[0].pk])
    assert set(Image.objects.values_list("project", flat=True)) == {alba.pk}
    assert acts.undo(done.deed, by=admin) == acts.Done("Undone.", [mixed[0].pk])
    assert set(Image.objects.values_list("project", flat=True)) == {pictures.general().pk}


def test_of_chosen_pictures_those_that_did_not_move_are_told(alice, bob, admin):
    alba = library.add_project(name="Alba", by=admin)
    order = pictures.rows(alice, 4, job=uuid.uuid4())
    (other,) = pictures.rows(bob, 1)
    done = acts.do("project", [order[0].pk, other.pk], by=alice, target=str(alba.pk))
    assert done.words == "4 pictures are in Alba now; 1 already was there, or is not yours."
