"""What the composer shows: what was typed, or the last choices of the person."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Case, Subquery, When
from django.http import HttpRequest

from gallery import access, previews
from gallery.models import Image, Project
from gallery.projects import Group, alphabetical, by_client
from studio.accounts.models import User
from studio.credits import budgets, spending
from studio.imageapi import Ratio
from studio.jobs import quotes
from studio.jobs.forms import MODEL, PROMPT_LENGTH
from studio.jobs.models import Job

# So many last orders tell which projects one uses.
LATELY = 50
T = TypeVar("T")
D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Action:
    """A button that sends the form again with one field changed."""

    name: str
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an order was not taken, and the ways out; `ask` are the words of the one to more credits."""

    title: str
    text: str = ""
    action: Action | None = None
    ask: str = ""
    repick: bool = False


@dataclass(frozen=True, slots=True)
class TrayPicture:
    """A picture to edit."""

    id: int
    url: str
    name: str


@dataclass(slots=True, kw_only=True)
class Composer:
    """The composer's fields. `open` shows it unfolded."""

    user: User
    projects: Sequence[Project]
    project_id: int | None
    prompt: str = ""
    num_images: int = 1
    aspect_ratio: str = MODEL.ratios[0].name
    output_format: str = MODEL.formats[0]
    private: bool = False
    tray: tuple[TrayPicture, ...] = ()
    problem: Problem | None = None
    open: bool = False
    nonce: str = ""
    room: spending.Room | None = None
    price: int = MODEL.price
    most_sources: int = MODEL.most_sources
    prompt_length: int = PROMPT_LENGTH
    ratios: tuple[Ratio, ...] = MODEL.ratios
    formats: tuple[str, ...] = MODEL.formats

    @property
    def counts(self) -> range:
        """How many pictures one may order."""
        return range(1, MODEL.most_images + 1)

    @property
    def quote(self) -> quotes.Quote:
        """The price of the order as it stands, held against `room`, or else against the books."""
        if self.room:
            return quotes.Quote(pictures=self.num_images, room=self.room)
        return quotes.quote(self.user, self.project_id, self.num_images)

    @property
    def groups(self) -> list[Group]:
        """The projects under their clients."""
        return by_client(self.projects)

    def choose(self, project_id: int) -> None:
        """Take a project if it is still open."""
        if project_id in {project.pk for project in self.projects}:
            self.project_id = project_id

    @property
    def auto_words(self) -> str:
        """What `auto` means here."""
        return "same as picture 1" if self.tray else "the model chooses"


def in_tray(image: Image) -> TrayPicture:
    """A picture as the tray shows it."""
    return TrayPicture(image.pk, previews.url(image, 320), image.prompt[:80] or image.file_name)


def fresh(user: User) -> Composer:
    """An empty composer with the project of the person's last order, which comes first, then those used lately."""
    orders = Job.objects.filter(owner=user).order_by("-ordered_at").values("project_id")
    used = Case(When(pk__in=orders[:LATELY], then=True), default=False)
    found = alphabetical(access.open_projects().annotate(last=Subquery(orders[:1]), used=used))
    # Both sorts are stable: within each part the projects stay in their order.
    found.sort(key=lambda project: (project.pk != project.last, not project.used))
    last = next((project.last for project in found if project.pk == project.last), None)
    first = min((project.pk for project in found), default=None)
    return Composer(user=user, projects=found, project_id=last or first, nonce=uuid.uuid4().hex)


def elsewhere(user: User, *, cost: int) -> Action | None:
    """A button for the same order in another project that can take it: the one the person would be offered first."""
    made = fresh(user)
    full = {pk for pk, cap in budgets.caps().items() if cap.left < cost}
    fit = [project for project in made.projects if project.pk not in full]
    fit.sort(key=lambda project: project.pk != made.project_id)
    return Action("instead", str(fit[0].pk), f"Use {fit[0]}") if fit else None


def again(user: User, job_id: str) -> Composer:
    """A composer filled with an earlier order of the person; nothing is sent until they do."""
    made = fresh(user)
    made.open = True
    try:
        job = Job.objects.get(pk=uuid.UUID(job_id), owner=user)
    except (ValueError, Job.DoesNotExist):
        return made
    seen = access.visible_to(user).in_bulk(list(job.sources.values_list("image_id", flat=True)))
    made.prompt, made.num_images = job.prompt, job.asked
    made.choose(job.project_id)
    made.aspect_ratio, made.output_format, made.private = job.aspect_ratio, job.output_format, job.private
    made.tray = tuple(in_tray(seen[row.image_id]) for row in job.sources.all() if row.image_id in seen)
    return made


def editing(user: User, *images: Image) -> Composer:
    """A composer with pictures in its tray already, as many as it has room for; private when one of them is."""
    made = fresh(user)
    shown = images[: made.most_sources]
    made.tray = tuple(map(in_tray, shown))
    made.choose(shown[0].project_id)
    made.private = any(image.private for image in shown)
    return made


def typed(request: HttpRequest, user: User, problem: Problem, sources: list[Image]) -> Composer:
    """What was typed, kept, with what is wrong about it."""
    made, data = fresh(user), request.POST
    made.problem, made.open, made.nonce = problem, True, data.get("nonce", made.nonce)
    made.prompt = data.get("prompt", "")
    made.private = bool(data.get("private"))
    made.num_images = _one_of(data.get("num_images"), {str(n): n for n in made.counts}, made.num_images)
    made.aspect_ratio = _one_of(
        data.get("aspect_ratio"), {r.name: r.name for r in made.ratios}, made.aspect_ratio
    )
    made.output_format = _one_of(data.get("output_format"), {f: f for f in made.formats}, made.output_format)
    made.project_id = _one_of(data.get("project"), {str(p.pk): p.pk for p in made.projects}, made.project_id)
    made.tray = tuple(in_tray(image) for image in sources)
    return made


def _one_of(value: str | None, known: dict[str, T], default: D) -> T | D:
    """What was chosen if it is one of the choices."""
    return known.get(value or "", default)
