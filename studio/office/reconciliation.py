"""The wallet and the books side by side: what should be in it, what is, and where the credits went."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal
from itertools import pairwise

from django.db.models import Max
from django.db.models.functions import TruncDate, TruncMonth
from django.utils import timezone

from studio.credits import findings
from studio.credits.models import Loss, WalletFinding, WalletReading
from studio.credits.periods import month_of
from studio.credits.sheets import Cell
from studio.office import charts
from studio.office.spans import Span

Verdict = WalletFinding.Verdict
NOTHING = Decimal(0)
# Where the credits of the wallet go to and come from, in the order of the table.
PARTS = {
    "paid": "Paid for pictures",
    "lost": "Lost",
    "outside": "Outside",
    "topup": "Topped up",
    "refund": "Refunded late",
    "open": "Not explained",
}
MEANS: Mapping[str, str] = {
    Verdict.OUTSIDE: "outside",
    Verdict.TOP_UP: "topup",
    Verdict.REFUND: "refund",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The newest reading against the books, in credits.

    `low` and `high` are what should be in the wallet, which is one figure unless jobs are under way. `difference`
    is what is there beyond that; it began at `since`, or if it is nothing books and wallet agree since then.
    `provisional` is the part of it that is seen although jobs are under way.
    """

    actual: Decimal
    read_at: datetime
    low: Decimal
    high: Decimal
    difference: Decimal
    since: datetime
    provisional: findings.Provisional | None

    @property
    def under_way(self) -> str:
        """What may have been taken for jobs that are not over; empty when there are none."""
        return credits(self.high - self.low) if self.high > self.low else ""

    @property
    def holds(self) -> str:
        """What is there."""
        return credits(self.actual)

    @property
    def should_hold(self) -> str:
        """What should be there: "1,240", or "1,220 – 1,240"."""
        return f"{credits(self.low)} – {credits(self.high)}" if self.under_way else credits(self.high)

    @property
    def seen(self) -> str:
        """What is provisional, in words."""
        return f"At least {changed(self.provisional.least)}" if self.provisional else ""

    @property
    def differs(self) -> str:
        """ "−5", "+500", or nothing when they agree."""
        return signed(self.difference) if self.difference else ""


def standing(api: str) -> Standing | None:
    """How wallet and books stand now; None before they could be compared for the first time."""
    quiet = findings.quiet(api)
    began, settled = quiet.first(), quiet.last()
    newest = WalletReading.objects.filter(api=api, open__isnull=False).order_by("pk").last()
    if began is None or settled is None or newest is None:
        return None
    open_ones = list(WalletFinding.objects.filter(api=api, verdict=Verdict.OPEN).order_by("since"))
    explained = findings.lost_on(open_ones)
    unexplained = sum((one.amount + explained.get(one.pk, 0) for one in open_ones), NOTHING)
    should = findings.total(settled) - unexplained
    high = should - (newest.spent or 0)
    low = high - (newest.open or 0)
    seen = findings.provisional(api)
    since = open_ones[0].since if open_ones else seen.since if seen else began.at
    return Standing(
        actual=newest.balance,
        read_at=newest.at,
        low=low,
        high=high,
        difference=max(newest.balance - high, NOTHING) + min(newest.balance - low, NOTHING),
        since=since,
        provisional=seen,
    )


def changed(amount: Decimal) -> str:
    """A change in words: "5 credits are missing", "1 credit came in"."""
    one = abs(amount) == 1
    what = "came in" if amount > 0 else "is missing" if one else "are missing"
    return f"{credits(abs(amount))} credit{'' if one else 's'} {what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A day or a month from `start`: what was in the wallet at its end, and what made it so.

    `parts` are signed and add up to it.
    """

    start: date
    at: datetime
    wallet: Decimal
    parts: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def figures(self) -> list[str]:
        """The parts in the order of the table; what is nothing is empty."""
        return [signed(amount) if (amount := self.parts.get(name, NOTHING)) else "" for name in PARTS]

    @property
    def holds(self) -> str:
        """What was there."""
        return credits(self.wallet)


def rows(api: str, span: Span) -> list[Row]:
    """The days of a span that end with nothing under way, oldest first, after what was there before them.

    Others have nothing to compare: what happened in them stands in the next one that has. A span of many days has
    months instead.
    """
    readings = _ends(api, span)
    if not readings:
        return []
    first, last = readings[0], readings[-1]
    told = split(WalletFinding.objects.filter(api=api, until__gt=first.at, until__lte=last.at))
    losses = Loss.objects.filter(api=api, finding=None, at__gt=first.at, at__lte=last.at)
    certain = [(at, Decimal(-cost)) for at, cost in losses.values_list("at", "credits")]
    opening = Row(start=_day(first.at), at=first.at, wallet=first.balance)
    found = [_row(before, after, told, certain) for before, after in pairwise(readings)]
    if span.by == "month":
        found = [replace(row, start=month_of(row.start)) for row in found]
    return [opening, *found]


def _ends(api: str, span: Span) -> list[WalletReading]:
    """The last quiet reading of each part of a span, and of the time before it."""
    begin, end = bounds(span)
    of = TruncDate("at") if span.by == "day" else TruncMonth("at")
    quiet = findings.quiet(api).order_by()
    lasts = quiet.filter(at__gte=begin, at__lt=end).annotate(part=of).values("part").annotate(last=Max("pk"))
    before = quiet.filter(at__lt=begin).order_by("-pk").values_list("pk", flat=True)[:1]
    return list(findings.quiet(api).filter(pk__in=[*before, *lasts.values_list("last", flat=True)]))


def bounds(span: Span) -> tuple[datetime, datetime]:
    """When a span begins, and when it is over."""
    first, end = (
        timezone.make_aware(datetime.combine(day, time.min)) for day in (span.period.first, span.period.end)
    )
    return first, end


def _day(at: datetime) -> date:
    return timezone.localdate(at)


def _row(
    before: WalletReading,
    after: WalletReading,
    told: Iterable[tuple[datetime, Mapping[str, Decimal]]],
    certain: Iterable[tuple[datetime, Decimal]],
) -> Row:
    """What changed from one quiet reading to another."""
    parts = dict.fromkeys(PARTS, NOTHING)
    parts["lost"] = sum((cost for at, cost in certain if before.at < at <= after.at), NOTHING)
    parts["paid"] = Decimal((before.spent or 0) - (after.spent or 0)) - parts["lost"]
    for until, found in told:
        if before.at < until <= after.at:
            for name, amount in found.items():
                parts[name] += amount
    # Whatever else it is, no credit may be hidden.
    parts["open"] += after.balance - before.balance - sum(parts.values(), NOTHING)
    return Row(start=_day(after.at), at=after.at, wallet=after.balance, parts=parts)


def split(found: Iterable[WalletFinding]) -> list[tuple[datetime, dict[str, Decimal]]]:
    """What findings consist of, by when they were seen: what was lost of them, and the rest as it was decided."""
    rows = list(found)
    lost = {number: Decimal(cost) for number, cost in findings.lost_on(rows).items()}
    return [
        (
            one.until,
            {
                "lost": -lost.get(one.pk, NOTHING),
                MEANS.get(one.verdict, "open"): one.amount + lost.get(one.pk, NOTHING),
            },
        )
        for one in rows
    ]


def sums(table: Sequence[Row]) -> list[str]:
    """What the parts of all rows add up to."""
    totals = {name: sum((row.parts.get(name, NOTHING) for row in table), NOTHING) for name in PARTS}
    return [signed(total) for total in totals.values()]


def chart(api: str, span: Span) -> charts.WalletChart:
    """The wallet over the days of a span, with what was paid in."""
    begin, end = bounds(span)
    readings = WalletReading.objects.filter(api=api, at__gte=begin, at__lt=end).order_by("at")
    rises = WalletFinding.objects.filter(api=api, until__gte=begin, until__lt=end, verdict=Verdict.TOP_UP)
    paid_in = {until: parts["topup"] for until, parts in split(rises)}
    points = [
        charts.WalletPoint(at, balance, paid_in.get(at, NOTHING))
        for at, balance in readings.values_list("at", "balance")
    ]
    return charts.wallet(points, title="The team's wallet", name="wallet")


def credits(amount: Decimal | int) -> str:
    """Credits for people: "1,240", "−5", with cents only where there are some."""
    words = f"{amount:,.0f}" if amount == int(amount) else f"{amount:,.2f}"
    return words.replace("-", "−")


def signed(amount: Decimal | int) -> str:
    """A change in credits for people: "+500", "−5"."""
    return f"+{credits(amount)}" if amount > 0 else credits(amount)


def sheet(table: Sequence[Row]) -> Iterator[list[Cell]]:
    """The days as rows of a file."""
    for row in table:
        yield [row.start, *(row.parts.get(name) for name in PARTS), row.wallet]
