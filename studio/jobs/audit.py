"""Holds each job's booking against its outcome."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.lookups import Exact

from studio import remote
from studio.credits.audit import lawless
from studio.credits.models import Entry, Loss
from studio.credits.reading import Reading
from studio.jobs.models import DayOfJobs, Job
from studio.jobs.states import AT_REST

Kind = Entry.Kind


def disagreements(reading: Reading) -> Iterator[str]:
    """Where the orders of real APIs and the books disagree, each in a sentence."""
    yield from _booked_otherwise()
    yield from _open(reading)
    yield from _not_booked(reading)
    yield from _outcomes()
    yield from _losses()
    yield from _days()
    yield from lawless(Job, real())


def real() -> "QuerySet[Job, Any]":
    """Orders that cost something."""
    return Job.objects.exclude(api=remote.SANDBOX)


def _booked_otherwise() -> Iterator[str]:
    """Entries that don't say what their order says: its owner, project, work, price, or what it paid."""
    same = {name: OuterRef(name) for name in ("project_id", "project_name", "made", "model_name")}
    orders = real().filter(pk=OuterRef("job"), owner=OuterRef("account__user"), **same)
    held = Q(_kind(Kind.HOLD), whole=OuterRef("d_held"))
    paid = Q(_kind(Kind.CAPTURE), captured=-OuterRef("d_held"), delivered=OuterRef("pictures"))
    back = Q(_kind(Kind.RELEASE))
    agreeing = orders.alias(whole=F("price") * F("asked")).filter(
        held | Q(paid | back, settled_at__isnull=False)
    )
    entries = Entry.objects.filter(account__sandbox=False, job__isnull=False)
    for entry in entries.filter(~Exists(agreeing)).order_by("pk"):
        yield f"Entry {entry.pk}, {entry}, is not what order {entry.job} says."


def _kind(kind: Kind) -> Exact:
    """Whether the entry is of a kind."""
    return Exact(OuterRef("kind"), Value(kind.value))


def _open(reading: Reading) -> Iterator[str]:
    """Orders that are settled and still hold credits, and the other way round."""
    unsettled = {job.pk: job for job in real().filter(settled_at=None)}
    for number, job in unsettled.items():
        if number not in reading.open:
            yield f"Order {number} is not settled and holds nothing."
        elif job.state in AT_REST:
            yield f"Order {number} is {job.state} and not settled."
    for number in reading.open.keys() - unsettled.keys():
        yield f"Order {number} is settled, or not there, and still holds {reading.open[number].left:,}."


def _not_booked(reading: Reading) -> Iterator[str]:
    """Orders without entries, and entries beyond those of the orders. Every entry has its order: only when their
    numbers or sums differ one must look for the others.
    """
    entries = Entry.objects.filter(account__sandbox=False, job=OuterRef("pk"))
    orders, paid = real(), real().aggregate(sum=Sum("captured"))["sum"] or 0
    if reading.holds != (number := orders.count()):
        yield f"{reading.holds:,} orders are booked and {number:,} are there."
        for job in orders.filter(~Exists(entries.filter(kind=Kind.HOLD))):
            yield f"Order {job.pk} was never booked."
    if reading.captured != paid:
        yield f"{reading.captured:,} credits are booked as paid; the orders paid {paid:,}."
        for job in orders.filter(~Exists(entries.filter(kind=Kind.CAPTURE)), captured__gt=0):
            yield f"Order {job.pk} has {job.captured:,} paid, which is in no entry."


def _outcomes() -> Iterator[str]:
    """Orders that paid for other than they delivered. What came after its credits had gone back is the team's."""
    given_back = Q(captured=0) & (Q(reason_code="late") | ~Q(state__in=AT_REST))
    right = Q(captured=F("price") * F("delivered")) | given_back
    for job in real().filter(settled_at__isnull=False).exclude(right):
        yield f"Order {job.pk} paid {job.captured:,} for {job.delivered} pictures at {job.price}."
    for job in real().filter(settled_at=None, captured__gt=0):
        yield f"Order {job.pk} paid {job.captured:,} before it was settled."


def _losses() -> Iterator[str]:
    """Losses of no order, of more than it cost, or that are missing since losses are written down."""
    cost = F("price") * F("asked")
    orders = real().filter(pk=OuterRef("job"), api=OuterRef("api"), settled_at__isnull=False)
    covered = orders.alias(open=cost - F("captured")).filter(open__gte=OuterRef("credits"))
    for loss in Loss.objects.filter(~Exists(covered)):
        yield f"Loss {loss.pk} of {loss.credits:,} is more than order {loss.job} can have cost the team, or of none."
    if since := Loss.objects.aggregate(first=Min("at"))["first"]:
        late = real().filter(reason_code="late", finished_at__gte=since, delivered__gt=0)
        for job in late.filter(~Exists(Loss.objects.filter(job=OuterRef("pk")))):
            yield f"Order {job.pk} came late, and what it cost the team stands nowhere."


def _days() -> Iterator[str]:
    """Ends of orders that the days count otherwise than the orders themselves."""
    end = ("state", "reason_code", "made", "model_name")
    orders = real().filter(counted=True).values_list(*end).annotate(Count("pk"), Sum("delivered")).order_by()
    days = DayOfJobs.objects.values_list(*end).annotate(Sum("orders"), Sum("pictures")).order_by()
    ended, counted = ({row[:4]: row[4:] for row in rows} for rows in (orders, days))
    for place in sorted(ended.keys() | counted.keys()):
        there, due = counted.get(place, (0, 0)), ended.get(place, (0, 0))
        if there != due:
            said, right = (f"{orders:,} with {pictures:,} pictures" for orders, pictures in (there, due))
            yield f"The days count {said} ({' '.join(filter(None, place))}); the orders are {right}."
