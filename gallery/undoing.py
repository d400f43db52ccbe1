"""The way back from what was done to pictures: kept as steps, and taken as far as nobody has gone on from there.

A picture to which the same kind of thing was done since stays as it is then. A deed whose steps were all taken back
leaves it as it was before; so the last of several can be undone, and then the one before.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from gallery import access, library
from gallery.access import Person
from gallery.library import Lain
from gallery.models import Album, Deed, Image, Placed, Project
from gallery.models.marks import key_of

# Of an album that was made for the pictures that were put into it.
MADE = "made"
OPPOSITE = {
    "unfavourite": "favourite",
    "untag": "tag",
    "unplace": "place",
    "show": "hide",
    "unwin": "win",
    "restore": "trash",
}
Aspect = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """How something done to pictures is taken back, as it is kept.

    `target` is what it is done with: a tag, an album, a project, or the picture that was on top before. `left` is what
    was left behind: the project that they were put into, or an album that was MADE. `lain` says where they lay in an
    album, as the library has it.
    """

    act: str
    images: list[int]
    target: str = ""
    left: str = ""
    lain: list[dict[str, Any]] = field(default_factory=list)

    def only(self, images: Iterable[int]) -> "Step":
        """The same with no other pictures than these."""
        some = set(images)
        lain = [one for one in self.lain if one["image"] in some]
        return replace(self, images=[pk for pk in self.images if pk in some], lain=lain)


Back = Callable[[Person, Step], list[int]]


@dataclass(slots=True)
class Undone:
    """What came of it: the pictures that are as before, and how many are not.

    Sentences say why some were `refused`, and what else there is to know.
    """

    images: list[int] = field(default_factory=list)
    since: int = 0
    gone: int = 0
    refused: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


def go_back(deed: Deed, *, by: Person) -> Undone:
    """Take a deed back, and keep in it what could not be; in the caller's transaction, which has its row."""
    steps = [Step(**step) for step in deed.back]
    _lock(steps)
    later, undone, kept = _later(deed), Undone(), []
    for step in steps:
        back = _go_back(step, later[_aspect(step, deed)], undone, by)
        kept.append(step.only(set(step.images).difference(back)))
    deed.back = [asdict(step) for step in kept if step.images]
    return undone


def _lock(steps: Iterable[Step]) -> None:
    """Whoever does something to the same pictures from now on comes after, so that no later deed is missed.

    What is done to whole orders locks them from their first picture on; so it is here, or two would wait in a circle.
    """
    numbers = [pk for step in steps for pk in step.images]
    whole = [pk for step in steps for pk in step.images if step.act in {"project", "win", "unwin"}]
    jobs = Image.objects.filter(pk__in=whole, job__isnull=False).order_by().values_list("job", flat=True)
    meant = Image.objects.filter(Q(pk__in=numbers) | Q(job__in=set(jobs)))
    list(meant.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk", flat=True))


def _go_back(step: Step, later: set[int], undone: Undone, by: Person) -> list[int]:
    """Do one step, and say what came of it. Its pictures that are as before."""
    there = step.only(_as_left(step) - later)
    undone.since += len(step.images) - len(there.images)
    if not there.images:
        return []
    try:
        with transaction.atomic():
            back = BACK[step.act](by, there)
    except ValidationError as error:
        undone.refused.extend(error.messages)
        return []
    undone.images += back
    undone.gone += len(set(there.images).difference(back))
    if step.act == "place" and back:
        undone.told.append(who_sees(Album.objects.get(pk=step.target), back, by=by))
    return back


def _later(deed: Deed) -> Mapping[Aspect, set[int]]:
    """The pictures to which something was done after a deed, by what that was."""
    found: dict[Aspect, set[int]] = defaultdict(set)
    for other in Deed.objects.filter(at__gte=deed.at).exclude(pk=deed.pk).iterator():
        for step in other.back:
            found[_aspect(Step(**step), other)].update(step["images"])
    return found


def _aspect(step: Step, deed: Deed) -> Aspect:
    """What an act and its opposite change; of favourites, tags and albums one of many."""
    act = OPPOSITE.get(step.act, step.act)
    which = {"favourite": str(deed.by_id), "tag": key_of(step.target), "place": step.target}
    return act, which.get(act, "")


def _as_left(step: Step) -> set[int]:
    """The pictures of a step that are as it left them, where they or their orders themselves say so."""
    images = Image.objects.filter(pk__in=step.images).order_by().values_list("pk", flat=True)
    match step.act:
        case "project":
            return set(images.filter(project=int(step.left)))
        case "unwin":
            return set(images.filter(winner=True))
        case "win":
            return set(images.exclude(Exists(Image.objects.filter(job=OuterRef("job"), winner=True))))
    return set(step.images)


def project(target: str) -> Project:
    """The project that is meant; ValidationError when there is none."""
    found = Project.objects.filter(pk=target).first() if target.isdecimal() else None
    if found is None:
        raise ValidationError("There is no such project.")
    return found


def who_sees(album: Album, placed: list[int], *, by: Person) -> str:
    """Who sees private pictures that somebody has put into an album, as a sentence; "" when they alone do."""
    shown = Placed.objects.filter(album=album, image__in=placed, by=by.pk)
    private = shown.filter(image__owner=by.pk, image__private=True).count()
    if not private or not access.is_seen_by_others(album, by):
        return ""
    some = "A private one is" if private == 1 else f"{private:,} private ones are"
    return f"{some} seen by all who see the album."


def _plain(do: Callable[..., list[int]]) -> Back:
    return lambda by, step: do(step.images, by=by)


def _tag(by: Person, step: Step) -> list[int]:
    return library.tag_again(step.images, name=step.target, by=by)


def _untag(by: Person, step: Step) -> list[int]:
    had = library.untag(step.images, name=step.target, by=by)
    return [pk for some in had.values() for pk in some]


def _move(by: Person, step: Step) -> list[int]:
    moved = library.move(step.images, project=project(step.target), by=by)
    return [pk for some in moved.values() for pk in some]


def _win(by: Person, step: Step) -> list[int]:
    for image in access.answered_by(by).filter(pk__in=step.images):
        library.win(image, by=by)
        return [image.pk]
    return []


def _unwin(by: Person, step: Step) -> list[int]:
    for image in access.answered_by(by).filter(pk__in=step.images):
        library.unwin(image, before=int(step.target) if step.target else None, by=by)
        return [image.pk]
    return []


def _place(by: Person, step: Step) -> list[int]:
    """Into an album, to where they lay."""
    album = access.filled_by(by).filter(pk=step.target).first()
    return library.put_back([Lain(**one) for one in step.lain], album=album, by=by) if album else []


def _unplace(by: Person, step: Step) -> list[int]:
    """Out of an album; one that was made for them goes too, if nobody has put anything else into it."""
    album = Album.objects.filter(pk=step.target).first()
    taken = [one.image for one in library.unplace(step.images, album=album, by=by)] if album else []
    if album and taken and step.left == MADE and not album.places.exists():
        library.trash_album(album=album, by=by)
    return taken


BACK: Mapping[str, Back] = {
    "favourite": _plain(library.favourite),
    "unfavourite": _plain(library.unfavourite),
    "tag": _tag,
    "untag": _untag,
    "hide": _plain(library.hide),
    "show": _plain(library.show),
    "project": _move,
    "win": _win,
    "unwin": _unwin,
    "trash": _plain(library.trash),
    "restore": _plain(library.restore),
    "place": _place,
    "unplace": _unplace,
}
