"""Holds the statements against the ledger: a closed month says what its entries come to, and has not changed since."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date

from studio.credits import ledger, statements
from studio.credits.models import Scope, Statement
from studio.credits.reading import Month, Reading

Place = tuple[date, Scope, int]
AT_ONCE = 200
COUNTED = ("orders", "pictures", "granted", "adjusted", "expired", "used", "released")


def disagreements(reading: Reading) -> Iterator[str]:
    """Where a statement is not what it was or not what the ledger says, or is missing, each in a sentence."""
    closing: dict[tuple[str, int], int] = {}
    found: set[Place] = set()
    for row in Statement.objects.order_by("month", "pk").iterator(chunk_size=AT_ONCE):
        place = (row.month, Scope(row.scope), row.subject_id)
        found.add(place)
        if altered := _altered(row):
            yield f"Statement {row.number}: {altered}"
            continue
        for words in _unlike(row, reading.months.get(place, Month())):
            yield f"Statement {row.number}: {words}"
        opening = row.body["figures"]["opening"]
        if opening != (before := closing.get((row.scope, row.subject_id), 0)):
            yield f"Statement {row.number}: it opens with {opening:,}; the one before it closed with {before:,}."
        closing[row.scope, row.subject_id] = row.body["figures"]["closing"]
    last = ledger.last_closed_month() or date.min
    for month, scope, subject_id in sorted(reading.months.keys() - found):
        if month <= last:
            yield f"Statement {statements.number_of(month, scope, subject_id)} is missing; its month is closed."


def _altered(row: Statement) -> str:
    """What is wrong when its words are not those that were hashed, or don't stand where they belong; else nothing."""
    if statements.sha256(row.body) != row.sha256:
        return "its words are not those of its hash."
    said = row.body["number"], row.body["month"], row.body["scope"], row.body["subject"]["id"]
    if said != (row.number, f"{row.month:%Y-%m}", row.scope, row.subject_id):
        return "it is filed under another number, month or name than it says."
    return ""


def _unlike(row: Statement, month: Month) -> Iterator[str]:
    """Whether the entries of its month are those it was made from, and come to its figures."""
    if row.body["entries"] != {"count": month.entries, "sha256": month.hash.hexdigest()}:
        yield "the entries of its month are not those it was made from."
    due, said = asdict(month.figures), row.body["figures"]
    for name in COUNTED:
        if said[name] != due[name]:
            yield f"{name} is {said[name]:,}, by the ledger {due[name]:,}."
    moved = said["granted"] + said["adjusted"] - said["used"] - said["expired"]
    if said["closing"] != said["opening"] + moved:
        yield "its closing is not its opening and what moved."
