"""Where a picture came from and what became of it. A parent that can't be shown keeps its place, as a blank one."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection
from django.db.models import QuerySet

from gallery import access
from gallery.access import Person
from gallery.models import Image, Parent

MOST_ANCESTORS = 12
MOST_CHILDREN = 24
# One query for the whole way up, along the first source of each; the depth ends it whatever the rows say.
WAY_UP = """
    WITH RECURSIVE up(id, depth) AS (
        SELECT parent_id, 1 FROM gallery_parent WHERE child_id = %s AND position = 0
        UNION ALL
        SELECT p.parent_id, up.depth + 1 FROM gallery_parent p JOIN up ON p.child_id = up.id
        WHERE p.position = 0 AND up.depth < %s
    ) SELECT id FROM up ORDER BY depth
"""


class Blank(StrEnum):
    """The place of a picture that is not shown, and what may be said of it."""

    HIDDEN = "A picture that you can’t see"
    TRASHED = "A picture in the trash"
    DELETED = "A picture that was deleted for good"


@dataclass(frozen=True, slots=True)
class Versions:
    """An image page's strip, oldest first: ancestors, the picture's whole order, what was made from it."""

    ancestors: list[Image | Blank]
    siblings: list[Image]
    children: list[Image]

    @property
    def several(self) -> int:
        """How many pictures of its order there are to see, for their names; 0 when it is one."""
        return len(self.siblings) if len(self.siblings) > 1 else 0

    def __iter__(self) -> Iterator[Image | Blank]:
        """All in the order in which one walks them."""
        yield from self.ancestors
        yield from self.siblings
        yield from self.children


def parents(image: Image, user: Person) -> list[Image | Blank]:
    """What an edit was made from, in the order it was given."""
    links = Parent.objects.filter(child=image).order_by("position").values_list("parent", flat=True)
    given = list(links)
    return _places(given, user) if given else []


def _places(numbers: list[int], user: Person) -> list[Image | Blank]:
    """These pictures, and blanks for those that are not shown. Of one that is hidden nothing else is said."""
    known = access.known_to(user).in_bulk(numbers)
    return [_shown(known.get(pk)) for pk in numbers]


def _shown(image: Image | None) -> Image | Blank:
    if image is None:
        return Blank.HIDDEN
    if image.trashed_at is None:
        return image
    return Blank.DELETED if image.deleted_at else Blank.TRASHED


def children(image: Image, user: Person) -> QuerySet[Image]:
    """What was made from a picture, oldest first."""
    # IN, not EXISTS and not a join: by it SQLite looks up the few children instead of walking all pictures.
    links = Parent.objects.filter(parent=image).order_by()
    return access.visible_to(user).filter(pk__in=links.values("child")).order_by("pk")


def siblings(image: Image, user: Person) -> QuerySet[Image]:
    """All pictures of the same order, this one among them."""
    visible = access.visible_to(user)
    return visible.filter(job=image.job).order_by("position") if image.job else visible.filter(pk=image.pk)


def ancestors(image: Image, user: Person) -> list[Image | Blank]:
    """The first source, its first source and so on, oldest first; it ends with a blank where one is hidden."""
    with connection.cursor() as cursor:
        cursor.execute(WAY_UP, [image.pk, MOST_ANCESTORS])
        way = [row[0] for row in cursor.fetchall()]
    places = _places(way, user)
    hidden = next((place for place, one in enumerate(places) if one is Blank.HIDDEN), len(places))
    return places[: hidden + 1][::-1]


def versions(image: Image, user: Person) -> Versions:
    """The strip of versions around a picture, in four queries."""
    return Versions(
        ancestors(image, user), list(siblings(image, user)), list(children(image, user)[:MOST_CHILDREN])
    )
