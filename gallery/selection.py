"""The pictures that somebody chose: those of these numbers, or all that an address of the gallery shows."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.http import QueryDict

from gallery import access, asked, finding
from gallery.access import Person

MOST = 10_000
# Not an address of the gallery: all in the trash, or of one's own.
TRASH = "trash"
OWN_TRASH = "trash/mine"
TOO_MANY = f"That is more than {MOST:,} pictures at once. Narrow it down with filters."


def numbers(said: Iterable[str]) -> list[int]:
    """Numbers of pictures, one a field or many in one with commas between; anything else is none.

    The newest comes first, as the gallery shows them, however they were chosen.
    """
    words = [word for field in said for word in field.split(",")]
    return sorted({found for word in words if (found := asked.number(word)) is not None}, reverse=True)


def chosen(user: Person, data: QueryDict) -> list[int]:
    """The numbers of the pictures that were chosen: `images`, or with `all` whatever that address of the gallery shows.

    ValidationError, with a sentence, for none and for too many.
    """
    found = shown(user, data.get("all", "")) if "all" in data else _few(numbers(data.getlist("images")))
    if not found:
        raise ValidationError("Choose some pictures first.")
    return found


def _few(found: list[int]) -> list[int]:
    if len(found) > MOST:
        raise ValidationError(TOO_MANY)
    return found


def shown(user: Person, address: str) -> list[int]:
    """What an address shows, or all in the trash; `address` is the part after the question mark.

    ValidationError, with a sentence, for too many. Of the trash, which has no filters, those that went last.
    """
    if address in {TRASH, OWN_TRASH}:
        images = access.in_trash(user).order_by("-trashed_at", "-pk")
        meant = images.filter(owner=user.pk) if address == OWN_TRASH else images
        return list(meant.values_list("pk", flat=True)[:MOST])
    wanted = asked.read(QueryDict(address.removeprefix("?")))
    images = asked.images(user, wanted, finding.albums(user, wanted))
    return _few(list(images.order_by("-pk").values_list("pk", flat=True)[: MOST + 1]))
