"""The pages of the admins' report: the overview, and each of its tables as a file."""

from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from studio.credits import outlook, prices, sheets, wallet
from studio.office import charts, outcomes, reports, spans
from studio.office.admins import admins_only
from studio.office.spans import Span
from studio.office.tables import Row, Sums, Table

# More bars than these are no picture any more; the table under them has all.
MOST_BARS = 12


@admins_only
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Who spent what on which project, what failed and what was lost, in any period."""
    span, form = spans.chosen(request.GET)
    context: dict[str, Any] = {"tab": "overview", "span": span, "form": form, "usual": spans.USUAL}
    context |= {"sandbox_only": wallet.in_sandbox(), "outlook": outlook.words()}
    if span:
        context |= _page(span, request.GET.dict())
    return render(request, "office/reports/overview.html", context, status=200 if span else 422)


@admins_only
@require_GET
def table_csv(request: HttpRequest, slug: str) -> HttpResponseBase:
    """One table as a file; of days that make no sense the page tells."""
    span, _form = spans.chosen(request.GET)
    if span is None:
        return redirect(f"{reverse('reports')}?{request.GET.urlencode()}")
    table = reports.tables(span).get(slug)
    if table is None:
        raise Http404
    return sheets.answer(f"{slug}-{span.period.first}-{span.period.last}.csv", *table.sheet())


def _page(span: Span, asked: dict[str, str]) -> dict[str, Any]:
    """What stands on the overview."""
    tables = reports.tables(span)
    return {
        "tiles": _tiles(tables, outcomes.open_orders(span.period)),
        "tables": {slug: table.shown(asked) for slug, table in tables.items() if table.rows},
        "long": {slug for slug in ("members", "projects") if len(tables[slug].rows) > MOST_BARS},
        # Who sorts a table wants to see it.
        "opened": asked.keys(),
        "empty": not any(table.rows for slug, table in tables.items() if slug != "days"),
        "days": charts.days(_points(span, tables["days"])),
        "members": _bars(tables["members"], "Credits used by member"),
        "projects": _bars(tables["projects"], "Credits used by project"),
    }


def _points(span: Span, days: Table) -> list[charts.DayPoint]:
    """The days as the chart takes them."""
    label = "%-d %b" if span.by == "day" else "%b %Y"
    return [
        charts.DayPoint(row.order, f"{row.order:{label}}", int(row.sums["used"]), int(row.sums["released"]))
        for row in days.rows
    ]


def _bars(table: Table, title: str) -> charts.BarsChart:
    """Who or what used most."""
    used = [row for row in table.ordered("-used") if row.sums["used"]]
    return charts.bars([_bar(row) for row in used[:MOST_BARS]], title=title)


def _bar(row: Row) -> charts.BarRow:
    used = int(row.sums["used"])
    return charts.BarRow(row.name, used, f"{used:,}", row.url)


def _tiles(tables: dict[str, Table], still: int) -> list[dict[str, str]]:
    """The figures at the head: they are the sums of the tables. `still` are the orders that did not end yet."""
    work, ended, lost = (tables[name].sums for name in ("members", "ends", "losses"))
    return [
        _tile("Pictures", work.get("pictures", 0), f"paid for; {work.get('orders', 0):,} orders"),
        _tile("Credits used", work.get("used", 0), _money(work)),
        _tile("Given back", work.get("released", 0), "not delivered, not paid"),
        _tile("Lost to the team", lost.get("credits", 0), _money(lost)),
        _tile("Failed", ended.get("failed", 0), _ended(ended.get("orders", 0), still)),
        _time("Wait in line", tables["times"], "wait"),
        _time("Making", tables["times"], "making"),
    ]


def _ended(orders: int | Decimal, still: int) -> str:
    """Of how many orders the failed ones are, and how many may become some."""
    return f"of {orders:,} that ended" + (f"; {still:,} still in line or being made" if still else "")


def _tile(label: str, figure: int | Decimal, note: str) -> dict[str, str]:
    return {"label": label, "figure": f"{figure:,}", "note": note}


def _money(sums: Sums) -> str:
    """What credits cost; nothing without a price. Currencies are what is written in capitals."""
    return prices.words({name: Decimal(amount) for name, amount in sums.items() if name.isupper()})


def _time(label: str, table: Table, name: str) -> dict[str, str]:
    """An average time; none is invented."""
    column = next(column for column in table.columns if column.name == name)
    seconds = column.value(table.sums)
    return {"label": label, "figure": "—" if seconds is None else column.words(seconds), "note": "on average"}
