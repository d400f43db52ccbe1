"""Changes of the wallet that the books don't explain, in words for who has to decide what they were."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from studio.accounts.models import User
from studio.credits import findings, reconcile
from studio.credits.models import WalletFinding
from studio.credits.sheets import Cell
from studio.jobs import evidence, ordered
from studio.jobs.models import Job
from studio.office.names import plain
from studio.office.reconciliation import bounds, changed, credits, signed
from studio.office.spans import Span

Verdict = WalletFinding.Verdict
HEADER = (
    "Since",
    "Until",
    "Wallet before",
    "Wallet after",
    "Amount",
    "What it was",
    "Note",
    "Decided by",
    "Decided",
)
# A refund is looked for among what was missing so long before.
LATE_REFUND = timedelta(days=7)
MOST_CARDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order that may have to do with a change. `credits` are what it may have taken, or may get back."""

    job: UUID
    title: str
    member: str
    sent_at: datetime | None
    credits: int
    ticked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A change to be decided: what is known of it, and the orders that may explain it."""

    finding: WalletFinding
    rest: Decimal
    lost: Sequence[Order]
    coming: Sequence[Order]
    short: Sequence[Order]
    missing_before: WalletFinding | None

    @property
    def title(self) -> str:
        """What happened, in a few words."""
        return changed(self.rest)

    @property
    def story(self) -> str:
        """How the wallet and the books went apart."""
        of = self.finding
        paid = of.amount - (of.balance_after - of.balance_before)
        known = f"{credits(paid)} that left it" if paid else "nothing that left it"
        explained = (
            f" {credits(self.rest - of.amount)} of it went for pictures that came late."
            if self.rest != of.amount
            else ""
        )
        return (
            f"The wallet went from {credits(of.balance_before)} to {credits(of.balance_after)}, and the books know"
            f" of {known} in that time.{explained}"
        )

    @property
    def is_proposed(self) -> bool:
        """Whether the lost answers that are ticked cost just what is missing."""
        return any(order.ticked for order in self.lost)


def undecided(reader: User) -> list[Card]:
    """The oldest changes that nobody has decided yet, of whatever API, as a person may read of them."""
    found = WalletFinding.objects.filter(verdict=Verdict.OPEN).order_by("pk")[:MOST_CARDS]
    return [_card(finding, reader) for finding in found]


def waiting() -> int:
    """How many changes nobody has decided yet."""
    return WalletFinding.objects.filter(verdict=Verdict.OPEN).count()


def _card(finding: WalletFinding, reader: User) -> Card:
    proof, rest = evidence.of(finding), findings.rest(finding)
    titles = titles_of(reader, [*proof.lost, *proof.coming, *proof.short])
    proposed = reconcile.proposal(-rest, proof.costs) or frozenset()
    return Card(
        finding=finding,
        rest=rest,
        lost=[order_of(job, titles, ticked=job.pk in proposed) for job in proof.lost],
        coming=[order_of(job, titles) for job in proof.coming],
        short=[order_of(job, titles) for job in proof.short],
        missing_before=_missing_before(finding, rest),
    )


def _missing_before(finding: WalletFinding, rest: Decimal) -> WalletFinding | None:
    """A fall of just as much, not long before a rise: what came in may be its late refund."""
    falls = WalletFinding.objects.filter(
        api=finding.api,
        verdict__in=[Verdict.OPEN, Verdict.OUTSIDE],
        amount=-rest,
        until__lte=finding.until,
        until__gt=finding.until - LATE_REFUND,
    )
    return falls.order_by("-until").first() if rest > 0 else None


def order_of(job: Job, titles: Mapping[UUID, str], *, ticked: bool = False) -> Order:
    """A job as the page tells of it."""
    return Order(
        job=job.pk,
        title=titles[job.pk],
        member=plain(str(job.owner)),
        sent_at=job.sent_at,
        credits=job.cost - job.captured,
        ticked=ticked,
    )


def titles_of(reader: User, jobs: Collection[Job]) -> dict[UUID, str]:
    """What orders were for, as far as the reader may know."""
    told = ordered.titles(reader, {job.pk for job in jobs})
    return {job.pk: plain(told[job.pk].title) if job.pk in told else "Private" for job in jobs}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A change that was decided: what it was, in words, and who said so."""

    finding: WalletFinding
    amount: str
    words: str
    by: str


def decided(api: str, span: Span, most: int | None = None) -> list[Decided]:
    """The changes of a span that were decided, the newest first."""
    begin, end = bounds(span)
    found = WalletFinding.objects.filter(api=api, until__gte=begin, until__lt=end).exclude(
        verdict=Verdict.OPEN
    )
    rows = list(found.select_related("decided_by").order_by("-until")[:most])
    lost = findings.lost_on(rows)
    return [told(one, one.amount + lost.get(one.pk, 0)) for one in rows]


def told(finding: WalletFinding, rest: Decimal) -> Decided:
    """One decided change: "Topped up with 500", "Spent outside the studio, or not refunded: 5; …"."""
    lost = rest - finding.amount
    said = {
        Verdict.TOP_UP: f"Topped up with {credits(rest)}",
        Verdict.REFUND: f"Refunded late: {credits(rest)}",
        Verdict.OUTSIDE: f"Spent outside the studio, or not refunded: {credits(-rest)}",
    }.get(Verdict(finding.verdict), "")
    gone = f"Paid for answers that were lost: {credits(lost)}" if lost else ""
    return Decided(
        finding=finding,
        amount=signed(finding.amount),
        words="; ".join(filter(None, (said if rest else "", gone))),
        by=plain(str(finding.decided_by)) if finding.decided_by else "the studio",
    )


def sheet(found: Iterable[Decided]) -> Iterator[list[Cell]]:
    """The decided changes as rows of a file."""
    for one in found:
        of = one.finding
        window: list[Cell] = [of.since, of.until, of.balance_before, of.balance_after, of.amount]
        yield [*window, one.words, of.note, one.by, of.decided_at]
