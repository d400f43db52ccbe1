"""What one undoes, and what stays because somebody has gone on from there."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gallery import access, acts, library, undoing
from gallery.models import Album, Image, Tagged
from tests.gallery import pictures

pytestmark = pytest.mark.django_db
STAYS = "Nothing was undone; 1 was changed since and stays so."


def numbers(images) -> list[int]:
    return sorted(image.pk for image in images)


def do(name, images, by, target=""):
    """The deed of an act."""
    return acts.do(name, numbers(images), by=by, target=str(getattr(target, "pk", target))).deed


def undo(deed, by) -> str:
    """What is said when it is undone."""
    return acts.undo(deed, by=by).words


@pytest.fixture
def two(alice):
    return pictures.rows(alice, 2)


@pytest.fixture
def order(alice):
    return pictures.rows(alice, 3, job=uuid.uuid4())


@pytest.fixture
def alba(admin):
    return library.add_project(name="Alba", by=admin)


@pytest.fixture
def berg(admin):
    return library.add_project(name="Berg", by=admin)


def places(images) -> list[str]:
    return [str(Image.objects.get(pk=image.pk).project) for image in images]


def test_what_another_one_moved_on_stays_there_and_the_rest_comes_back(alice, admin, two, alba, berg):
    deed = do("project", two, alice, alba)
    do("project", two[:1], admin, berg)
    assert undo(deed, alice) == "1 picture is as before; 1 was changed since and stays so."
    assert places(two) == ["Berg", "General"]


def test_what_another_one_moved_on_with_its_order_stays_whole(alice, admin, order, alba, berg):
    library.hide(numbers(order[:1]), by=alice)
    deed = do("project", order, alice, alba)
    do("project", order[1:2], admin, berg)
    assert undo(deed, alice) == "Nothing was undone; 3 were changed since and stay so."
    assert places(order) == ["Berg"] * 3


def test_who_undoes_later_first_comes_back_to_the_beginning(alice, admin, two, alba, berg):
    first, second = do("project", two, alice, alba), do("project", two, admin, berg)
    assert undo(first, alice) == "Nothing was undone; 2 were changed since and stay so."
    first = do("project", two, alice, alba)
    third = do("project", two[:1], admin, berg)
    assert undo(third, admin) == "Undone."
    assert undo(first, alice) == "Undone."
    assert undo(second, admin) == "Undone."
    assert places(two) == ["Alba"] * 2


def test_what_was_undone_in_part_is_still_there_for_who_undoes_what_was_before(alice, admin, two, alba, berg):
    """Alice moved both, an admin both on, Alice one of them back: the admin takes back the other, and Alice nothing."""
    first, second = do("project", two, alice, alba), do("project", two, admin, berg)
    third = do("project", two[:1], alice, alba)
    assert undo(second, admin) == "1 picture is as before; 1 was changed since and stays so."
    assert undo(third, alice) == "Undone."
    assert places(two) == ["Berg", "Alba"]
    assert undo(first, alice) == "1 picture is as before; 1 was changed since and stays so."
    assert places(two) == ["Berg", "General"]


def winner(images) -> Image | None:
    return Image.objects.filter(job=images[0].job, winner=True).first()


def test_the_winner_that_another_one_chose_since_stays(alice, admin, order):
    first, second, third = order
    do("win", [first], alice)
    deed = do("win", [second], alice)
    do("win", [third], admin)
    assert undo(deed, alice) == STAYS
    assert winner(order) == third
    do("win", [second], admin)
    deed = do("unwin", [second], alice)
    do("win", [first], admin)
    assert undo(deed, alice) == STAYS
    assert winner(order) == first


def test_a_winner_chosen_again_since_stays(alice, admin, order):
    first, second, third = order
    do("win", [first], alice)
    deed = do("win", [second], alice)
    do("win", [third], admin)
    do("win", [second], admin)
    assert undo(deed, alice) == STAYS
    assert winner(order) == second


def test_a_winner_in_the_trash_is_one_again_when_it_comes_back(alice, order):
    do("win", order[:1], alice)
    library.trash(numbers(order[:1]), by=alice)
    deed = do("win", order[1:2], alice)
    assert undo(deed, alice) == "Undone."
    library.restore(numbers(order[:1]), by=alice)
    assert winner(order) == order[0]


def test_a_winner_that_one_does_not_see_is_one_again(alice, admin, order):
    do("win", order[:1], alice)
    library.hide(numbers(order[:1]), by=alice)
    deed = do("win", order[1:2], admin)
    assert undo(deed, admin) == "Undone."
    assert winner(order) == order[0]


def test_what_its_owner_brought_back_again_is_not_trashed(alice, admin, two):
    do("trash", two, alice)
    deed = do("restore", two[:1], admin)
    do("trash", two[:1], alice)
    do("restore", two[:1], alice)
    assert undo(deed, admin) == STAYS
    assert access.own(alice).filter(pk=two[0].pk).exists()


def test_what_was_made_private_again_is_not_shown(alice, two):
    deed = do("hide", two, alice)
    do("show", two[:1], alice)
    do("hide", two[:1], alice)
    assert undo(deed, alice) == "1 picture is as before; 1 was changed since and stays so."
    assert list(Image.objects.filter(private=True)) == two[:1]


def test_a_tag_that_another_one_put_there_again_stays(alice, bob, two):
    deed = do("tag", two, alice, "Hero")
    do("untag", two[:1], alice, "hero")
    do("tag", two[:1], bob, "HERO")
    assert undo(deed, alice) == "1 picture is as before; 1 was changed since and stays so."
    assert Tagged.objects.get().image == two[0]


def test_other_tags_and_others_favourites_are_no_matter(alice, bob, two):
    for act, target in (("tag", "Hero"), ("favourite", "")):
        deed = do(act, two, alice, target)
        do(act, two, bob, "Other")
        assert undo(deed, alice) == "Undone."


def test_what_another_one_put_into_an_album_again_stays(alice, bob, two):
    album = pictures.album(alice, name="Poster", team="add")
    deed = do("place", two, alice, album)
    do("unplace", two[:1], alice, album)
    do("place", two[:1], bob, album)
    assert undo(deed, alice) == "1 picture is as before; 1 was changed since and stays so."
    assert album.places.get().image == two[0]


def test_what_is_not_ones_own_to_change_any_more_is_told(alice, admin, two):
    deed = do("trash", two, alice)
    library.delete(numbers(two[:1]), by=alice)
    assert undo(deed, alice) == "1 picture is as before; 1 is gone, or not yours any more."


def test_of_projects_that_were_archived_meanwhile_nothing_comes_back_and_the_rest_does(
    alice, admin, alba, berg
):
    (here,), (there,) = pictures.rows(alice, 1, project=alba), pictures.rows(alice, 1, project=berg)
    deed = do("project", [here, there], alice, pictures.general())
    library.archive_project(project=alba, by=admin)
    assert undo(deed, alice) == "1 picture is as before. “Alba” is archived and takes no pictures."
    assert places([here, there]) == ["General", "Berg"]


def test_what_was_refused_is_undone_when_it_can_be(alice, admin, two, alba):
    here = pictures.rows(alice, 2, project=alba)
    deed = do("project", here, alice, pictures.general())
    library.archive_project(project=alba, by=admin)
    refused = acts.undo(deed, by=alice)
    assert refused.words == "Nothing was undone. “Alba” is archived and takes no pictures."
    assert refused.deed == deed
    library.reopen_project(project=alba, by=admin)
    assert undo(deed, alice) == "Undone."
    assert places(here) == ["Alba", "Alba"]
    assert undo(deed, alice) == "There is nothing to undo any more."


def test_what_somebody_had_gone_on_from_is_undone_when_they_took_that_back(alice, admin, two, alba, berg):
    first, second = do("project", two, alice, alba), do("project", two, admin, berg)
    assert undo(first, alice) == "Nothing was undone; 2 were changed since and stay so."
    assert undo(second, admin) == "Undone."
    assert undo(first, alice) == "Undone."
    assert places(two) == ["General"] * 2


def test_out_of_archived_projects_there_is_no_way_back_but_others_know_of_it(alice, admin, alba, berg):
    (image,) = pictures.rows(alice, 1)
    earlier = do("project", [image], admin, alba)
    library.archive_project(project=alba, by=admin)
    assert do("project", [image], alice, berg) is None
    assert undo(earlier, admin) == STAYS


def test_an_album_that_was_made_for_them_goes_too(alice, two):
    deed = do("place", two, alice, "+Summer")
    assert undo(deed, alice) == "Undone."
    assert Album.objects.get().trashed_at
    assert do("place", two, alice, "+Summer")


def test_an_album_with_something_else_in_it_stays(alice, bob, two):
    deed = do("place", two, alice, "+Summer")
    (other,) = pictures.rows(alice, 1)
    do("place", [other], alice, Album.objects.get())
    assert undo(deed, alice) == "Undone."
    assert Album.objects.get().trashed_at is None


def test_an_album_that_was_there_before_stays_when_it_is_empty(alice, two):
    album = pictures.album(alice, name="Summer")
    undo(do("place", two, alice, album), alice)
    assert Album.objects.get().trashed_at is None


def test_every_act_leads_back_by_a_step_that_is_known():
    assert set(undoing.BACK) == set(acts.ACTS)
    assert {*undoing.OPPOSITE, *undoing.OPPOSITE.values(), "project"} == set(acts.ACTS)


def test_undoing_costs_the_same_however_many_there_are(alice, two):
    def queries(deed) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert undo(deed, alice) == "Undone."
        return len(asked)

    few, many = do("hide", two, alice), do("hide", pictures.rows(alice, 30), alice)
    assert queries(few) == queries(many)
