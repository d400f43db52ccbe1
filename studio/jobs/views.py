"""Asking for pictures and watching them being made."""

import hashlib
import json
import re
import uuid
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from gallery import access, files, library, pages
from gallery.asked import Asked, number
from gallery.models import Image
from gallery.uploads import MOST_FILES, NO_ROOM, Refusal, takes_uploads
from studio.accounts.models import User
from studio.credits.budgets import CapReached
from studio.credits.ledger import NotEnough
from studio.jobs import cards, composer, forecast, orders, quotes, readers, turns, words
from studio.jobs import queue as queue_page
from studio.jobs.composer import Action, Problem
from studio.jobs.forms import MODEL, OrderForm
from studio.jobs.models import Job
from studio.jobs.states import State

ORDERS_A_PAGE = 12
MINE = Asked({"by": "me"})
UNFIT = HTTPStatus.UNPROCESSABLE_ENTITY
# Digits of the largest number that a picture may have.
LONGEST_NUMBER = 18
log = structlog.get_logger(__name__)


@login_required
@require_GET
def studio(request: HttpRequest) -> HttpResponse:
    """One's own last pictures by order, with the composer open; `again` and `edit` fill it."""
    return _studio(request, _composer(request))


def _studio(request: HttpRequest, filled: composer.Composer, status: int = 200) -> HttpResponse:
    """The Studio page around a composer."""
    place = pages.Place(before=number(request.GET.get("before", "")))
    page = pages.page(request.user, MINE, place, size=ORDERS_A_PAGE)
    context = {
        "orders": [_order(stack) for day in page.days for stack in day.stacks],
        "older_url": f"?before={page.older}" if page.older else "",
        "composer": filled,
    }
    return render(request, "jobs/studio.html", context, status=status)


def _composer(request: HttpRequest) -> composer.Composer:
    """The composer as the address asks for it."""
    user = _user(request)
    if job_id := request.GET.get("again"):
        return composer.again(user, job_id)
    chosen = re.fullmatch(r"[0-9]{1,40}(,[0-9]{1,40})*", request.GET.get("edit", ""))
    made = _editing(user, chosen[0].split(",")) if chosen else composer.fresh(user)
    made.open = True
    return made


def _editing(user: User, chosen: list[str]) -> composer.Composer:
    """The composer with the chosen pictures that are there, and what is left out said; 404 when none is there."""
    numbers = [int(one) for one in dict.fromkeys(chosen) if len(one) <= LONGEST_NUMBER]
    found = access.visible_to(user).in_bulk(numbers)
    images = [found[number] for number in numbers if number in found]
    if not images:
        raise Http404("No such picture.")
    made = composer.editing(user, *images)
    if left := len(numbers) - len(made.tray):
        words = "1 picture is left out." if left == 1 else f"{left} pictures are left out."
        gone = "Some are not there any more. " if len(images) < len(numbers) else ""
        made.problem = Problem(words, f"{gone}At most {made.most_sources} can be edited at once.")
    return made


def _order(stack: pages.Stack) -> dict[str, Any]:
    """One order of the Studio page."""
    cover = stack.cover
    made = timezone.localtime(cover.created_at)
    when = "%H:%M" if made.date() == timezone.localdate() else "%-d %b, %H:%M"
    credits = sum(image.credits for image in stack.images)
    cost = f"{credits} credits" if credits else "upload"
    return {
        "id": cover.pk,
        "prompt": cover.prompt or cover.file_name,
        "url": cover.get_absolute_url(),
        "words": f"{words.pictures(len(stack.images))} · {cost} · {made:{when}}",
        "images": stack.images,
    }


def _user(request: HttpRequest) -> User:
    """The signed-in person; `login_required` stands above every view that asks."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def _too_much(request: HttpRequest, refusal: Refusal) -> HttpResponseBase:
    """What was cut off: say so, with what was typed and what was in the tray."""
    form = OrderForm(request.POST, owner=_user(request))
    form.is_valid()
    return _refuse(request, _free(refusal), form.cleaned_data.get("sources", []), refusal.status)


def _free(refusal: Refusal) -> Problem:
    """What is wrong, and that it cost nothing."""
    return Problem(refusal.sentence, "Nothing was charged.")


@login_required
@require_POST
@takes_uploads(most=MOST_FILES, refuse=_too_much)
def order(request: HttpRequest) -> HttpResponseBase:
    """Take an order: 303 to the queue, or the form again with what is wrong: 402, 413 or 422."""
    user = _user(request)
    form = OrderForm(request.POST, owner=user)
    valid = form.is_valid()
    uploads, refusal = _uploads(request, user, form)
    sources = [*form.cleaned_data.get("sources", []), *uploads]
    if not valid:
        refusal = Refusal(UNFIT, _first_error(form))
    elif len(sources) > MODEL.most_sources:
        refusal = Refusal(UNFIT, f"At most {MODEL.most_sources} pictures can be edited at once.")
    if refusal:
        problem = _archived(form, user) if form.has_error("project", "archived") else _free(refusal)
        return _refuse(request, problem, sources, refusal.status)
    asked = _ask(form, sources)
    try:
        job = orders.ask(user, asked)
    except (NotEnough, CapReached) as error:
        problem = _too_dear(error, user, quotes.quote(user, asked.project.pk, asked.num_images))
        return _refuse(request, problem, sources, HTTPStatus.PAYMENT_REQUIRED)
    return _accepted(request, job)


def _uploads(request: HttpRequest, user: User, form: OrderForm) -> tuple[list[Image], Refusal | None]:
    """The files that came along, as pictures of the gallery: kept even when the rest of the form is wrong."""
    project = form.cleaned_data.get("project") or access.open_projects().order_by("pk").first()
    private = bool(form.cleaned_data.get("private"))
    kept: list[Image] = []
    refusal: Refusal | None = None
    if project is None:
        return kept, refusal  # the form says so
    for file in request.FILES.getlist("images"):
        try:
            kept.append(library.upload(owner=user, project=project, file=file, private=private))
        except files.NotAPicture as error:
            refusal = refusal or Refusal(UNFIT, f"{file.name}: {error}")
        except OSError:
            log.exception("an upload was not kept")
            refusal = NO_ROOM
    return kept, refusal


def _first_error(form: OrderForm) -> str:
    return str(next(iter(form.errors.values()))[0])


def _archived(form: OrderForm, user: User) -> Problem:
    """The project was archived while the page was open: name it, and offer the next one."""
    text = "Nothing was charged. Choose another project."
    return Problem(
        str(form.errors["project"][0]), text, composer.elsewhere(user, cost=MODEL.price), repick=True
    )


def _ask(form: OrderForm, sources: list[Image]) -> orders.Ask:
    """The order that a valid form describes."""
    names = ("prompt", "num_images", "aspect_ratio", "output_format", "project", "private")
    fields = {name: form.cleaned_data[name] for name in names}
    nonce = _once(form.cleaned_data["nonce"], [*fields.values(), *(source.pk for source in sources)])
    return orders.Ask(**fields, sources=tuple(sources), nonce=nonce)


def _once(nonce: str, asked: list[Any]) -> str:
    """Who goes back without script and asks for something else with the old nonce means a new order."""
    return hashlib.sha256(repr((nonce, *map(str, asked))).encode()).hexdigest() if nonce else ""


def _too_dear(error: NotEnough | CapReached, user: User, quote: quotes.Quote) -> Problem:
    """Say what it needs and what there is, and offer as many as fit, another project, or to ask."""
    fewer = Action("fewer", str(quote.fewer), f"Make {quote.fewer}") if quote.fewer else None
    if isinstance(error, CapReached):
        whom = User.objects.whom_to_ask()
        text = f"{error} Nothing was charged. Choose another project, or ask {whom} to raise it."
        another = composer.elsewhere(user, cost=error.needed)
        return Problem("The project's credits don't cover this", text, fewer or another)
    text = f"This needs {error.needed:,}, you have {error.available:,}. Nothing was charged."
    return Problem("Not enough credits", text, fewer, ask=quote.ask)


def _refuse(request: HttpRequest, problem: Problem, sources: list[Image], status: int) -> HttpResponse:
    """The problem for htmx's box above the prompt, or the whole page with what was typed."""
    if getattr(request, "htmx", False):
        projects = composer.fresh(_user(request)) if problem.repick else None
        return render(request, "jobs/_refused.html", {"problem": problem, "picker": projects}, status=status)
    return _studio(request, composer.typed(request, _user(request), problem, sources), status)


def _accepted(request: HttpRequest, job: Job) -> HttpResponse:
    """Tell the page that its order stands, with a fresh nonce for the next one."""
    if not getattr(request, "htmx", False):
        return _see_other("jobs:queue")
    event = {"ordered": {"id": str(job.pk), "nonce": uuid.uuid4().hex}}
    return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Trigger": json.dumps(event)})


def _see_other(name: str) -> HttpResponse:
    """303: what came of it stands elsewhere, to be fetched with GET."""
    return HttpResponse(status=HTTPStatus.SEE_OTHER, headers={"Location": reverse(name)})


@login_required
@require_GET
def job(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """What became of an order, for the entries of the books: its first picture, else the queue."""
    user = _user(request)
    found = get_object_or_404(queue_page.seen_by(user), pk=job_id)
    first = access.visible_to(user).filter(job=found.pk).order_by("position").first()
    return redirect(first.get_absolute_url() if first else "jobs:queue")


@login_required
@require_POST
def cancel(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Cancel a job that still waits: one's own, or as an admin anybody's."""
    job = get_object_or_404(queue_page.seen_by(_user(request)), pk=job_id)
    cancelled = orders.cancel(_user(request), job.pk)
    # A second click on Cancel finds it cancelled by the first.
    cancelled = cancelled or Job.objects.filter(pk=job.pk, state=State.CANCELLED).exists()
    return _changed(request, "Cancelled; the credits are back." if cancelled else words.TOO_LATE)


@login_required
@require_POST
def reorder(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Move a job that waits among its owner's: `to` is sooner, later or top. One's own, or as an admin anybody's."""
    user = _user(request)
    job = get_object_or_404(queue_page.seen_by(user), pk=job_id)
    to = request.POST.get("to", "")
    if to not in set(turns.To):
        return HttpResponse("Sooner, later, or to the top?", status=UNFIT, content_type="text/plain")
    return _moved(request, job, moved=turns.reorder(job.pk, turns.To(to), by=user))


@login_required
@require_POST
def first(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Move a job before all that wait, as an admin."""
    admin = _admin(request)
    job = get_object_or_404(Job, pk=job_id)
    return _moved(request, job, moved=turns.move_first(job.pk, by=admin))


@login_required
@require_POST
def back(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Put a job that was moved first back to its place, as an admin."""
    admin = _admin(request)
    job = get_object_or_404(Job, pk=job_id)
    return _moved(request, job, moved=turns.put_back(job.pk, by=admin))


def _admin(request: HttpRequest) -> User:
    """The signed-in admin; to others what only admins do does not exist."""
    user = _user(request)
    if not user.is_staff:
        raise Http404
    return user


def _moved(request: HttpRequest, job: Job, *, moved: bool) -> HttpResponse:
    """Say where a job stands now, or kindly that it left the line meanwhile."""
    job.refresh_from_db()
    turn = forecast.schedule().turns.get(job.pk) if moved else None
    if turn:
        user = _user(request)
        title = cards.title_for(job, user, readers.told_to(user, [job]))
        return _changed(request, "", said=f"{words.place_words(turn.place)}: {title}")
    return _changed(request, words.too_late(job))


@login_required
@require_POST
def dismiss(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Put a job that is over out of the strip."""
    get_object_or_404(Job, pk=job_id, owner=_user(request))
    orders.dismiss(_user(request), job_id)
    return _changed(request, "")


@login_required
@require_POST
def dismiss_ready(request: HttpRequest) -> HttpResponse:
    """Put all of one's ready jobs out of the strip at once."""
    orders.dismiss_ready(_user(request))
    return _changed(request, "")


def _changed(request: HttpRequest, told: str, said: str = "") -> HttpResponse:
    """Let the page poll at once, or go to the queue. What is `said` is for those who don't see it move."""
    if not getattr(request, "htmx", False):
        if told or said:
            messages.info(request, told or said)
        return _see_other("jobs:queue")
    event: dict[str, Any] = {"changed": {}}
    event |= {name: {"text": text} for name, text in (("toast", told), ("said", said)) if text}
    return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Trigger": json.dumps(event)})


@login_required
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """Who waits where, what is being made, what needs a look, what is finished."""
    line = partial(forecast.of, request)
    return render(request, "jobs/queue.html", queue_page.content(_user(request), line))


@login_required
@require_GET
def estimate(request: HttpRequest) -> JsonResponse:
    """What so many pictures for a project cost, what is left then, and when they would be ready."""
    user, form = _user(request), OrderForm(request.GET, owner=_user(request))
    # Without a prompt it is no order yet; what it chooses is read all the same.
    form.is_valid()
    chosen = form.cleaned_data
    project, pictures = chosen.get("project"), chosen.get("num_images", 1)
    prospect = forecast.if_ordered(user, pictures, edit="edit" in request.GET)
    quote = quotes.quote(user, project.pk if project else None, pictures, prospect)
    told = {name: getattr(quote, name) for name in ("cost", "words", "fits", "fewer", "waits", "ask")}
    return JsonResponse(told)
