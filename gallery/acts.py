"""What people do to the pictures they chose: one door for all of it, with words for what came of it and the way back.

An act takes numbers of pictures and a target (a tag, an album, a project), and says which pictures it changed and by
which steps that is taken back. Undoing is taking those steps, with the rights that one has then.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from gallery import access, library, undoing
from gallery.access import Person
from gallery.library.marks import MOST_TAGS
from gallery.models import Album, Deed, Tagged
from gallery.models.marks import key_of
from gallery.undoing import MADE, Step, Undone

CAN_BE_UNDONE_FOR = timedelta(days=1)
# Before the name of an album that is to be made; one that is there is meant by its number.
NEW = "+"
Words = tuple[str, str]
"""What is said of one picture, and of more: "is private now", "are private now"."""


@dataclass(frozen=True, slots=True)
class Change:
    """The pictures that an act changed, the steps back, and what else there is to say, as a sentence.

    `held` pictures could not be changed for the act's own reason. `final` is what can't be undone now. `target` is
    what it was done with, where that is not what was asked for.
    """

    images: list[int]
    back: list[Step] = field(default_factory=list)
    told: str = ""
    held: int = 0
    final: bool = False
    target: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """Something to be done, and what is said of the pictures that changed, of those that stayed, and of those `held`.

    `leads_to` is the name of the address where the pictures are found then.
    """

    do: Callable[[Person, list[int], str], Change]
    words: Words
    stayed: Words
    held: Words = ("", "")
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


def _tag(by: Person, images: list[int], target: str) -> Change:
    tagged, written = library.tag(images, name=target, by=by)
    # Who sees a picture may tag it: what has no such tag now had no room for it.
    without = (
        access.visible_to(by)
        .filter(pk__in=images)
        .exclude(pk__in=Tagged.objects.filter(tag__key=key_of(target)).values("image"))
    )
    return Change(tagged, [Step("untag", tagged, target)], held=without.count(), target=written)


def _untag(by: Person, images: list[int], target: str) -> Change:
    had = library.untag(images, name=target, by=by)
    back = [Step("tag", some, written) for written, some in had.items()]
    return Change(sorted(pk for some in had.values() for pk in some), back)


def _hide(by: Person, images: list[int], _target: str) -> Change:
    hidden = library.hide(images, by=by)
    shared = access.shared(hidden).count()
    told = ""
    if shared:
        those = "It is" if len(hidden) == 1 else f"{shared:,} of them {'is' if shared == 1 else 'are'}"
        told = f"{those} still seen by those who see the albums that you put {'it' if shared == 1 else 'them'} into."
    held = access.own(by).filter(pk__in=images, private=False).count()
    return Change(hidden, [Step("show", hidden)], told, held)


def _show(by: Person, images: list[int], _target: str) -> Change:
    shown = library.show(images, by=by)
    held = access.own(by).filter(pk__in=images, private=True).count()
    return Change(shown, [Step("hide", shown)], held=held)


def _move(by: Person, images: list[int], target: str) -> Change:
    moved = library.move(images, project=undoing.project(target), by=by)
    back = [Step("project", some, str(before), left=target) for before, some in moved.items()]
    final = not access.open_projects().filter(pk__in=moved).exists()
    return Change([pk for some in moved.values() for pk in some], back, final=final)


def _win(by: Person, images: list[int], _target: str) -> Change:
    image = access.answered_by(by).filter(pk__in=images, winner=False, job__isnull=False).first()
    if image is None:
        return Change([])
    before = library.win(image, by=by)
    return Change([image.pk], [Step("unwin", [image.pk], str(before or ""))])


def _unwin(by: Person, images: list[int], _target: str) -> Change:
    image = access.answered_by(by).filter(pk__in=images, winner=True).first()
    if image is None:
        return Change([])
    library.unwin(image, by=by)
    return Change([image.pk], [Step("win", [image.pk])])


def _place(by: Person, images: list[int], target: str) -> Change:
    made = target.startswith(NEW)
    album = _new_album(by, images, target) if made else _album_to_fill(by, target)
    placed = library.place(images, album=album, by=by)
    back = Step("unplace", placed, str(album.pk), left=MADE if made else "")
    return Change(placed, [back], _who_sees(album, placed, by, target))


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
    return undoing.who_sees(album, placed, by=by)


def _unplace(by: Person, images: list[int], target: str) -> Change:
    lain = library.unplace(images, album=_album(by, target), by=by)
    taken = [one.image for one in lain]
    return Change(taken, [Step("place", taken, target, lain=[asdict(one) for one in lain])])


ACTS: Mapping[str, Act] = {
    "favourite": Act(
        _there_and_back(library.favourite, "unfavourite"),
        ("is a favourite now", "are favourites now"),
        ("already was one, or is gone", "already were, or are gone"),
    ),
    "unfavourite": Act(
        _there_and_back(library.unfavourite, "favourite"),
        ("is no favourite any more", "are no favourites any more"),
        ("was none, or is gone", "were none, or are gone"),
    ),
    "tag": Act(
        _tag,
        ("has the tag “{target}” now", "have the tag “{target}” now"),
        ("already had it, or is gone", "already had it, or are gone"),
        (f"has {MOST_TAGS} tags, which is the most", f"have {MOST_TAGS} tags, which is the most"),
    ),
    "untag": Act(
        _untag,
        ("has lost the tag “{target}”", "have lost the tag “{target}”"),
        ("does not have this tag, or is gone", "do not have this tag, or are gone"),
    ),
    "hide": Act(
        _hide,
        ("is private now", "are private now"),
        ("already was private, or is not yours", "already were private, or are not yours"),
        (
            "is there as a private picture of yours too, maybe in the trash",
            "are there as private pictures of yours too, maybe in the trash",
        ),
    ),
    "show": Act(
        _show,
        ("can be seen by the team now", "can be seen by the team now"),
        ("already could be seen, or is not yours", "already could be seen, or are not yours"),
        (
            "is there for the team too, maybe in the trash",
            "are there for the team too, maybe in the trash",
        ),
    ),
    "project": Act(
        _move,
        ("is in {target} now", "are in {target} now"),
        ("already was there, or is not yours", "already were there, or are not yours"),
    ),
    "win": Act(
        _win,
        ("is on top of its order now", "are on top of their orders now"),
        (
            "already was on top, is of no order, or is not yours",
            "already were on top, are of no order, or are not yours",
        ),
    ),
    "unwin": Act(
        _unwin,
        ("is not on top any more", "are not on top any more"),
        ("was not on top, or is not yours", "were not on top, or are not yours"),
    ),
    "trash": Act(
        _there_and_back(library.trash, "restore"),
        ("is in the trash", "are in the trash"),
        ("is not yours to take away", "are not yours to take away"),
        leads_to="gallery:trash",
    ),
    "restore": Act(
        _there_and_back(library.restore, "trash"),
        ("is back in the gallery", "are back in the gallery"),
        ("is not in the trash, or is not yours", "are not in the trash, or are not yours"),
    ),
    "place": Act(
        _place,
        ("is in “{target}” now", "are in “{target}” now"),
        ("already was there, or is gone", "already were there, or are gone"),
    ),
    "unplace": Act(
        _unplace,
        ("was taken out of “{target}”", "were taken out of “{target}”"),
        ("is not yours to take out", "are not yours to take out"),
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
        # Also one that can't be undone: others who undo what they did before must know of it.
        deed = Deed.objects.create(by_id=access.member(by), back=[asdict(step) for step in change.back]).pk
    told = _told(act, change, images, change.target or _shown(name, target, by))
    way_back = None if change.final else deed
    return Done(f"{told} {change.told}".rstrip(), change.images, way_back, leads_to)


def _shown(name: str, target: str, by: Person) -> str:
    """A target as people call it."""
    if name == "project":
        return str(undoing.project(target))
    if name in {"place", "unplace"}:
        return (
            " ".join(target.removeprefix(NEW).split()) if target.startswith(NEW) else str(_album(by, target))
        )
    return target


def _told(act: Act, change: Change, asked: list[int], target: str) -> str:
    left = len(set(asked).difference(change.images)) - change.held
    stayed = _each([(change.held, act.held), (left, act.stayed)])
    if change.images:
        return f"{'; '.join([_pictures(len(change.images), act.words).format(target=target), *stayed])}."
    if len(stayed) > 1:
        return f"Nothing changed: {'; '.join(stayed)}."
    these, words = ("this picture", 0) if len(asked) == 1 else ("these pictures", 1)
    return f"Nothing changed: {these} {(act.held if change.held else act.stayed)[words]}."


def _each(said: Iterable[tuple[int, Words]]) -> list[str]:
    """How many pictures there are of which something is said, where there are any."""
    return [f"{count:,} {words[count > 1]}" for count, words in said if count > 0]


def _pictures(count: int, words: Words) -> str:
    return f"1 picture {words[0]}" if count == 1 else f"{count:,} pictures {words[1]}"


@transaction.atomic
def undo(deed_id: UUID, *, by: Person) -> Done:
    """Take back what one did, once and within a day; a sentence also when there is nothing to take back any more."""
    since = timezone.now() - CAN_BE_UNDONE_FOR
    deed = (
        Deed.objects.select_for_update().filter(pk=deed_id, by=by.pk, at__gte=since, undone_at=None).first()
    )
    if deed is None:
        return Done("There is nothing to undo any more.", [])
    undone = undoing.go_back(deed, by=by)
    # What was refused or gone on from stays to be undone: the project opens again, the later deed is taken back.
    again = not undone.images and bool(undone.refused or undone.since)
    if not again:
        deed.undone_at = timezone.now()
    deed.save(update_fields=["back", "undone_at"])
    return Done(_undone(undone), undone.images, deed.pk if again else None)


def _undone(undone: Undone) -> str:
    """What came of it, and what not and why."""
    since = ("was changed since and stays so", "were changed since and stay so")
    gone = ("is gone, or not yours any more", "are gone, or not yours any more")
    stayed = _each([(undone.since, since), (undone.gone, gone)])
    if not undone.images and not undone.since and not undone.refused:
        return "Nothing was left to undo."
    told = "Nothing was undone"
    if undone.images:
        whole = not stayed and not undone.refused
        told = "Undone" if whole else _pictures(len(undone.images), ("is as before", "are as before"))
    return " ".join([f"{'; '.join([told, *stayed])}.", *undone.refused, *undone.told]).rstrip()


def forget() -> int:
    """Forget what can't be undone any more; how much that was."""
    return Deed.objects.filter(at__lt=timezone.now() - CAN_BE_UNDONE_FOR).delete()[0]
