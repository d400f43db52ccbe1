"""The gallery page by page: newest first, the pictures of one order as one stack, under their days."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from uuid import UUID

from django.db.models import Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from gallery import access, asked
from gallery.access import Person
from gallery.asked import Asked
from gallery.models import Favourite, Image

SIZE = 48
# So many pictures a page has at most, so that its bytes have a bound however large the stacks are.
MOST_IMAGES = 100
# So far matches are counted; more are "more than 1,000".
COUNTED = 1000
TEAM = Asked()


@dataclass(frozen=True, slots=True)
class Stack:
    """The pictures of one order, first to last; an upload is a stack of one."""

    images: list[Image]

    @property
    def cover(self) -> Image:
        """The one on top: the winner if it stands here, else the first."""
        return next((image for image in self.images if image.winner), self.images[0])

    @property
    def drawn(self) -> list[Image]:
        """All of them, the one on top first; the others stay in their order."""
        cover = self.cover
        return [cover, *(image for image in self.images if image is not cover)]


@dataclass(frozen=True, slots=True)
class Day:
    """The stacks of a day in the reader's time zone."""

    date: date
    stacks: list[Stack]


@dataclass(frozen=True, slots=True)
class Page:
    """Days, newest first. `older` is the `before` of the page below, None on the last; `newer` the `after` of the one
    above, None where nothing is known to be newer. `total` counts what matches filters up to one more than COUNTED.
    """

    days: list[Day]
    older: int | None
    newer: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page begins, going down from a picture or a month, or going up from a picture."""

    before: int | None = None
    after: int | None = None
    at: str = ""

    @property
    def within(self) -> Q:
        """What may stand on the page."""
        if self.after is not None:
            return Q(pk__gt=self.after)
        if self.before is not None:
            return Q(pk__lt=self.before)
        return asked.before(asked.end_of(self.at)) if self.at else Q()

    @property
    def top(self) -> bool:
        """Whether the newest picture of all is on it."""
        return self.after is None and self.before is None and not self.at


TOP = Place()


class Counted(Subquery):
    """How many rows a query has, as part of another one."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def covers(user: Person, wanted: Asked) -> QuerySet[Image]:
    """Of a tab, one picture for each stack: the first one kept of its order. The stack stands where it stands.

    A picture that is saved later than the rest of its order so joins its stack, and no page border cuts one.
    """
    # An order has one owner and one project, so they aren't asked again here: with them SQLite would walk
    # all of the owner's earlier pictures for each row instead of the order's few.
    earlier = orders(user, wanted).filter(job=OuterRef("job"), pk__lt=OuterRef("pk"))
    return asked.images(user, wanted, {}).filter(~Exists(earlier))


def orders(user: Person, wanted: Asked) -> QuerySet[Image]:
    """What may stand in the stacks of a tab."""
    return access.visible_to(user) if wanted.filters else access.team(user)


def members(user: Person, wanted: Asked, covers: Iterable[Image]) -> QuerySet[Image]:
    """All pictures of the covers' orders."""
    jobs = [cover.job for cover in covers if cover.job]
    return marked(user, orders(user, wanted).filter(job__in=jobs)).order_by("position")


def page(
    user: Person,
    wanted: Asked = TEAM,
    place: Place = TOP,
    *,
    albums: Mapping[int, str] | None = None,
    size: int = SIZE,
) -> Page:
    """One page of at most `size` stacks, in two queries however many pictures there are.

    With filters it is a page of the pictures that match, in one query; `albums` are those the person sees, by number.
    """
    images = covers(user, wanted) if wanted.plain else asked.images(user, wanted, albums or {})
    chosen = _chosen(images, place, size)
    found = list(marked(user, _known(chosen, images, wanted, place)))
    shown = found[:size]
    if wanted.plain:
        beside = list(members(user, wanted, shown))
        shown = _fitting(shown, beside)
    else:
        beside = sorted(shown, key=attrgetter("position"))
    shown = shown if place.after is None else shown[::-1]
    return _page(_stacks(shown, beside), found, shown, place)


def _chosen(images: QuerySet[Image], place: Place, size: int) -> QuerySet[Image]:
    """The pictures from a place on, and one more if there is one.

    By their numbers: with the names joined in SQLite begins with the members, and sorts all that they ever made.
    """
    order = "pk" if place.after is not None else "-pk"
    walked = images.filter(place.within).order_by(order).values("pk")[: size + 1]
    return Image.objects.filter(pk__in=walked).order_by(order)


def marked(user: Person, images: QuerySet[Image]) -> QuerySet[Image]:
    """With the names that cards show, and whether the person likes them."""
    liked = Favourite.objects.filter(user=user.pk, image=OuterRef("pk"))
    return images.select_related("owner", "project").annotate(liked=Exists(liked))


def _fitting(covers: list[Image], members: Iterable[Image]) -> list[Image]:
    """The first stacks that together have no more pictures than a page may have, at least one."""
    sizes = Counter(image.job for image in members)
    room = MOST_IMAGES
    for place, cover in enumerate(covers):
        room -= sizes[cover.job] if cover.job else 1
        if room < 0:
            return covers[: place or 1]
    return covers


def _known(chosen: QuerySet[Image], images: QuerySet[Image], wanted: Asked, place: Place) -> QuerySet[Image]:
    """Each with what is known of all that match: how many they are, or whether some are newer than `at`."""
    if place.top and not wanted.plain:
        return chosen.annotate(total=Counted(images.order_by().values("pk")[: COUNTED + 1]))
    if place.at and place.before is None and place.after is None:
        return chosen.annotate(newer=Exists(images.filter(asked.since(asked.end_of(place.at)))))
    return chosen


def _page(stacks: list[tuple[Image, Stack]], found: list[Image], shown: list[Image], place: Place) -> Page:
    more = len(found) > len(shown)
    if not shown:
        return Page([], *_around_nothing(place), total=0)
    up = place.after is not None
    first, last = shown[0].pk, shown[-1].pk
    above = more if up else getattr(shown[0], "newer", not place.top)
    return Page(
        _by_day(stacks),
        older=last if more or up else None,
        newer=first if above else None,
        total=getattr(shown[0], "total", None),
    )


def _around_nothing(place: Place) -> tuple[int | None, int | None]:
    """The ways on from a page with nothing on it."""
    if place.after is not None:
        return place.after + 1, None
    return None, None if place.top else (place.before or 1) - 1


def _stacks(shown: Sequence[Image], members: Iterable[Image]) -> list[tuple[Image, Stack]]:
    """The stacks with the picture by which each has its place."""
    orders: dict[UUID, list[Image]] = {}
    for image in members:
        if image.job:
            orders.setdefault(image.job, []).append(image)
    places = {image.job or image.pk: image for image in reversed(shown)}
    return [
        (image, Stack(orders.get(image.job, [image]) if image.job else [image]))
        for image in shown
        if places[image.job or image.pk] is image
    ]


def _by_day(stacks: Iterable[tuple[Image, Stack]]) -> list[Day]:
    """The stacks under the days of their first pictures."""
    days: dict[date, list[Stack]] = {}
    for first, stack in stacks:
        days.setdefault(timezone.localdate(first.created_at), []).append(stack)
    return [Day(day, found) for day, found in days.items()]
