"""What became of the real API's orders, counted by day: reports need not read every job."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet, Sum

from studio import remote
from studio.credits.periods import Period, today
from studio.jobs.models import DayOfJobs, Job
from studio.jobs.states import State

AT_ONCE = 2000
# A fold between two of our queries makes us read again.
TRIES = 3


class End(NamedTuple):
    """How orders ended, why if there is more to say than the state, and what they were for."""

    state: str
    reason_code: str
    made: str
    model_name: str


@dataclass(slots=True, kw_only=True)
class Counts:
    """Orders and their pictures; `waited` and `took` are seconds in all, of those `sent` and of those done."""

    orders: int = 0
    pictures: int = 0
    sent: int = 0
    waited: int = 0
    took: int = 0

    def add(self, other: "Counts") -> None:
        """Count others as well."""
        self.orders += other.orders
        self.pictures += other.pictures
        self.sent += other.sent
        self.waited += other.waited
        self.took += other.took


KEPT = ("orders", "pictures", "sent", "waited", "took")


class Ended(NamedTuple):
    """What is read of a job at rest."""

    id: UUID
    api: str
    state: str
    reason_code: str
    made: str
    model_name: str
    ordered_at: datetime
    sent_at: datetime | None
    finished_at: datetime
    delivered: int


def figures(period: Period) -> dict[End, Counts]:
    """How the orders ended that came to rest in a period, to the last one."""
    for _ in range(TRIES):
        rest = _read(_not_counted())
        found = _counted(period)
        if not rest or not Job.objects.filter(pk__in=[job.id for job in rest], counted=True).exists():
            break
    for (day, end), counts in _count(rest).items():
        if period.first <= day <= period.last:
            found.setdefault(end, Counts()).add(counts)
    return found


def _counted(period: Period) -> dict[End, Counts]:
    """What the days say."""
    rows = DayOfJobs.objects.filter(day__range=(period.first, period.last))
    sums = rows.values_list(*End._fields).annotate(*map(Sum, KEPT)).order_by()
    return {End(*row[:4]): Counts(**dict(zip(KEPT, row[4:], strict=True))) for row in sums}


def _not_counted() -> QuerySet[Job]:
    """Jobs at rest that are in no day yet, those that rest longest first."""
    # Only what rests was finished. To name the states would lead SQLite to all jobs that ever rested.
    return Job.objects.filter(counted=False, finished_at__isnull=False).order_by("finished_at")


def _read(jobs: QuerySet[Job]) -> list[Ended]:
    """What there is to count."""
    return [Ended(*row) for row in jobs.values_list(*Ended._fields)]


def _count(jobs: Iterable[Ended]) -> dict[tuple[date, End], Counts]:
    """Jobs counted by the day they came to rest on; what the sandbox drew is in no report."""
    found: dict[tuple[date, End], Counts] = {}
    for job in jobs:
        if job.api != remote.SANDBOX:
            end = End(job.state, job.reason_code, job.made, job.model_name)
            found.setdefault((today(job.finished_at), end), Counts()).add(_counts(job))
    return found


def _counts(job: Ended) -> Counts:
    """One job."""
    counts = Counts(orders=1, pictures=job.delivered)
    if job.sent_at and job.state != State.CANCELLED:
        counts.sent, counts.waited = 1, _seconds(job.ordered_at, job.sent_at)
        counts.took = _seconds(job.sent_at, job.finished_at) if job.state == State.DONE else 0
    return counts


def _seconds(begin: datetime, end: datetime) -> int:
    """How long it was; a clock that was set back makes nothing take less than no time."""
    return max(0, round((end - begin).total_seconds()))


def fold() -> None:
    """Count what came to rest since the last time. Safe to run by several at once."""
    while _fold_some():
        pass


def _fold_some() -> bool:
    """Count the next jobs; False when there are none."""
    with transaction.atomic():
        jobs = _read(_not_counted().select_for_update()[:AT_ONCE])
        Job.objects.filter(pk__in=[job.id for job in jobs]).update(counted=True)
        # In one order, so that two who fold never wait for each other.
        for (day, end), counts in sorted(_count(jobs).items()):
            _add(day, end, counts)
    return bool(jobs)


def _add(day: date, end: End, counts: Counts) -> None:
    """Add to a day's row."""
    place = {"day": day, **end._asdict()}
    DayOfJobs.objects.get_or_create(**place)
    added = {name: F(name) + getattr(counts, name) for name in KEPT}
    DayOfJobs.objects.filter(**place).update(**added)
