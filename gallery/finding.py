"""What stands around the pictures that one looks for: chips, the count, and the choices of the filters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import CharField, Exists, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, NullIf

from gallery import access, classes, projects
from gallery.access import Person
from gallery.asked import KINDS, Asked
from gallery.models import Project, Tag, Tagged
from gallery.pages import COUNTED, Page, Place

MOST_TAGS = 300
# Of each tag: one whose newest pictures are all hidden from somebody is not offered to them.
NEWEST = 100
FLAGS = {"fav": "Favourites", "private": "Private", "images": "Chosen pictures"}


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on, in words, and the address without it."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values of a filter."""

    value: str
    label: str
    current: bool


def albums(user: Person, wanted: Asked) -> dict[int, str]:
    """The names of the albums a person sees, when something is looked for that they could answer."""
    if not wanted.filters.keys() & {"q", "album"}:
        return {}
    return dict(access.albums_of(user).order_by().values_list("pk", "name"))


def names(user: Person, wanted: Asked) -> tuple[dict[int, str], str]:
    """The same, with the name of the member whose pictures are looked for, in one query."""
    if "by" not in wanted.filters or not wanted.filters.keys() & {"q", "album"} or wanted.parts["by"] == "me":
        return albums(user, wanted), ""
    here = access.albums_of(user).order_by().annotate(of=Value("album")).values_list("of", "pk", "name")
    member = get_user_model().objects.filter(pk=wanted.parts["by"]).annotate(of=Value("member"))
    called = Coalesce(NullIf("name", Value("")), "email", output_field=CharField())
    found = list(here.union(member.order_by().values_list("of", "pk", called), all=True))
    named = {pk: name for of, pk, name in found if of == "album"}
    return named, next((name for of, _, name in found if of == "member"), "somebody unknown")


def chips(wanted: Asked, albums: Mapping[int, str], page: Page, member: str = "") -> list[Chip]:
    """What narrows the tab; `member` is the name of the one whose pictures it is about, where that is known."""
    narrowing = {name: value for name, value in wanted.filters.items() if name not in wanted.tab.parts}
    if "by" in narrowing:
        narrowing["by"] = member or _member(narrowing["by"], page)
    return [Chip(_label(name, value, albums), wanted.without(name).url) for name, value in narrowing.items()]


def _label(name: str, value: str, albums: Mapping[int, str]) -> str:
    match name:
        case "q":
            return f"“{value}”"
        case "by":
            return f"By {value}"
        case "album":
            return f"Album {albums.get(int(value), 'that is not here')}"
        case "tag":
            return f"Tag {value}"
        case "from" | "to":
            return f"{'Since' if name == 'from' else 'Until'} {date.fromisoformat(value):%-d %b %Y}"
    return FLAGS.get(name) or KINDS.get(value) or value.replace("-", ":")


def _member(value: str, page: Page) -> str:
    """The name of a member, as a rule of what they made."""
    if value == "me":
        return "you"
    if page.days:
        return str(page.days[0].stacks[0].cover.owner)
    found = get_user_model().objects.filter(pk=value).first()
    return str(found) if found else "somebody unknown"


def count(page: Page) -> str:
    """How many pictures match, as far as they are counted; "" where nothing was."""
    if page.total is None or not page.days:
        return ""
    if page.total > COUNTED:
        return f"More than {COUNTED:,} pictures"
    return "1 picture" if page.total == 1 else f"{page.total:,} pictures"


def nothing(wanted: Asked, place: Place) -> str:
    """What a page without pictures says."""
    if not place.top:
        return "Nothing that is newer" if place.after is not None else "Nothing that is older"
    if text := wanted.parts.get("q"):
        return f"Nothing for “{text}”"
    return "" if wanted.plain else "Nothing that matches"


def choices(user: Person, wanted: Asked) -> dict[str, Any]:
    """What each filter can be set to."""
    own = {"me": "You"} | {str(one.pk): str(one) for one in _members() if one.pk != user.pk}
    found = {
        "by": own,
        "project": {str(one.pk): str(one) for one in projects.alphabetical(Project.objects.all())},
        "album": {str(pk): name for pk, name in access.albums_of(user).values_list("pk", "name")},
        "tag": {name: name for name in tags(user)},
        "kind": KINDS,
        "ratio": {ratio: ratio.replace("-", ":") for ratio in classes.RATIOS},
    }
    return {f"choices_of_{name}": _choices(values, wanted.parts.get(name)) for name, values in found.items()}


def _choices(values: Mapping[str, str], current: str | None) -> list[Choice]:
    return [Choice(value, label, value == current) for value, label in values.items()]


def _members() -> list[Person]:
    """Who is in the team or was: their pictures stay."""
    return sorted(get_user_model().objects.all(), key=lambda one: str(one).casefold())


def tags(user: Person) -> list[str]:
    """The tags of pictures that the person sees, written as there: another's private one gives nothing away.

    The first ones by their keys; of each no more than its newest pictures are asked for, however many have it.
    """
    seen = access.visible_to(user).filter(pk=OuterRef("image"))
    newest = Tagged.objects.filter(tag=OuterRef(OuterRef("pk"))).order_by("-image_id").values("pk")[:NEWEST]
    written = Tagged.objects.filter(Exists(seen), pk__in=newest).order_by("-image_id").values("name")[:1]
    found = Tag.objects.annotate(written=Subquery(written)).filter(written__isnull=False).order_by("key")
    return sorted(found.values_list("written", flat=True)[:MOST_TAGS], key=str.casefold)
