"""The next job and its slot, and what holds everyone up."""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from studio import remote
from studio.accounts.models import User
from studio.credits import budgets, wallet
from studio.jobs import leases, moves, pace, restored, turns
from studio.jobs.models import Job, Line, Submit
from studio.jobs.states import WORKING, State

log = structlog.get_logger(__name__)
Stop = Line.Stop
LONGEST_PAUSE = timedelta(minutes=10)
MOST_DOUBLINGS = 10
# After so many answers lost in a row each further try would risk one order more: an admin decides.
MOST_LOSSES = 4
RESTORED = (
    "The database seems to come from a backup. What waits in it may have been sent and paid for since then."
)


def take() -> Job | None:
    """The job whose turn it is, moved to `sending` with its slot; None when nothing may be sent now."""
    notice_a_restore()
    if job := _take():
        restored.write_mark()
    return job


def _take() -> Job | None:
    """Slot and job are taken together under the line's lock, so that no two workers use one slot."""
    with transaction.atomic():
        line = Line.objects.select_for_update().get()
        now, api = timezone.now(), wallet.api_in_use()
        start = pace.next_start(line, api, now)
        if line.stop or start is None or start > now or (in_flight() and not trusted(line, api, now)):
            return None
        for job_id in turns.order():
            job = Job.objects.select_related("owner").get(pk=job_id)
            if words := over_budget(job):
                stop(Stop.BUDGET, words, api)
                return None
            lease = {"lease_token": leases.new(), "lease_until": now + moves.lease_length()}
            if moves.move(job, State.SENDING, sent_at=now, **lease):
                Submit.objects.create(job=job, api=job.api, started_at=now)
                restored.count(line)
                job.refresh_from_db()
                return job
    return None


def over_budget(job: Job) -> str:
    """Why the team's budget does not let a job go this month, in words; empty when it does. Play money has none."""
    return "" if job.api == remote.SANDBOX else budgets.refusal(job.cost, under_way())


def under_way() -> int:
    """The credits of the real API held by orders that were sent and are not settled: the team's budget counts them."""
    # One list of states, and not one of two conditions, so that the index of states is used and not all jobs are read.
    sent = Job.objects.filter(state__in=[*WORKING, State.UNKNOWN])
    return _held(sent.exclude(state=State.UNKNOWN, settled_at__isnull=False))


def held_in_line() -> int:
    """The credits of the real API held by orders that wait for their turn: no budget counts them yet."""
    return _held(Job.objects.filter(state=State.WAITING))


def _held(jobs: QuerySet[Job]) -> int:
    held = Sum(F("price") * F("asked"))
    return int(jobs.exclude(api=remote.SANDBOX).aggregate(sum=held)["sum"] or 0)


def clear() -> None:
    """End what waits for an API that is not in use any more: nobody may send it elsewhere, for other credits."""
    api = wallet.api_in_use()

    def end(job: Job) -> None:
        ordered = "in the sandbox" if job.api == remote.SANDBOX else "for another address of the API"
        now = "with the real API now" if job.api == remote.SANDBOX else f"with {api} now"
        words = (
            f"This was ordered {ordered}, and the studio works {now}. Nothing was charged; order it again."
        )
        moves.end(job, State.CANCELLED, reason_code="api", reason=words[:400])

    moves.each(Job.objects.filter(state=State.WAITING).exclude(api=api), end)


def trusted(line: Line, api: str, now: datetime) -> bool:
    """Whether the API took a submit lately. Until it did, one at a time: an outage costs one unknown job, not a row."""
    return not line.careful and pace.answered_lately(api, now)


def in_flight() -> bool:
    """Whether a submit is under way."""
    return Job.objects.filter(state=State.SENDING).exists()


def next_start() -> datetime | None:
    """When the next job may be sent; None when none waits, the line is stopped, or an answer is awaited first."""
    line = Line.objects.get()
    now, api = timezone.now(), wallet.api_in_use()
    if line.stop or not Job.objects.filter(state=State.WAITING, api=api).exists():
        return None
    # Whoever is under way wakes the line with its answer; to say "now" would wake it again and again until then.
    if in_flight() and not trusted(line, api, now):
        return None
    return pace.next_start(line, api, now)


def stop(code: Line.Stop, words: str, api: str) -> None:
    """Send nothing more until `probe` finds the cause gone. The jobs keep waiting; nothing fails.

    Attempts are counted on until a submit was accepted, so that a line that starts only to stop again is tried
    less and less often.
    """
    with transaction.atomic():
        line = Line.objects.select_for_update().get()
        if code == Stop.UNREACHABLE and line.stop not in {Stop.NONE, code}:
            return  # the cause we know of needs more than a connection
        if needs_admin(line) and code not in {line.stop, Stop.RESTORED}:
            return  # nor is it gone when this one is
        new, now = line.stop != code, timezone.now()
        if new:
            line.stop, line.stopped_at = code, now
        line.probes = line.probes if line.careful else 0
        line.words, line.careful, line.key_mark = words[:400], True, remote.key_mark(api)
        # Those that were under way together are lost together: once, not in a row.
        line.losses += new and code == Stop.LOST
        again = now + max(wait(code, line.probes), pause(line.losses))
        line.probe_at = None if needs_admin(line) else again
        line.save(
            update_fields=[
                "stop",
                "stopped_at",
                "probes",
                "losses",
                "words",
                "careful",
                "key_mark",
                "probe_at",
            ],
        )
    if new:
        log.error("the line stopped", why=code.value, words=words)


def stopped() -> bool:
    """Whether nothing is sent at the moment."""
    return Line.objects.exclude(stop=Stop.NONE).exists()


def needs_admin(line: Line) -> bool:
    """Whether it stays stopped until an admin says otherwise: more orders would be risked than the line may risk."""
    return line.stop == Stop.RESTORED or (line.stop == Stop.LOST and line.losses >= MOST_LOSSES)


def start_by_hand(by: User) -> bool:
    """An admin lets a line go on that waits for that, carefully with one submit. False when it does not wait.

    The answers lost so far stay counted until one comes: should the next be lost too, an admin is asked again.
    """
    with transaction.atomic():
        line = Line.objects.select_for_update().get()
        if not needs_admin(line):
            return False
        if line.stop == Stop.RESTORED:
            restored.adopt(line)
        line.stop, line.words, line.probe_at, line.careful = Stop.NONE, "", None, True
        line.save(update_fields=["stop", "words", "probe_at", "careful"])
    log.warning("an admin started the line", by=by.pk)
    return True


def try_now() -> bool:
    """Let the next attempt to start be now. False when there is none to be made."""
    line = Line.objects.get()
    if not line.stop or needs_admin(line):
        return False
    return bool(Line.objects.filter(stop=line.stop).update(probe_at=timezone.now()))


def notice_a_restore() -> None:
    """Stop the line when the database was put back from a backup; when nothing waits there is nothing to ask."""
    if not restored.is_so(Line.objects.get()):
        return
    with transaction.atomic():
        line = Line.objects.select_for_update().get()
        if line.stop == Stop.RESTORED or not restored.is_so(line):
            return
        if Job.objects.filter(state__in=[State.WAITING, State.SENDING]).exists():
            park()
        else:
            restored.adopt(line)
            log.warning("the database was put back from a backup in which no order waited")


def park() -> None:
    """Send nothing until an admin says what is to become of the orders of a backup."""
    stop(Stop.RESTORED, RESTORED, wallet.api_in_use())


def start(stopped: Line) -> bool:
    """The cause that was probed is gone: go on, carefully with one submit. False when it stopped anew meanwhile."""
    mine = Line.objects.filter(stop=stopped.stop, probe_at=stopped.probe_at)
    started = bool(mine.update(stop=Stop.NONE, words="", probe_at=None, careful=True))
    if started:
        log.info("the line goes on")
    return started


def still(stopped: Line, words: str) -> bool:
    """Say with the figures of now why it stays stopped; False without words: nothing holds it up any more."""
    if words not in {"", stopped.words}:
        Line.objects.filter(stop=stopped.stop).update(words=words[:400])
    return bool(words)


def accepted() -> None:
    """A submit was accepted: no need to be careful any more, nor to wait longer than the API says."""
    Line.objects.filter(careful=True, stop=Stop.NONE).update(careful=False, losses=0)
    Line.objects.exclude(throttled=0).update(throttled=0)


def next_job() -> Job | None:
    """The job whose turn it is; None when none waits."""
    waiting = turns.order()
    return Job.objects.get(pk=waiting[0]) if waiting else None


def wait(code: Line.Stop, probes: int) -> timedelta:
    """How long until we try to start again: soon at first, then less and less often."""
    soon = timedelta(seconds=settings.STUDIO_RETRY_MOST_SECONDS)
    slowest = {Stop.LOST: soon, Stop.UNREACHABLE: soon, Stop.REFUSED: LONGEST_PAUSE}.get(code, 2 * soon)
    return min(slowest, timedelta(seconds=settings.STUDIO_RETRY_SECONDS * 2 ** min(probes, MOST_DOUBLINGS)))


def pause(losses: int) -> timedelta:
    """How long at least after answers were lost in a row: each may have cost a picture, so soon ten minutes."""
    if not losses:
        return timedelta(0)
    return min(LONGEST_PAUSE, timedelta(seconds=settings.STUDIO_RETRY_SECONDS * 4 ** min(losses - 1, 10)))


def claim_probe() -> Line | None:
    """The stopped line, if it is time to try to start it and nobody else does."""
    line = Line.objects.get()
    now = timezone.now()
    if not line.stop or needs_admin(line):
        return None
    code = Stop(line.stop)
    # A moment further ahead than any wait was set by a clock that ran ahead.
    longest = max(LONGEST_PAUSE, wait(code, MOST_DOUBLINGS))
    if line.probe_at and now < line.probe_at <= now + longest and not _changed(line):
        return None
    mine = Line.objects.filter(stop=code, probe_at=line.probe_at)
    line.probes, line.probe_at = line.probes + 1, now + wait(code, line.probes + 1)
    return line if mine.update(probes=line.probes, probe_at=line.probe_at) else None


def _changed(line: Line) -> bool:
    """Whether what stopped it may have changed at any moment, here: the key, or our own budget and what waits."""
    if line.stop == Stop.KEY:
        return line.key_mark != remote.key_mark(wallet.api_in_use())
    return line.stop == Stop.BUDGET
