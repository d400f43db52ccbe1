"""What a job shows: the card in the strip and on the Queue page."""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Case, Count, Prefetch, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils import timezone

from gallery import previews
from gallery.access import visible_to
from gallery.models import Image
from studio.accounts.models import User
from studio.jobs import forecast, readers, words
from studio.jobs.models import Job, Output
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
# Works out the line, or has done so for this request.
Schedule = Callable[[], forecast.Schedule]
# Of many that wait only the newest are shown, so that what is made and ready stays in sight.
MOST_CARDS, MOST_WAITING = 24, 6
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


def strip(user: User, schedule: Schedule = forecast.schedule) -> Strip:
    """The person's strip: what is being made, what waits, then what is over, each the newest first."""
    mine = in_strip(user)
    waiting = mine.filter(state=State.WAITING).order_by("-ordered_at").values("pk")[:MOST_WAITING]
    shown = mine.exclude(Q(state=State.WAITING) & ~Q(pk__in=waiting)).prefetch_related(pictures_of(user))
    place = Case(
        When(state__in=AT_REST, then=Value(2)), When(state=State.WAITING, then=Value(1)), default=Value(0)
    )
    jobs = list(shown.order_by(place, "-ordered_at")[:MOST_CARDS])
    counts = Counter(job.state for job in jobs)
    if len(jobs) == MOST_CARDS or counts[State.WAITING] == MOST_WAITING:
        counts = Counter(dict(mine.order_by().values_list("state").annotate(Count("pk"))))
    running = sum(counts[state] for state in (*WORKING, State.WAITING))
    return Strip(
        cards=cards(jobs, user, schedule), words=_sum(counts), running=running, ready=counts[State.DONE]
    )


def cards(jobs: Iterable[Job], user: User, schedule: Schedule = forecast.schedule) -> list[Card]:
    """The cards of jobs whose pictures were prefetched by `pictures_of`; the line is asked for when one waits."""
    jobs = list(jobs)
    line = schedule() if any(job.state == State.WAITING for job in jobs) else None
    told = readers.told_to(user, jobs)
    return [card(job, user, line, told) for job in jobs]


def card(job: Job, user: User, line: forecast.Schedule | None, told: Collection[UUID]) -> Card:
    """One job as this person sees it, whose prompt they may read when it is among those `told`."""
    mine = job.owner_id == user.pk
    state = State(job.state)
    ended = state in AT_REST or state == State.UNKNOWN
    return Card(
        id=job.pk,
        state=job.state,
        icon=ICONS[state],
        title=title_for(job, user, told),
        words=words.of(job, line),
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


def title_for(job: Job, user: User, told: Collection[UUID]) -> str:
    """The title as this person may read it: of others with the name, and "private" when it is not `told`."""
    if job.owner_id == user.pk:
        return title(job)
    return f"{job.owner}: {title(job) if job.pk in told else 'private'}"


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
