"""The months that pictures were made in, with true counts: where one can jump to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Subquery, Value, When
from django.utils import timezone

from gallery import access, asked
from gallery.access import Person
from gallery.asked import Asked
from gallery.models import Image
from gallery.pages import Counted

# The columns that a query may have on both databases, and more than anybody works with one installation.
MOST_MONTHS = 600


@dataclass(frozen=True, slots=True)
class Month:
    """A month, how many pictures are of it, and the address at which the gallery opens there."""

    first: date
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class Year:
    """A year with its months."""

    number: int
    months: list[Month]


def by_year(months: Iterable[Month]) -> list[Year]:
    """Months under their years, both in the order in which they come."""
    return [Year(number, list(found)) for number, found in groupby(months, lambda month: month.first.year)]


def months(user: Person, wanted: Asked, albums: Mapping[int, str]) -> list[Month]:
    """The months with pictures that match and may be seen, newest first."""
    firsts = _since_the_oldest(user)
    images = asked.images(user, wanted, albums).order_by()
    counts = (_by_index if wanted.plain else _in_one_walk)(images, firsts)
    return [
        Month(first, counts[at], wanted.but(at=f"{first:%Y-%m}").url)
        for at, first in enumerate(firsts)
        if counts.get(at)
    ]


def _since_the_oldest(user: Person) -> list[date]:
    """The first days of all months that there can be pictures of, newest first."""
    oldest = min((made for made in _oldest(user) if made), default=None)
    if oldest is None:
        return []
    last = timezone.localdate(oldest - asked.ASTRAY).replace(day=1)
    month, found = timezone.localdate(timezone.now() + asked.ASTRAY).replace(day=1), list[date]()
    while month >= last and len(found) < MOST_MONTHS:
        found.append(month)
        month = (month - timedelta(days=1)).replace(day=1)
    return found


def _oldest(user: Person) -> tuple[datetime | None, ...]:
    """When the first pictures were made: the team's, one's own, and that of the smallest number."""
    firsts = [images.order_by("created_at") for images in (access.team(user), access.own(user))]
    each = {f"oldest{at}": Subquery(images.values("created_at")[:1]) for at, images in enumerate(firsts)}
    found = Image.objects.order_by("pk").annotate(**each).values_list("created_at", *each)
    return found.first() or ()


def _by_index(images: QuerySet[Image], firsts: list[date]) -> dict[int, int]:
    """Each month's pictures counted by the index of its tab."""
    counts = {
        f"m{at}": Counted(images.filter(_within(first)).values("pk")) for at, first in enumerate(firsts)
    }
    any_row = Image.objects.order_by("pk").annotate(**counts).values_list(*counts)
    return dict(enumerate(any_row.first() or ()))


def _within(first: date) -> Q:
    return Q(created_at__gte=asked.midnight(first), created_at__lt=_end(first))


def _end(first: date) -> datetime:
    return asked.end_of(f"{first:%Y-%m}")


def _in_one_walk(images: QuerySet[Image], firsts: list[date]) -> dict[int, int]:
    """The same for what no index has by months: each picture that matches is looked at once."""
    whens = [When(created_at__gte=asked.midnight(first), then=Value(at)) for at, first in enumerate(firsts)]
    if not whens:
        return {}
    month = Case(*whens, output_field=IntegerField())
    return dict(
        images.annotate(month=month).values("month").annotate(count=Count("pk")).values_list("month", "count")
    )
