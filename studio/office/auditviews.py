"""The pages of the audit, and putting a warning away."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from studio.credits.models import AuditRun, BudgetWarning
from studio.jobs.tasks import wake
from studio.office import tasks
from studio.office.admins import admins_only

SHOWN = 30


@admins_only
@require_GET
def audit(request: HttpRequest) -> HttpResponse:
    """What the last audits said."""
    return render(request, "office/reports/audit.html", {"runs": AuditRun.objects.order_by("-pk")[:SHOWN]})


@admins_only
@require_POST
def audit_now(request: HttpRequest) -> HttpResponse:
    """Have the books looked through now."""
    wake(tasks.audit_books)
    messages.info(request, "The books are being looked through. What was found is here in a minute.")
    return redirect("audit")


@admins_only
@require_POST
def put_away(request: HttpRequest, warning_id: int) -> HttpResponse:
    """A warning of the budget was read, for all admins."""
    warning = get_object_or_404(BudgetWarning, pk=warning_id)
    # The smaller shares are old news then.
    BudgetWarning.objects.filter(month=warning.month, percent__lte=warning.percent, dismissed_at=None).update(
        dismissed_at=timezone.now()
    )
    if not getattr(request, "htmx", False):
        return redirect("budget")
    return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Trigger": "changed"})
