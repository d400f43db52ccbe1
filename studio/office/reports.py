"""The admins' report: who spent what, on which project and when, in tables that agree to the credit."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse

from studio.credits import entries, periods, prices, totals
from studio.credits.figures import Figures
from studio.credits.models import Price
from studio.credits.periods import DAY, Period, month, month_of, next_month
from studio.imageapi import MODELS
from studio.jobs import statistics
from studio.office import names, outcomes
from studio.office.spans import Span
from studio.office.tables import Column, Row, Sums, Table, summed

WORK = (
    summed("orders", "Orders"),
    summed("pictures", "Pictures"),
    summed("used", "Used"),
    summed("released", "Given back"),
)
GIFTS = (summed("granted", "Given"), summed("adjusted", "Corrected"), summed("expired", "Expired"))
Parts = Sequence[tuple[Period, Price]]
Grid = Mapping[tuple[Any, ...], Sums]


def tables(span: Span) -> dict[str, Table]:
    """Every table of a report by its name, as a page has them; those of credits are of one moment."""
    parts = prices.segments(span.period)
    money = [_money(currency, parts) for currency in sorted({price.currency for _, price in parts})]
    asked = [(span.by,), ("account_id",), ("project_id",), ("made", "model_name")]
    days, members, projects, works = _grids(span.period, parts, asked)
    ended = statistics.figures(span.period)
    made = (
        _days(span, days, money),
        outcomes.ends(ended, span),
        outcomes.times(ended),
        outcomes.losses(span, parts, money),
        _members(span, members, money),
        _projects(span, projects, money),
        _kinds(span, works, money),
        _models(span, works, money),
    )
    return {table.slug: table for table in made}


def _money(currency: str, parts: Parts) -> Column:
    """A column of amounts in one currency, exact, with as many decimals as any of its prices has."""
    amounts = [price.amount.normalize() for _, price in parts if price.currency == currency]
    digits = max(2, *(-int(amount.as_tuple().exponent) for amount in amounts))
    return summed(currency, currency, lambda amount: f"{amount:,.{digits}f}")


def _grids(period: Period, parts: Parts, asked: Iterable[Sequence[str]]) -> list[Grid]:
    """The figures of a period by each of these, with what was used in money: each part of it has one price."""
    bys = list(asked)
    wanted = dict.fromkeys((part, by) for part in (period, *(part for part, _ in parts)) for by in bys)
    found = dict(zip(wanted, totals.at_once(list(wanted)), strict=True))
    return [_priced(found[period, by], [(found[part, by], price) for part, price in parts]) for by in bys]


def _priced(
    table: Mapping[tuple[Any, ...], Figures], parts: Iterable[tuple[Mapping[tuple[Any, ...], Figures], Price]]
) -> Grid:
    """Figures with their money, by currency."""
    sums: dict[tuple[Any, ...], dict[str, int | Decimal]] = {key: asdict(row) for key, row in table.items()}
    for part, price in parts:
        for key, row in part.items():
            sums[key][price.currency] = sums[key].get(price.currency, 0) + row.used * price.amount
    return sums


def _days(span: Span, grid: Grid, money: Sequence[Column]) -> Table:
    """Day by day, or month by month: those without an entry too, until today."""
    rows = []
    for first in _calendar(span, [key[0] for key in grid]):
        part = Period(first, first) if span.by == "day" else _within(span.period, month(first))
        name = f"{first:%-d %b %Y}" if span.by == "day" else f"{first:%B %Y}"
        sums = grid.get((first,)) or asdict(Figures())
        rows.append(Row(name=name, cells=(first,), sums=sums, order=first, url=_entries(Span(part))))
    title, head = ("By day", "Day") if span.by == "day" else ("By month", "Month")
    return Table(slug="days", title=title, head=head, columns=[*WORK, *GIFTS, *money], rows=rows)


def _calendar(span: Span, known: Sequence[date]) -> Iterator[date]:
    """The days of a span, or the months of it since there is something in them."""
    day, until = span.period.first, max([min(span.period.last, periods.today()), *known])
    if span.by == "month":
        day, until = month_of(min(known, default=until)), month_of(until)
    while day <= until:
        yield day
        day = day + DAY if span.by == "day" else next_month(day)


def _within(period: Period, part: Period) -> Period:
    """The days of a part that belong to a period."""
    return Period(max(period.first, part.first), min(period.last, part.last))


def _members(span: Span, grid: Grid, money: Sequence[Column]) -> Table:
    known = names.members([key[0] for key in grid])
    called = Counter(name.label for name in known.values())
    rows = [
        _named(
            known[account],
            sums,
            _entries(span, member=known[account].id),
            note=known[account].note if called[known[account].label] > 1 else "",
        )
        for (account,), sums in grid.items()
    ]
    return Table(
        slug="members",
        title="By member",
        head="Member",
        file_heads=("Member", "E-mail address"),
        columns=[*WORK, *GIFTS, *money],
        rows=rows,
        sort="-used",
    )


def _projects(span: Span, grid: Grid, money: Sequence[Column]) -> Table:
    known = names.projects([key[0] for key in grid])
    rows = [
        _named(known[project], sums, _entries(span, project=project), note=known[project].note)
        for (project,), sums in grid.items()
    ]
    return Table(
        slug="projects",
        title="By project",
        head="Project",
        file_heads=("Project", "Code and client"),
        columns=[*WORK, *money],
        rows=rows,
        sort="-used",
    )


def _named(name: names.Name, sums: Sums, url: str, *, note: str) -> Row:
    """A row of somebody or something; `note` is what a page needs to tell it from others, a file has all."""
    words = " · ".join(filter(None, (note, name.state)))
    return Row(name=name.label, note=words, cells=(name.label, name.note), sums=sums, url=url)


def _kinds(span: Span, works: Grid, money: Sequence[Column]) -> Table:
    rows = [
        _work(entries.MADE.get(made, made), sums, _entries(span, kind=made))
        for made, sums in _by(works, 0).items()
    ]
    columns = [*WORK, *money]
    return Table(slug="kinds", title="By kind", head="Kind", columns=columns, rows=rows, sort="-used")


def _models(span: Span, works: Grid, money: Sequence[Column]) -> Table:
    rows = [
        _work(MODELS[name].title if name in MODELS else names.plain(name), sums, _entries(span, model=name))
        for name, sums in _by(works, 1).items()
    ]
    columns = [*WORK, *money]
    return Table(slug="models", title="By model", head="Model", columns=columns, rows=rows, sort="-used")


def _work(name: str, sums: Sums, url: str) -> Row:
    return Row(name=name, cells=(name,), sums=sums, url=url)


def _by(works: Grid, place: int) -> dict[str, dict[str, int | Decimal]]:
    """Work added up by what stands at one place of its key; what is of no job is no work."""
    found: dict[str, dict[str, int | Decimal]] = {}
    for key, sums in works.items():
        if key[place]:
            row = found.setdefault(key[place], {})
            for name, number in sums.items():
                row[name] = row.get(name, 0) + number
    return found


def _entries(span: Span, **asked: object) -> str:
    """The address of the entries behind a figure."""
    return reverse("report_entries") + span.link(**asked)
