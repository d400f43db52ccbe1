"""The audit: everything that must agree, read as it stood at one moment and held against each other."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import structlog

from studio.credits import audit, findings, proof, statementproof, statements
from studio.credits import reading as entries
from studio.credits.models import ApiUsed, AuditRun, MemberTotal, ProjectTotal, Scope, Statement
from studio.credits.snapshot import snapshot
from studio.jobs import audit as orders
from studio.office import mail

log = structlog.get_logger(__name__)
# So many sentences of an audit are kept and mailed; the command prints all.
KEPT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an audit looked at, in words, and what it found to disagree, each in a sentence.

    `newest_statement` is the hash by which the next audit knows that no closed month was taken away.
    """

    looked_at: str
    found: tuple[str, ...]
    seconds: float
    newest_statement: str = ""

    def words(self) -> str:
        """What it says, a sentence a line, the first ones only when there are very many."""
        if not self.found:
            return f"{self.looked_at}: all agree."
        more = len(self.found) - KEPT
        return "\n".join([*self.found[:KEPT], *([f"And {more:,} more."] if more > 0 else [])])


def look() -> Report:
    """Hold all books against each other, while people work; nothing is written and nobody waits."""
    began = time.monotonic()
    with snapshot():
        reading = entries.read()
        found = tuple(_disagreements(reading))
        rows = MemberTotal.objects.count() + ProjectTotal.objects.count()
        looked_at = (
            f"{reading.entries:,} entries, {len(reading.users):,} accounts, {orders.real().count():,} orders,"
            f" {rows:,} totals, {Statement.objects.count():,} statements"
        )
        newest = statements.last_hash()
    seconds = time.monotonic() - began
    return Report(looked_at=looked_at, found=found, seconds=seconds, newest_statement=newest)


def _disagreements(reading: entries.Reading) -> Iterator[str]:
    yield from audit.disagreements(reading)
    yield from orders.disagreements(reading)
    yield from proof.against(reading.days)
    yield from statementproof.disagreements(reading)
    yield from _taken_away()
    yield from _wallets()


def _taken_away() -> Iterator[str]:
    """The newest statement that the last audit saw, if it is not there any more."""
    seen = AuditRun.objects.exclude(newest_statement="").order_by("-pk").first()
    if seen and not Statement.objects.filter(scope=Scope.TEAM, sha256=seen.newest_statement).exists():
        yield (
            f"The team's newest statement of the audit of {seen.at:%Y-%m-%d %H:%M} (UTC) is not there any more:"
            f" closed months were taken away or written anew. Its hash was {seen.newest_statement}."
        )


def _wallets() -> Iterator[str]:
    """Changes of the wallet between two readings of which no finding tells, or of another one."""
    for api in ApiUsed.objects.values_list("name", flat=True):
        for first, second in findings.missed(api):
            amount = findings.total(second) - findings.total(first)
            yield (
                f"The wallet of {api} moved by {amount:+,.0f} beside the books between {first.at:%Y-%m-%d %H:%M}"
                f" and {second.at:%Y-%m-%d %H:%M} (UTC); the finding of that time says otherwise, or is missing."
            )


def try_to_look() -> Report:
    """The same; an audit that breaks off is an alarm as well, since somebody may have broken what it reads."""
    began = time.monotonic()
    try:
        return look()
    except Exception as error:
        log.exception("the audit broke off")
        words = f"The audit could not be finished: {type(error).__name__}. The log says where."
        return Report(looked_at="Nothing", found=(words,), seconds=time.monotonic() - began)


def keep(report: Report) -> None:
    """Keep what an audit said: the banner of admins goes by the newest."""
    AuditRun.objects.create(
        disagreements=len(report.found),
        seconds=round(report.seconds, 2),
        words=report.words(),
        # One that broke off saw none, and one that found something missing must go on saying so.
        newest_statement="" if report.found else report.newest_statement,
    )
    told = log.error if report.found else log.info
    told("audit", disagreements=len(report.found), seconds=round(report.seconds, 1))


def alarm(report: Report) -> None:
    """Write to the admins when something disagrees."""
    if report.found:
        mail.tell_admins("The books need a look", f"The audit found what disagrees:\n\n{report.words()}")
