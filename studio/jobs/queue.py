"""What the Queue page shows: what is being made, who waits where and why, what failed, what is finished."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from gallery.access import visible_to
from studio.accounts.models import User
from studio.jobs import cards, forecast
from studio.jobs.models import Job, Line
from studio.jobs.states import WORKING, State

MOST_TURNS = 200
HISTORY = 30
RESULTS = {State.DONE: "ok", State.FAILED: "bad", State.CANCELLED: "", State.UNKNOWN: "warn"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRow:
    """One job that waits: its place, when it starts, whose it is, and why it stands there."""

    id: UUID
    place: int
    slot: str
    owner: str
    title: str
    why: str
    mine: bool
    cancel_url: str


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


def content(user: User) -> dict[str, Any]:
    """The page's parts."""
    jobs = seen_by(user).select_related("owner").prefetch_related(cards.pictures_of(user))
    lately = timezone.now() - timedelta(days=7)
    ended = [State.UNKNOWN, State.FAILED, State.CANCELLED]
    attention = jobs.filter(state__in=ended, pk__in=cards.in_strip(user), state_at__gt=lately)
    parts: dict[str, Any] = {
        "per_minute": settings.STUDIO_SUBMITS_PER_MINUTE,
        "running": cards.cards(jobs.filter(state__in=WORKING).order_by("sent_at"), user),
        "attention": cards.cards(attention.order_by("-state_at")[:10], user),
        "line": turns(user),
        "history": history(user),
    }
    return parts | {"page_tag": tag(parts)}


def cards_of(parts: dict[str, Any]) -> list[cards.Card]:
    """The page's cards, in their order."""
    return [*parts.get("running", ()), *parts.get("attention", ())]


def tag(parts: dict[str, Any]) -> str:
    """What the page is built of, in short, and after a dot what its cards say: that is patched in place."""
    shown = cards_of(parts)
    return (
        f"{cards.hashed([card.shape for card in shown], parts['line'], parts['history'])}.{cards.said(shown)}"
    )


def turns(user: User) -> list[TurnRow]:
    """Everyone who waits, in the order of the line. Of others only the name is told: their prompts are theirs."""
    schedule = forecast.schedule()
    line = Line.objects.get()
    first = dict(list(schedule.items())[:MOST_TURNS])
    jobs = Job.objects.select_related("owner").in_bulk(list(first))
    rows, earlier = [], dict[int, int]()
    for job_id, turn in first.items():
        if job := jobs.get(job_id):
            rows.append(_turn(job, turn, user, _why(turn.place, earlier.get(job.owner_id, 0), line)))
            earlier[job.owner_id] = earlier.get(job.owner_id, 0) + 1
    return rows


def _turn(job: Job, turn: forecast.Turn, user: User, why: str) -> TurnRow:
    mine = job.owner_id == user.pk
    shown = mine or (user.is_staff and not job.private)
    return TurnRow(
        id=job.pk,
        place=turn.place,
        slot=forecast.clock(turn.start),
        owner="You" if mine else str(job.owner),
        title=cards.title(job) if shown else cards.pictures(job.asked),
        why=why,
        mine=mine,
        cancel_url=reverse("jobs:cancel", args=[job.pk]) if mine or user.is_staff else "",
    )


def _why(place: int, own_before: int, line: Line) -> str:
    """Why a job stands where it does."""
    if line.stop:
        return cards.stop_words(line)
    if own_before:
        return f"{cards.ordinal(own_before + 1)} order of one member: all members take turns"
    return "Starts with the next free slot" if place == 1 else "Whoever was served longest ago goes first"


def history(user: User) -> list[Finished]:
    """What is over, newest first."""
    # What is not over is left out, rather than what is over asked for: then the newest are read from their index.
    open_ones = Q(state__in=[State.WAITING, *WORKING]) | Q(state=State.UNKNOWN, settled_at=None)
    over = seen_by(user).exclude(open_ones)
    jobs = list(over.prefetch_related("owner").order_by("-ordered_at")[:HISTORY])
    images = visible_to(user).filter(job__in=[job.pk for job in jobs]).order_by("-position")
    urls = {image.job: image.get_absolute_url() for image in images}  # of each job the first one there is
    return [_finished(job, user, urls) for job in jobs]


def _finished(job: Job, user: User, urls: dict[UUID | None, str]) -> Finished:
    state = State(job.state)
    partly = state == State.DONE and job.delivered < job.asked
    shown = job.owner_id == user.pk or not job.private
    return Finished(
        id=job.pk,
        when=f"{timezone.localtime(job.ordered_at):%-d %b %H:%M}",
        title=cards.title(job) if shown else "Private",
        url=urls.get(job.pk, ""),
        owner=str(job.owner),
        result=_result(job),
        level="warn" if partly else RESULTS[state],
        credits=job.captured,
        # The API's own words may quote the prompt.
        reason=job.reason if shown and state in {State.FAILED, State.CANCELLED} else "",
    )


def _result(job: Job) -> str:
    """What came of it, in short."""
    if job.state == State.UNKNOWN:
        return "unclear"
    if job.state != State.DONE:
        return State(job.state).label.lower()
    whole = job.delivered >= job.asked
    return cards.pictures(job.delivered) if whole else f"{job.delivered} of {job.asked} saved"
