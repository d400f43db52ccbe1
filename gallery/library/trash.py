"""Pictures go out of sight, and come back."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from gallery import access
from gallery.access import Person
from gallery.models import Image


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
