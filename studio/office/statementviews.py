"""The pages of closed months: the list, the statement to print, and what a credit costs."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from studio.credits import periods, prices, sheets, wallet
from studio.credits.models import Change, Price, Scope
from studio.office import papers
from studio.office.admins import admins_only, me
from studio.office.forms import PriceForm


@login_required
@require_GET
def statements(request: HttpRequest) -> HttpResponse:
    """Closed months: for admins of everyone, a month at a time; for members their own."""
    user = me(request)
    context: dict[str, Any] = {"tab": "statements", "sandbox_only": wallet.in_sandbox()}
    if not user.is_staff:
        return render(request, "office/reports/statements.html", context | {"rows": papers.of_member(user)})
    months = papers.months()
    chosen = _month(request.GET.get("month", ""), months)
    groups = {scope: [] for scope in papers.LISTED} if chosen is None else _groups(chosen)
    return render(
        request,
        "office/reports/statements.html",
        context | {"months": months, "chosen": chosen, "groups": groups},
    )


@login_required
@require_GET
def statements_csv(request: HttpRequest) -> HttpResponseBase:
    """The same list as a file."""
    user = me(request)
    month = _month(request.GET.get("month", ""), papers.months()) if user.is_staff else None
    rows = papers.of_month(month) if month else papers.of_member(user)
    name = f"statements-{month:%Y-%m}.csv" if month else "statements.csv"
    return sheets.answer(name, papers.HEADER, papers.sheet(rows))


def _month(asked: str, months: list[date]) -> date | None:
    """The month that was asked for, else the newest."""
    return next((month for month in months if f"{month:%Y-%m}" == asked), months[0] if months else None)


def _groups(month: date) -> dict[Scope, list[papers.Row]]:
    """A month's statements by whose they are."""
    rows = papers.of_month(month)
    return {scope: [row for row in rows if row.scope == scope] for scope in papers.LISTED}


def _subject(request: HttpRequest, number: str) -> papers.Subject:
    """What was asked for, if this person may read it; for others it does not exist."""
    subject = papers.subject_of(number)
    if subject is None or not papers.may_read(me(request), subject):
        raise Http404
    return subject


@login_required
@require_GET
def statement(request: HttpRequest, number: str) -> HttpResponse:
    """One statement, to read and to print; of an open month as it is so far."""
    subject = _subject(request, number)
    paper = papers.paper(subject, me(request))
    context = {"paper": paper, "subject": subject, "tab": "statements"}
    return render(request, "office/reports/statement.html", context, status=200 if paper else 404)


@login_required
@require_GET
def statement_csv(request: HttpRequest, number: str) -> HttpResponseBase:
    """The statement as a table."""
    paper = papers.paper(_subject(request, number), me(request))
    if paper is None:
        raise Http404
    return sheets.answer(f"statement-{number}.csv", papers.COLUMNS, papers.rows(paper))


@admins_only
@require_http_methods(["GET", "POST"])
def price(request: HttpRequest) -> HttpResponse:
    """What a credit costs, from when on, and who said so."""
    form = PriceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            prices.set_price(**form.cleaned_data, by=me(request))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "Saved.")
            return redirect("price")
    versions = prices.versions()
    current = prices.on(periods.today(), versions)
    context = {
        "form": form,
        "current": current,
        "now": prices.words({current.currency: current.amount}) if current else "",
        "versions": versions[::-1],
        "open_from": prices.open_from(),
        "changes": Change.objects.filter(of=Change.Of.PRICE).select_related("actor").order_by("-id")[:20],
        "tab": "price",
    }
    return render(request, "office/reports/price.html", context, status=422 if form.errors else 200)


@admins_only
@require_POST
def take_back_price(request: HttpRequest, price_id: int) -> HttpResponse:
    """Remove a price that was set by mistake, while no closed month has days of it."""
    found = get_object_or_404(Price, pk=price_id)
    try:
        prices.take_back(found, by=me(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"The price from {found.start:%-d %B %Y} is removed.")
    return redirect("price")
