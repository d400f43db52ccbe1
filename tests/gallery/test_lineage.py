import pytest
from django.db import connection
from django.utils import timezone

from gallery import lineage
from gallery.lineage import Blank
from gallery.models import Image, Parent
from tests.gallery import pictures


def chain(owner, length, **fields):
    """Pictures of which each was made from the one before."""
    found = pictures.rows(owner, length, **fields)
    link(*zip(found[1:], found[:-1], strict=True))
    return found


def link(*pairs, position=0):
    Parent.objects.bulk_create(
        Parent(child=child, parent=parent, position=position) for child, parent in pairs
    )


def hide(image):
    image.private = True
    image.save()


def test_parents_stand_in_the_order_they_were_given(alice, bob):
    child, first, second = pictures.rows(alice, 3)
    link((child, second), position=0)
    link((child, first), position=1)
    assert list(lineage.parents(child, bob)) == [second, first]
    assert list(lineage.children(first, bob)) == [child]


def test_a_hidden_parent_is_a_blank_place_and_a_hidden_child_is_not_there(alice, bob):
    parent, child = chain(alice, 2)
    hide(parent)
    assert lineage.parents(child, bob) == [Blank.HIDDEN]
    assert list(lineage.parents(child, alice)) == [parent]
    hide(child)
    assert list(lineage.children(parent, bob)) == []


def test_a_picture_that_took_another_twice_is_one_child(alice):
    parent, child = chain(alice, 2)
    link((child, parent), position=1)
    assert list(lineage.children(parent, alice)) == [child]
    assert list(lineage.parents(child, alice)) == [parent, parent]


def test_the_strip_leads_from_the_oldest_over_the_order_to_what_came_of_it(
    alice, bob, django_assert_num_queries
):
    oldest, older, parent = chain(alice, 3)
    order = pictures.rows(alice, 3, job="8f9a1c9e-0000-4000-8000-000000000000")
    link(*((image, parent) for image in order))
    children = pictures.rows(alice, 2)
    link(*((image, order[1]) for image in children))
    with django_assert_num_queries(4):
        strip = lineage.versions(order[1], bob)
    assert list(strip) == [oldest, older, parent, *order, *children]


def test_the_way_up_ends_where_something_may_not_be_seen(alice, bob):
    _oldest, hidden, parent, shown = chain(alice, 4)
    hide(hidden)
    assert lineage.ancestors(shown, bob) == [Blank.HIDDEN, parent]
    assert len(lineage.ancestors(shown, alice)) == 3


def test_an_upload_stands_alone(alice):
    (image,) = pictures.rows(alice, 1)
    image.kind, image.job, image.credits = "upload", None, 0
    image.save()
    other = pictures.rows(alice, 1)
    assert list(lineage.versions(image, alice)) == [image]
    assert other != [image]


def test_a_long_story_is_cut_and_costs_no_more(alice, django_assert_num_queries):
    found = chain(alice, 60)
    crowd = pictures.rows(alice, 60)
    link(*((image, found[-1]) for image in crowd))
    with django_assert_num_queries(4):
        strip = lineage.versions(found[-1], alice)
    assert strip.ancestors == found[-1 - lineage.MOST_ANCESTORS : -1]
    assert strip.children == crowd[: lineage.MOST_CHILDREN]


@pytest.mark.filterwarnings("error")
def test_a_circle_in_the_rows_ends(alice):
    first, second = chain(alice, 2)
    link((first, second))
    assert len(lineage.ancestors(first, alice)) == lineage.MOST_ANCESTORS


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's plan")
@pytest.mark.parametrize("way", [lineage.children, lineage.siblings])
def test_no_way_through_the_family_walks_all_pictures(alice, way):
    (image,) = pictures.rows(alice, 1)
    plan = way(image, alice).explain()
    assert "SCAN" not in plan


GONE = [({}, Blank.TRASHED), ({"deleted_at": timezone.now(), "prompt": ""}, Blank.DELETED)]


def put_away(image, **fields):
    Image.objects.filter(pk=image.pk).update(trashed_at=timezone.now(), **fields)


@pytest.mark.parametrize(("gone", "words"), GONE)
def test_a_parent_in_the_trash_or_gone_for_good_keeps_its_place_and_says_so(alice, bob, gone, words):
    parent, child = chain(alice, 2)
    put_away(parent, **gone)
    for reader in (alice, bob):
        assert lineage.parents(child, reader) == lineage.ancestors(child, reader) == [words]


@pytest.mark.parametrize(("gone", "words"), GONE)
def test_of_a_private_parent_others_never_hear_where_it_went(alice, bob, gone, words):
    parent, child = chain(alice, 2)
    hide(parent)
    put_away(parent, **gone)
    assert lineage.parents(child, alice) == [words]
    assert lineage.parents(child, bob) == lineage.ancestors(child, bob) == [Blank.HIDDEN]


def test_the_way_up_goes_on_above_what_lies_in_the_trash(alice, bob):
    oldest, trashed, parent, shown = chain(alice, 4)
    put_away(trashed)
    assert lineage.ancestors(shown, bob) == [oldest, Blank.TRASHED, parent]


def test_what_was_made_from_a_picture_and_lies_in_the_trash_has_no_place(alice):
    parent, child = chain(alice, 2)
    put_away(child)
    assert list(lineage.children(parent, alice)) == []


def test_hidden_ones_of_an_order_are_not_counted(alice, bob):
    order = pictures.rows(alice, 4, job="8f9a1c9e-0000-4000-8000-000000000000")
    hide(order[1])
    assert lineage.versions(order[0], bob).several == 3
