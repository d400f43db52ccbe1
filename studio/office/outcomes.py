"""How orders ended, how long they took, and what was lost: tables in words people understand."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import Literal

from django.db.models import Count, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone

from studio import remote
from studio.credits import entries, prices
from studio.credits.models import Loss, Price
from studio.credits.periods import Period
from studio.jobs.models import Job
from studio.jobs.states import WORKING, State
from studio.jobs.statistics import Counts, End
from studio.office.names import plain
from studio.office.spans import Span
from studio.office.tables import Column, Row, Sums, Table, summed

DONE = {
    "": "Every picture came",
    "partly": "Some pictures could not be had, and were not paid",
    "late": "Came after the credits had been given back; the team paid",
    "given_up": "An admin waited no longer for the other pictures",
}
FAILED = {
    "model": "The model could not make it",
    "expired": "The pictures expired at the provider before they were fetched",
    "unfetched": "The pictures were made but could not be fetched",
    "unusable": "What the provider sent was not a picture",
    "source": "A picture to edit could not be read",
    "refused": "The API refused the order",
    "validation_failed": "The API refused the order's options or prompt",
    "given_up": "An admin waited for it no longer",
}
CANCELLED = {
    "": "By the member who ordered",
    "admin": "By an admin",
    "api": "The studio had changed to another API",
}
UNCLEAR = {"lost": "No answer came; the credits were given back"}
WORDS = {State.DONE: DONE, State.FAILED: FAILED, State.CANCELLED: CANCELLED, State.UNKNOWN: UNCLEAR}
LOST = {
    Loss.Why.UNKNOWN: "No answer or no news came, but the wallet shows that it was paid",
    Loss.Why.EXPIRED: "Expired at the provider before they were fetched",
    Loss.Why.UNUSABLE: "Could not be fetched, or were no pictures",
    Loss.Why.LATE: "Came after the credits had been given back",
}
ORDER = list(State)
# Of the many that were done the entries tell.
LISTED = (State.FAILED, State.CANCELLED, State.UNKNOWN)


def ends(found: dict[End, Counts], span: Span) -> Table:
    """Orders that came to rest in a period, and those whose answer was lost in it, by what became of them."""
    sums = defaultdict[tuple[State, str], int](int)
    for end, counts in found.items():
        sums[State(end.state), end.reason_code] += counts.orders
    if unclear := ended(span.period, State.UNKNOWN).exclude(api=remote.SANDBOX).count():
        sums[State.UNKNOWN, "lost"] = unclear
    rows = [_end(state, code, number, span) for (state, code), number in sums.items()]
    return Table(
        slug="ends",
        title="How orders ended",
        head="Ended",
        file_heads=("Ended", "Why"),
        columns=[summed("orders", "Orders")],
        rows=rows,
    )


def _end(state: State, code: str, number: int, span: Span) -> Row:
    """One way to end, with the address of the orders that did."""
    name, words = "Unclear" if state == State.UNKNOWN else state.label, why(state, code)
    return Row(
        name=words,
        note=name,
        cells=(name, words),
        url=reverse("report_orders") + span.link(state=state.value, reason=code) if state in LISTED else "",
        sums={"orders": number, state.value: number},
        level={State.FAILED: "bad", State.UNKNOWN: "warn"}.get(state, ""),
        order=(ORDER.index(state), -number),
    )


def why(state: State, code: str) -> str:
    """What the code of an order's end means."""
    return WORDS[state].get(code) or (f"The API says: {plain(code)}" if code else "No reason was given")


def ended(period: Period, state: State) -> QuerySet[Job]:
    """The orders that ended so in a period, the newest first."""
    begin, end = _moments(period)
    moment = moment_of(state)
    jobs = Job.objects.filter(state=state, **{f"{moment}__gte": begin, f"{moment}__lt": end})
    return jobs.order_by(f"-{moment}", "-pk")


def moment_of(state: State) -> Literal["settled_at", "finished_at"]:
    """The field that says when an order ended so; one whose answer was lost did when its credits went back."""
    return "settled_at" if state == State.UNKNOWN else "finished_at"


def open_orders(period: Period) -> int:
    """How many orders of a period wait still, or are being made: they will end in it or after it."""
    begin, end = _moments(period)
    jobs = Job.objects.filter(state__in=[State.WAITING, *WORKING], ordered_at__gte=begin, ordered_at__lt=end)
    return jobs.exclude(api=remote.SANDBOX).count()


def _moments(period: Period) -> tuple[datetime, datetime]:
    """When a period begins, and when what follows it does."""
    first, after = (datetime.combine(day, time.min) for day in (period.first, period.end))
    return timezone.make_aware(first), timezone.make_aware(after)


def times(found: dict[End, Counts]) -> Table:
    """How long orders waited and took that ended in a period, by what they were for."""
    sums: dict[str, dict[str, int]] = {}
    for end, counts in found.items():
        row = sums.setdefault(end.made, dict.fromkeys(("sent", "waited", "done", "took"), 0))
        row["sent"] += counts.sent
        row["waited"] += counts.waited
        if end.state == State.DONE:
            row["done"] += counts.orders
            row["took"] += counts.took
    rows = [_time(made, row) for made, row in sums.items() if row["sent"]]
    return Table(
        slug="times",
        title="Waiting and making",
        head="Kind",
        columns=[
            summed("sent", "Sent"),
            mean("wait", "Wait in line", of="waited", over="sent"),
            summed("done", "Done"),
            mean("making", "Making", of="took", over="done"),
        ],
        rows=rows,
    )


def _time(made: str, sums: Sums) -> Row:
    name = entries.MADE.get(made, made)
    return Row(name=name, cells=(name,), sums=sums)


def mean(name: str, title: str, *, of: str, over: str) -> Column:
    """A column of average times."""

    def value(sums: Sums) -> int | None:
        return round(sums[of] / sums[over]) if sums.get(over) else None

    return Column(name=name, title=title, value=value, words=duration, unit="seconds, average")


def duration(seconds: int) -> str:
    """A time for people: "42 s", "3 min 5 s", "2 h 10 min"."""
    minutes, rest = divmod(seconds, 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def losses(span: Span, parts: Sequence[tuple[Period, Price]], columns: Sequence[Column]) -> Table:
    """What the provider took for pictures nobody received, by why. `columns` are those of the money."""
    known = [price for _part, price in parts]
    sums: dict[str, dict[str, int | Decimal]] = {}
    rows = Loss.objects.filter(day__range=(span.period.first, span.period.last)).values_list("why", "day")
    for why, day, orders, credits in rows.annotate(Count("id"), Sum("credits")).order_by():
        row = sums.setdefault(why, {"orders": 0, "credits": 0})
        row["orders"] += orders
        row["credits"] += credits
        for currency, amount in prices.worth([(day, credits)], known).items():
            row[currency] = row.get(currency, 0) + amount
    return Table(
        slug="losses",
        title="Lost to the team",
        head="Why",
        columns=[summed("orders", "Orders"), summed("credits", "Credits"), *columns],
        rows=[_loss(Loss.Why(why), row, span) for why, row in sums.items()],
        sort="-credits",
    )


def lost(span: Span, why: str) -> int:
    """The credits that were lost for one reason, or for any."""
    rows = Loss.objects.filter(day__range=(span.period.first, span.period.last))
    return int((rows.filter(why=why) if why else rows).aggregate(sum=Sum("credits"))["sum"] or 0)


def _loss(why: Loss.Why, sums: Sums, span: Span) -> Row:
    words = LOST[why]
    url = reverse("report_losses") + span.link(why=why.value)
    return Row(name=words, cells=(words,), sums=sums, url=url)
