"""What jobs were, for the entries of the books: their titles, the pictures they brought, and the projects."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Q, QuerySet

from gallery import access, previews
from gallery.models import Project
from studio.accounts.models import User
from studio.credits.entries import Ordered, Picture
from studio.jobs.cards import title
from studio.jobs.models import Job


def projects() -> Mapping[int, str]:
    """Every project by its number, the archived too: the books know them all."""
    return dict(Project.objects.values_list("pk", "name"))


def titles(user: User, jobs: Collection[UUID]) -> Mapping[UUID, Ordered]:
    """The orders among these jobs that a person may read, by their titles alone: for files."""
    return {job.pk: Ordered(title(job)) for job in _readable(user, jobs)}


def by(user: User, jobs: Collection[UUID]) -> Mapping[UUID, Ordered]:
    """The orders among these jobs that a person may read, with those of the pictures that they may see still."""
    pictures = defaultdict[UUID, list[Picture]](list)
    for image in access.visible_to(user).filter(job__in=jobs).order_by("position"):
        if image.job:
            name = f"picture {image.position + 1}"
            pictures[image.job].append(Picture(image.get_absolute_url(), previews.url(image, 320), name))
    return {job.pk: Ordered(title(job), tuple(pictures[job.pk])) for job in _readable(user, jobs)}


def _readable(user: User, jobs: Collection[UUID]) -> QuerySet[Job]:
    """One's own, and for an admin, who answers for the books, those of others that are not private."""
    readable = Q(owner=user) | Q(private=False) if user.is_staff else Q(owner=user)
    return Job.objects.filter(readable, pk__in=jobs).only("prompt")
