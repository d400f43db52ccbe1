"""Pictures in the gallery for some of the orders, painted by the sandbox, with their files."""

from pathlib import Path

from gallery import files, library
from gallery.models import Image, Project
from studio.jobs.models import Job
from studio.jobs.states import State
from studio.sandbox import pictures


def hang(count: int) -> None:
    """Paint the first picture of so many orders, from the first to the last one."""
    jobs = Job.objects.filter(state=State.DONE, delivered__gt=0).order_by("ordered_at")
    every = max(1, jobs.count() // count)
    for number, job in enumerate(jobs.select_related("owner")[::every][-count:]):
        picture = pictures.Picture(
            task_id=str(job.pk), prompt=job.prompt, nth=1, output_format="jpeg", run=number
        )
        kept = library.keep(
            picture=_stored(pictures.render(picture)),
            owner=job.owner,
            project=Project.objects.get(pk=job.project_id),
            kind=job.made,
            prompt=job.prompt,
            options={"model": job.model_name, "aspect_ratio": "auto", "output_format": "jpeg"},
            job=job.pk,
            position=0,
            credits=job.price,
            private=False,
        )
        Image.objects.filter(pk=kept.pk).update(created_at=job.finished_at)


def _stored(data: bytes) -> files.Picture:
    """A picture that went the whole way of the write protocol."""
    with files.incoming() as incoming:
        incoming.write(data)
        incoming.flush()
        picture = files.examine(Path(incoming.name))
        files.store(picture)
    return picture
