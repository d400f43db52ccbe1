"""The only door to a picture: what a person may not see does not exist for them."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q, QuerySet
from django.http import Http404

from gallery.models import Image, Project

Person = AbstractBaseUser | AnonymousUser


def visible_to(user: Person) -> QuerySet[Image]:
    """The team's pictures and one's own private ones; nothing for a stranger, nothing from the trash."""
    if not user.is_active:
        return Image.objects.none()
    return Image.objects.filter(Q(private=False) | Q(owner=user.pk), trashed_at=None)


def find(user: Person, image_id: int) -> Image:
    """The picture of this number, or the same Http404 for one that is hidden as for one that never was."""
    image = visible_to(user).filter(pk=image_id).first()
    if image is None:
        raise Http404("No such picture.")
    return image


def open_projects() -> QuerySet[Project]:
    """The projects that take new pictures, by name."""
    return Project.objects.filter(archived_at=None)
