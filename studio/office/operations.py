"""What whoever runs the studio must see: the line, the processes, the room on the disk, and orders in trouble."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from studio import diskspace
from studio.accounts.models import User
from studio.credits import periods, wallet
from studio.credits.periods import Period
from studio.jobs import cards, forecast, line, overdue, pace, readers, tasks, watch, words
from studio.jobs.models import Heard, Job, Line
from studio.jobs.states import State
from studio.office import lostanswers
from studio.office.lostanswers import Lost
from studio.office.names import plain
from studio.office.spans import Span

SHOWN = 50
# As /readyz has it.
LATELY = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A figure with what it means; `level` says how bad it is."""

    title: str
    figure: str
    words: str
    level: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """An order that should be home. `level` is "warn" after half a day, and "bad" shortly before it expires."""

    job: Job
    title: str
    member: str
    age: str
    home: str
    trouble: str
    expires: datetime
    expired: bool
    next_look: datetime | None
    level: str
    may_be_given_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """The first of many orders of a kind, and how many more there are."""

    shown: list[Late]
    more: int


def content(reader: User) -> dict[str, Any]:
    """The page's parts."""
    now = timezone.now()
    row = Line.objects.get()
    return {
        "line": row,
        "line_words": line_words(row),
        "waiting": Job.objects.filter(state=State.WAITING).count(),
        "parked": parked(row).count() if row.stop == Line.Stop.RESTORED else 0,
        "needs_admin": line.needs_admin(row),
        "delayed": _is_delayed(now),
        "tiles": [_pace(row, now), *map(_heard, ("worker", "beat")), _broker(), _messages(), *disks()],
        "not_saved": _orders(overdue.not_saved(now), reader, now),
        "stalled": _orders(overdue.stalled(now), reader, now),
        "lost": lost(reader),
    }


def parked(stopped: Line) -> "QuerySet[Job, Any]":
    """The orders that came with a backup, and wait for an admin's word."""
    return Job.objects.filter(state=State.WAITING, ordered_at__lt=stopped.stopped_at)


def line_words(row: Line) -> str:
    """Whether it runs; if not why, and what comes next."""
    if not row.stop:
        return _running(row)
    if line.needs_admin(row):
        return f"{row.words} It waits for you."
    again = row.probe_at and max(row.probe_at, timezone.now())
    return f"{row.words} Next attempt{f' at {timezone.localtime(again):%H:%M:%S}' if again else ' at once'}."


def _running(row: Line) -> str:
    """How orders go out."""
    now = timezone.now()
    if _is_delayed(now):
        return "But the worker is silent: nothing goes out until it is started again."
    until = pace.not_before(row, wallet.api_in_use(), now)
    if until > now:
        return f"The API asks us to wait until {timezone.localtime(until):%H:%M:%S}."
    return "One order at a time until one is accepted." if row.careful else "Orders go out as slots get free."


def _is_delayed(now: datetime) -> bool:
    """Whether nobody is there who could send."""
    return forecast.is_dead(Heard.objects.filter(name="worker").values_list("at", flat=True).first(), now)


def _pace(row: Line, now: datetime) -> Tile:
    """Submits a minute as they are set, and what the API takes."""
    api = wallet.api_in_use()
    allowed, most = pace.allowed(row, api, now), pace.most(row)
    found = words.narrowed(row, api, now) or "as set; the API refused none lately"
    return Tile(
        title="Submits a minute", figure=str(allowed), words=found, level="warn" if allowed < most else ""
    )


def _heard(name: str) -> Tile:
    """Whether a process is alive."""
    silent = tasks.silent_since(name)
    title = name.capitalize()
    if silent is None:
        return Tile(title=title, figure="Never heard", words="is it running?", level="bad")
    seconds = int(silent.total_seconds())
    if silent < Heard.SILENT:
        return Tile(title=title, figure="Running", words=f"heard of {seconds} s ago")
    return Tile(title=title, figure="Silent", words=f"for {seconds // 60} min: start it again", level="bad")


def _broker() -> Tile:
    """Whether workers can be woken."""
    if tasks.broker_answers():
        return Tile(title="Broker", figure="Running", words="wakes the workers")
    words = "start it again; until then workers send by themselves, later than they could"
    return Tile(title="Broker", figure="Away", words=words, level="bad")


def _messages() -> Tile:
    """Whether what beat asks for is done: a worker that lives may hear nobody."""
    silent = tasks.silent_since("sweep")
    if silent is not None and silent < Heard.SILENT:
        return Tile(title="Messages", figure="Getting through", words="from beat to a worker")
    words = "workers send by themselves, later than they could; mail, reports and cleaning wait"
    return Tile(title="Messages", figure="None", words=words, level="bad")


def disks() -> list[Tile]:
    """The room that is left."""
    try:
        rooms = diskspace.rooms()
    except OSError as trouble:
        return [Tile(title="Disk", figure="Unknown", words=trouble.strerror or "can't be read", level="bad")]
    return [
        Tile(
            title=f"Room for {room.holds}",
            figure=f"{room.free / diskspace.GIGABYTE:,.1f} GB",
            words=f"of {room.total / diskspace.GIGABYTE:,.1f} GB",
            level=room.level,
        )
        for room in rooms
    ]


def _orders(found: "QuerySet[Job, Any]", reader: User, now: datetime) -> Orders:
    """The first of them in words."""
    jobs = found.select_related("owner").prefetch_related("outputs")[:SHOWN]
    told = readers.told_to(reader, jobs)
    shown = [late(job, now, told=job.pk in told) for job in jobs]
    return Orders(shown=shown, more=found.count() - len(shown) if len(shown) == SHOWN else 0)


def late(job: Job, now: datetime, *, told: bool) -> Late:
    """One order in trouble, for a person whom its prompt is `told` or not."""
    age = now - (job.sent_at or now)
    first, last = (timedelta(hours=hours) for hours in overdue.ALARMS)
    return Late(
        job=job,
        title=plain(cards.title(job)) if told else "Private",
        member=plain(str(job.owner)),
        age=overdue.waited(job, now),
        home=f"{job.delivered} of {job.asked}",
        trouble=_trouble(job),
        expires=watch.results_expire(job),
        expired=watch.results_expire(job) < now,
        next_look=job.due_at if job.due_at > now else None,
        level="bad" if age >= last else "warn" if age >= first else "",
        may_be_given_up=overdue.may_be_given_up(job, now),
    )


def _trouble(job: Job) -> str:
    """What is in the way, as far as anybody told."""
    problems: Iterable[str] = (output.problem for output in job.outputs.all() if output.problem)
    if found := next(iter(problems), ""):
        return plain(found).removesuffix(".")
    if job.state == State.SAVING:
        return "Being saved"
    if job.missing_since:
        return "The API doesn't know of it at the moment"
    if job.troubles:
        return "The API can't be reached"
    return "Made, but not handed over yet" if job.empty_since else "No news from the API"


def lost(reader: User) -> list[Lost]:
    """The lost answers of the last days, with the wallet before and after."""
    today = periods.today()
    span = Span(Period(today - timedelta(days=LATELY - 1), today))
    return lostanswers.lost_answers(wallet.api_in_use(), span, reader, SHOWN)
