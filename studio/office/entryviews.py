"""The pages behind the figures of the report: entries, and the orders that failed or were lost."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from studio.credits import ledger, sheets, statements
from studio.credits.models import Loss, Scope
from studio.jobs.states import State
from studio.office import entries, outcomes, spans, troubles
from studio.office.admins import admins_only, me
from studio.office.entries import Choice
from studio.office.entryforms import EntriesForm
from studio.office.spans import Span


@admins_only
@require_GET
def entries_page(request: HttpRequest) -> HttpResponse:
    """The entries behind a figure, with what they add up to and the pictures that were paid."""
    form = _form(request)
    if not form.is_valid():
        return render(request, "office/reports/entries.html", {"tab": "overview", "form": form}, status=422)
    choice = form.choice
    rows, older = entries.page(choice, me(request), request.GET.get("before", ""))
    span = Span(choice.period)
    context = {
        "tab": "overview",
        "form": form,
        "span": span,
        "rows": rows,
        "sums": choice.sums,
        "older": older,
        "statement": _statement(span, choice),
        "choice": choice,
    }
    return render(request, "office/reports/entries.html", context)


@admins_only
@require_GET
def entries_csv(request: HttpRequest) -> HttpResponseBase:
    """All of the chosen entries as a file."""
    form = _form(request)
    if not form.is_valid():
        return _back(request, "report_entries")
    period = form.choice.period
    return sheets.answer(
        f"entries-{period.first}-{period.last}.csv", entries.HEADER, entries.sheet(form.choice)
    )


def _form(request: HttpRequest) -> EntriesForm:
    """What is asked for, of this month unless told otherwise."""
    span, _form = spans.chosen(request.GET)
    return EntriesForm(request.GET.dict() | (span.query if span else {}))


def _back(request: HttpRequest, name: str) -> HttpResponse:
    """To the page that says what is wrong with the address."""
    return redirect(f"{reverse(name)}?{request.GET.urlencode()}")


def _statement(span: Span, choice: Choice) -> str:
    """The number of the statement that says the same, if there is one; the team's only once its month is closed."""
    if span.month is None or choice.kind or choice.model or (choice.member and choice.project):
        return ""
    if choice.member:
        return statements.number_of(span.month, Scope.MEMBER, choice.member)
    if choice.project:
        return statements.number_of(span.month, Scope.PROJECT, choice.project)
    closed = ledger.last_closed_month()
    return statements.number_of(span.month, Scope.TEAM) if closed and span.month <= closed else ""


@admins_only
@require_GET
def orders_page(request: HttpRequest) -> HttpResponse:
    """The orders that failed, were cancelled or stayed unclear, for one reason or for any."""
    span, _form = spans.chosen(request.GET)
    if span is None:
        return _back(request, "reports")
    state, code = _ended(request)
    rows, older = troubles.orders(span, state, code, me(request), request.GET.get("before", ""))
    title = "No answer came" if state == State.UNKNOWN else state.label
    words = outcomes.why(state, code) if code is not None else ""
    context = {"span": span, "rows": rows, "older": older, "title": title, "words": words}
    return _troubles(request, context | {"file": reverse("report_orders_csv")})


@admins_only
@require_GET
def orders_csv(request: HttpRequest) -> HttpResponseBase:
    """All of these orders as a file."""
    span, _form = spans.chosen(request.GET)
    if span is None:
        return _back(request, "reports")
    state, code = _ended(request)
    page = partial(troubles.orders, span, state, code, me(request))
    return _sheet(f"orders-{state.value}", span, page)


def _ended(request: HttpRequest) -> tuple[State, str | None]:
    """How the orders ended that are asked for, and why."""
    state, code = request.GET.get("state", State.FAILED), request.GET.get("reason")
    # PostgreSQL takes no NUL, and no reason has one.
    if state not in outcomes.LISTED or (code and not code.isprintable()):
        raise Http404
    return State(state), code


def _sheet(name: str, span: Span, page: Callable[[str], troubles.Page]) -> HttpResponseBase:
    """A list of orders as a file."""
    filename = f"{name}-{span.period.first}-{span.period.last}.csv"
    return sheets.answer(filename, troubles.HEADER, troubles.sheet(page))


@admins_only
@require_GET
def losses_page(request: HttpRequest) -> HttpResponse:
    """The orders that cost the team more than anybody paid, for one reason or for any."""
    span, _form = spans.chosen(request.GET)
    if span is None:
        return _back(request, "reports")
    why = _why(request)
    rows, older = troubles.losses(span, why, me(request), request.GET.get("before", ""))
    words = outcomes.LOST[Loss.Why(why)] if why else ""
    context = {"span": span, "rows": rows, "older": older, "title": "Lost to the team", "words": words}
    total = {"total": outcomes.lost(span, why), "paged": older or "before" in request.GET}
    return _troubles(request, context | total | {"lost": True, "file": reverse("report_losses_csv")})


@admins_only
@require_GET
def losses_csv(request: HttpRequest) -> HttpResponseBase:
    """All of these losses as a file."""
    span, _form = spans.chosen(request.GET)
    if span is None:
        return _back(request, "reports")
    return _sheet("losses", span, partial(troubles.losses, span, _why(request), me(request)))


def _why(request: HttpRequest) -> str:
    """The reason that is asked for; empty for any."""
    why = request.GET.get("why", "")
    if why and why not in Loss.Why.values:
        raise Http404
    return why


def _troubles(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    return render(request, "office/reports/orders.html", {"tab": "overview"} | context)
