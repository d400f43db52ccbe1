"""What people have put on one picture, for its page: only what the reader may know, and what they may change."""

from dataclasses import dataclass

from django.db.models.functions import Lower

from gallery import access
from gallery.access import Person
from gallery.models import Album, Favourite, Image, Tagged


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """A reader's own mark, everyone's tags, and the albums with the picture that the reader sees.

    `owns` and `answers` say whether the reader may hide it, and whether they may write its note, choose and trash it.
    """

    favourite: bool
    tags: list[str]
    albums: list[Album]
    owns: bool
    answers: bool


def of(image: Image, user: Person) -> Marks:
    """The marks of a picture that the person sees, in four queries."""
    return Marks(
        favourite=Favourite.objects.filter(user=user.pk, image=image).exists(),
        tags=list(Tagged.objects.filter(image=image).order_by(Lower("name")).values_list("name", flat=True)),
        albums=list(access.albums_of(user).filter(places__image=image)),
        owns=image.owner_id == user.pk,
        answers=access.answered_by(user).filter(pk=image.pk).exists(),
    )
