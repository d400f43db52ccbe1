"""A private picture in an album is seen by those alone to whom its owner showed it, whoever does what to the album.

Alice has the album; Bob and Dora put private pictures into it.
"""

import os

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gallery import access, acts, albums, library
from gallery.models import Album, Guest, Image, Placed
from tests.conftest import person
from tests.gallery import pictures

pytestmark = pytest.mark.django_db
Team = Album.Team
RUNS = int(os.environ.get("MACHINE_RUNS", "60"))


@pytest.fixture
def dora(db):
    return person("Dora")


@pytest.fixture
def album(alice, bob):
    """Alice's album, that Bob sees and fills."""
    made = pictures.album(alice, name="Poster")
    invite(made, bob)
    return made


def invite(album, guest, *, may_add=True, since=None) -> int:
    return library.share(album=album, guest=guest, may_add=may_add, by=album.owner, since=since)


def remove(album, guest) -> int:
    return library.unshare(album=album, guest=guest, by=album.owner)


def let(album, team, since=None) -> int:
    return library.change_album(album=album, name=album.name, team=team, by=album.owner, since=since)


def hidden(owner, album=None) -> Image:
    """A private picture, put into an album by its owner."""
    (image,) = pictures.rows(owner, 1, private=True)
    if album:
        library.place([image.pk], album=album, by=owner)
    return image


def sees(person, image) -> bool:
    return access.visible_to(person).filter(pk=image.pk).exists()


def place(image, album, by) -> acts.Done:
    return acts.do("place", [image.pk], by=by, target=str(album.pk))


def unplace(image, album, by) -> acts.Done:
    return acts.do("unplace", [image.pk], by=by, target=str(album.pk))


# More people see it


@pytest.mark.parametrize("team", [Team.VIEW, Team.ADD])
def test_opening_an_album_shows_nobody_elses_private_pictures(alice, bob, admin, album, team):
    image = hidden(bob, album)
    assert sees(alice, image)
    assert let(album, team) == 1
    assert not sees(admin, image)
    assert not sees(alice, image)
    assert sees(bob, image)
    assert list(album.places.values_list("image", flat=True)) == [image.pk]


def test_another_guest_is_shown_nobody_elses_private_pictures(alice, bob, dora, album):
    image = hidden(bob, album)
    assert invite(album, dora) == 1
    assert not sees(dora, image)


def test_who_sees_an_album_already_is_no_more_people(alice, bob, dora, album):
    image = hidden(bob, album)
    assert invite(album, bob, may_add=False) == 0
    assert sees(alice, image)
    let(album, Team.ADD)
    place(image, album, bob)
    assert [let(album, Team.VIEW), invite(album, dora), let(album, Team.ADD)] == [0, 0, 0]
    assert sees(alice, image)
    assert sees(dora, image)


def test_the_album_owners_own_private_pictures_are_shown_to_more_people(alice, bob, admin, album):
    image = hidden(alice, album)
    assert let(album, Team.VIEW) == 0
    assert sees(admin, image)


def test_what_was_put_in_before_it_became_private_is_not_shown_to_more_people_either(alice, bob, dora, album):
    (image,) = pictures.rows(bob, 1)
    library.place([image.pk], album=album, by=bob)
    assert invite(album, dora) == 0
    library.hide([image.pk], by=bob)
    assert not sees(dora, image)


def close(album) -> None:
    let(album, Team.NOTHING)


def throw_away(album) -> None:
    library.trash_album(album=album, by=album.owner)


def bring_back(album) -> None:
    library.restore_album(album=album, by=album.owner)


@pytest.mark.parametrize("done", ["closed", "removed", "thrown away"])
def test_what_became_private_while_its_owner_did_not_see_the_album_is_shown_by_no_undo(
    alice, bob, dora, done
):
    album = pictures.album(alice, name="Poster", team=Team.NOTHING if done == "removed" else Team.ADD)
    if done == "removed":
        invite(album, bob)
        invite(album, dora)
    image, other = pictures.rows(bob, 2)
    library.place([image.pk, other.pk], album=album, by=bob)
    before = timezone.now()
    there_and_back = {
        "closed": (lambda: close(album), lambda: let(album, Team.ADD, since=before)),
        "removed": (lambda: remove(album, bob), lambda: invite(album, bob, since=before)),
        "thrown away": (lambda: throw_away(album), lambda: bring_back(album)),
    }
    there, back = there_and_back[done]
    there()
    assert acts.do("hide", [image.pk], by=bob).words == "1 picture is private now."
    back()
    assert not sees(dora, image)
    assert not sees(alice, image)
    assert album.places.get(image=image).by == alice
    assert album.places.get(image=other).by == bob
    place(image, album, bob)
    assert sees(dora, image)


def test_what_became_private_while_its_owner_saw_the_album_is_shown_again_by_undo(alice, bob, dora):
    album = pictures.album(alice, name="Poster", team=Team.ADD)
    (image,) = pictures.rows(bob, 1)
    library.place([image.pk], album=album, by=bob)
    library.hide([image.pk], by=bob)
    before = timezone.now()
    close(album)
    assert not sees(dora, image)
    let(album, Team.ADD, since=before)
    assert sees(dora, image)


def test_narrow_wide_and_narrow_again_shows_it_to_nobody_new(alice, bob, dora, album):
    image = hidden(bob, album)
    let(album, Team.VIEW)
    let(album, Team.NOTHING)
    assert not sees(dora, image)
    assert not sees(alice, image)


def test_its_owner_shows_it_again_by_adding_it_again_and_is_told_to_whom(alice, bob, dora, album):
    image, other = hidden(bob, album), hidden(bob, album)
    let(album, Team.VIEW)
    done = place(image, album, bob)
    assert done.words == ("1 picture is in “Poster” now. A private one is seen by all who see the album.")
    assert sees(dora, image)
    assert not sees(dora, other)
    assert acts.undo(done.deed, by=bob).images == [image.pk]
    assert not sees(dora, image)


def test_what_was_shown_again_after_a_removal_is_not_shown_by_undoing_that(alice, bob, dora, album):
    invite(album, dora)
    image = hidden(bob)
    library.place([image.pk], album=album, by=bob)
    moment = timezone.now()
    remove(album, dora)
    invite(album, person("Eve"))
    place(image, album, bob)
    assert invite(album, dora, since=moment) == 1
    assert not sees(dora, image)


def test_nobody_else_shows_it_by_adding_it(alice, bob, admin, album):
    image = hidden(bob, album)
    let(album, Team.ADD)
    for other in (alice, admin):
        assert library.place([image.pk], album=album, by=other) == []
    assert not sees(admin, image)


def test_what_is_shared_already_is_not_added_twice(alice, bob, album):
    image = hidden(bob, album)
    assert library.place([image.pk], album=album, by=bob) == []


def test_its_owner_takes_it_out_though_it_counts_as_put_in_by_the_albums(alice, bob, admin, album):
    image = hidden(bob, album)
    (open_one,) = pictures.rows(bob, 1)
    library.place([open_one.pk], album=album, by=bob)
    let(album, Team.VIEW)
    Guest.objects.all().delete()
    assert access.taken_out_by(admin, album).count() == 0
    both = [image.pk, open_one.pk]
    assert [one.image for one in library.unplace(both, album=album, by=bob)] == both


# Fewer people see it


def test_who_is_removed_leaves_nothing_private_and_undo_brings_all_of_it_back(alice, bob, admin, album):
    image = hidden(bob, album)
    (open_one,) = pictures.rows(bob, 1)
    library.place([open_one.pk], album=album, by=bob)
    moment = timezone.now()
    assert remove(album, bob) == 1
    assert not sees(alice, image)
    library.hide([open_one.pk], by=bob)
    assert not sees(alice, open_one)
    assert invite(album, bob, since=moment) == 0
    assert sees(alice, image)
    assert {one.image for one in library.unplace([image.pk, open_one.pk], album=album, by=bob)} == {
        image.pk,
        open_one.pk,
    }


def test_letting_somebody_in_again_later_shares_nothing_in_their_name(alice, bob, album):
    image = hidden(bob, album)
    remove(album, bob)
    invite(album, bob)
    assert not sees(alice, image)


def test_undoing_a_removal_leaves_what_others_had_shown_them_and_shows_nothing_newer(alice, bob, dora, album):
    invite(album, dora)
    older = hidden(dora, album)
    moment = timezone.now()
    remove(album, bob)
    newer = hidden(dora, album)
    assert invite(album, bob, since=moment) == 1
    assert [sees(bob, one) for one in (older, newer)] == [True, False]
    assert [sees(alice, one) for one in (older, newer)] == [True, False]


def test_closing_an_album_leaves_nothing_private_of_those_who_see_it_no_more(alice, bob, dora, album):
    let(album, Team.ADD)
    bobs, doras = hidden(bob, album), hidden(dora, album)
    moment = timezone.now()
    assert let(album, Team.NOTHING) == 1
    assert [sees(alice, one) for one in (bobs, doras)] == [True, False]
    assert not access.is_shared(doras)
    newer = hidden(bob, album)
    assert let(album, Team.ADD, since=moment) == 1
    assert [sees(alice, one) for one in (bobs, doras, newer)] == [True, True, False]


def test_undoing_shares_nothing_that_the_album_was_opened_for_meanwhile(alice, bob, dora, album):
    image = hidden(bob, album)
    moment = timezone.now()
    remove(album, bob)
    let(album, Team.VIEW)
    let(album, Team.NOTHING)
    invite(album, bob, since=moment)
    assert not sees(alice, image)


def test_the_count_is_of_what_can_be_seen(alice, bob, album):
    gone = hidden(bob, album)
    library.trash([gone.pk], by=bob)
    hidden(alice, album)
    assert remove(album, bob) == 0


# Undo


def test_undo_tells_who_sees_a_private_picture_that_comes_back(alice, bob, dora, album):
    image = hidden(alice, album)
    done = unplace(image, album, alice)
    let(album, Team.VIEW)
    assert acts.undo(done.deed, by=alice).words == ("Undone. A private one is seen by all who see the album.")


def test_undo_tells_only_of_what_is_shown_again(alice, bob, dora, album):
    """What Alice had taken out as put in by herself shows nothing of Bob's when he puts it back."""
    shown, quiet = hidden(bob, album), hidden(bob)
    Placed.objects.create(album=album, image=quiet, by=alice, position=9)
    done = acts.do("unplace", [shown.pk, quiet.pk], by=bob, target=str(album.pk))
    assert acts.undo(done.deed, by=bob).words == "Undone. A private one is seen by all who see the album."
    assert [sees(alice, one) for one in (shown, quiet)] == [True, False]


def test_those_who_left_the_team_are_nobody_who_sees_it(alice, dora):
    mine = pictures.album(alice, name="Mine", guests=[dora])
    type(dora).objects.filter(pk=dora.pk).update(is_active=False)
    image = hidden(alice)
    assert place(image, mine, alice).words == "1 picture is in “Mine” now."
    Placed.objects.update(by=dora)
    assert albums.quiet(alice, mine) == []


def test_undo_says_no_more_than_that_when_nobody_else_sees_it(alice):
    album = pictures.album(alice)
    image = hidden(alice, album)
    assert acts.undo(unplace(image, album, alice).deed, by=alice).words == "Undone."


# In any order

PEOPLE = ("alice", "bob", "dora", "eve")
OWNERS = ("alice", "bob", "dora")
pictured = st.sampled_from(OWNERS)
STEPS = st.one_of(
    st.tuples(st.just("let"), st.sampled_from(list(Team))),
    st.tuples(st.just("invite"), st.sampled_from(PEOPLE[1:])),
    st.tuples(st.just("remove"), st.sampled_from(PEOPLE[1:])),
    st.tuples(st.sampled_from(["back in", "open again"])),
    st.tuples(st.sampled_from(["place", "unplace"]), st.sampled_from(PEOPLE), pictured),
    st.tuples(st.sampled_from(["hide", "show"]), pictured),
    st.tuples(st.just("undo")),
)


class World:
    """An album, a picture of each, and to whom each picture's owner showed it by an act of their own."""

    def __init__(self) -> None:
        self.people = {name: person(name.title()) for name in PEOPLE}
        self.album = pictures.album(self.people["alice"])
        for name in OWNERS[1:]:
            invite(self.album, self.people[name])
        self.image = {name: hidden(self.people[name], self.album) for name in OWNERS}
        self.shown: dict[str, set[str]] = {name: set(OWNERS) for name in OWNERS}
        self.deeds: list[tuple[str, object]] = []
        self.removed = self.closed = None

    def audience(self) -> set[str]:
        self.album.refresh_from_db()
        return {name for name, one in self.people.items() if self.album in access.albums_of(one)}

    def show(self, owner: str) -> None:
        """Its owner did something that shows the picture, if it lies there."""
        if Placed.objects.filter(image=self.image[owner], by=self.people[owner]).exists():
            self.shown[owner] |= self.audience()

    def do(self, step) -> None:
        name, *said = step
        getattr(self, name.replace(" ", "_"))(*said)
        # What is hers is shown by all that she does to her own album.
        self.show("alice")

    def let(self, team, since=None) -> None:
        if self.album.team and not team:
            self.closed = (self.album.team, timezone.now())
        let(self.album, team, since)

    def open_again(self) -> None:
        if self.closed:
            self.let(*self.closed)

    def invite(self, name, since=None) -> None:
        invite(self.album, self.people[name], since=since)

    def remove(self, name) -> None:
        if self.album.guests.filter(member=self.people[name]).exists():
            self.removed = (name, timezone.now())
            remove(self.album, self.people[name])

    def back_in(self) -> None:
        if self.removed:
            self.invite(*self.removed)

    def place(self, who, owner) -> None:
        self.act(place, who, owner)

    def unplace(self, who, owner) -> None:
        self.act(unplace, who, owner)

    def act(self, does, who, owner) -> None:
        if self.album in access.filled_by(self.people[who]):
            done = does(self.image[owner], self.album, self.people[who])
            self.deeds.append((who, done.deed))
            if who == owner:
                self.show(owner)

    def hide(self, owner) -> None:
        library.hide([self.image[owner].pk], by=self.people[owner])

    def show_(self, owner) -> None:
        library.show([self.image[owner].pk], by=self.people[owner])

    def undo(self) -> None:
        if not self.deeds:
            return
        who, deed = self.deeds.pop()
        if deed:
            acts.undo(deed, by=self.people[who])
            if who in OWNERS:
                self.show(who)

    def holds(self) -> None:
        for owner, image in self.image.items():
            image.refresh_from_db()
            if image.private:
                seen_by = {name for name, one in self.people.items() if sees(one, image)}
                assert seen_by <= self.shown[owner], owner


@settings(max_examples=RUNS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=14))
def test_in_any_order_a_private_picture_is_seen_by_those_alone_to_whom_its_owner_showed_it(db, steps):
    with transaction.atomic():
        world = World()
        for step in steps:
            world.do(("show_", *step[1:]) if step[0] == "show" else step)
            world.holds()
        transaction.set_rollback(True)
