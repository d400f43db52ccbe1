"""When to look again: few looks while nothing can be ready, close ones when it can."""

import math
import random
from datetime import datetime, timedelta

from django.conf import settings

from studio.jobs import making
from studio.jobs.making import Times
from studio.jobs.models import Job

STALLED = timedelta(minutes=30)
SLOWEST = timedelta(minutes=5)
RAREST = 30.0
# A look is worth as many seconds of somebody's waiting: half of it makes twice as many looks in the end.
LOOK_COSTS = 0.14
# What progress promises: how much of the way is gone at once, how many times as far as without it we dare to go,
# and by how many seconds what it says may differ, since we don't know just when the API began.
MOST_OF, BOLDEST, LENIENT = 2 / 3, 3.0, 0.3
# A provider's word of when it began that is further from when we sent it is a mistake of its clock or its format.
CREDIBLE = timedelta(hours=1)


def least() -> float:
    """Seconds between two looks at a job, at least."""
    return float(settings.STUDIO_LOOK_SECONDS)


def first_look(job: Job, now: datetime) -> datetime:
    """The first look after the submit was answered: when half the time has passed in which hardly one is ready."""
    half = making.of(job).low / 2 - _elapsed(job, now)
    return now + timedelta(seconds=min(max(least(), half), SLOWEST.total_seconds()))


def next_look(job: Job, now: datetime, percent: int | None) -> datetime:
    """The next look at a job that is still being made; `job` knows what the look before this one said.

    Progress that moves evenly says when it will be ready. We go most of the way there, and once it is near to the
    moment at which it must be; but never much further than without it, since progress may mislead.
    """
    elapsed = _elapsed(job, now)
    if elapsed > STALLED.total_seconds():
        return now + SLOWEST
    wait = _unaided(making.of(job), elapsed)
    if promise := _promise(job, elapsed, percent):
        soonest, latest = promise
        wait = min(BOLDEST * wait, MOST_OF * soonest if soonest > 2 * least() else latest)
    return now + timedelta(seconds=min(max(least(), wait), SLOWEST.total_seconds()))


def _elapsed(job: Job, now: datetime) -> float:
    """Seconds since it was sent; a clock that went back makes it no less than nothing."""
    return max(0.0, (now - (job.sent_at or now)).total_seconds())


def _unaided(times: Times, elapsed: float) -> float:
    """How long to wait for the next look when progress says nothing.

    The fewest looks for the least waiting are as far apart as the square root of how much longer it takes. Before
    any was ever ready there are none, and who takes longer than all before is looked at less and less often.
    """
    left, rare = times.left(elapsed), min(elapsed / 10, RAREST)
    wait = min(rare, elapsed - times.taken[-1] if left is None else math.sqrt(2 * LOOK_COSTS * left))
    return max(wait, times.low - elapsed) if times.learned else wait


def _promise(job: Job, elapsed: float, percent: int | None) -> tuple[float, float] | None:
    """In how many seconds it will be ready, at the soonest and at the latest; None when progress is not believed.

    It is whole numbers, rounded down. Its way from the start and its way since the last look have to agree.
    """
    if not (percent and job.looked_at and job.sent_at) or percent >= 100:
        return None
    since, moved = elapsed - _elapsed(job, job.looked_at), percent - (job.progress or 0)
    if since <= 0 or moved <= 0:
        return None
    soonest, latest = (elapsed * (100 - step) / step for step in (percent + 1, percent))
    lately = since * (99 - percent) / (moved + 1), since * (100 - percent) / max(moved - 1, 0.1)
    agree = soonest <= lately[1] + LENIENT and lately[0] <= latest + LENIENT
    return (soonest, latest) if agree else None


def nearness(job: Job, now: datetime) -> float:
    """In about how many seconds it will be ready, less those for which it has been due.

    Where looks are few, they go by this: the nearest first, and nobody waits for ever behind one that only seems near.
    """
    elapsed, looked = _elapsed(job, now), _elapsed(job, job.looked_at or now)
    if job.progress:
        left = max(0.0, looked * 100 / job.progress - elapsed)
    else:
        times = making.of(job)
        left = times.left(elapsed) or elapsed - times.taken[-1]
    return left - (now - job.due_at).total_seconds()


def after_trouble(job: Job, now: datetime) -> datetime:
    """The next look after one that failed: twice as long each time, and spread so that looks don't march in step."""
    seconds = min(
        settings.STUDIO_RETRY_SECONDS * 2 ** min(job.troubles, 10), settings.STUDIO_RETRY_MOST_SECONDS
    )
    return now + timedelta(seconds=seconds * random.uniform(0.75, 1.25))  # noqa: S311 - no secret


def seconds(number: float) -> timedelta:
    """A time the API advertised, at most as long as the slowest look."""
    return min(timedelta(seconds=number), SLOWEST)


def missing_long_enough() -> timedelta:
    """For how long a 404 must repeat before a task counts as gone."""
    return timedelta(seconds=settings.STUDIO_MISSING_SECONDS)


def late_answers() -> timedelta:
    """For how long a lost answer may still come before the member's credits go back."""
    return timedelta(seconds=settings.STUDIO_LATE_ANSWER_SECONDS)


def patience() -> timedelta:
    """How long we wait for results that are fewer than asked before we take what is there: a minute."""
    return timedelta(seconds=120 * least())


def for_results(now: datetime, waited: float) -> datetime:
    """The next look at a finished job whose results are not all attached: close at first, rare after five minutes."""
    if waited > SLOWEST.total_seconds():
        return now + SLOWEST
    return now + timedelta(seconds=max(least(), waited / 10))


def results_expire(job: Job) -> datetime:
    """When the provider throws the results away, by the provider's own clock when it told us something credible."""
    began = job.sent_at or job.ordered_at
    if job.remote_at and abs(job.remote_at - began) < CREDIBLE:
        began = job.remote_at
    return began + timedelta(seconds=settings.STUDIO_RESULTS_SECONDS)


def give_up(job: Job) -> datetime:
    """When we stop trying without the API's own word that the results are gone: a day after they should be.

    A clock that jumps ahead must not cost a picture that the API would still hand over.
    """
    return results_expire(job) + timedelta(seconds=settings.STUDIO_RESULTS_SECONDS)


def no_news(job: Job, now: datetime) -> bool:
    """Whether it takes so long that people should be told."""
    return bool(job.sent_at) and now - (job.sent_at or now) > SLOWEST
