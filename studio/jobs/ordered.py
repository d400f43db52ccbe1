"""What jobs were, for the entries of the books: their titles, and the pictures they brought."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Q

from gallery import access, previews
from studio.accounts.models import User
from studio.credits.entries import Ordered, Picture
from studio.jobs.cards import title
from studio.jobs.models import Job


def by(user: User, jobs: Collection[UUID]) -> Mapping[UUID, Ordered]:
    """The orders among these jobs that a person may read, with those of the pictures that they may see still.

    One's own, and for an admin, who answers for the books, those of others that are not private.
    """
    pictures = defaultdict[UUID, list[Picture]](list)
    for image in access.visible_to(user).filter(job__in=jobs).order_by("position"):
        if image.job:
            name = f"picture {image.position + 1}"
            pictures[image.job].append(Picture(image.get_absolute_url(), previews.url(image, 320), name))
    readable = Q(owner=user) | Q(private=False) if user.is_staff else Q(owner=user)
    found = Job.objects.filter(readable, pk__in=jobs).only("prompt")
    return {job.pk: Ordered(title(job), tuple(pictures[job.pk])) for job in found}
