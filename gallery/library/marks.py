"""What people put on pictures: favourites, tags, notes, the winner of an order, and who sees them."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from gallery import access, search
from gallery.access import Person
from gallery.library.albums import keep_unseen
from gallery.models import Favourite, Image, Tag, Tagged
from gallery.models.marks import KEY_LENGTH, TAG_LENGTH, key_of

MOST_TAGS = 50
NOTE_LENGTH = 4000


def _locked(images: QuerySet[Image]) -> list[int]:
    """Their numbers, always in one order, so that two who do something to the same pictures don't wait in a circle."""
    return list(images.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def favourite(numbers: Iterable[int], *, by: Person) -> list[int]:
    """Mark pictures as somebody's favourites. Those that were none before."""
    marked = Favourite.objects.filter(user=by.pk).values("image")
    seen = access.visible_to(by).filter(pk__in=list(numbers)).exclude(pk__in=marked)
    new = list(seen.order_by("pk").values_list("pk", flat=True))
    # A second click at the same moment has marked them already.
    Favourite.objects.bulk_create(
        [Favourite(user_id=access.member(by), image_id=pk) for pk in new], ignore_conflicts=True
    )
    return new


@transaction.atomic
def unfavourite(numbers: Iterable[int], *, by: Person) -> list[int]:
    """Take the mark away again. Those that were favourites."""
    seen = access.visible_to(by).filter(pk__in=list(numbers)).values("pk")
    marked = Favourite.objects.filter(user=by.pk, image__in=seen)
    were = list(marked.order_by("image").values_list("image", flat=True))
    marked.filter(image__in=were).delete()
    return were


@transaction.atomic
def tag(numbers: Iterable[int], *, name: str, by: Person) -> tuple[list[int], str]:
    """Put a tag on pictures one sees, written as on the team's. Those that did not have it, and how it is written.

    Those that have as many tags as a picture can have stay without. ValidationError for a word that can be none.
    """
    key, wanted = _key(name), list(numbers)
    others = access.visible_to(by).filter(pk__in=wanted).exclude(owner=by.pk, private=True)
    # How it is written on a private picture is told to nobody by writing it on one that they see.
    read = access.team(by) if others.exists() else access.team(by) | access.own(by)
    known = Tagged.objects.filter(Exists(read.filter(pk=OuterRef("image"))), tag__key=key)
    written = known.order_by("-image_id").values_list("name", flat=True).first() or " ".join(name.split())
    return _tag(wanted, key, written, by), written


@transaction.atomic
def tag_again(numbers: Iterable[int], *, name: str, by: Person) -> list[int]:
    """Put a tag back on pictures one sees, written as it was there. Those that did not have it."""
    return _tag(numbers, _key(name), name, by)


def _tag(numbers: Iterable[int], key: str, name: str, by: Person) -> list[int]:
    have = Tagged.objects.filter(tag__key=key).values("image")
    full = Tagged.objects.filter(image=OuterRef("pk")).order_by("pk")[MOST_TAGS - 1 : MOST_TAGS]
    new = _locked(
        access.visible_to(by).filter(~Exists(full), pk__in=list(numbers)).exclude(pk__in=have),
    )
    if not new:
        return []
    # Locked, so that nobody who takes it off its last picture throws it away meanwhile.
    named, _ = Tag.objects.select_for_update().get_or_create(key=key)
    Tagged.objects.bulk_create(
        [Tagged(tag=named, image_id=pk, name=name, by_id=access.member(by)) for pk in new],
        ignore_conflicts=True,
    )
    search.index(*new)
    return new


def _key(name: str) -> str:
    key = key_of(name)
    if not key:
        raise ValidationError("A tag needs a letter or a number.")
    if len(name) > TAG_LENGTH:
        raise ValidationError(f"A tag has at most {TAG_LENGTH} letters.")
    if len(key) > KEY_LENGTH:
        raise ValidationError("This tag is too long: some of its signs stand for many letters.")
    return key


@transaction.atomic
def untag(numbers: Iterable[int], *, name: str, by: Person) -> dict[str, list[int]]:
    """Take a tag away from pictures one sees. Those that had it, by how it was written there."""
    key = _key(name)
    seen = access.visible_to(by).filter(pk__in=list(numbers))
    had = _locked(seen.filter(pk__in=Tagged.objects.filter(tag__key=key).values("image")))
    # Locked, so that nobody puts it on another picture between the last look and its end.
    Tag.objects.select_for_update().filter(key=key).first()
    taggings = Tagged.objects.filter(tag__key=key, image__in=had)
    were: dict[str, list[int]] = {}
    for image, written in taggings.order_by("image").values_list("image", "name"):
        were.setdefault(written, []).append(image)
    taggings.delete()
    # What is on nothing any more is no word to choose from.
    Tag.objects.filter(key=key, taggings=None).delete()
    search.index(*had)
    return were


@transaction.atomic
def note(image: Image, *, text: str, by: Person, started: str | None = None) -> None:
    """Write what a picture's owner, or an admin, has to say of it.

    ValidationError if it is too long, or if the note is not any more what the writer `started` from.
    """
    text = text.strip()
    now = access.answered_by(by).select_for_update(of=("self",)).filter(pk=image.pk).first()
    if now is None:
        return
    if started is not None and now.note.split() not in (started.split(), text.split()):
        raise ValidationError(f"{_now(now.note)} Save again to put yours in its place.")
    if len(text) > NOTE_LENGTH:
        raise ValidationError(f"A note has at most {NOTE_LENGTH:,} characters.")
    Image.objects.filter(pk=image.pk).update(note=text)
    search.index(image.pk)
    image.refresh_from_db(fields=["note"])


def _now(note: str) -> str:
    return (
        f"The note was changed meanwhile. It says now: “{note}”"
        if note
        else "The note was removed meanwhile."
    )


@transaction.atomic
def hide(numbers: Iterable[int], *, by: Person) -> list[int]:
    """Make one's own pictures private. Those that were the team's.

    Albums that one sees and has put them into show them on; those that one does not see never will.
    """
    hidden = _seen_by(numbers, by, private=True)
    keep_unseen(hidden, by=by)
    return hidden


@transaction.atomic
def show(numbers: Iterable[int], *, by: Person) -> list[int]:
    """Show one's own private pictures to the team. Those that were private."""
    return _seen_by(numbers, by, private=False)


def _seen_by(numbers: Iterable[int], by: Person, *, private: bool) -> list[int]:
    # The same file may have been brought twice, once for the team and once for oneself: then it stays so.
    twin = Image.objects.filter(
        owner=OuterRef("owner"), sha256=OuterRef("sha256"), private=private, kind=Image.Kind.UPLOAD
    )
    mine = access.own(by).filter(pk__in=list(numbers), private=not private)
    changed = _locked(mine.exclude(Exists(twin.filter(deleted_at=None)), kind=Image.Kind.UPLOAD))
    Image.objects.filter(pk__in=changed).update(private=private)
    return changed


@transaction.atomic
def win(image: Image, *, by: Person) -> int | None:
    """Put a picture on top of its order's stack, by its owner or an admin; the number of the one that was there.

    That one may lie in the trash, or be none that the person sees.
    """
    order = _order(image)
    if not access.answered_by(by).filter(pk=image.pk, job__isnull=False).exists():
        return None
    before = order.filter(winner=True).exclude(pk=image.pk).values_list("pk", flat=True).first()
    order.filter(winner=True).exclude(pk=image.pk).update(winner=False)
    Image.objects.filter(pk=image.pk).update(winner=True)
    return before


@transaction.atomic
def unwin(image: Image, *, by: Person, before: int | None = None) -> None:
    """Let the first picture of an order be on top again, or the one of it that was before."""
    order = _order(image)
    if not access.answered_by(by).filter(pk=image.pk, winner=True).exists():
        return
    order.filter(pk=image.pk).update(winner=False)
    order.filter(pk=before or 0, deleted_at=None).update(winner=True)


def _order(image: Image) -> QuerySet[Image]:
    """All pictures of an order, locked: who chooses another one comes after."""
    order = Image.objects.filter(job=image.job, job__isnull=False)
    _locked(order)
    return order
