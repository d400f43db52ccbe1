"""The gallery page by page: newest first, the pictures of one order as one stack, under their days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from gallery import access
from gallery.access import Person
from gallery.models import Image

SIZE = 60
Scope = Literal["team", "mine"] | int


@dataclass(frozen=True, slots=True)
class Stack:
    """The pictures of one order, first to last; an upload is a stack of one."""

    images: list[Image]

    @property
    def cover(self) -> Image:
        """The one on top."""
        return self.images[0]


@dataclass(frozen=True, slots=True)
class Day:
    """The stacks of a day in the reader's time zone."""

    date: date
    stacks: list[Stack]


@dataclass(frozen=True, slots=True)
class Page:
    """Days, newest first; `next` is the `before` of the page after this one, None on the last."""

    days: list[Day]
    next: int | None


def in_scope(user: Person, scope: Scope) -> QuerySet[Image]:
    """What a tab shows: "team" what all see, "mine" one's own, private or not, a number that project's."""
    visible = access.visible_to(user)
    match scope:
        case "team":
            return visible.filter(private=False)
        case "mine":
            return visible.filter(owner=user.pk)
        case _:
            return visible.filter(project=scope)


def covers(user: Person, scope: Scope, before: int | None) -> QuerySet[Image]:
    """One picture for each stack: the first one kept of its order. The stack stands where it stands.

    A picture that is saved later than the rest of its order so joins its stack, and no page border cuts one.
    """
    # An order has one owner, one project and one privacy, so the scope isn't asked again here: with it SQLite
    # would walk all of the owner's earlier pictures for each row instead of the order's few.
    earlier = access.visible_to(user).filter(job=OuterRef("job"), pk__lt=OuterRef("pk"))
    place = Q(pk__lt=before) if before else Q()
    images = in_scope(user, scope).filter(place, ~Exists(earlier))
    return images.select_related("owner", "project").order_by("-pk")


def members(user: Person, covers: Iterable[Image]) -> QuerySet[Image]:
    """All pictures of the covers' orders."""
    jobs = [cover.job for cover in covers if cover.job]
    return (
        access.visible_to(user).filter(job__in=jobs).select_related("owner", "project").order_by("position")
    )


def page(user: Person, *, scope: Scope = "team", before: int | None = None, size: int = SIZE) -> Page:
    """One page of at most `size` stacks, in two queries however many pictures there are."""
    found = list(covers(user, scope, before)[: size + 1])
    shown = found[:size]
    orders: dict[UUID | None, list[Image]] = {}
    for image in members(user, shown):
        orders.setdefault(image.job, []).append(image)
    stacks = [Stack(orders.get(image.job) or [image]) for image in shown]
    return Page(_by_day(zip(shown, stacks, strict=True)), shown[-1].pk if len(found) > size else None)


def _by_day(stacks: Iterable[tuple[Image, Stack]]) -> list[Day]:
    """The stacks under the days of their first pictures."""
    days: dict[date, list[Stack]] = {}
    for first, stack in stacks:
        days.setdefault(timezone.localdate(first.created_at), []).append(stack)
    return [Day(day, found) for day, found in days.items()]
