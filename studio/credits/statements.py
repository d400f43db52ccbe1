"""The month of a member, a project or the team in figures; once the month is over it is closed and never changes.

A closed month is kept word for word with the hash of its words, and the words hold the hash of the entries they come
from. What is booked later counts for the month in which it is booked.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Min, QuerySet, Sum

from studio.credits import ledger, periods, prices
from studio.credits.models import Entry, Loss, Price, Scope, Statement
from studio.credits.tally import Figures, Sheet, Sheets, count

log = structlog.get_logger(__name__)
LETTERS = {Scope.TEAM: "T", Scope.MEMBER: "M", Scope.PROJECT: "P"}


def number_of(month: date, scope: Scope, subject_id: int = 0) -> str:
    """How a statement is called: "2026-10-T", "2026-10-M7", "2026-10-P3"."""
    return f"{month:%Y-%m}-{LETTERS[scope]}{subject_id or ''}"


def sha256(body: dict[str, Any]) -> str:
    """The hash of a statement's words, 64 hex digits."""
    said = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def body_of(month: date, scope: Scope, subject_id: int = 0) -> dict[str, Any] | None:
    """What a statement says: of a closed month as it was closed, of an open one as it is so far; None without one.

    Of the team's open month the reports tell, which need not read every entry of it.
    """
    close_past_months()
    if month <= (ledger.last_closed_month() or date.min):
        row = Statement.objects.filter(month=month, scope=scope, subject_id=subject_id).first()
        return row.body if row else None
    if scope == Scope.TEAM:
        return None
    sheet = _gather(month, entries_of(month, scope, subject_id)).get((scope, subject_id))
    return _body(month, scope, subject_id, sheet) if sheet else None


def close_past_months() -> None:
    """Close every month that is over. Safe to run by several at once, and at any time later."""
    while (month := _next_to_close()) and periods.next_month(month) <= periods.today():
        close(month)


def _next_to_close() -> date | None:
    """The oldest month that is not closed; None while there is no entry."""
    if last := ledger.last_closed_month():
        return periods.next_month(last)
    first: date | None = _real().aggregate(first=Min("day"))["first"]
    return first and periods.month_of(first)


def close(month: date) -> None:
    """Make the statements of a month that is over, once.

    They are written before the accounts are locked, so that nobody's order waits for it; if an entry or a price
    slipped in meanwhile nothing is kept, and `close_past_months` writes them anew.
    """
    seen = _seen(month)
    made = _written(month)
    with transaction.atomic():
        ledger.lock_all()
        if _next_to_close() != month or _seen(month) != seen:
            return
        for row in made:
            row.save()
    log.info("month closed", month=f"{month:%Y-%m}", statements=len(made))


def _seen(month: date) -> dict[str, Any]:
    """What tells whether anything was booked into a month since, or what was used in it costs something else."""
    period = periods.month(month)
    days = {"day__range": (period.first, period.last)}
    entries = _real().filter(**days).aggregate(entries=Count("id"), newest=Max("id"))
    known = Price.objects.filter(start__lte=period.last).values_list("start", "amount", "currency")
    return entries | Loss.objects.filter(**days).aggregate(losses=Count("id")) | {"prices": list(known)}


def _written(month: date) -> list[Statement]:
    """The statements of a month, the team's last: it holds the hashes of the others and of the team's before it."""
    sheets = _gather(month, entries_of(month))
    team = sheets.pop((Scope.TEAM, 0))
    made = [
        _statement(_body(month, scope, subject_id, sheet)) for (scope, subject_id), sheet in sheets.items()
    ]
    bound = {"before": last_hash(), "others": bind(row.sha256 for row in made)}
    return [*made, _statement(_body(month, Scope.TEAM, 0, team) | bound)]


def last_hash() -> str:
    """The hash of the team's newest statement, which stands for all before it; empty before the first."""
    newest = Statement.objects.filter(scope=Scope.TEAM).order_by("month").last()
    return newest.sha256 if newest else ""


def bind(hashes: Iterable[str]) -> str:
    """One hash for several, in any order; 64 hex digits."""
    return hashlib.sha256("".join(sorted(hashes)).encode()).hexdigest()


def _statement(body: dict[str, Any]) -> Statement:
    """The row that keeps a statement's words with their hash."""
    return Statement(
        number=body["number"],
        month=date.fromisoformat(f"{body['month']}-01"),
        scope=body["scope"],
        subject_id=body["subject"]["id"],
        body=body,
        sha256=sha256(body),
    )


def _real() -> "QuerySet[Entry, Entry]":
    """Entries that cost something: play money stands in no statement."""
    entries: QuerySet[Entry, Entry] = Entry.objects.filter(account__sandbox=False)
    return entries


def entries_of(month: date, scope: Scope = Scope.TEAM, subject_id: int = 0) -> "QuerySet[Entry, Entry]":
    """The entries a statement is about, oldest first."""
    whose = {
        Scope.TEAM: {},
        Scope.MEMBER: {"account__user": subject_id},
        Scope.PROJECT: {"project_id": subject_id},
    }[scope]
    period = periods.month(month)
    rows = _real().filter(day__range=(period.first, period.last), **whose)
    return rows.select_related("account__user").order_by("id")


def _gather(month: date, entries: Iterable[Entry]) -> Sheets:
    """The sheets of everyone a month concerns, each of which begins where its last statement ended."""
    sheets = _opened(month)
    count(entries, sheets)
    for (scope, subject_id), sheet in sheets.items():
        if scope == Scope.PROJECT:
            last = Statement.objects.filter(scope=scope, subject_id=subject_id).order_by("month").last()
            sheet.figures.carry(last.body["figures"] if last else {})
    return sheets


def _opened(month: date) -> Sheets:
    """The sheets of the team, and of every member who brings something along from the month before."""
    before = Statement.objects.filter(month=periods.last_month(month)).exclude(scope=Scope.PROJECT)
    sheets: Sheets = {(Scope.TEAM, 0): Sheet("The team")}
    for row in before:
        figures = Figures()
        figures.carry(row.body["figures"])
        if row.scope == Scope.TEAM or figures.opening or figures.held:
            sheets[Scope(row.scope), row.subject_id] = Sheet(row.body["subject"]["name"], figures)
    return sheets


def _body(month: date, scope: Scope, subject_id: int, sheet: Sheet) -> dict[str, Any]:
    """The words of a statement: all that is printed but the pictures, with the names as they stand now."""
    money = prices.worth(sheet.used_on, prices.versions())
    return {
        "number": number_of(month, scope, subject_id),
        "month": f"{month:%Y-%m}",
        "time_zone": settings.TIME_ZONE,
        "scope": scope.value,
        "subject": {"id": subject_id, "name": sheet.name},
        "figures": _said(sheet.figures),
        "money": {currency: str(amount) for currency, amount in sorted(money.items())},
        "members": _rows(sheet, Scope.MEMBER),
        "projects": _rows(sheet, Scope.PROJECT),
        "losses": losses_of(month) if scope == Scope.TEAM else {},
        "entries": {"count": sheet.count, "sha256": sheet.digest.hexdigest()},
    }


def _said(figures: Figures) -> dict[str, int]:
    """Figures with the balance they end in."""
    return asdict(figures) | {"closing": figures.closing}


def _rows(sheet: Sheet, scope: Scope) -> list[dict[str, Any]]:
    """What each member or project had of it, by name."""
    parts = [(part.name, subject_id, part) for (of, subject_id), part in sheet.parts.items() if of == scope]
    return [
        {"id": subject_id, "name": name} | _said(part.figures)
        for name, subject_id, part in sorted(parts, key=lambda row: (row[0].casefold(), row[1]))
    ]


def losses_of(month: date) -> dict[str, int]:
    """What the provider took in a month for pictures nobody received, by what became of them."""
    period = periods.month(month)
    rows = Loss.objects.filter(day__range=(period.first, period.last))
    return dict(rows.values_list("why").annotate(Sum("credits")).order_by("why"))
