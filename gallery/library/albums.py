"""Albums: what they are called, who sees them, which pictures lie in them and in what order.

Whoever changes what lies in an album has its row, so that no two pictures get one place.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery
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
    """Where a picture lay in an album, the number of the member who had put it there, and whether it was the cover."""

    image: int
    position: int
    by: int
    cover: bool = False


@transaction.atomic
def add_album(*, name: str, by: Person, team: str = Album.Team.VIEW) -> Album:
    """A new album; ValidationError, with a sentence, for a name that is taken, empty or too long."""
    album = Album(owner_id=access.member(by), team=team)
    _call(album, name)
    return album


@transaction.atomic
def change_album(*, album: Album, name: str, team: str, by: Person, since: datetime | None = None) -> int:
    """Give an album another name and say what the team may do with it; ValidationError as for a new one.

    How many private pictures of others it shows no more. To undo that it was closed, say `since` when.
    """
    found = _own(album, by)
    before, wider = _shown_by_others(found), team and not found.team
    found.team = team
    _call(found, name)
    if wider:
        _ask_again(found, since)
    album.refresh_from_db()
    return len(before - _shown_by_others(found))


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
def share(
    *, album: Album, guest: AbstractBaseUser, may_add: bool, by: Person, since: datetime | None = None
) -> int:
    """Let a member see an album, and add to it if so told; ValidationError when that is no member but its owner.

    How many private pictures of others it shows no more. To undo that they were removed, say `since` when.
    """
    found = _own(album, by)
    if guest.pk == album.owner_id:
        raise ValidationError("The album is yours already. Choose somebody else.")
    if not guest.is_active:
        raise ValidationError(f"{guest} is not in the team any more.")
    before = _shown_by_others(found)
    _, new = Guest.objects.update_or_create(album=album, member_id=guest.pk, defaults={"may_add": may_add})
    if new and not found.team:
        _ask_again(found, since)
    return len(before - _shown_by_others(found))


@transaction.atomic
def unshare(*, album: Album, guest: AbstractBaseUser, by: Person) -> int:
    """Take the album away from a member again. How many private pictures it shows no more: theirs."""
    found = _own(album, by)
    before = _shown_by_others(found)
    Guest.objects.filter(album=album, member=guest.pk).delete()
    return len(before - _shown_by_others(found))


def _shown_by_others(album: Album) -> set[int]:
    """The private pictures that all who see an album see in it, because others than its owner put them in."""
    places = Placed.objects.filter(access.put_in_by_who_sees_it(), album=album, by=F("image__owner"))
    private = places.exclude(by=album.owner_id).filter(image__private=True, image__trashed_at=None)
    return set(private.values_list("image", flat=True))


def _ask_again(album: Album, since: datetime | None) -> None:
    """More people see an album now, to whom nobody but its owner has shown anything: others do so by `place`, or not.

    Until then what they put in lies where it lay as put in by the album's owner, who shares nobody else's pictures.
    What is no private picture does too, since it may become one. Those who saw the album up to the moment `since`
    saw all that was in it by then.
    """
    theirs = Placed.objects.filter(album=album, by=F("image__owner")).exclude(by=album.owner_id)
    if since is not None:
        theirs = theirs.filter(at__gt=since)
    _hand_over(theirs)


def keep_unseen(images: Iterable[int], *, by: Person) -> None:
    """Somebody's own pictures become private: albums that they don't see then are never to show these.

    Else they would as soon as an album's owner lets its people in again, or brings it back from the trash: what lies
    in it as put in by the album's owner is shown by nobody but the picture's owner, who adds it again.
    """
    put_in = Placed.objects.filter(image__in=list(images), image__owner=by.pk, by=by.pk)
    _hand_over(put_in.exclude(album__in=access.albums_of(by).order_by().values("pk")))


def _hand_over(places: QuerySet[Placed]) -> None:
    """Let pictures lie in their albums as put in by the albums' owners."""
    # Locked in one order, so that two who do this to the same places don't wait in a circle.
    found = list(places.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    owner = Album.objects.filter(pk=OuterRef("album")).order_by().values("owner")[:1]
    if found:
        Placed.objects.filter(pk__in=found).update(by=Subquery(owner))


@transaction.atomic
def place(numbers: Iterable[int], *, album: Album, by: Person) -> list[int]:
    """Put pictures that one sees at the end of an album, in this order. Those that were not in it.

    Private ones of one's own, too, that lay in it without being shown by it: from now on they are.
    """
    _to_fill(album, by)
    wanted = list(dict.fromkeys(numbers))
    shown = _show_again(wanted, album=album, by=by)
    there = set(_places(album, wanted).values_list("image", flat=True))
    seen = set(access.visible_to(by).filter(pk__in=wanted).values_list("pk", flat=True))
    new = [pk for pk in wanted if pk in seen and pk not in there]
    last = _places(album).aggregate(last=Max("position"))["last"] or 0
    # Pictures are locked from the first one on everywhere, or two would wait in a circle.
    Placed.objects.bulk_create(
        Placed(album=album, image_id=pk, position=last + at * GAP, by_id=access.member(by))
        for pk, at in sorted((pk, at) for at, pk in enumerate(new, 1))
    )
    shown.update(new)
    return [pk for pk in wanted if pk in shown]


def _show_again(numbers: list[int], *, album: Album, by: Person) -> set[int]:
    """Let an album show what lay in it for its owner alone; the moment says that it was shown to nobody before."""
    own = access.own(by).filter(pk__in=numbers, private=True).values("pk")
    quiet = list(_places(album).filter(image__in=own).exclude(by=by.pk).values_list("image", flat=True))
    _places(album, quiet).update(by=access.member(by), at=timezone.now())
    return set(quiet)


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
    """Take pictures out of an album: its owner any that they see, others what they put in or made. Where those lay."""
    found = access.albums_of(by).select_for_update(of=("self",)).filter(pk=album.pk).first()
    if found is None:
        return []
    places = access.taken_out_by(by, found).filter(image__in=list(numbers)).order_by("position", "id")
    lain = [
        Lain(image, position, who, cover=image == found.cover_id)
        for image, position, who in places.values_list("image", "position", "by")
    ]
    taken = [one.image for one in lain]
    _places(found, taken).delete()
    Album.objects.filter(pk=found.pk, cover__in=taken).update(cover=None)
    return lain


@transaction.atomic
def put_back(lain: Iterable[Lain], *, album: Album, by: Person) -> list[int]:
    """Put pictures that one sees back to where they lay, the cover too if no other one was chosen since.

    Those that were not in the album.
    """
    _to_fill(album, by)
    wanted = {one.image: one for one in lain}
    there = _places(album, wanted).values("image")
    seen = access.visible_to(by).filter(pk__in=list(wanted)).exclude(pk__in=there).order_by()
    new = {image.pk: image for image in seen.only("owner")}
    back = [one for pk, one in wanted.items() if pk in new]
    Placed.objects.bulk_create(
        Placed(album=album, image_id=one.image, position=one.position, by_id=_by(one, new[one.image], by))
        for one in sorted(back, key=lambda one: one.image)
    )
    for cover in (one.image for one in back if one.cover):
        Album.objects.filter(pk=album.pk, cover=None).update(cover=cover)
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
