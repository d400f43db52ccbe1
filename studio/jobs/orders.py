"""Asking: an order becomes a job with its price held, in one transaction; what waits can be cancelled."""

from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from gallery.models import Image, Project
from studio import remote
from studio.accounts.models import User
from studio.credits import spending, wallet
from studio.imageapi import GEMINI_25_FLASH, Model
from studio.jobs import moves
from studio.jobs.models import Job, Source
from studio.jobs.states import AT_REST, State
from studio.jobs.tasks import prepare, wake, wake_line

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a person asks for. `sources` make it an edit; they are pictures the owner may see."""

    prompt: str
    project: Project
    num_images: int = 1
    aspect_ratio: str = "auto"
    output_format: str = "png"
    private: bool = False
    sources: tuple[Image, ...] = ()
    nonce: str = ""
    model: Model = GEMINI_25_FLASH


def ask(owner: User, order: Ask) -> Job:
    """Take an order: the job, its sources and the hold of its price, all or nothing; then wake the line.

    The same nonce again is the same order: the job that is there is returned and nothing is held twice.
    Raises `ledger.NotEnough` when a limited member can't pay for it, `budgets.CapReached` when its project may not
    take that much this month, `ValueError` for what the model does not offer.
    """
    _check(order)
    try:
        with transaction.atomic():
            job = _write(owner, order)
    except IntegrityError:
        if order.nonce and (twin := Job.objects.filter(owner=owner, nonce=order.nonce).first()):
            return twin
        raise
    log.info("ordered", job=str(job.pk), owner=owner.pk, pictures=job.asked, credits=job.cost)
    if order.sources:
        transaction.on_commit(lambda: wake(prepare, str(job.pk)), robust=True)
    transaction.on_commit(wake_line, robust=True)
    return job


def _check(order: Ask) -> None:
    """Refuse what no form would let through."""
    model = order.model
    offered = {ratio.name for ratio in model.ratios}
    if not 1 <= order.num_images <= model.most_images or len(order.sources) > model.most_sources:
        raise ValueError(
            f"{model.title} makes 1 to {model.most_images} pictures from at most {model.most_sources}."
        )
    if order.aspect_ratio not in offered or order.output_format not in model.formats:
        raise ValueError(f"{model.title} does not offer {order.aspect_ratio} as {order.output_format}.")


def _write(owner: User, order: Ask) -> Job:
    """The rows of an order."""
    job = Job.objects.create(
        owner=owner,
        nonce=order.nonce,
        api=wallet.api_in_use(),
        model_name=order.model.name,
        made=Image.Kind.EDIT if order.sources else Image.Kind.GENERATE,
        prompt=order.prompt,
        aspect_ratio=order.aspect_ratio,
        output_format=order.output_format,
        asked=order.num_images,
        price=order.model.price,
        project_id=order.project.pk,
        project_name=order.project.name,
        private=order.private,
    )
    Source.objects.bulk_create(
        Source(job=job, image=image, position=position) for position, image in enumerate(order.sources)
    )
    spending.hold(owner, job.cost, moves.booking(job), sandbox=job.api == remote.SANDBOX)
    return job


def cancel(by: User, job_id: UUID) -> bool:
    """Cancel one's own job that still waits, or as an admin anybody's. False when it is too late: it was sent.

    Its owner's credits go back, and who did not do it themselves is told who did.
    """
    theirs = Job.objects.all() if by.is_staff else Job.objects.filter(owner=by)
    return _cancel(theirs.get(pk=job_id), by, f"{by} cancelled this order. Nothing was charged.")


def cancel_all(owner: User, *, by: User) -> None:
    """Cancel what somebody has waiting who is let go."""
    words = "Cancelled when you were taken out of the team. Nothing was charged."
    waiting = Job.objects.filter(owner=owner, state=State.WAITING)
    # One by one: books that are wrong must keep nobody in the team.
    moves.each(waiting, lambda job: _cancel(job, by, words))


def _cancel(job: Job, by: User, words: str) -> bool:
    log.info("cancelling", job=str(job.pk), owner=job.owner_id, by=by.pk)
    told = {} if job.owner_id == by.pk else {"reason_code": "admin", "reason": words}
    return moves.end(job, State.CANCELLED, **told)


def dismiss_ready(owner: User) -> int:
    """Take all of one's done jobs out of the strip; how many there were."""
    return Job.objects.filter(owner=owner, state=State.DONE, dismissed_at=None).update(
        dismissed_at=timezone.now()
    )


def dismiss(owner: User, job_id: UUID) -> bool:
    """Take a job that is at rest, or unknown, out of its owner's strip."""
    jobs = Job.objects.filter(pk=job_id, owner=owner, state__in=[*AT_REST, State.UNKNOWN], dismissed_at=None)
    return bool(jobs.update(dismissed_at=timezone.now()))
