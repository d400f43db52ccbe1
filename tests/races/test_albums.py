"""Albums that several people fill and put in order at one moment."""

from functools import partial

from django.core.exceptions import ValidationError

from gallery import library
from gallery.models import Album, Placed
from studio.accounts.models import User
from tests.gallery import pictures
from tests.races.cast import member

ROUNDS = 5


def album(owner: int, count: int) -> list[int]:
    """A new album that everyone adds to, and so many pictures of its owner that are not in it. All their numbers."""
    user = User.objects.get(pk=owner)
    made = library.add_album(name=f"Album {Album.objects.count()}", team=Album.Team.ADD, by=user)
    return [made.pk, *(image.pk for image in pictures.rows(user, count))]


def place(by: int, album: int, numbers: list[int]) -> list[int]:
    """Put pictures into an album."""
    return library.place(numbers, album=Album.objects.get(pk=album), by=User.objects.get(pk=by))


def move(by: int, album: int, number: int, before: int) -> list[int]:
    """Move one before another one."""
    where = Album.objects.get(pk=album)
    return library.order([number], album=where, before=before, by=User.objects.get(pk=by))


def call(by: int, name: str) -> bool:
    """A new album; whether the name was free."""
    try:
        library.add_album(name=name, by=User.objects.get(pk=by))
    except ValidationError:
        return False
    return True


def lying(album: int) -> list[list[int]]:
    """The pictures of an album in order, with their positions."""
    return [list(row) for row in Placed.objects.filter(album=album).values_list("image", "position")]


def test_two_who_put_in_the_same_pictures_put_each_in_once_and_each_in_a_place_of_its_own(processes):
    maya, ben = (processes.alone(member, name=name) for name in ("Maya", "Ben"))
    for _ in range(ROUNDS):
        made, *images = processes.alone(album, owner=maya, count=6)
        race = [
            partial(place, by=who, album=made, numbers=numbers)
            for who, numbers in [(maya, images[:4]), (ben, images[2:]), (maya, images[::2])]
        ]
        placed = processes.at_once(race)
        assert sorted(number for some in placed for number in some) == sorted(images)
        left = processes.alone(lying, album=made)
        assert sorted(image for image, _position in left) == sorted(images)
        assert len({position for _image, position in left}) == len(images)


def test_who_moves_while_others_put_in_loses_nothing(processes):
    maya, ben = (processes.alone(member, name=name) for name in ("Maya", "Ben"))
    made, *images = processes.alone(album, owner=maya, count=8)
    processes.alone(place, by=maya, album=made, numbers=images[:4])
    race = [
        partial(move, by=maya, album=made, number=images[3], before=images[0]),
        partial(move, by=maya, album=made, number=images[2], before=images[0]),
        partial(place, by=ben, album=made, numbers=images[4:]),
    ]
    processes.at_once(race)
    left = processes.alone(lying, album=made)
    assert {images[2], images[3]} == {image for image, _position in left[:2]}
    assert [image for image, _position in left[2:]] == [images[0], images[1], *images[4:]]
    assert len({position for _image, position in left}) == len(images)


def test_a_name_that_is_given_twice_at_once_is_given_once(processes):
    maya = processes.alone(member, name="Maya")
    assert sorted(processes.at_once([partial(call, by=maya, name="Summer")] * 3)) == [False, False, True]
