"""The orders behind what failed, was cancelled, stayed unclear or was lost: page by page, with whose they were."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from studio import remote
from studio.accounts.models import User
from studio.credits import entries
from studio.credits.models import Loss
from studio.credits.sheets import Cell
from studio.jobs import cards, readers
from studio.jobs.models import Job
from studio.jobs.states import State
from studio.office import outcomes
from studio.office.names import plain
from studio.office.spans import Span

PAGE = 50
HEADER = ("When", "Ordered", "Order", "Member", "Project", "Why", "Credits", "Job")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """An order that did not end well, and when it ended or was found lost.

    `credits` are what it cost the team, None where that is not the question.
    """

    at: datetime
    ordered: datetime | None = None
    job: UUID | None
    title: str
    why: str
    member: str = ""
    project: str = ""
    credits: int | None = None


Page = tuple[list[Trouble], str]


def orders(span: Span, state: State, code: str | None, reader: User, before: str) -> Page:
    """A page of orders that ended so, the newest first, and the one after which the next page begins."""
    jobs = outcomes.ended(span.period, state).exclude(api=remote.SANDBOX).select_related("owner")
    if code is not None:
        jobs = jobs.filter(reason_code=code)
    moment = outcomes.moment_of(state)
    found = list(_after(jobs, moment, _job(before))[: PAGE + 1])
    told = readers.told_to(reader, found)
    shown = [_trouble(job, told, _why(job, told), getattr(job, moment)) for job in found[:PAGE]]
    return shown, str(found[PAGE - 1].pk) if len(found) > PAGE else ""


def _job(name: str) -> UUID | None:
    """The number of a job; what is none begins at the top."""
    try:
        return UUID(name)
    except ValueError:
        return None


def _after(jobs: QuerySet[Job], moment: str, before: UUID | None) -> QuerySet[Job]:
    """The orders that ended before another one, which may be none of them any more."""
    last = Job.objects.filter(pk=before).values_list(moment, flat=True).first() if before else None
    if last is None:
        return jobs
    earlier = Q(**{f"{moment}__lt": last}) | Q(pk__lt=before)
    return jobs.filter(earlier, **{f"{moment}__lte": last})


def _trouble(job: Job, told: Collection[UUID], why: str, at: datetime, credits: int | None = None) -> Trouble:
    return Trouble(
        at=at,
        ordered=job.ordered_at,
        job=job.pk,
        title=plain(cards.title(job)) if job.pk in told else "Private",
        member=plain(str(job.owner)),
        project=plain(job.project_name),
        why=why,
        credits=credits,
    )


def _why(job: Job, told: Collection[UUID]) -> str:
    """The words it ended with, which may quote the prompt, else what its code means."""
    words = job.reason if job.pk in told else ""
    return plain(words) or outcomes.why(State(job.state), job.reason_code)


def losses(span: Span, why: str, reader: User, before: str) -> Page:
    """A page of what was lost for one reason, or for any, the newest first, and where the next page begins."""
    rows = Loss.objects.filter(day__range=(span.period.first, span.period.last))
    rows = rows.filter(why=why) if why else rows
    place = entries.begins({"before": before})
    found = list((rows.filter(id__lt=place) if place else rows).order_by("-id")[: PAGE + 1])
    shown = list(_lost(found[:PAGE], reader))
    return shown, str(found[PAGE - 1].pk) if len(found) > PAGE else ""


def _lost(rows: Sequence[Loss], reader: User) -> Iterator[Trouble]:
    """Losses with the orders they are of."""
    jobs = Job.objects.select_related("owner").in_bulk([row.job for row in rows])
    told = readers.told_to(reader, jobs.values())
    for row in rows:
        why, job = outcomes.LOST[Loss.Why(row.why)], jobs.get(row.job)
        if job:
            yield _trouble(job, told, why, row.at, row.credits)
        else:
            # The books outlive the orders.
            yield Trouble(at=row.at, job=None, title="An order that is gone", why=why, credits=row.credits)


def sheet(page: Callable[[str], Page]) -> Iterator[list[Cell]]:
    """A whole list as rows of a file, read page by page."""
    rows, older = page("")
    yield from map(_cells, rows)
    while older:
        rows, older = page(older)
        yield from map(_cells, rows)


def _cells(row: Trouble) -> list[Cell]:
    return [row.at, row.ordered, row.title, row.member, row.project, row.why, row.credits, row.job]
