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
from gallery.models import Deed, Project

CAN_BE_UNDONE_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Step:
    """An act on pictures, as it is kept."""

    act: str
    images: list[int]
    target: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """The pictures that an act changed, and the steps back."""

    images: list[int]
    back: list[Step] = field(default_factory=list)


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
    return Done(_told(act, change.images, len(images), _shown(name, target)), change.images, deed, leads_to)


def _shown(name: str, target: str) -> str:
    """A target as people call it."""
    return str(_project(target)) if name == "project" else target


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
    return ACTS[step.act].do(by, step.images, step.target).images
