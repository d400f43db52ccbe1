"""The gallery's albums as people see them: the list, one page by page, who sees it, and those one may add to.

Counts, covers and pages have only the pictures that the reader may see.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from gallery import access, pages
from gallery.access import Person
from gallery.asked import number
from gallery.models import Album, Guest, Image, Placed
from gallery.words import split

SIZE = 60
# Of those one may add to, the newest in use are offered; with more than a few one can be found by its name.
MOST_CHOICES = 100
FEW = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An album in a list: how many pictures the reader sees in it, the one that stands for it, and who sees it."""

    album: Album
    count: int
    cover: Image | None
    sharing: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """Albums, newest first, and from which on there are more."""

    albums: list[Shown]
    more: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """Pictures of an album in their order, each with `placed_by`; `more` is the `after` of the next page, or "", and
    `next` the picture that it begins with.
    """

    images: Sequence[Image]
    more: str = ""
    next: int | None = None


def shelf(user: Person, *, before: int | None = None, mine: bool = False) -> Shelf:
    """Some of the albums that a person sees, in five queries however many."""
    found = access.albums_of(user).order_by("-pk").select_related("owner")
    if mine:
        found = found.filter(owner=user.pk)
    if before is not None:
        found = found.filter(pk__lt=before)
    albums = list(found[: SIZE + 1])
    shown = albums[:SIZE]
    return Shelf(_shown(user, shown), shown[-1].pk if len(albums) > SIZE else None)


def one(user: Person, album: Album) -> Shown:
    """An album as this person sees it."""
    return _shown(user, [album])[0]


def _shown(user: Person, albums: list[Album]) -> list[Shown]:
    numbers = [album.pk for album in albums]
    counted, pictures, guests = counts(user, numbers), covers(user, numbers), _guests(numbers)
    return [
        Shown(
            album=album,
            count=counted.get(album.pk, 0),
            cover=pictures.get(album.pk),
            sharing=_sharing(album, user, guests.get(album.pk, 0)),
        )
        for album in albums
    ]


def counts(user: Person, albums: Iterable[int]) -> dict[int, int]:
    """How many pictures of each album a person sees."""
    seen = access.visible_to(user).filter(places__album__in=list(albums)).order_by()
    found = seen.values("places__album").annotate(count=Count("pk"))
    return dict(found.values_list("places__album", "count"))


def covers(user: Person, albums: Iterable[int]) -> dict[int, Image]:
    """The picture that stands for each album: the one that was chosen, if the person sees it, else their first."""
    seen = (
        access.visible_to(user)
        .filter(places__album=OuterRef("pk"))
        .order_by("places__position", "places__id")
    )
    chosen = seen.filter(pk=OuterRef("cover")).order_by()
    cover = Coalesce(Subquery(chosen.values("pk")[:1]), Subquery(seen.values("pk")[:1]))
    found = Album.objects.filter(pk__in=list(albums)).order_by().annotate(shown=cover)
    of_album = {pk: image for pk, image in found.values_list("pk", "shown") if image}
    images = Image.objects.in_bulk(of_album.values())
    return {album: images[image] for album, image in of_album.items()}


def _guests(albums: Iterable[int]) -> dict[int, int]:
    """How many members who are still in the team each album is shared with by name."""
    found = Guest.objects.filter(album__in=list(albums), member__is_active=True).values("album")
    return dict(found.annotate(count=Count("pk")).values_list("album", "count"))


def _sharing(album: Album, user: Person, guests: int) -> str:
    """Who sees an album, in a few words for this reader."""
    if album.team:
        return "Everyone adds to it" if album.team == Album.Team.ADD else "Everyone sees it"
    if album.owner_id != user.pk:
        return "Shared with you"
    return f"Shared with {guests}" if guests else "Only you"


def page(user: Person, album: Album, after: str = "", *, by: Person | None = None, size: int = SIZE) -> Page:
    """The pictures of an album that a person sees, from a place on; with `by` those that this member put in or made."""
    within = Q(places__album=album.pk) & _beyond(after)
    if by is not None:
        within &= Q(places__by=by.pk) | Q(owner=by.pk)
    seen = pages.marked(user, access.visible_to(user).filter(within))
    placed = seen.annotate(
        position_in=F("places__position"), place=F("places__id"), placed_by=F("places__by")
    ).order_by("places__position", "places__id")
    found = list(placed[: size + 1])
    if len(found) <= size:
        return Page(found)
    return Page(found[:size], _place_of(found[size - 1]), found[size].pk)


def _place_of(image: Image) -> str:
    """Where a page ends, for the address of the next one."""
    return "-".join(str(getattr(image, name)) for name in ("position_in", "place"))


def _beyond(after: str) -> Q:
    """What comes after a place; nonsense is as if it weren't there."""
    position, place = (number(part) for part in after.partition("-")[::2])
    if position is None or place is None:
        return Q()
    further = Q(places__position__gt=position) | Q(places__id__gt=place)
    return Q(places__position__gte=position) & further


def to_choose(user: Person, named: str = "") -> list[Album]:
    """The albums a person may put pictures into, with a part of a name those called so; the one used last first.

    One more than MOST_CHOICES when there are others.
    """
    newest = Placed.objects.filter(album=OuterRef("pk")).order_by().values("album").annotate(last=Max("pk"))
    used = Coalesce(Subquery(newest.values("last")), 0)
    found = access.filled_by(user)
    if named:
        # Not by the database: SQLite knows no case but that of A to Z. When they were used is asked only of what fits.
        parts, names = split(named), found.order_by().values_list("pk", "name")
        fitting = [pk for pk, name in names if parts and all(part in " ".join(split(name)) for part in parts)]
        found = Album.objects.filter(pk__in=fitting)
    ordered = found.select_related("owner").annotate(used=used).order_by("-used", "-pk")
    return list(ordered[: MOST_CHOICES + 1])


def quiet(user: Person, album: Album) -> list[int]:
    """The private pictures of a person's own that lie in an album and are not shown by it to those who see it."""
    if not access.is_seen_by_others(album, user):
        return []
    lying = (
        access.own(user)
        .filter(private=True, places__album=album.pk)
        .exclude(pk__in=Placed.objects.filter(album=album, by=user.pk).values("image"))
    )
    return list(lying.order_by("pk").values_list("pk", flat=True))


def guests(album: Album) -> QuerySet[Guest]:
    """The members an album is shared with by name, those who left the team too."""
    return Guest.objects.filter(album=album).select_related("member").order_by("pk")


def to_invite(album: Album) -> QuerySet[AbstractBaseUser]:
    """Who is in the team and may be invited: everyone but its owner, guests too, since what they may do can change."""
    return get_user_model().objects.filter(is_active=True).exclude(pk=album.owner_id)


def before_which(user: Person, album: Album, image: int, to: str) -> int | None:
    """The picture before which another one comes when it goes one step or to an end of its album; None is the end."""
    seen = access.visible_to(user).filter(places__album=album.pk)
    order = list(seen.order_by("places__position", "places__id").values_list("pk", flat=True))
    if image not in order:
        raise ValidationError("That picture is not in the album any more.")
    at = order.index(image)
    new = {"start": 0, "earlier": max(0, at - 1), "later": at + 2}.get(to, len(order))
    return order[new] if new < len(order) else None


def in_trash(user: Person) -> QuerySet[Album]:
    """One's own albums that were thrown away, the last one first."""
    return Album.objects.filter(owner=user.pk, trashed_at__isnull=False).order_by("-trashed_at")
