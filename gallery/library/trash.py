"""Pictures go out of sight, come back, or go for good."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from gallery import access, search
from gallery.access import Person
from gallery.models import Album, Favourite, Image, Placed, Tag, Tagged

log = structlog.get_logger(__name__)
KEPT_FOR = timedelta(days=30)
# What is left of a picture that is deleted for good: figures for the books, and its place among its kin.
SILENT = {"prompt": "", "note": "", "file_name": "", "options": {}, "winner": False}


def left(trashed_at: datetime | None) -> str:
    """How long a picture or an album stays in the trash, in words."""
    end = timezone.localdate((trashed_at or timezone.now()) + KEPT_FOR)
    days = (end - timezone.localdate()).days
    if days > 1:
        return f"goes for good in {days} days"
    return "goes for good tomorrow" if days == 1 else "goes for good today"


@transaction.atomic
def trash(numbers: Iterable[int], *, by: Person) -> list[int]:
    """Take pictures out of sight, by their owner or an admin; their files stay. Those that were taken."""
    found = access.answered_by(by).filter(pk__in=list(numbers))
    taken = list(found.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    Image.objects.filter(pk__in=taken).update(trashed_at=timezone.now(), trashed_by=by.pk)
    return taken


@transaction.atomic
def restore(numbers: Iterable[int], *, by: Person) -> list[int]:
    """Bring pictures back from the trash, by their owner or an admin. Those that came back."""
    found = access.in_trash(by).filter(pk__in=list(numbers))
    brought = list(found.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    Image.objects.filter(pk__in=brought).update(trashed_at=None, trashed_by=None)
    return brought


@transaction.atomic
def delete(numbers: Iterable[int], *, by: Person) -> list[int]:
    """Delete pictures for good that lie in the trash, by who may bring them back. Those that are gone.

    One that an order under way is made from stays. The files are removed later, by `freeing`.
    """
    gone = _delete(access.in_trash(by).filter(pk__in=list(numbers)))
    if gone:
        log.info("gallery.deleted", pictures=len(gone), by=by.pk)
    return gone


@transaction.atomic
def delete_overdue(*, most: int) -> list[int]:
    """Delete for good what lay in the trash for its days, the oldest first, by nobody. Those that are gone."""
    old = Image.objects.filter(trashed_at__lt=timezone.now() - KEPT_FOR, deleted_at=None)
    # Chosen first: what is in use must not stand before all others for ever.
    some = old.exclude(in_use()).order_by("trashed_at", "pk").values_list("pk", flat=True)[:most]
    gone = _delete(old.filter(pk__in=list(some)))
    if gone:
        log.info("gallery.deleted", pictures=len(gone), by=None)
    return gone


@transaction.atomic
def delete_overdue_albums(*, most: int) -> int:
    """Delete for good the albums out of sight for as long, the oldest first; their pictures stay. How many."""
    old = Album.objects.filter(trashed_at__lt=timezone.now() - KEPT_FOR)
    some = old.select_for_update(skip_locked=True).order_by("trashed_at", "pk").values_list("pk", flat=True)
    gone = list(some[:most])
    Album.objects.filter(pk__in=gone).delete()
    return len(gone)


def in_use() -> Q:
    """The pictures that somebody works with: the gallery does not know who, the settings name who does."""
    path = getattr(settings, "PICTURES_IN_USE", "")
    found: Q = import_string(path)() if path else Q(pk__in=[])
    return found


def _delete(images: QuerySet[Image]) -> list[int]:
    """Leave of pictures what the books and the lineage need."""
    locked = list(images.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    # Asked with the rows locked, so that an order that just took one as its source is seen.
    gone = list(
        Image.objects.filter(pk__in=locked).exclude(in_use()).order_by("pk").values_list("pk", flat=True)
    )
    Image.objects.filter(pk__in=gone).update(deleted_at=timezone.now(), **SILENT)
    Placed.objects.filter(image__in=gone).delete()
    Favourite.objects.filter(image__in=gone).delete()
    Album.objects.filter(cover__in=gone).update(cover=None)
    _untag(gone)
    search.forget(*gone)
    return gone


def _untag(gone: list[int]) -> None:
    """Take all tags off, and with the last picture the tag itself: words go for good, too."""
    taggings = Tagged.objects.filter(image__in=gone)
    # Locked, so that nobody puts one on another picture meanwhile.
    tags = Tag.objects.filter(pk__in=taggings.values("tag")).select_for_update().order_by("pk")
    used = list(tags.values_list("pk", flat=True))
    taggings.delete()
    Tag.objects.filter(pk__in=used, taggings=None).delete()
