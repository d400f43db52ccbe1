"""Orders whose answers were lost or that were given up, with the wallet before and after as evidence."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from studio.accounts.models import User
from studio.credits import findings
from studio.credits.models import Loss, WalletFinding, WalletReading
from studio.credits.sheets import Cell
from studio.jobs import evidence, watch
from studio.jobs.models import Job
from studio.jobs.states import WORKING
from studio.office.reconciliation import bounds, credits
from studio.office.spans import Span
from studio.office.walletfindings import Order, order_of, titles_of

Verdict = WalletFinding.Verdict
HEADER = (
    "Order",
    "Title",
    "Member",
    "Sent",
    "Credits",
    "Wallet before",
    "Wallet after",
    "Paid for others",
    "Shows",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """An order whose answer was lost, with the wallet before it was sent and after its credits went back.

    `paid` is what the books know to have left the wallet in between; `after` and `paid` are None until then.
    """

    order: Order
    before: Decimal | None
    after: Decimal | None
    paid: int | None
    words: str

    @property
    def figures(self) -> list[str]:
        """Wallet before and after and what others were paid, for the page; what is not known is empty."""
        return ["" if one is None else credits(one) for one in (self.before, self.after, self.paid)]

    @property
    def story(self) -> str:
        """The same in words, once the wallet was compared."""
        if self.before is None or self.after is None or self.paid is None:
            return ""
        moved = f"The wallet went from {credits(self.before)} to {credits(self.after)}"
        return f"{moved} with {credits(self.paid)} paid for others."


def lost_answers(api: str, span: Span, reader: User, most: int | None = None) -> list[Lost]:
    """The orders whose answers were lost in a span, the newest first, with what the wallet says of each."""
    jobs = list(evidence.unanswered(api, *bounds(span)).order_by("-sent_at")[:most])
    titles, told = titles_of(reader, jobs), _told(api, jobs)
    return [_lost(job, order_of(job, titles), told) for job in jobs]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What is known: the losses that were booked, the changes that were found and the quiet readings, both by time."""

    booked: frozenset[UUID]
    found: Sequence[WalletFinding]
    quiet: Sequence[WalletReading]

    def around(self, at: datetime) -> tuple[WalletReading | None, WalletReading | None]:
        """The quiet readings before and after a moment."""
        place = bisect_left(self.quiet, at, key=lambda reading: reading.at)
        before = self.quiet[place - 1] if place else None
        return before, self.quiet[place] if place < len(self.quiet) else None

    def finding(self, at: datetime) -> WalletFinding | None:
        """The change that was found in the time of a moment."""
        place = bisect_left(self.found, at, key=lambda finding: finding.until)
        found = self.found[place] if place < len(self.found) else None
        return found if found and found.since < at else None


def _told(api: str, jobs: Sequence[Job]) -> _Told:
    """What is known of the time of these orders."""
    since = min((job.sent_at for job in jobs if job.sent_at), default=timezone.now())
    before = findings.quiet(api).filter(at__lt=since).order_by("-at").values_list("at", flat=True)[:1]
    booked = Loss.objects.filter(job__in=[job.pk for job in jobs]).values_list("job", flat=True)
    return _Told(
        booked=frozenset(booked),
        found=list(WalletFinding.objects.filter(api=api, until__gt=since).order_by("until")),
        quiet=list(findings.quiet(api).filter(at__gte=before[0] if before else since).order_by("at")),
    )


def _lost(job: Job, order: Order, told: _Told) -> Lost:
    """What the wallet says of one order. While its answer may still come, nothing is said of afterwards."""
    before, after = told.around(job.settled_at or timezone.now())
    compared = before is not None and after is not None
    return Lost(
        order=order,
        before=before.balance if before else None,
        after=after.balance if after else None,
        paid=(after.spent or 0) - (before.spent or 0) if before and after else None,
        words=_says(job, told, compared=compared),
    )


def _says(job: Job, told: _Told, *, compared: bool) -> str:
    """Whether the provider was paid for an order whose answer was lost, as far as anybody can know."""
    if not job.settled_at:
        until = timezone.localtime(job.state_at + watch.late_answers())
        return f"The answer may still come, until {until:%H:%M}."
    if job.state in WORKING:
        return "The answer came late; its pictures are on their way."
    if job.pk in told.booked:
        return "Paid for, and lost to the team."
    if not compared:
        return "Not known yet: the wallet is compared once nothing is under way."
    found = told.finding(job.settled_at)
    if found is None:
        return "Not paid for: nothing was missing."
    if found.verdict == Verdict.OPEN:
        return "We can't know yet: see what is to be decided."
    return "Not counted as paid for."


def sheet(lost: Iterable[Lost]) -> Iterator[list[Cell]]:
    """Lost answers as rows of a file."""
    for one in lost:
        order = one.order
        yield [
            order.job,
            order.title,
            order.member,
            order.sent_at,
            order.credits,
            one.before,
            one.after,
            one.paid,
            one.words,
        ]
