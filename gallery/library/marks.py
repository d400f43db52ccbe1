"""What people put on pictures: favourites, tags, notes, the winner of an order, and who sees them."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from gallery import access, search
from gallery.access import Person
from gallery.models import Favourite, Image, Tag, Tagged
from gallery.models.marks import TAG_LENGTH, key_of

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
def tag(numbers: Iterable[int], *, name: str, by: Person) -> list[int]:
    """Put a tag on pictures one sees. Those that did not have it; ValidationError for a word that can be none."""
    have = Tagged.objects.filter(tag__key=_key(name)).values("image")
    new = _locked(access.visible_to(by).filter(pk__in=list(numbers)).exclude(pk__in=have))
    if not new:
        return []
    _not_too_many(new)
    named, _ = Tag.objects.get_or_create(key=_key(name), defaults={"name": " ".join(name.split())})
    Tagged.objects.bulk_create(
        [Tagged(tag=named, image_id=pk, by_id=access.member(by)) for pk in new], ignore_conflicts=True
    )
    search.index(*new)
    return new


def _key(name: str) -> str:
    key = key_of(name)
    if not key:
        raise ValidationError("A tag needs a letter or a number.")
    if len(name) > TAG_LENGTH:
        raise ValidationError(f"A tag has at most {TAG_LENGTH} letters.")
    return key


def _not_too_many(numbers: list[int]) -> None:
    full = Tagged.objects.filter(image=OuterRef("pk")).order_by("pk")[MOST_TAGS - 1 : MOST_TAGS]
    if Image.objects.filter(Exists(full), pk__in=numbers).exists():
        raise ValidationError(f"A picture has at most {MOST_TAGS} tags.")


@transaction.atomic
def untag(numbers: Iterable[int], *, name: str, by: Person) -> list[int]:
    """Take a tag away from pictures one sees. Those that had it."""
    had = Tagged.objects.filter(tag__key=_key(name))
    seen = access.visible_to(by).filter(pk__in=list(numbers))
    were = _locked(seen.filter(pk__in=had.values("image")))
    had.filter(image__in=were).delete()
    # What is on nothing any more is no word to choose from.
    Tag.objects.filter(key=_key(name), taggings=None).delete()
    search.index(*were)
    return were


@transaction.atomic
def note(image: Image, *, text: str, by: Person) -> None:
    """Write what a picture's owner, or an admin, has to say of it; ValidationError if it is too long."""
    text = text.strip()
    if len(text) > NOTE_LENGTH:
        raise ValidationError(f"A note has at most {NOTE_LENGTH:,} characters.")
    if access.answered_by(by).filter(pk=image.pk).update(note=text):
        search.index(image.pk)
        image.refresh_from_db(fields=["note"])


@transaction.atomic
def hide(numbers: Iterable[int], *, by: Person) -> list[int]:
    """Make one's own pictures private. Those that were the team's."""
    return _seen_by(numbers, by, private=True)


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
def win(image: Image, *, by: Person) -> list[int]:
    """Put a picture on top of its order's stack, by its owner or an admin; the one that was there, if any."""
    order = access.answered_by(by).filter(job=image.job, job__isnull=False)
    if image.pk not in _locked(order):
        return []
    before = list(order.filter(winner=True).exclude(pk=image.pk).values_list("pk", flat=True))
    Image.objects.filter(job=image.job, winner=True).exclude(pk=image.pk).update(winner=False)
    Image.objects.filter(pk=image.pk).update(winner=True)
    return before


@transaction.atomic
def unwin(image: Image, *, by: Person) -> None:
    """Let the first picture of an order be on top again."""
    access.answered_by(by).filter(pk=image.pk).update(winner=False)
