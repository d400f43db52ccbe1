"""What several people do to the same pictures at one moment, and undo."""

from functools import partial
from uuid import UUID

from gallery import acts, library
from gallery.models import Image, Project, Tag, Tagged
from studio.accounts.models import User
from tests.gallery import pictures
from tests.races.cast import member

ROUNDS = 8


def rows(owner: int, count: int) -> list[int]:
    """New pictures; their numbers."""
    return [image.pk for image in pictures.rows(User.objects.get(pk=owner), count)]


def projects() -> list[int]:
    """Two more projects; their numbers."""
    return [Project.objects.create(name=name).pk for name in ("Alba", "Berg")]


def do(by: int, name: str, images: list[int], target: str = "") -> str:
    """Do something; the number of the deed."""
    return str(acts.do(name, images, by=User.objects.get(pk=by), target=target).deed)


def undo(by: int, deed: str) -> list[int]:
    """Take it back; the pictures that are as before."""
    return acts.undo(UUID(deed), by=User.objects.get(pk=by)).images


def tags() -> dict[str, list[int]]:
    """The pictures of each tag."""
    found = Tagged.objects.values_list("tag", "image")
    return {tag.key: sorted(image for pk, image in found if pk == tag.pk) for tag in Tag.objects.all()}


def clear(images: list[int]) -> None:
    """Take all tags off again."""
    library.untag(images, name="Hero", by=Image.objects.get(pk=images[0]).owner)


def project_of(image: int) -> int:
    """Where a picture is."""
    return Image.objects.get(pk=image).project_id


def test_a_tag_is_put_on_while_its_last_picture_loses_it(processes):
    maya, ben = (processes.alone(member, name=name) for name in ("Maya", "Ben"))
    first, second = processes.alone(rows, owner=maya, count=2)
    for _ in range(ROUNDS):
        processes.alone(do, by=maya, name="tag", images=[first], target="Hero")
        race = [
            partial(do, by=maya, name="untag", images=[first], target="hero"),
            partial(do, by=ben, name="tag", images=[second], target="HERO"),
        ]
        processes.at_once(race)
        assert processes.alone(tags) == {"hero": [second]}
        processes.alone(clear, images=[first, second])
        assert processes.alone(tags) == {}


def test_what_is_undone_while_another_one_moves_it_on_is_where_they_moved_it(processes):
    maya = processes.alone(member, name="Maya")
    ada = processes.alone(member, name="Ada", is_staff=True, is_superuser=True)
    alba, berg = processes.alone(projects)
    for _ in range(ROUNDS):
        (image,) = processes.alone(rows, owner=maya, count=1)
        deed = processes.alone(do, by=maya, name="project", images=[image], target=str(alba))
        race = [
            partial(undo, by=maya, deed=deed),
            partial(do, by=ada, name="project", images=[image], target=str(berg)),
        ]
        processes.at_once(race)
        assert processes.alone(project_of, image=image) == berg


def test_what_is_undone_twice_at_once_is_undone_once(processes):
    maya = processes.alone(member, name="Maya")
    images = processes.alone(rows, owner=maya, count=3)
    for _ in range(ROUNDS):
        deed = processes.alone(do, by=maya, name="hide", images=images)
        undone = processes.at_once([partial(undo, by=maya, deed=deed)] * 2)
        assert sorted(undone) == [[], images]
