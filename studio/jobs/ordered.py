"""What jobs were, for the entries of the books: their titles, the pictures they brought, and the projects."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Q

from gallery import access, previews
from gallery.models import Project
from studio.accounts.models import User
from studio.credits.entries import Ordered, Picture
from studio.jobs import readers
from studio.jobs.cards import title
from studio.jobs.models import Job, Source
from studio.jobs.states import WORKING, State


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


def _readable(user: User, jobs: Collection[UUID]) -> list[Job]:
    found = list(Job.objects.filter(pk__in=jobs).only("owner_id", "private", "prompt"))
    told = readers.told_to(user, found)
    return [job for job in found if job.pk in told]


def in_use() -> Q:
    """The pictures that orders under way are made from: the gallery keeps their files until those are over."""
    under_way = Q(state__in=[State.WAITING, *WORKING]) | Q(state=State.UNKNOWN, settled_at=None)
    orders = Job.objects.filter(under_way).values("pk")
    return Q(pk__in=Source.objects.filter(job__in=orders).values("image"))
