"""The account's sliding window: when a submit can't be refused.

The API counts the submits it accepted in the last minute. We don't see when it counted them, only when we asked and
when it answered; so a submit that starts a full window after the *answer* to the Nth-last one is always safe, and
one that is still in flight counts as accepted.
"""

from datetime import datetime, timedelta
from statistics import median_low

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.expressions import Combinable
from django.utils import timezone

from studio.accounts.models import User
from studio.jobs.models import Job, Line, Submit

log = structlog.get_logger(__name__)
# After so many windows at fewer submits than configured we try the configured number again.
RELEARN = 10
LONGEST_REFUSAL = timedelta(hours=1)
LONGEST_DOUBLED = 300.0
# An answer that takes so much longer than the last ones did may be lost.
PATIENCE = timedelta(seconds=20)
# So many of the last submits say how long one takes.
ANSWERS = 20
# An answer further ahead was written before the clock went back and counts from now on; one less far ahead was
# written a moment ago by another process, and to move it would cost a 429.
AHEAD = timedelta(seconds=1)


def window() -> timedelta:
    """How long the API remembers an accepted submit."""
    return timedelta(seconds=settings.STUDIO_WINDOW_SECONDS)


def most(line: Line) -> int:
    """Submits in a window: as an admin set them, else as configured."""
    return line.per_minute or int(settings.STUDIO_SUBMITS_PER_MINUTE)


def allowed(line: Line, api: str, now: datetime) -> int:
    """Submits in a window: as set, or fewer for a while after a 429 of this API that taught us so."""
    return narrowed(line, api, now) or most(line)


def narrowed(line: Line, api: str, now: datetime) -> int | None:
    """The submits in a window that a 429 of this API taught us lately; None while as many as set are taken."""
    if line.paced_api != api or not (line.narrowed_to and line.narrowed_at):
        return None
    lately = line.narrowed_at <= now < line.narrowed_at + RELEARN * window()
    return line.narrowed_to if lately and line.narrowed_to < most(line) else None


def narrowed_in_sql(api: Combinable) -> Q:
    """The same as part of a query, whatever is set: the line while a 429 of this API teaches it."""
    now = timezone.now()
    return Q(
        paced_api=api,
        narrowed_to__isnull=False,
        narrowed_at__lte=now,
        narrowed_at__gt=now - RELEARN * window(),
    )


def set_most(per_minute: int | None, *, by: User) -> None:
    """Say how many submits a minute the API takes, None as configured; what its 429s taught is forgotten."""
    with transaction.atomic():
        line = Line.objects.select_for_update().get()
        line.per_minute, line.per_minute_at, line.per_minute_by = per_minute, timezone.now(), by
        line.narrowed_to = line.narrowed_at = line.not_before = None
        line.throttled = 0
        taught = ["narrowed_to", "narrowed_at", "not_before", "throttled"]
        line.save(update_fields=["per_minute", "per_minute_at", "per_minute_by", *taught])
    log.info("the submits a minute are set", submits=most(line), by=by.pk)


def not_before(line: Line, api: str, now: datetime) -> datetime:
    """The moment this API told us to wait for; now when it did not. One too far ahead was written by a wrong clock."""
    told = line.not_before if line.paced_api == api else None
    return max(told, now) if told and told <= now + LONGEST_REFUSAL else now


def counted(api: str, now: datetime) -> list[Submit]:
    """What the API may be counting now: answered within the window, oldest first, then what is in flight."""
    recent = list(
        Submit.objects.filter(Q(answered_at=None) | Q(answered_at__gt=now - window()), api=api, counted=True)
    )
    for submit in recent:
        if submit.answered_at and submit.answered_at > now + AHEAD:
            submit.answered_at = now
            Submit.objects.filter(pk=submit.pk).update(answered_at=now)
    return sorted(
        recent, key=lambda submit: (submit.answered_at is None, submit.answered_at or submit.started_at)
    )


def answered_lately(api: str, now: datetime) -> bool:
    """Whether a submit was answered in the last two windows.

    In one, there may be none just now: the last slots are in flight, and the answers of those before have left it.
    """
    answered = Submit.objects.filter(api=api, counted=True, answered_at__gt=now - 2 * window())
    return answered.exists()


def next_start(line: Line, api: str, now: datetime) -> datetime | None:
    """The first moment at which the next submit can't be refused; None when an answer is awaited first."""
    ends = [submit.answered_at + window() if submit.answered_at else None for submit in counted(api, now)]
    limit, floor = allowed(line, api, now), not_before(line, api, now)
    start = floor if len(ends) < limit else ends[-limit]
    return start and max(start, floor)


def expected_starts(line: Line, api: str, now: datetime, count: int) -> list[datetime] | None:
    """When the next `count` submits will start, if each is answered as quickly as the last ones were.

    For people to read: what is sent goes by `next_start`, which waits for the answers themselves. None while an answer
    does not come that all wait for: nobody knows when it will.
    """
    answer, known = answered_within(api), counted(api, now)
    silent = any(not submit.answered_at and now - submit.started_at > PATIENCE + answer for submit in known)
    if silent and (line.careful or not answered_lately(api, now)):
        return None
    answers = [submit.answered_at or max(now, submit.started_at + answer) for submit in known]
    limit, floor, starts = allowed(line, api, now), not_before(line, api, now), list[datetime]()
    later = window()
    for _ in range(count):
        starts.append(floor if len(answers) < limit else max(floor, answers[-limit] + later))
        answers.append(starts[-1] + answer)
    return starts


def answered_within(api: str) -> timedelta:
    """How long a submit to this API has taken lately; nothing while none was answered."""
    last = Submit.objects.filter(api=api, counted=True, answered_at__isnull=False).order_by("-answered_at")
    moments = last.values_list("started_at", "answered_at")[:ANSWERS]
    took = [answered - started for started, answered in moments if answered]
    # A clock that went back meanwhile makes no time negative.
    return max(timedelta(0), median_low(took)) if took else timedelta(0)


def accepted(job: Job) -> None:
    """The API took it, or may have taken it: it counts for a window from now, also when the answer is a late one."""
    Submit.objects.filter(job=job, counted=True).update(answered_at=timezone.now())


def forget() -> None:
    """Delete submits that were answered a day ago."""
    Submit.objects.filter(answered_at__lt=timezone.now() - timedelta(days=1)).delete()


def not_counted(job: Job) -> None:
    """It was surely not accepted: its slot is free again."""
    Submit.objects.filter(job=job, answered_at=None).update(answered_at=timezone.now(), counted=False)


def refused(job: Job, seconds: float) -> None:
    """A 429: wait as long as it says, and longer each time. If we thought there was room, there is less than that."""
    not_counted(job)
    now = timezone.now()
    with transaction.atomic():
        line = Line.objects.select_for_update().get()
        if line.paced_api != job.api:
            line.paced_api, line.throttled, line.narrowed_to, line.narrowed_at = job.api, 0, None, None
            line.not_before = None
        floor = not_before(line, job.api, now)
        line.not_before = max(floor, now + _wait(line.throttled, seconds))
        # One that was under way already when we were told to wait is no answer to how long we waited.
        line.throttled += floor == now
        known = len(counted(job.api, now))
        if known < allowed(line, job.api, now):
            line.narrowed_to, line.narrowed_at = max(1, known), now
            log.warning("the API allows fewer submits than we thought", submits=max(1, known), wait=seconds)
        line.save(update_fields=["paced_api", "throttled", "not_before", "narrowed_to", "narrowed_at"])


def _wait(throttled: int, seconds: float) -> timedelta:
    """As long as advertised, and twice as long for each 429 in a row before, up to some minutes."""
    longer = min(seconds * 2 ** min(throttled, 10), LONGEST_DOUBLED)
    return min(timedelta(seconds=max(seconds, longer)), LONGEST_REFUSAL)
