"""The operator's page, and what can be done there: start the line, try an order now, give one up."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from studio.jobs import line, moves, orders, overdue, readers, tasks, words
from studio.jobs.models import Job, Line
from studio.office import operations as page
from studio.office.admins import admins_only, me

OVER = "It is over meanwhile, or somebody works on it at this moment."


@admins_only
@require_GET
def operations(request: HttpRequest) -> HttpResponse:
    """How the line, the processes and the disk are, and which orders are in trouble."""
    return render(request, "office/operations.html", page.content(me(request)))


@admins_only
@require_POST
def start_line(request: HttpRequest) -> HttpResponse:
    """Let a line go on that waits for an admin; with `cancel` what a backup brought along is cancelled first."""
    user, row = me(request), Line.objects.get()
    if request.POST.get("cancel") and row.stop == Line.Stop.RESTORED:
        moves.each(page.parked(row), lambda job: orders.cancel(user, job.pk))
    if line.start_by_hand(user):
        tasks.wake(tasks.advance)
        messages.success(request, "The line goes on, with one order first.")
    else:
        messages.info(request, "The line does not wait for anybody.")
    return redirect("operations")


@admins_only
@require_POST
def try_line(request: HttpRequest) -> HttpResponse:
    """Make the next attempt to start a stopped line now."""
    if line.try_now():
        tasks.wake(tasks.advance)
        messages.info(request, "It is tried now. Whether it helped is here in a moment.")
    else:
        messages.info(request, "There is nothing to try.")
    return redirect("operations")


@admins_only
@require_POST
def try_job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Look at an order, or save it, now."""
    get_object_or_404(Job, pk=job_id)
    messages.info(request, "It is tried now." if overdue.try_now(job_id) else OVER)
    return redirect("operations")


@admins_only
@require_http_methods(["GET", "POST"])
def give_up(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Ask whether to wait no longer for an order, and by POST do so."""
    job = get_object_or_404(Job.objects.select_related("owner").prefetch_related("outputs"), pk=job_id)
    now = timezone.now()
    if not overdue.may_be_given_up(job, now):
        messages.info(request, OVER)
        return redirect("operations")
    if request.method == "POST":
        return _give_up(request, job)
    late = page.late(job, now, told=readers.is_told_to(me(request), job))
    return render(request, "office/give_up.html", {"late": late})


def _give_up(request: HttpRequest, job: Job) -> HttpResponse:
    if overdue.give_up(job.pk, by=me(request)):
        job.refresh_from_db()
        back = job.cost - job.captured
        kept = f" Kept: {words.pictures(job.delivered)}." if job.delivered else ""
        messages.success(request, f"Given up. {job.owner} has {back} credits back.{kept}")
    else:
        messages.info(request, OVER)
    return redirect("operations")
