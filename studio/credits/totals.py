"""The real accounts' entries added up by day and month, so that a report over years need not read them all."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Max, Q, QuerySet, Sum

from studio.credits.figures import Cell, Figures, Table, cells, count, each
from studio.credits.models import Account, Entry, Fold, MemberTotal, ProjectTotal
from studio.credits.periods import Period, month_of, next_month

log = structlog.get_logger(__name__)
Grain = MemberTotal.Grain
Model = type[MemberTotal] | type[ProjectTotal]
WORK = ("orders", "pictures", "held", "used", "released")
# What each model has a row for, and the figures it keeps of it.
WHOSE: Mapping[Model, str] = {MemberTotal: "account_id", ProjectTotal: "project_id"}
KEPT: Mapping[Model, Sequence[str]] = {
    MemberTotal: (*WORK, "granted", "adjusted", "expired"),
    ProjectTotal: WORK,
}
# So many entries are folded in one transaction: on SQLite nobody else writes meanwhile.
AT_ONCE = 20_000
# A fold between two of our queries makes us read again; while totals are made anew there is one after the other.
TRIES = 3


def figures(
    period: Period, *, by: Sequence[str] = (), account_id: int | None = None, project_id: int | None = None
) -> Table:
    """The figures of a period by any of account_id, project_id, day, month, made, model_name, to the last entry.

    Keys are in the order of `by`; what has no entry has no key. Where projects are asked for, only what is of a job
    counts. What members did for single projects is read from the entries: ask for it of one of them, or of a month.
    """
    whose = {"account_id": account_id, "project_id": project_id}
    return tables(period, [by], **{name: number for name, number in whose.items() if number is not None})[0]


def tables(period: Period, asked: Sequence[Sequence[str]], **whose: int) -> list[Table]:
    """Several such tables of one and the same moment, so that their sums agree."""
    return at_once([(period, by) for by in asked], **whose)


def at_once(asked: Sequence[tuple[Period, Sequence[str]]], **whose: int) -> list[Table]:
    """The same for tables of several periods."""
    first, end = min(period.first for period, _by in asked), max(period.end for period, _by in asked)
    entries = real_entries().filter(day__gte=first, day__lt=end, **whose)
    for _ in range(TRIES):
        done = folded()
        found = [_folded_part(period, by, whose, entries.filter(id__lte=done)) for period, by in asked]
        rest = list(each(real_entries().filter(id__gt=done, **whose).order_by("id")))
        if folded() == done:
            break
    else:
        found, rest = [{} for _ in asked], list(cells(entries))
    for (period, by), table in zip(asked, found, strict=True):
        count(rest, period, by, table)
    return found


def real_entries() -> "QuerySet[Entry, Any]":
    """Play money is in no total."""
    # A join would lead databases from the accounts to all of their entries.
    entries: QuerySet[Entry, Any] = Entry.objects.exclude(account__in=Account.objects.filter(sandbox=True))
    return entries


def folded() -> int:
    """The last entry that is in the totals."""
    return Fold.objects.values_list("entry_id", flat=True).first() or 0


def _folded_part(
    period: Period, by: Sequence[str], whose: Mapping[str, int], entries: "QuerySet[Entry, Any]"
) -> Table:
    """A table of what is in the totals; `entries` are the same, for what totals don't tell apart."""
    table: Table = {}
    asked = {*by, *whose}
    if asked.issuperset(WHOSE.values()):
        count(cells(entries), period, by, table)
        return table
    model = ProjectTotal if "project_id" in asked else MemberTotal
    rows = model.objects.filter(_spans(period, days_only="day" in by), **whose)
    for place, sums in _sums(rows, model, ["start" if name in {"day", "month"} else name for name in by]):
        key = tuple(month_of(part) if name == "month" else part for name, part in zip(by, place, strict=True))
        table.setdefault(key, Figures()).add(sums)
    return table


def _spans(period: Period, *, days_only: bool) -> Q:
    """The totals that cover a period: its whole months, and days for the rest."""
    days, months = Q(grain=Grain.DAY), Q(grain=Grain.MONTH)
    begin = period.first if period.first.day == 1 else next_month(period.first)
    end = month_of(period.end)
    if days_only or begin >= end:
        return days & Q(start__gte=period.first, start__lt=period.end)
    before = days & Q(start__gte=period.first, start__lt=begin)
    after = days & Q(start__gte=end, start__lt=period.end)
    return before | months & Q(start__gte=begin, start__lt=end) | after


def _sums(rows: "QuerySet[Any, Any]", model: Model, columns: Sequence[str]) -> Iterator[tuple[Any, Figures]]:
    """Totals added up by some of their columns."""
    kept = KEPT[model]
    # Something to group by must be named, even when nothing is asked for.
    for _grain, *found in rows.values_list("grain", *columns).annotate(*map(Sum, kept)):
        sums = dict(zip(kept, found[len(columns) :], strict=True))
        yield found[: len(columns)], Figures(**sums)


def fold() -> None:
    """Put what was booked since the last time into the totals. Safe to run by several at once."""
    before, upto = folded(), _last_written()
    while _fold_some(upto):
        pass
    if before < upto:
        log.info("entries folded", before=before, upto=upto)


def _last_written() -> int:
    """The newest entry: all with smaller numbers are written, or never will be."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            # Numbers are given before the commit. Who writes an entry has a lock on its table: wait until nobody has.
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE credits_entry IN SHARE MODE")
        return Entry.objects.aggregate(last=Max("id"))["last"] or 0


def _fold_some(upto: int) -> bool:
    """Fold the next entries; False when there are none."""
    with transaction.atomic():
        Fold.objects.get_or_create(pk=1, defaults={"entry_id": 0})
        done = Fold.objects.select_for_update().get(pk=1).entry_id
        last = min(done + AT_ONCE, upto)
        if last <= done:
            return False
        entries = real_entries().filter(id__gt=done, id__lte=last).order_by("id")
        for model, added in totals_of(each(entries)).items():
            _add(model, added)
        Fold.objects.filter(pk=1).update(entry_id=last)
    return True


def totals_of(found: Iterable[Cell]) -> dict[Model, Table]:
    """The rows of both models that cells come to, by the columns that tell them apart."""
    rows: dict[Model, Table] = {model: {} for model in WHOSE}
    for cell, sums in found:
        for model, whose in WHOSE.items():
            if cell[whose] is None:
                continue
            for grain, start in ((Grain.DAY, cell["day"]), (Grain.MONTH, month_of(cell["day"]))):
                place = (grain.value, start, cell[whose], cell["made"], cell["model_name"])
                rows[model].setdefault(place, Figures()).add(sums)
    return rows


def columns_of(model: Model) -> tuple[str, ...]:
    """The columns that tell one row of a model from another."""
    return ("grain", "start", WHOSE[model], "made", "model_name")


def rows_of(model: Model, first: date, last: date) -> Table:
    """The rows that start on these days, by the columns that tell them apart."""
    columns, kept = columns_of(model), KEPT[model]
    rows = model.objects.filter(grain__in=Grain.values, start__range=(first, last)).values_list(
        *columns, *kept
    )
    return {row[: len(columns)]: Figures(**dict(zip(kept, row[len(columns) :], strict=True))) for row in rows}


def _add(model: Model, added: Table) -> None:
    """Add to the rows that are there, and write those that are not."""
    if not added:
        return
    starts = [start for _grain, start, *_rest in added]
    there = rows_of(model, min(starts), max(starts))
    columns, kept = columns_of(model), KEPT[model]
    rows: list[Any] = []
    for place, sums in added.items():
        sums.add(there.get(place, Figures()))
        said = {name: getattr(sums, name) for name in kept}
        rows.append(model(**dict(zip(columns, place, strict=True)), **said))
    model.objects.bulk_create(rows, update_conflicts=True, unique_fields=columns, update_fields=kept)


def rebuild() -> None:
    """Throw the totals away and make them again from all entries; who reads meanwhile reads the entries."""
    with transaction.atomic():
        Fold.objects.update_or_create(pk=1, defaults={"entry_id": 0})
        for model in WHOSE:
            model.objects.all().delete()
    fold()
