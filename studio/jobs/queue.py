"""What the Queue page shows: what is being made, who waits where and why, what failed, what is finished."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from gallery.access import visible_to
from studio.accounts.models import User
from studio.credits import wallet
from studio.jobs import cards, forecast, pace, readers, turns, words
from studio.jobs.models import Job, Line
from studio.jobs.states import WORKING, State

# Of a longer line so many are shown from its head, and after them one's own.
MOST_TURNS, MOST_ROWS = 80, 120
# What is told of each of them, so that not all is read of so many.
PEOPLE = ("owner__name", "owner__email", "first_by__name", "first_by__email")
TOLD = (*PEOPLE, "prompt", "private", "first_at", "api", "model_name", "made", "asked")
HISTORY = 30
RESULTS = {State.DONE: "ok", State.FAILED: "bad", State.CANCELLED: "", State.UNKNOWN: "warn"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRow:
    """One job that waits: its place, when it starts and is ready, whose it is, and why it stands there.

    `ways` are where its owner may move it among their own. What else can be done with it is done below its `url`.
    """

    id: UUID
    place: int
    start: str
    ready: str
    owner: str
    title: str
    why: str
    mine: bool
    url: str
    ways: tuple[turns.To, ...] = ()
    may_cancel: bool = False
    may_go_first: bool = False
    may_go_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """One job that is over."""

    id: UUID
    when: str
    title: str
    url: str
    owner: str
    result: str
    level: str
    credits: int
    reason: str = ""


def seen_by(user: User) -> QuerySet[Job]:
    """The jobs a person sees here: everyone's for admins, else one's own."""
    return Job.objects.all() if user.is_staff else Job.objects.filter(owner=user)


def content(user: User, schedule: cards.Schedule = forecast.schedule) -> dict[str, Any]:
    """The page's parts."""
    jobs = seen_by(user).select_related("owner").prefetch_related(cards.pictures_of(user))
    lately = timezone.now() - timedelta(days=7)
    ended = [State.UNKNOWN, State.FAILED, State.CANCELLED]
    attention = jobs.filter(state__in=ended, pk__in=cards.in_strip(user), state_at__gt=lately)
    line = schedule()
    rows = in_line(user, line)
    parts: dict[str, Any] = {
        "running": cards.cards(jobs.filter(state__in=WORKING).order_by("sent_at"), user),
        "attention": cards.cards(attention.order_by("-state_at")[:10], user),
        "line": rows,
        "more": len(line.turns) - len(rows),
        "history": history(user),
        **limit(line.line),
    }
    return parts | {"page_tag": tag(parts)}


def limit(line: Line) -> dict[str, Any]:
    """How many submits a minute are taken, and in words when the API takes fewer than are set."""
    api, now = wallet.api_in_use(), timezone.now()
    return {"per_minute": pace.allowed(line, api, now), "narrowed": words.narrowed(line, api, now)}


def cards_of(parts: dict[str, Any]) -> list[cards.Card]:
    """The page's cards, in their order."""
    return [*parts.get("running", ()), *parts.get("attention", ())]


def tag(parts: dict[str, Any]) -> str:
    """What the page is built of, in short, and after a dot what its cards say: that is patched in place."""
    shown, fixed = cards_of(parts), ("line", "more", "history", "per_minute", "narrowed")
    built = cards.hashed([card.shape for card in shown], *(parts[name] for name in fixed))
    return f"{built}.{cards.said(shown)}"


def in_line(user: User, schedule: forecast.Schedule) -> list[TurnRow]:
    """Who waits, in the order of the line. Of others only the name is told: their prompts are theirs."""
    own = {pk: turn.among_own for pk, turn in schedule.turns.items() if turn.owner_id == user.pk}
    shown = [pk for pk, turn in schedule.turns.items() if turn.place <= MOST_TURNS or pk in own]
    jobs = Job.objects.select_related("owner", "first_by").only(*TOLD).in_bulk(shown[:MOST_ROWS])
    told = readers.told_to(user, jobs.values())
    last = max(own.values(), default=0)
    rows = ((pk, _ways(own.get(pk, 0), last)) for pk in shown if pk in jobs)
    return [_turn(jobs[pk], schedule, user, ways, told=pk in told) for pk, ways in rows]


def _ways(place: int, last: int) -> tuple[turns.To, ...]:
    """Where a job can go among one's own; nowhere when it is another member's or was moved before all."""
    up = {0: (), 1: (), 2: (turns.To.SOONER,)}.get(place, (turns.To.TOP, turns.To.SOONER))
    return (*up, turns.To.LATER) if 0 < place < last else up


def _turn(
    job: Job, schedule: forecast.Schedule, user: User, ways: tuple[turns.To, ...], *, told: bool
) -> TurnRow:
    turn, mine = schedule.turns[job.pk], job.owner_id == user.pk
    return TurnRow(
        id=job.pk,
        place=turn.place,
        start=forecast.about(turn.start),
        ready=forecast.about(forecast.ready(job, turn)),
        owner="You" if mine else str(job.owner),
        title=cards.title(job) if told else words.pictures(job.asked),
        why=words.why(job, turn, user, schedule),
        mine=mine,
        url=reverse("jobs:job", args=[job.pk]),
        ways=ways,
        may_cancel=mine or user.is_staff,
        may_go_first=user.is_staff and turn.place > 1,
        may_go_back=user.is_staff and bool(job.first_at),
    )


def history(user: User) -> list[Finished]:
    """What is over, newest first."""
    # What is not over is left out, rather than what is over asked for: then the newest are read from their index.
    open_ones = Q(state__in=[State.WAITING, *WORKING]) | Q(state=State.UNKNOWN, settled_at=None)
    over = seen_by(user).exclude(open_ones)
    jobs = list(over.prefetch_related("owner").order_by("-ordered_at")[:HISTORY])
    images = visible_to(user).filter(job__in=[job.pk for job in jobs]).order_by("-position")
    urls = {image.job: image.get_absolute_url() for image in images}  # of each job the first one there is
    told = readers.told_to(user, jobs)
    return [_finished(job, urls.get(job.pk, ""), told=job.pk in told) for job in jobs]


def _finished(job: Job, url: str, *, told: bool) -> Finished:
    state = State(job.state)
    partly = state == State.DONE and job.delivered < job.asked
    return Finished(
        id=job.pk,
        when=f"{timezone.localtime(job.ordered_at):%-d %b %H:%M}",
        title=cards.title(job) if told else "Private",
        url=url,
        owner=str(job.owner),
        result=_result(job),
        level="warn" if partly else RESULTS[state],
        credits=job.captured,
        # The API's own words may quote the prompt.
        reason=job.reason if told and state in {State.FAILED, State.CANCELLED} else "",
    )


def _result(job: Job) -> str:
    """What came of it, in short."""
    if job.state == State.UNKNOWN:
        return "unclear"
    if job.state != State.DONE:
        return State(job.state).label.lower()
    whole = job.delivered >= job.asked
    return words.pictures(job.delivered) if whole else f"{job.delivered} of {job.asked} saved"
