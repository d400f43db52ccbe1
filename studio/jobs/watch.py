"""When to look again: few looks while nothing can be ready, close ones when it can."""

import random
from datetime import datetime, timedelta

from django.conf import settings

from studio import remote
from studio.jobs.models import Job

STALLED = timedelta(minutes=30)
SLOWEST = timedelta(minutes=5)
# A provider's word of when it began that is further from when we sent it is a mistake of its clock or its format.
CREDIBLE = timedelta(hours=1)


def usual(job: Job) -> tuple[float, float]:
    """How long it usually takes, from and to, in seconds: as documented, or as the sandbox was told."""
    if job.api == remote.SANDBOX:
        low, _, high = settings.STUDIO_SANDBOX_SECONDS.partition("-")
        least, most = float(low), float(high or low)
    else:
        least, most = job.model.usual_seconds
    return least, most * (1 + 0.15 * (job.asked - 1))


def first_look(job: Job, now: datetime) -> datetime:
    """The first look after the submit was answered: at half the shortest usual time."""
    return now + timedelta(seconds=usual(job)[0] / 2)


def next_look(job: Job, now: datetime, percent: int | None) -> datetime:
    """The next look at a job that is still being made.

    Progress that moves says when it will be ready: we go most of the way there. Otherwise looks are as far apart as
    a tenth of the time it has taken, and rare once it has stalled.
    """
    began = job.sent_at or now
    elapsed = max(now - began, timedelta(seconds=0.1))
    if elapsed > STALLED:
        return now + SLOWEST
    least = timedelta(seconds=settings.STUDIO_LOOK_SECONDS)
    if percent and 5 <= percent < 100:
        left = elapsed * (100 - percent) / percent
        return now + max(least, min(left * 0.8, timedelta(seconds=30)))
    return now + max(least, min(elapsed / 10, timedelta(seconds=30)))


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
    return timedelta(seconds=40 * settings.STUDIO_LOOK_SECONDS)


def for_results(now: datetime, waited: float) -> datetime:
    """The next look at a finished job whose results are not all attached: close at first, rare after five minutes."""
    if waited > SLOWEST.total_seconds():
        return now + SLOWEST
    return now + timedelta(seconds=max(settings.STUDIO_LOOK_SECONDS, waited / 10))


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
