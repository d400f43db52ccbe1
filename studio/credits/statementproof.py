"""Holds the statements against the ledger: a closed month says what its entries come to, and has not changed since."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date

from studio.credits import ledger, statements
from studio.credits.figures import Figures
from studio.credits.models import Scope, Statement
from studio.credits.reading import Month, Reading

Place = tuple[date, str, int]
AT_ONCE = 200
NOTHING = Figures()
# What members and projects each come to the whole of.
WORK = ("orders", "pictures", "used", "released")
COUNTED = ("orders", "pictures", "granted", "adjusted", "expired", "used", "released")


def disagreements(reading: Reading) -> Iterator[str]:
    """Where a statement is not what it was or not what the ledger says, or is missing, each in a sentence."""
    figures = reading.figures()
    before: dict[tuple[str, int], dict[str, int]] = {}
    found: set[Place] = set()
    bound = Bound()
    for row in Statement.objects.order_by("month", "pk").iterator(chunk_size=AT_ONCE):
        place = (row.month, row.scope, row.subject_id)
        found.add(place)
        if words := bound.broken(row):
            yield f"Statement {row.number}: {words}"
        if altered := _altered(row):
            yield f"Statement {row.number}: {altered}"
            continue
        opened = before.get((row.scope, row.subject_id), {})
        for words in (
            *_made_from(row, reading.months.get(place, Month())),
            *_unlike(row, figures.get(place, NOTHING), opened),
            *_parts(row, figures),
        ):
            yield f"Statement {row.number}: {words}"
        before[row.scope, row.subject_id] = row.body["figures"]
    last = ledger.last_closed_month() or date.min
    for month, scope, subject_id in sorted(reading.months.keys() - found):
        if month <= last:
            yield f"Statement {statements.number_of(month, Scope(scope), subject_id)} is missing; its month is closed."


def _altered(row: Statement) -> str:
    """What is wrong when its words are not those that were hashed, or don't stand where they belong; else nothing."""
    if statements.sha256(row.body) != row.sha256:
        return "its words are not those of its hash."
    said = row.body["number"], row.body["month"], row.body["scope"], row.body["subject"]["id"]
    if said != (row.number, f"{row.month:%Y-%m}", row.scope, row.subject_id):
        return "it is filed under another number, month or name than it says."
    return ""


class Bound:
    """What the team's statements bind: all others of their month, and the team's before them."""

    def __init__(self) -> None:
        self.month: date | None = None
        self.others: list[str] = []
        self.before = ""

    def broken(self, row: Statement) -> str:
        """What is wrong with what a team's statement binds, else nothing; rows come by month, the team's last."""
        if row.month != self.month:
            self.month, self.others = row.month, []
        if row.scope != Scope.TEAM:
            self.others.append(row.sha256)
            return ""
        said, due = (
            (row.body.get("before"), row.body.get("others")),
            (self.before, statements.bind(self.others)),
        )
        self.before = row.sha256
        return "" if said == due else "the statements it binds are not those it was made with."


def _made_from(row: Statement, month: Month) -> Iterator[str]:
    """Whether the entries and the losses of its month are those it was made from."""
    if row.body["entries"] != {"count": month.entries, "sha256": month.hash.hexdigest()}:
        yield "the entries of its month are not those it was made from."
    if row.scope == Scope.TEAM and row.body["losses"] != statements.losses_of(row.month):
        yield "its losses are not those of the books."


def _unlike(row: Statement, ledger_says: Figures, before: Mapping[str, int]) -> Iterator[str]:
    """Whether it says what its entries come to, and begins where the one before it ended."""
    due, said = asdict(ledger_says), row.body["figures"]
    for name in COUNTED:
        if said[name] != due[name]:
            yield f"{name} is {said[name]:,}, by the ledger {due[name]:,}."
    if said["opening"] != (closed := before.get("closing", 0)):
        yield f"it opens with {said['opening']:,}; the one before it closed with {closed:,}."
    if said["held"] != before.get("held", 0) + due["held"] - due["used"] - due["released"]:
        yield "what it holds is not what was held before it and what moved."
    moved = said["granted"] + said["adjusted"] - said["used"] - said["expired"]
    if said["closing"] != said["opening"] + moved:
        yield "its closing is not its opening and what moved."


def _parts(row: Statement, figures: Mapping[Place, Figures]) -> Iterator[str]:
    """Whether its members and projects come to the whole, and on the team's each to what the ledger says."""
    for name, scope in (("members", Scope.MEMBER), ("projects", Scope.PROJECT)):
        parts = row.body[name]
        for figure in WORK if parts else ():
            if sum(part[figure] for part in parts) != row.body["figures"][figure]:
                yield f"its {name} don't come to its {figure}."
        for part in parts if row.scope == Scope.TEAM else ():
            due = asdict(figures.get((row.month, scope.value, part["id"]), NOTHING))
            if any(part[figure] != due[figure] for figure in WORK):
                yield f"{part['name']} of its {name} is not what the ledger says."
