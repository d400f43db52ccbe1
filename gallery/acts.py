"""What people do to the pictures they chose: one door for all of it, with words for what came of it and the way back.

An act takes numbers of pictures and a target (a tag, an album, a project), and says which pictures it changed and by
which steps that is taken back. Undoing is doing those steps, with the rights that one has then.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from gallery import access, library
from gallery.access import Person
from gallery.library import Lain
from gallery.models import Album, Deed, Image, Project

CAN_BE_UNDONE_FOR = timedelta(days=1)
# Before the name of an album that is to be made; one that is there is meant by its number.
NEW = "+"


@dataclass(frozen=True, slots=True)
class Step:
    """An act on pictures, as it is kept; `lain` says of each where it lay in an album and who had put it there."""

    act: str
    images: list[int]
    target: str = ""
    lain: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Change:
    """The pictures that an act changed, the steps back, and what else there is to say, as a sentence."""

    images: list[int]
    back: list[Step] = field(default_factory=list)
    told: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """Something to be done. `words` say what comes of it for one picture and for more: "is private now", "are …".

    `leads_to` is the name of the address where the pictures are found then.
    """

    do: Callable[[Person, list[int], str], Change]
    words: tuple[str, str]
    stayed: str = "already were so, or are not yours"
    leads_to: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it, in a sentence, how it can be undone, and where they are; `images` are those that changed."""

    words: str
    images: list[int]
    deed: UUID | None = None
    leads_to: str = ""


Plain = Callable[..., list[int]]


def _there_and_back(do: Plain, back: str) -> Callable[[Person, list[int], str], Change]:
    """An act without a target whose opposite is another one."""

    def doing(by: Person, images: list[int], _target: str) -> Change:
        changed = do(images, by=by)
        return Change(changed, [Step(back, changed)])

    return doing


def _named(do: Plain, back: str) -> Callable[[Person, list[int], str], Change]:
    """The same with a tag."""

    def doing(by: Person, images: list[int], target: str) -> Change:
        changed = do(images, name=target, by=by)
        return Change(changed, [Step(back, changed, target)])

    return doing


def _move(by: Person, images: list[int], target: str) -> Change:
    moved = library.move(images, project=_project(target), by=by)
    back = [Step("project", pictures, str(before)) for before, pictures in moved.items()]
    return Change([pk for pictures in moved.values() for pk in pictures], back)


def _project(target: str) -> Project:
    project = Project.objects.filter(pk=target).first() if target.isdecimal() else None
    if project is None:
        raise ValidationError("There is no such project.")
    return project


def _win(by: Person, images: list[int], _target: str) -> Change:
    image = access.answered_by(by).filter(pk__in=images, winner=False, job__isnull=False).first()
    if image is None:
        return Change([])
    before = library.win(image, by=by)
    return Change([image.pk], [Step("win", before) if before else Step("unwin", [image.pk])])


def _unwin(by: Person, images: list[int], _target: str) -> Change:
    image = access.answered_by(by).filter(pk__in=images, winner=True).first()
    if image is None:
        return Change([])
    library.unwin(image, by=by)
    return Change([image.pk], [Step("win", [image.pk])])


def _place(by: Person, images: list[int], target: str) -> Change:
    album = _new_album(by, images, target) if target.startswith(NEW) else _album_to_fill(by, target)
    placed = library.place(images, album=album, by=by)
    return Change(placed, [Step("unplace", placed, str(album.pk))], _who_sees(album, placed, by, target))


def _new_album(by: Person, images: list[int], target: str) -> Album:
    """An album for these pictures: the team sees it, but not when private ones of one's own are to lie in it."""
    seen = access.visible_to(by).filter(pk__in=images)
    if not seen.exists():
        raise ValidationError("These pictures are not there any more.")
    team = Album.Team.NOTHING if seen.filter(private=True).exists() else Album.Team.VIEW
    return library.add_album(name=target.removeprefix(NEW), team=team, by=by)


def _album_to_fill(by: Person, target: str) -> Album:
    """An album that somebody may put pictures into."""
    album = _album(by, target)
    if not access.filled_by(by).filter(pk=album.pk).exists():
        raise ValidationError(f"You see “{album}”, but its owner alone lets people add to it.")
    return album


def _album(by: Person, target: str) -> Album:
    album = access.albums_of(by).filter(pk=target).first() if target.isdecimal() else None
    if album is None:
        raise ValidationError("There is no such album.")
    return album


def _who_sees(album: Album, placed: list[int], by: Person, target: str) -> str:
    """What else somebody should know who has put pictures into an album."""
    if target.startswith(NEW):
        return "Only you see the new album." if not album.team else "The team sees the new album."
    private = Image.objects.filter(pk__in=placed, owner=by.pk, private=True).count()
    if not private or not (album.team or album.guests.exists() or album.owner_id != by.pk):
        return ""
    some = "A private one is" if private == 1 else f"{private:,} private ones are"
    return f"{some} seen by all who see the album."


def _unplace(by: Person, images: list[int], target: str) -> Change:
    lain = library.unplace(images, album=_album(by, target), by=by)
    taken = [one.image for one in lain]
    return Change(taken, [Step("place", taken, target, [(one.position, one.by) for one in lain])])


ACTS: Mapping[str, Act] = {
    "favourite": Act(
        _there_and_back(library.favourite, "unfavourite"), ("is a favourite now", "are favourites now")
    ),
    "unfavourite": Act(
        _there_and_back(library.unfavourite, "favourite"),
        ("is no favourite any more", "are no favourites any more"),
    ),
    "tag": Act(_named(library.tag, "untag"), ("has the tag “{target}” now", "have the tag “{target}” now")),
    "untag": Act(
        _named(library.untag, "tag"), ("has lost the tag “{target}”", "have lost the tag “{target}”")
    ),
    "hide": Act(_there_and_back(library.hide, "show"), ("is private now", "are private now")),
    "show": Act(
        _there_and_back(library.show, "hide"), ("can be seen by the team now", "can be seen by the team now")
    ),
    "project": Act(_move, ("is in {target} now", "are in {target} now")),
    "win": Act(_win, ("is on top of its order now", "are on top of their orders now")),
    "unwin": Act(_unwin, ("is not on top any more", "are not on top any more")),
    "trash": Act(
        _there_and_back(library.trash, "restore"),
        ("is in the trash", "are in the trash"),
        "are not yours to take away",
        leads_to="gallery:trash",
    ),
    "restore": Act(
        _there_and_back(library.restore, "trash"), ("is back in the gallery", "are back in the gallery")
    ),
    "place": Act(
        _place, ("is in “{target}” now", "are in “{target}” now"), "already were there, or are gone"
    ),
    "unplace": Act(
        _unplace,
        ("was taken out of “{target}”", "were taken out of “{target}”"),
        "are not yours to take out",
    ),
}


@transaction.atomic
def do(name: str, images: list[int], *, by: Person, target: str = "") -> Done:
    """Do something to pictures. ValidationError, with a sentence, when it can't be done to any."""
    act = ACTS[name]
    change = act.do(by, images, target)
    deed, leads_to = None, ""
    if change.images:
        leads_to = act.leads_to
        deed = Deed.objects.create(by_id=access.member(by), back=[asdict(step) for step in change.back]).pk
    told = _told(act, change.images, len(images), _shown(name, target, by))
    return Done(f"{told} {change.told}".rstrip(), change.images, deed, leads_to)


def _shown(name: str, target: str, by: Person) -> str:
    """A target as people call it."""
    if name == "project":
        return str(_project(target))
    if name in {"place", "unplace"}:
        return (
            " ".join(target.removeprefix(NEW).split()) if target.startswith(NEW) else str(_album(by, target))
        )
    return target


def _told(act: Act, changed: list[int], asked: int, target: str) -> str:
    left = asked - len(changed)
    if not changed:
        return f"Nothing changed: {'this picture' if asked == 1 else 'these pictures'} {_stayed(act, asked)}."
    some = "1 picture" if len(changed) == 1 else f"{len(changed):,} pictures"
    told = f"{some} {act.words[len(changed) > 1].format(target=target)}"
    return f"{told}; {left:,} {_stayed(act, left)}." if left > 0 else f"{told}."


def _stayed(act: Act, count: int) -> str:
    return (
        act.stayed if count > 1 else act.stayed.replace("already were", "already was").replace("are ", "is ")
    )


@transaction.atomic
def undo(deed_id: UUID, *, by: Person) -> Done:
    """Take back what one did, once and within a day; a sentence also when there is nothing to take back any more."""
    since = timezone.now() - CAN_BE_UNDONE_FOR
    deed = (
        Deed.objects.select_for_update().filter(pk=deed_id, by=by.pk, at__gte=since, undone_at=None).first()
    )
    if deed is None:
        return Done("There is nothing to undo any more.", [])
    changed = [pk for step in deed.back for pk in _again(Step(**step), by)]
    Deed.objects.filter(pk=deed.pk).update(undone_at=timezone.now())
    return Done("Undone." if changed else "Nothing was left to undo.", changed)


def forget() -> int:
    """Forget what can't be undone any more; how much that was."""
    return Deed.objects.filter(at__lt=timezone.now() - CAN_BE_UNDONE_FOR).delete()[0]


def _again(step: Step, by: Person) -> list[int]:
    if step.act in {"place", "unplace"} and not access.albums_of(by).filter(pk=step.target).exists():
        return []
    if step.lain:
        return _put_back(step, by)
    return ACTS[step.act].do(by, step.images, step.target).images


def _put_back(step: Step, by: Person) -> list[int]:
    """Into an album, to where they lay."""
    album = access.filled_by(by).filter(pk=step.target).first()
    lain = [Lain(image, *where) for image, where in zip(step.images, step.lain, strict=True)]
    return library.put_back(lain, album=album, by=by) if album else []
