"""Pictures that were home and got lost: while their results are at the provider, they can be fetched once more."""

from uuid import UUID

import structlog
from django.utils import timezone

from gallery import files
from gallery.models import Image
from studio import remote
from studio.imageapi import ImageAPIError
from studio.jobs import addresses, saving, watch
from studio.jobs.looks import results
from studio.jobs.models import Job, Output

log = structlog.get_logger(__name__)


def bring_back(sha256: str) -> bool:
    """Fetch the original of this hash again and put it in its place; False when it can't be had any more.

    Nothing but the very same bytes is put there: the row tells their hash.
    """
    jobs = Image.objects.filter(sha256=sha256, deleted_at=None).values_list("job", "position")
    return any(_fetched(job, position, sha256) for job, position in jobs if job)


def _fetched(number: UUID, position: int, sha256: str) -> bool:
    """Try one order that brought it."""
    job = Job.objects.filter(pk=number).exclude(task_id="").first()
    if job is None or timezone.now() > watch.results_expire(job):
        return False
    try:
        return any(_stored(job, url, sha256) for url in _addresses(job, position))
    except (ImageAPIError, files.NotAPicture, OSError) as error:
        log.warning("picture not brought back", job=str(job.pk), position=position, error=repr(error))
        return False


def _addresses(job: Job, position: int) -> list[str]:
    """Where it may lie: as the API names it now, since addresses are short-lived."""
    known: dict[int, str] = dict(Output.objects.filter(job=job).values_list("position", "url"))
    assets = remote.named(job.api).progress(job.task_id).assets
    offered = [asset.url for asset in results(assets, len(assets))]
    home = frozenset(known) - {position}
    now = addresses.renewed(known, home, offered, job.asked)
    return [now[position]] if position in now else []


def _stored(job: Job, url: str, sha256: str) -> bool:
    with files.incoming() as file:
        picture = saving.download(job, url, file)
        if picture.sha256 != sha256:
            return False
        files.store(picture)
    return True
