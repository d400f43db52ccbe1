"""How long it takes from sending to ready: as this installation saw it lately, else as documented."""

import time
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings

from studio import remote
from studio.imageapi import MODELS
from studio.jobs.models import Job

# An API that has changed is known anew after this many orders of a kind; fewer than the least say nothing yet.
LATEST, LEAST = 200, 10
# For this long a process believes what it has read: hundreds of looks a second need not ask again.
KEPT_SECONDS = 5.0
# Each further picture of an order takes about this share longer, as documented times go.
EACH_FURTHER = 0.15
# What was ready at a look before which nobody had looked was ready earlier: at least this much of it is believed.
NEARLY = 0.9
LATE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds from sent to ready. `taken` are the samples behind it, ascending; `learned` when they are our own."""

    taken: tuple[float, ...]
    learned: bool

    @property
    def low(self) -> float:
        """One in twenty is quicker."""
        return self._below(0.05)

    @property
    def middle(self) -> float:
        """Half of them are quicker."""
        return self._below(0.5)

    @property
    def high(self) -> float:
        """One in ten takes longer."""
        return self._below(0.9)

    @property
    def most(self) -> float:
        """Hardly one takes longer; the very longest may have met with an accident."""
        return self._below(0.98)

    def left(self, elapsed: float) -> float | None:
        """How much longer it takes once it has taken so long: half are quicker. None when all were by then."""
        longer = self.taken[bisect_right(self.taken, elapsed) :]
        return longer[len(longer) // 2] - elapsed if longer else None

    def _below(self, share: float) -> float:
        return self.taken[round(share * (len(self.taken) - 1))]


def times(api: str, model_name: str, made: str, asked: int) -> Times:
    """How long an order of this kind takes: from the latest that were made, or as documented when those are few."""
    return _read(api, model_name, made, asked, int(time.monotonic() / KEPT_SECONDS)) or _documented(
        api, model_name, asked
    )


def of(job: Job) -> Times:
    """How long an order like this one takes."""
    return times(job.api, job.model_name, job.made, job.asked)


def usual(api: str, model_name: str, asked: int) -> tuple[float, float]:
    """How long it usually takes, from and to, in seconds: as documented, or as the sandbox was told."""
    if api == remote.SANDBOX:
        low, _, high = settings.STUDIO_SANDBOX_SECONDS.partition("-")
        least, most = float(low), float(high or low)
    else:
        least, most = MODELS[model_name].usual_seconds
    return least, most * (1 + EACH_FURTHER * (asked - 1))


def took(job: Job, now: datetime) -> float | None:
    """How long a job took that a look finds ready now: until the middle between that look and the one before.

    None when the look before failed, or this one came late or after a late answer: then it may have been ready for
    long. None, too, when the clock went back meanwhile.
    """
    if not job.sent_at or now <= job.sent_at or job.troubles or now - job.due_at > LATE:
        return None
    found = (now - job.sent_at).total_seconds()
    if not job.looked_at and found > of(job).low:
        return None
    before = (job.looked_at - job.sent_at).total_seconds() if job.looked_at else 0.0
    return max((before + found) / 2, NEARLY * found)


def forget() -> None:
    """Read anew at the next question."""
    _read.cache_clear()


@lru_cache(maxsize=64)
def _read(api: str, model_name: str, made: str, asked: int, _moment: int) -> Times | None:
    rows = Job.objects.filter(api=api, model_name=model_name, made=made, asked=asked, took__isnull=False)
    taken = rows.order_by("-sent_at").values_list("took", flat=True)[:LATEST]
    return Times(_ascending(taken), learned=True) if len(taken) >= LEAST else None


def _documented(api: str, model_name: str, asked: int) -> Times:
    """As if each time between the shortest and the longest were as frequent as the others."""
    least, most = usual(api, model_name, asked)
    return Times(tuple(least + (most - least) * step / 100 for step in range(101)), learned=False)


def _ascending(taken: Iterable[float | None]) -> tuple[float, ...]:
    return tuple(sorted(seconds for seconds in taken if seconds is not None))
