"""The proof that the totals are what the ledger comes to: every row of them is held against its entries."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.db.models import Max, Min

from studio.credits import totals
from studio.credits.figures import Figures, Table, cells
from studio.credits.models import Entry, MemberTotal, ProjectTotal
from studio.credits.periods import month, month_of, next_month

TRIES = 5
NOTHING = Figures()


def disagreements() -> Iterator[str]:
    """Where the totals are not what the entries up to the last fold come to, each in a sentence."""
    for first in _months():
        yield from _in_month(first)


def against(days: Mapping[tuple[totals.Model, date], Table]) -> Iterator[str]:
    """The same for days that were counted elsewhere, by model and month; read in the same snapshot as these."""
    for first in _months():
        for model in totals.WHOSE:
            due: Table = {}
            for (day, *rest), figures in days.get((model, first), {}).items():
                due["day", day, *rest] = figures
                due.setdefault(("month", first, *rest), Figures()).add(figures)
            yield from _wrong(model, due, totals.rows_of(model, first, month(first).last))


def _months() -> Iterator[date]:
    """Every month from the first to the last of which there is an entry or a total."""
    known = [
        model.objects.aggregate(first=Min(day), last=Max(day))
        for model, day in ((Entry, "day"), (MemberTotal, "start"), (ProjectTotal, "start"))
    ]
    days = [day for bounds in known for day in bounds.values() if day]
    first = month_of(min(days, default=date.max))
    while first <= max(days, default=date.min):
        yield first
        first = next_month(first)


def _in_month(first: date) -> list[str]:
    """What is wrong in one month; one at a time, so that a million entries need little memory."""
    period = month(first)
    for _ in range(TRIES):
        done = totals.folded()
        entries = totals.real_entries().filter(day__range=(period.first, period.last), id__lte=done)
        due = totals.totals_of(cells(entries))
        there = {model: totals.rows_of(model, period.first, period.last) for model in due}
        if totals.folded() == done:
            return [words for model in due for words in _wrong(model, due[model], there[model])]
    return [f"{first:%B %Y}: the totals are being made anew; ask again when that is done."]


def _wrong(model: totals.Model, due: Table, there: Table) -> Iterator[str]:
    """Each row that differs, is missing, or should not be."""
    places = due.keys() | there.keys()
    for place in sorted(place for place in places if due.get(place, NOTHING) != there.get(place, NOTHING)):
        ledger, total = due.get(place, NOTHING), there.get(place, NOTHING)
        for name in totals.KEPT[model]:
            said, right = getattr(total, name), getattr(ledger, name)
            if said != right:
                yield f"{_said(model, place)}: {name} is {said:,}, by the ledger {right:,}."


def _said(model: totals.Model, place: tuple[Any, ...]) -> str:
    """Which total that is."""
    grain, start, whose, made, model_name = place
    owner = "account" if model is MemberTotal else "project"
    return " ".join(["The total of", grain, str(start), "of", owner, str(whose), made, model_name]).rstrip()
