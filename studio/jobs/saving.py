"""Bringing results home: each is fetched, checked, stored, and becomes a picture of the gallery in one transaction."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from gallery import files, library
from gallery.models import Image, Project
from studio import remote
from studio.imageapi import AssetGone, AssetRefused, ImageAPIError
from studio.jobs import addresses, moves, watch
from studio.jobs.looks import EXPIRED, results
from studio.jobs.models import Job, Output
from studio.jobs.states import State

log = structlog.get_logger(__name__)
Trouble = Output.Trouble


class LeaseLost(Exception):
    """Somebody else works on the job now; what we have is theirs to fetch again."""


def save(job: Job) -> None:
    """Fetch what is not home yet; the caller holds the job's lease. Tried again until saved or expired."""
    outputs = list(job.outputs.all())
    if len(outputs) < job.asked or any(output.attempts for output in outputs if not output.saved_at):
        _refresh_addresses(job, outputs)
    try:
        for output in job.outputs.filter(saved_at=None):
            _bring_home(job, output)
    except LeaseLost:
        log.warning("lease lost while saving", job=str(job.pk))
        return
    _conclude(job)


def _bring_home(job: Job, output: Output) -> None:
    """Fetch one result; what goes wrong is noted on it for the next attempt."""
    if not moves.renew(job):
        raise LeaseLost
    try:
        with files.incoming() as file:
            _fetch(job, output, file)
    except LeaseLost:
        raise
    except (ImageAPIError, files.NotAPicture, OSError) as error:
        _not_saved(job, output, error)
    except Exception as error:
        # One odd picture must hold up neither the others nor, until its results expire, the job.
        log.exception("saving broke", job=str(job.pk), position=output.position)
        _not_saved(job, output, error)


def _not_saved(job: Job, output: Output, error: Exception) -> None:
    """Note what was in the way, for the next attempt and for people."""
    log.warning("picture not saved", job=str(job.pk), position=output.position, error=repr(error))
    told = isinstance(error, ImageAPIError | files.NotAPicture)
    Output.objects.filter(pk=output.pk).update(
        attempts=F("attempts") + 1,
        trouble=_trouble(error),
        problem=(str(error) if told else f"{type(error).__name__}: {error}")[:300],
    )


def _trouble(error: Exception) -> Trouble:
    """Whether time alone may help."""
    match error:
        case AssetGone():
            return Trouble.GONE
        case AssetRefused():
            return Trouble.REFUSED
        case files.NotAPicture():
            return Trouble.UNUSABLE
        case _:
            return Trouble.PASSING


def _fetch(job: Job, output: Output, file: BinaryIO) -> None:
    """Download, check, make good what the API would not do, store, and write the rows."""
    picture = download(job, output.url, file)
    files.store(picture)
    with transaction.atomic():
        if not moves.note(job, delivered=F("delivered") + 1):
            raise LeaseLost
        image = _keep(job, output, picture)
        Output.objects.filter(pk=output.pk).update(
            image=image, saved_at=timezone.now(), trouble="", problem=""
        )


def download(job: Job, url: str, file: BinaryIO) -> files.Picture:
    """Fetch a result into an open file, check it, and make good what the API would not do."""
    remote.downloads(job.api).fetch(url, file)
    file.flush()
    picture = files.examine(Path(file.name))
    crop = _crop(job)
    if picture.format != job.output_format or crop:
        files.remake(picture.path, format=job.output_format, ratio=crop)
        picture = files.examine(picture.path)
    return picture


def _crop(job: Job) -> float:
    """Width over height of an order whose ratio the API would not take; 0 when nothing is to be cropped."""
    ratio = job.model.ratio(job.aspect_ratio)
    return ratio.width / ratio.height if "aspect_ratio" in job.left_out and ratio.height else 0


def _keep(job: Job, output: Output, picture: files.Picture) -> Image:
    """The picture's row in the gallery."""
    parents = [row.image for row in job.sources.select_related("image")]
    return library.keep(
        picture=picture,
        owner=job.owner,
        project=Project.objects.get(pk=job.project_id),
        kind="edit" if parents else "generate",
        prompt=job.prompt,
        options={
            "model": job.model_name,
            "aspect_ratio": job.aspect_ratio,
            "output_format": job.output_format,
        },
        job=job.pk,
        position=output.position,
        # Given back already, because its answer came too late: its owner pays nothing for it.
        credits=0 if job.settled_at else job.price,
        private=job.private,
        parents=parents,
    )


def _refresh_addresses(job: Job, outputs: list[Output]) -> None:
    """Addresses can be short-lived and results late: before another attempt the API is asked for them again."""
    try:
        assets = remote.named(job.api).progress(job.task_id).assets
    except (ImageAPIError, OSError) as error:
        log.info("addresses not refreshed", job=str(job.pk), error=repr(error))
        return
    known = {output.position: output.url for output in outputs}
    home = frozenset(output.position for output in outputs if output.saved_at)
    offered = [asset.url for asset in results(assets, len(assets))]
    for position, url in addresses.renewed(known, home, offered, job.asked).items():
        if known.get(position) != url:
            Output.objects.update_or_create(job=job, position=position, defaults={"url": url})


def _given_up(job: Job, output: Output, now: datetime) -> bool:
    """Whether another attempt is pointless: before its results expire nothing is, and what may pass has longer."""
    lasting = output.trouble in {Trouble.GONE, Trouble.REFUSED, Trouble.UNUSABLE}
    return now > watch.give_up(job) or (lasting and now > watch.results_expire(job))


def _conclude(job: Job) -> None:
    """Done when nothing is left to try; else when to try again."""
    now = timezone.now()
    missing = list(job.outputs.filter(saved_at=None))
    open_ones = [output for output in missing if not _given_up(job, output, now)]
    if open_ones:
        moves.let_go(job, _next_attempt(now, min(output.attempts for output in open_ones)))
        return
    job.refresh_from_db(fields=["delivered"])
    if job.delivered:
        partly = "" if job.delivered == job.asked else "partly"
        moves.end(job, State.DONE, reason_code="late" if job.settled_at else partly)
        return
    code, words = _why_none(missing)
    moves.end(job, State.FAILED, reason_code=code, reason=words[:400])


def _why_none(missing: list[Output]) -> tuple[str, str]:
    """Why no picture could be had, as a code and in words; the worst that can be said of the provider comes last."""
    problems = {output.trouble: output.problem for output in missing}
    if Trouble.REFUSED in problems:
        return "unfetched", f"The pictures were made but could not be fetched. {problems[Trouble.REFUSED]}"
    if Trouble.UNUSABLE in problems:
        return "unusable", f"What the provider sent was not a picture. {problems[Trouble.UNUSABLE]}"
    return "expired", EXPIRED


def _next_attempt(now: datetime, attempts: int) -> datetime:
    """Soon at first, then every five minutes."""
    return now + min(
        timedelta(seconds=settings.STUDIO_RETRY_SECONDS * 2 ** min(attempts - 1, 10)), watch.SLOWEST
    )
