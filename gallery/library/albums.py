"""Albums: what they are called, who sees them, which pictures lie in them and in what order.

Whoever changes what lies in an album has its row, so that no two pictures get one place.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone

from gallery import access
from gallery.access import Person
from gallery.models import Album, Guest, Image, Placed

NAME_LENGTH = 80
TAKEN_NAME = "You have an album of this name."
# Between two pictures, so that others can be moved there without moving all that come after.
GAP = 1024


@dataclass(frozen=True, slots=True)
class Lain:
    """Where a picture lay in an album, and the number of the member who had put it there."""

    image: int
    position: int
    by: int


@transaction.atomic
def add_album(*, name: str, by: Person, team: str = Album.Team.VIEW) -> Album:
    """A new album; ValidationError, with a sentence, for a name that is taken, empty or too long."""
    album = Album(owner_id=access.member(by), team=team)
    _call(album, name)
    return album


@transaction.atomic
def change_album(*, album: Album, name: str, team: str, by: Person) -> None:
    """Give an album another name and say what the team may do with it; ValidationError as for a new one."""
    found = _own(album, by)
    found.team = team
    _call(found, name)
    _let_go(found)
    album.refresh_from_db()


def _call(album: Album, name: str) -> None:
    """Write an album with this name, if its owner has no other one of it."""
    album.name = " ".join(name.split())
    if not album.name:
        raise ValidationError({"name": "An album needs a name."})
    if len(album.name) > NAME_LENGTH:
        raise ValidationError({"name": f"A name has at most {NAME_LENGTH} letters."})
    # SQLite's LOWER knows only A to Z, so that the constraint would let "Äpfel" and "äpfel" both in.
    others = Album.objects.filter(owner=album.owner_id, trashed_at=None).exclude(pk=album.pk)
    if album.name.casefold() in {one.casefold() for one in others.values_list("name", flat=True)}:
        raise ValidationError({"name": TAKEN_NAME})
    album.full_clean(exclude=("owner", "cover"))
    try:
        with transaction.atomic():
            album.save()
    except IntegrityError:
        # The same name was given in the same moment, in another window.
        raise ValidationError({"name": TAKEN_NAME}) from None


def _own(album: Album, by: Person, *, trashed: bool = False) -> Album:
    """The album, locked, for its owner alone: admins have no right over it either."""
    mine = Album.objects.filter(pk=album.pk, owner=access.member(by), trashed_at__isnull=not trashed)
    found = mine.select_for_update(of=("self",)).first()
    if found is None:
        raise PermissionDenied("Only its owner can change an album.")
    return found


@transaction.atomic
def share(*, album: Album, guest: AbstractBaseUser, may_add: bool, by: Person) -> None:
    """Let a member see an album, and add to it if so told; ValidationError when that is no member but its owner."""
    _own(album, by)
    if guest.pk == album.owner_id:
        raise ValidationError("The album is yours already. Choose somebody else.")
    if not guest.is_active:
        raise ValidationError(f"{guest} is not in the team any more.")
    Guest.objects.update_or_create(album=album, member_id=guest.pk, defaults={"may_add": may_add})


@transaction.atomic
def unshare(*, album: Album, guest: AbstractBaseUser, by: Person) -> None:
    """Take the album away from a member again; private pictures that they put in leave with them."""
    _own(album, by)
    Guest.objects.filter(album=album, member=guest.pk).delete()
    _let_go(album)


def _let_go(album: Album) -> None:
    """Who can't see an album any more could take nothing out of it, so that they leave nothing of theirs behind.

    Their private pictures leave; what the team sees stays, but not as put in by them: should they make it private one
    day, the album does not share it.
    """
    if album.team:
        return
    guests = Guest.objects.filter(album=album).values("member")
    gone = Placed.objects.filter(album=album).exclude(by=album.owner_id).exclude(by__in=guests)
    theirs = gone.filter(image__owner=F("by"))
    _take_out(album, theirs.filter(image__private=True))
    theirs.update(by=album.owner_id)


@transaction.atomic
def place(numbers: Iterable[int], *, album: Album, by: Person) -> list[int]:
    """Put pictures that one sees at the end of an album, in this order. Those that were not in it."""
    _to_fill(album, by)
    wanted = list(dict.fromkeys(numbers))
    there = set(_places(album, wanted).values_list("image", flat=True))
    seen = set(access.visible_to(by).filter(pk__in=wanted).values_list("pk", flat=True))
    new = [pk for pk in wanted if pk in seen and pk not in there]
    last = _places(album).aggregate(last=Max("position"))["last"] or 0
    Placed.objects.bulk_create(
        Placed(album=album, image_id=pk, position=last + at * GAP, by_id=access.member(by))
        for at, pk in enumerate(new, 1)
    )
    return new


def _to_fill(album: Album, by: Person) -> None:
    """Lock an album that somebody wants to put pictures into."""
    if not access.filled_by(by).select_for_update(of=("self",)).filter(pk=album.pk).first():
        raise PermissionDenied("Only those whom its owner lets add pictures can do this.")


def _places(album: Album, numbers: Iterable[int] | None = None) -> QuerySet[Placed]:
    """The places of an album, in order; those of some pictures or all."""
    places = Placed.objects.filter(album=album).order_by("position", "id")
    return places if numbers is None else places.filter(image__in=list(numbers))


@transaction.atomic
def unplace(numbers: Iterable[int], *, album: Album, by: Person) -> list[Lain]:
    """Take pictures out of an album: its owner any that they see, others what they put in. Where those lay."""
    found = access.albums_of(by).select_for_update(of=("self",)).filter(pk=album.pk).first()
    if found is None:
        return []
    seen = access.visible_to(by).filter(pk__in=list(numbers)).values("pk")
    places = _places(found).filter(image__in=seen)
    return _take_out(found, places if found.owner_id == by.pk else places.filter(by=by.pk))


def _take_out(album: Album, places: QuerySet[Placed]) -> list[Lain]:
    lain = [Lain(*row) for row in places.values_list("image", "position", "by")]
    taken = [one.image for one in lain]
    _places(album, taken).delete()
    Album.objects.filter(pk=album.pk, cover__in=taken).update(cover=None)
    return lain


@transaction.atomic
def put_back(lain: Iterable[Lain], *, album: Album, by: Person) -> list[int]:
    """Put pictures that one sees back to where they lay. Those that were not in the album."""
    _to_fill(album, by)
    wanted = {one.image: one for one in lain}
    there = _places(album, wanted).values("image")
    seen = access.visible_to(by).filter(pk__in=list(wanted)).exclude(pk__in=there).order_by()
    new = {image.pk: image for image in seen.only("owner")}
    back = [one for pk, one in wanted.items() if pk in new]
    Placed.objects.bulk_create(
        Placed(album=album, image_id=one.image, position=one.position, by_id=_by(one, new[one.image], by))
        for one in back
    )
    return [one.image for one in back]


def _by(lain: Lain, image: Image, by: Person) -> int:
    """Who is to have put a picture back: a picture's owner shares it by that, and so nobody does it in their name."""
    in_their_name = lain.by == image.owner_id != by.pk
    return access.member(by) if in_their_name else lain.by


@transaction.atomic
def order(numbers: Iterable[int], *, album: Album, by: Person, before: int | None) -> list[int]:
    """Move pictures, in the order they have, before another one or with None to the end. Those that were moved.

    ValidationError when that other one is not there any more.
    """
    _own(album, by)
    seen = access.visible_to(by).filter(pk__in=list(numbers)).exclude(pk=before or 0).values("pk")
    moved = list(_places(album).filter(image__in=seen))
    others = _places(album).exclude(pk__in=[place.pk for place in moved])
    start, step = _room(others, before, len(moved))
    for nth, place in enumerate(moved, 1):
        place.position = start + nth * step
    Placed.objects.bulk_update(moved, ["position"], batch_size=500)
    return [place.image_id for place in moved]


def _room(others: QuerySet[Placed], before: int | None, count: int) -> tuple[int, int]:
    """Where so many pictures find room before another one, or after all: a position, and from there step by step."""
    if before is None:
        last = others.last()
        return (last.position if last else 0), GAP
    target = others.filter(image=before).first()
    if target is None:
        raise ValidationError("The picture next to it is not in the album any more.")
    here = Q(position=target.position)
    earlier = others.filter(Q(position__lt=target.position) | here & Q(pk__lt=target.pk)).last()
    start, end = earlier.position if earlier else 0, target.position
    if end - start <= count:
        # The gap is closed: all that comes after makes room.
        later = Q(position__gt=target.position) | here & Q(pk__gte=target.pk)
        room = (count + 1) * GAP
        others.order_by().filter(later).update(position=F("position") + room)
        end += room
    return start, (end - start) // (count + 1)


@transaction.atomic
def set_cover(*, album: Album, image: int | None, by: Person) -> None:
    """Show a picture of the album for it, or with None its first one again; ValidationError for one not in it."""
    _own(album, by)
    seen = access.visible_to(by).filter(pk=image or 0).values("pk")
    if image is not None and not _places(album).filter(image__in=seen).exists():
        raise ValidationError("That picture is not in the album any more.")
    Album.objects.filter(pk=album.pk).update(cover=image)


@transaction.atomic
def trash_album(*, album: Album, by: Person) -> None:
    """Take an album out of sight; its pictures stay in the gallery, and private ones are shared by it no more."""
    _own(album, by)
    Album.objects.filter(pk=album.pk).update(trashed_at=timezone.now())


@transaction.atomic
def restore_album(*, album: Album, by: Person) -> None:
    """Bring an album back with all that it had; ValidationError when another one has its name by now."""
    found = _own(album, by, trashed=True)
    found.trashed_at = None
    try:
        _call(found, found.name)
    except ValidationError:
        told = f"You have another album called “{found}” by now. Give that one another name first."
        raise ValidationError(told) from None
