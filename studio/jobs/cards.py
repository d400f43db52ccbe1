"""A job in words: the card in the strip and on the Queue page. It never lies and never invents a figure."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Case, Count, Prefetch, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils import timezone

from gallery import previews
from gallery.access import visible_to
from gallery.models import Image
from studio.accounts.models import User
from studio.jobs import forecast, pace, watch
from studio.jobs.models import Job, Line, Output
from studio.jobs.states import AT_REST, WORKING, State

ICONS = {
    State.WAITING: "clock",
    State.SENDING: "send",
    State.MAKING: "sparkles",
    State.SAVING: "download",
    State.DONE: "check",
    State.FAILED: "circle-alert",
    State.CANCELLED: "x",
    State.UNKNOWN: "hourglass",
}
MOST_CARDS = 24
TITLE_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Thumb:
    """A finished picture in a card."""

    id: int
    url: str
    thumb: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What one job shows. `since` is the moment its clock counts from, for the page to tick."""

    id: UUID
    state: str
    icon: str
    title: str
    words: str
    busy: bool
    percent: int | None
    since: datetime | None
    pictures: tuple[Thumb, ...] = ()
    cancel_url: str = ""
    again_url: str = ""
    again_label: str = ""
    dismiss_url: str = ""

    @property
    def elapsed(self) -> str:
        """How long its clock has run, in the words in which the page's script ticks on."""
        seconds = max(0, int((timezone.now() - self.since).total_seconds())) if self.since else 0
        return f"{seconds} s" if seconds < 60 else f"{seconds // 60} min {seconds % 60} s"

    @property
    def moving(self) -> bool:
        """Whether it has a bar: only while something happens."""
        return self.busy

    @property
    def shape(self) -> tuple[object, ...]:
        """What the card is built of; two cards of the same shape differ in words and figures only."""
        return self.id, self.state, self.busy, self.pictures, bool(self.cancel_url), bool(self.dismiss_url)

    @property
    def changing(self) -> tuple[object, ...]:
        """What is patched in place while the shape stays."""
        return self.words, self.percent


@dataclass(frozen=True, slots=True)
class Strip:
    """The cards above every page; `words` sums up the person's jobs.

    `running` counts those that are not over, `ready` those that can be put away at once.
    """

    cards: list[Card] = field(default_factory=list)
    words: str = ""
    running: int = 0
    ready: int = 0
    open: bool = True


def hashed(*seen: object) -> str:
    """A short name for something shown."""
    return hashlib.blake2s(repr(seen).encode(), digest_size=6).hexdigest()


def said(shown: Iterable[Card]) -> str:
    """What each card says, in short, so that only those that say something new need be sent."""
    return "-".join(hashed(card.changing)[:6] for card in shown)


def pictures_of(user: User) -> "Prefetch[str, QuerySet[Output], str]":
    """The results of jobs: those not home yet, and those whose pictures this person may see."""
    seen = Q(saved_at=None) | Q(image__in=visible_to(user))
    return Prefetch("outputs", queryset=Output.objects.filter(seen).select_related("image"))


def in_strip(user: User) -> QuerySet[Job]:
    """The person's jobs that are under way, or ended and not put away yet; what they cancelled is no news to them."""
    return Job.objects.filter(owner=user, dismissed_at=None).exclude(state=State.CANCELLED, reason_code="")


def strip(user: User) -> Strip:
    """The person's strip: what is under way first, then what is ready, the newest first."""
    resting = Case(When(state__in=AT_REST, then=Value(1)), default=Value(0))
    mine = in_strip(user)
    jobs = list(mine.order_by(resting, "-ordered_at").prefetch_related(pictures_of(user))[:MOST_CARDS])
    counts = Counter(job.state for job in jobs)
    if len(jobs) == MOST_CARDS:
        counts = Counter(dict(mine.order_by().values_list("state").annotate(Count("pk"))))
    running = sum(counts[state] for state in (*WORKING, State.WAITING))
    return Strip(cards=cards(jobs, user), words=_sum(counts), running=running, ready=counts[State.DONE])


def cards(jobs: Iterable[Job], user: User) -> list[Card]:
    """The cards of jobs whose pictures were prefetched by `pictures_of`."""
    jobs = list(jobs)
    turns = forecast.schedule() if any(job.state == State.WAITING for job in jobs) else {}
    stopped = Line.objects.get() if turns else None
    return [card(job, user, turns.get(job.pk), stopped) for job in jobs]


def card(job: Job, user: User, turn: forecast.Turn | None, line: Line | None = None) -> Card:
    """One job as this person sees it."""
    mine = job.owner_id == user.pk
    state = State(job.state)
    ended = state in AT_REST or state == State.UNKNOWN
    return Card(
        id=job.pk,
        state=job.state,
        icon=ICONS[state],
        title=title_for(job, user),
        words=words(job, turn, line),
        busy=state in WORKING,
        percent=min(job.progress, 99) if job.progress else None,
        since=job.sent_at if state == State.MAKING else None,
        pictures=tuple(_thumbs(job)),
        cancel_url=reverse("jobs:cancel", args=[job.pk]) if mine and state == State.WAITING else "",
        again_url=_again(job) if mine and _came_to_nothing(job) else "",
        again_label="Edit prompt"
        if job.reason_code in {"model", "validation_failed", "refused"}
        else "Run again",
        dismiss_url=reverse("jobs:dismiss", args=[job.pk]) if mine and ended else "",
    )


def title(job: Job) -> str:
    """The prompt's beginning."""
    line = " ".join(job.prompt.split())
    return line if len(line) <= TITLE_LENGTH else f"{line[: TITLE_LENGTH - 1].rstrip()}…"


def title_for(job: Job, user: User) -> str:
    """The title as this person may read it: of others with the name, and private prompts are their owner's alone."""
    if job.owner_id == user.pk:
        return title(job)
    return f"{job.owner}: {'private' if job.private else title(job)}"


def _came_to_nothing(job: Job) -> bool:
    """Whether its owner may want it again: not what they cancelled themselves."""
    return job.state in {State.FAILED, State.UNKNOWN} or bool(
        job.state == State.CANCELLED and job.reason_code
    )


def _again(job: Job) -> str:
    return f"{reverse('jobs:studio')}?again={job.pk}"


def _thumbs(job: Job) -> Iterable[Thumb]:
    """The pictures that are home and that this person may see."""
    for output in job.outputs.all():
        image: Image | None = output.image
        if image is not None:
            yield Thumb(
                image.pk,
                image.get_absolute_url(),
                previews.url(image, 320),
                _name(job, output.position + 1),
            )


def _name(job: Job, number: int) -> str:
    """What a picture of several is called, so that no two have one name."""
    return f"{title(job)}, picture {number} of {job.asked}" if job.asked > 1 else title(job)


def pictures(count: int) -> str:
    """ "1 picture", "4 pictures"."""
    return f"{count} picture{'' if count == 1 else 's'}"


def words(job: Job, turn: forecast.Turn | None, line: Line | None = None) -> str:
    """The state in a sentence, with what was charged and what comes next."""
    match State(job.state):
        case State.WAITING:
            return _waiting(job, turn, line)
        case State.SENDING:
            return "Sending to the API…"
        case State.MAKING:
            return _making(job)
        case State.SAVING:
            return _saving(job)
        case State.DONE:
            return _done(job)
        case State.FAILED:
            return f"{job.reason} {_credits_back(job)}"
        case State.CANCELLED:
            return job.reason or f"Cancelled. {_credits_back(job)}"
        case _:
            return _unknown(job)


def _waiting(job: Job, turn: forecast.Turn | None, line: Line | None) -> str:
    if line and line.stop:
        return stop_words(line)
    if turn is None or line is None:
        return "In line"
    place = "Next in line" if turn.place == 1 else f"{ordinal(turn.place)} in line"
    return f"{place} · {_start(turn.start, line, job.api)}" if turn.start else place


def _start(start: datetime, line: Line, api: str) -> str:
    """When it starts: as the API told us after a 429, else by the pace that holds now."""
    now = timezone.now()
    told = pace.not_before(line, api, now)
    if now < told >= start:
        return f"the API asks us to wait until {timezone.localtime(told):%H:%M:%S}"
    soon = start - now < timedelta(minutes=1)
    when = "in under a minute" if soon else f"about {forecast.clock(start)}"
    return f"starts {when} ({pace.allowed(line, api, now)} a minute)"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 21st."""
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def stop_words(line: Line) -> str:
    """Why nothing is sent, for the person who waits."""
    again = _trying_again(line.probe_at)
    return {
        Line.Stop.KEY: "The API key was refused. Admins see this too; your order is kept.",
        Line.Stop.WALLET: "The team's wallet is empty. Admins see this too; your order is kept.",
        Line.Stop.LOST: f"The API's last answer was lost. Nothing is sent until it answers again.{again}",
        Line.Stop.UNREACHABLE: f"Can't reach the API.{again}",
        Line.Stop.REFUSED: f"The API takes no orders. Admins see this too; your order is kept.{again}",
        Line.Stop.BUDGET: "The team's budget for this month is reached. Admins see this too; your order is kept.",
    }.get(Line.Stop(line.stop), "In line")


def _trying_again(moment: datetime | None) -> str:
    """The moment of the next attempt; once it is past nobody knows it to the second."""
    if moment is None or moment <= timezone.now():
        return " Trying again."
    return f" Trying again at {timezone.localtime(moment):%H:%M:%S}."


def _making(job: Job) -> str:
    now = timezone.now()
    if job.missing_since:
        return f"The API doesn't know of it at the moment.{_trying_again(job.due_at)}"
    if job.troubles >= 2:
        return f"Can't reach the API.{_trying_again(job.due_at)}"
    if job.empty_since:
        return f"Made; waiting for {pictures(job.asked)} to be handed over…"
    if watch.no_news(job, now):
        minutes = int((now - (job.sent_at or now)) / timedelta(minutes=1))
        return f"No news from the API for {minutes} min. Still checking."
    late = job.sent_at and now - job.sent_at > timedelta(seconds=watch.usual(job)[1] * 1.25 + 5)
    return f"Making {pictures(job.asked)} · {'slower than usual, ' if late else ''}{forecast.usually(job)}"


def _saving(job: Job) -> str:
    """How many results are not home yet, and what went wrong with them."""
    missing = [output for output in job.outputs.all() if output.saved_at is None]
    trouble = " Some can't be fetched yet; trying again." if any(one.attempts for one in missing) else ""
    return f"Saving {pictures(len(missing))}…{trouble}" if missing else "Saving…"


def _done(job: Job) -> str:
    if job.reason_code == "late":
        return f"{pictures(job.delivered)} ready · they came late, and you paid nothing"
    if job.delivered == job.asked:
        return f"{pictures(job.delivered)} ready"
    back = job.cost - job.captured
    return f"{job.delivered} of {job.asked} saved · {back} credits back"


def _credits_back(job: Job) -> str:
    """What was charged, as the books have it."""
    return f"{job.cost} credits are back." if job.settled_at and not job.captured else "Nothing was charged."


def _unknown(job: Job) -> str:
    # The credits first: on a narrow card the rest is cut.
    lost = "The API's answer was lost; we won't send the order twice."
    if job.settled_at:
        return f"{job.cost} credits are back. {lost}"
    until = forecast.clock(job.state_at + watch.late_answers())
    return f"{job.cost} credits come back by {until} unless the pictures arrive. {lost}"


def _sum(counts: Counter[str]) -> str:
    """The strip in one line: "2 being made · 1 in line · 1 ready"."""
    sums = {
        "being made": sum(counts[state] for state in WORKING),
        "in line": counts[State.WAITING],
        "ready": counts[State.DONE],
        "failed": counts[State.FAILED],
        "cancelled": counts[State.CANCELLED],
        "unclear": counts[State.UNKNOWN],
    }
    return " · ".join(f"{count} {name}" for name, count in sums.items() if count)
