"""What an address of the gallery asks to see: a tab, a search, filters, a month. Nonsense is as if it weren't there."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import BigIntegerField, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest, Least
from django.urls import reverse
from django.utils import timezone

from gallery import access, classes, search
from gallery.access import Person
from gallery.models import Favourite, Image, Placed, Tagged
from gallery.models.marks import key_of
from gallery.words import split

LONGEST_NUMBER = 19
LONGEST_NAME = 80
DAY = timedelta(days=1)
# How far the clocks of those who wrote pictures may have been from each other.
ASTRAY = timedelta(days=2)
NEAREST = 200
# So many fit into an address that every mail program leaves whole.
MOST_CHOSEN = 100
KINDS = {"generate": "Generated", "edit": "Edited", "upload": "Uploaded"}
Read = Callable[[str], str]


def number(text: str) -> int | None:
    """A number from an address, if it is one that could name a row."""
    return int(text) if text.isdecimal() and len(text) < LONGEST_NUMBER else None


def _number(text: str) -> str:
    found = number(text)
    return "" if found is None else str(found)


def _member(text: str) -> str:
    return text if text == "me" else _number(text)


def _words(text: str) -> str:
    """As it is shown and looked for: on one line, without letters that no page can show."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _one_of(choices: Iterable[str]) -> Read:
    known = frozenset(choices)
    return lambda text: text if text in known else ""


def _day(text: str) -> str:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return ""
    # Beyond, a time zone may lead out of the calendar.
    return found.isoformat() if 1970 <= found.year < 9000 else ""


def _place(text: str) -> str:
    return text if _day(text) == text or _day(f"{text}-01") else ""


def _numbers(text: str) -> str:
    """Pictures by number, the newest first; of a longer list the newest."""
    found = {one for word in text.split(",") if (one := number(word)) is not None}
    return ",".join(map(str, sorted(found, reverse=True)[:MOST_CHOSEN]))


# In the order in which they stand in an address, and as chips.
READ: Mapping[str, Read] = {
    "q": lambda text: _words(text)[: search.LONGEST_QUERY],
    "by": _member,
    "project": _number,
    "album": _number,
    "tag": lambda text: _words(text)[:LONGEST_NAME],
    "kind": _one_of(KINDS),
    "ratio": _one_of(classes.RATIOS),
    "fav": _one_of(["1"]),
    "private": _one_of(["1"]),
    "images": _numbers,
    "from": _day,
    "to": _day,
    "at": _place,
}
TABS: tuple[dict[str, str], ...] = ({}, {"by": "me"})


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of an address by name, as they would be written: {"q": "fox", "by": "me"}."""

    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def filters(self) -> dict[str, str]:
        """The parts without the place where the page opens."""
        return {name: value for name, value in self.parts.items() if name != "at"}

    @property
    def plain(self) -> bool:
        """Whether it is one of the tabs and nothing more."""
        return self.filters in TABS or set(self.filters) == {"project"}

    @property
    def tab(self) -> "Asked":
        """The tab alone, without what narrows it."""
        if project := self.parts.get("project"):
            return Asked({"project": project})
        return Asked({"by": "me"} if self.parts.get("by") == "me" else {})

    @property
    def url(self) -> str:
        """The address, the same for the same parts."""
        query = self.query()
        return reverse("gallery:index") + (query if len(query) > 1 else "")

    def query(self, **more: int | None) -> str:
        """The address after its path, with more to it."""
        parts = [(name, self.parts[name]) for name in READ if name in self.parts]
        return "?" + urlencode(
            [*parts, *((name, value) for name, value in more.items() if value is not None)]
        )

    def but(self, **parts: str) -> "Asked":
        """The same with other parts, without those that are "", and from the newest picture on."""
        changed = {"at": "", **parts}
        return Asked({name: value for name, value in {**self.parts, **changed}.items() if value})

    def without(self, name: str) -> "Asked":
        """The same without a part."""
        return self.but(**{name: ""})


def read(query: Mapping[str, str]) -> Asked:
    """What the query of an address asks for."""
    parts = {name: as_written(query.get(name, "")) for name, as_written in READ.items()}
    return Asked({name: value for name, value in parts.items() if value})


def day_of(text: str) -> date:
    """The day of a part that is one."""
    return date.fromisoformat(text)


def midnight(day: date) -> datetime:
    """When a day begins in the reader's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def end_of(place: str) -> datetime:
    """When the month or day of `at` is over: what was made before stands at the top of the page."""
    if len(place) > len("2026-06"):
        return midnight(day_of(place) + DAY)
    return midnight((day_of(f"{place}-28") + 4 * DAY).replace(day=1))


def images(user: Person, asked: Asked, albums: Mapping[int, str]) -> QuerySet[Image]:
    """The pictures that are asked for and may be seen; `albums` are the names of those the person sees.

    The tab of the team shows what all see; who looks for something finds all that they may see.
    """
    filters = asked.filters
    if not filters:
        return access.team(user)
    if filters.get("by") == "me":
        return _narrowed(access.own(user), user, asked.without("by"), albums)
    return _narrowed(access.visible_to(user), user, asked, albums)


def _narrowed(
    images: QuerySet[Image], user: Person, asked: Asked, albums: Mapping[int, str]
) -> QuerySet[Image]:
    for name, value in asked.filters.items():
        images = images.filter(_said(value, albums) if name == "q" else FILTERS[name](user, value))
    return images


def _said(text: str, albums: Mapping[int, str]) -> Q:
    """What is said of a picture, or the name of an album that it lies in, for each term."""
    terms = search.terms(text)
    if not terms:
        return Q(pk__in=[])
    named = {pk: split(name) for pk, name in albums.items()}
    found, plain = Q(), []
    for term in terms:
        fitting = [pk for pk, words in named.items() if term.fits(words)]
        if not fitting:
            plain.append(term)
            continue
        either = search.said_of([replace(term, without=False)]) | _in_albums(fitting)
        found &= ~either if term.without else either
    return search.said_of(plain) & found


def _in_albums(albums: Iterable[int]) -> Q:
    return Q(pk__in=Placed.objects.filter(album__in=list(albums)).order_by().values("image"))


def _in_album(user: Person, value: str) -> Q:
    mine = access.albums_of(user).filter(pk=value).values("pk")
    return Q(pk__in=Placed.objects.filter(album__in=mine).order_by().values("image"))


def _tagged(_user: Person, value: str) -> Q:
    return Q(pk__in=Tagged.objects.filter(tag__key=key_of(value)).order_by().values("image"))


def _liked(user: Person, _value: str) -> Q:
    return Q(pk__in=Favourite.objects.filter(user=user.pk).order_by().values("image"))


def _since(_user: Person, value: str) -> Q:
    return since(midnight(day_of(value)))


def _until(_user: Person, value: str) -> Q:
    return before(midnight(day_of(value) + DAY))


class _Most(Subquery):
    """The greatest of the numbers that a query has."""

    template = '(SELECT MAX("pk") FROM (%(subquery)s) nearest)'
    output_field = BigIntegerField()


class _Least(Subquery):
    """The smallest of them."""

    template = '(SELECT MIN("pk") FROM (%(subquery)s) nearest)'
    output_field = BigIntegerField()


def since(moment: datetime) -> Q:
    """Pictures made from a moment on."""
    # Numbers grow with time, so that the walk along them ends where the days do.
    earlier, later = _around(moment - ASTRAY)
    least = Least(Coalesce(_Least(earlier), 0), Coalesce(_Least(later), 0))
    return Q(created_at__gte=moment, pk__gte=least)


def before(moment: datetime) -> Q:
    """Pictures made before a moment."""
    earlier, later = _around(moment + ASTRAY)
    every = BigIntegerField.MAX_BIGINT
    most = Greatest(Coalesce(_Most(earlier), every), Coalesce(_Most(later), every))
    return Q(created_at__lt=moment, pk__lte=most)


def _around(moment: datetime) -> tuple[QuerySet[Image, Any], QuerySet[Image, Any]]:
    """The numbers of some pictures made just before a moment and just after it.

    Of both: where older pictures were put in later, as made data are, the numbers of one side alone lead astray.
    """
    everyones = Image.objects.filter(private=False, trashed_at=None)
    earlier = everyones.filter(created_at__lt=moment).order_by("-created_at")
    later = everyones.filter(created_at__gte=moment).order_by("created_at")
    return earlier.values("pk")[:NEAREST], later.values("pk")[:NEAREST]


FILTERS: Mapping[str, Callable[[Person, str], Q]] = {
    "by": lambda _user, value: Q(owner=value),
    "project": lambda _user, value: Q(project=value),
    "album": _in_album,
    "tag": _tagged,
    "kind": lambda _user, value: Q(kind=value),
    "ratio": lambda _user, value: Q(ratio=value),
    "fav": _liked,
    "private": lambda _user, _value: Q(private=True),
    "images": lambda _user, value: Q(pk__in=value.split(",")),
    "from": _since,
    "to": _until,
}
