"""Totals: whatever happened and whenever it was folded, figures are the sums of the entries."""

import uuid
from collections import defaultdict
from datetime import date, timedelta
from io import StringIO
from itertools import combinations_with_replacement

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.credits import ledger, proof, totals
from studio.credits.figures import Figures
from studio.credits.models import Entry, Fold, MemberTotal, ProjectTotal
from studio.credits.periods import Period, month, month_of
from tests.conftest import person
from tests.credits.books import booking, it_is, made

pytestmark = pytest.mark.django_db
Kind = Entry.Kind
BYS = [
    (),
    ("account_id",),
    ("project_id",),
    ("day",),
    ("month",),
    ("made", "model_name"),
    ("month", "account_id"),
    ("day", "project_id"),
    ("account_id", "project_id"),
    ("made", "project_id", "month"),
]
NOVEMBER = month(date(2026, 11, 1))


@pytest.fixture(autouse=True)
def _real_api(settings):
    settings.STUDIO_API_KEY = type(settings.STUDIO_API_KEY)("live-key-0123456789")


def plain(period: Period, by=(), **whose) -> dict:
    """The same as `totals.figures`, added up entry by entry."""
    sums: dict = defaultdict(Figures)
    for entry in Entry.objects.filter(account__sandbox=False, **whose):
        if not period.first <= entry.day <= period.last:
            continue
        if entry.project_id is None and "project_id" in by:
            continue
        row = sums[tuple(month_of(entry.day) if name == "month" else getattr(entry, name) for name in by)]
        row.orders += entry.kind == Kind.HOLD
        row.pictures += entry.pictures
        for kind, name, moved in (
            (Kind.HOLD, "held", entry.d_held),
            (Kind.CAPTURE, "used", -entry.d_held),
            (Kind.RELEASE, "released", entry.d_available),
            (Kind.GRANT, "granted", entry.d_available),
            (Kind.ADJUST, "adjusted", entry.d_available),
            (Kind.EXPIRE, "expired", -entry.d_available),
        ):
            if entry.kind == kind:
                setattr(row, name, getattr(row, name) + moved)
    return dict(sums)


class Books:
    """Two members, two projects, play money beside them, and a day that only goes on."""

    def __init__(self, monkeypatch) -> None:
        self.monkeypatch = monkeypatch
        self.members = [person("Ann"), person("Ben")]
        self.admin = person("Ada", is_staff=True, is_superuser=True)
        self.open: list = []
        self.to(date(2026, 10, 29))

    def to(self, day: date) -> None:
        self.day = day
        it_is(self.monkeypatch, day.isoformat())

    def whose(self, number: int):
        return self.members[number % 2]

    def later(self, number: int) -> None:
        self.to(self.day + timedelta(days=number))

    def grant(self, number: int) -> None:
        ledger.grant(self.whose(number), number, key=str(uuid.uuid4()), why=ledger.NOBODY)

    def adjust(self, number: int) -> None:
        why = ledger.Why(actor=self.admin, reason="Because")
        ledger.adjust(self.whose(number), number - 20 or 1, key=str(uuid.uuid4()), why=why)

    def expire(self, number: int) -> None:
        account = ledger.account_of(self.whose(number))
        ledger.expire(account, number, key=str(uuid.uuid4()), why=ledger.NOBODY)

    def hold(self, number: int, *, sandbox: bool = False) -> None:
        job = booking((1 + number % 3, "Some"), made="edit" if number % 5 else "generate")
        ledger.hold(self.whose(number), 20, job, sandbox=sandbox)
        self.open.append(job)

    def play(self, number: int) -> None:
        self.hold(number, sandbox=True)

    def settle(self, number: int) -> None:
        if self.open:
            pictures = number % 5
            ledger.settle(held=20, captured=5 * pictures, pictures=pictures, booking=self.open.pop())

    def fold(self, _number: int) -> None:
        totals.fold()

    def rebuild(self, _number: int) -> None:
        totals.rebuild()


THINGS = ["later", "grant", "adjust", "expire", "hold", "hold", "play", "settle", "settle", "fold", "rebuild"]
# What happens, and a number that says to whom, for what and how much.
STEPS = st.lists(st.tuples(st.sampled_from(THINGS), st.integers(1, 40)), max_size=30)
# From a day before anything happened to one after, with the edges of months among them.
DAYS = st.integers(0, 120).map(lambda days: date(2026, 10, 20) + timedelta(days=days)) | st.sampled_from(
    [date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 31)]
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS, days=st.tuples(DAYS, DAYS))
def test_figures_are_the_sums_of_the_entries_whatever_happened_in_any_order(db, monkeypatch, steps, days):
    with transaction.atomic():
        books, period = Books(monkeypatch), Period(min(days), max(days))
        for what, number in steps:
            getattr(books, what)(number)
        for by in BYS:
            assert totals.figures(period, by=by) == plain(period, by), by
        mine = ledger.account_of(books.members[0]).pk
        for by in ((), ("day",), ("project_id",)):
            assert totals.figures(period, by=by, account_id=mine) == plain(period, by, account_id=mine)
            assert totals.figures(period, by=by, project_id=2) == plain(period, by, project_id=2)
        both = {"account_id": mine, "project_id": 2}
        assert totals.figures(period, **both) == plain(period, **both)
        assert list(proof.disagreements()) == []
        transaction.set_rollback(True)


def test_every_period_begins_and_ends_with_its_days_also_at_the_edges_of_months(alice, monkeypatch):
    october, november = ["2026-10-30", "2026-10-31"], ["2026-11-01", "2026-11-02", "2026-11-30"]
    edges = [*october, *november, "2026-12-01", "2026-12-31", "2027-01-01"]
    for number, day in enumerate(edges):
        it_is(monkeypatch, day)
        made(alice, 1 + number % 4, project=(1 + number % 2, "Some"))
    totals.fold()
    for first, last in combinations_with_replacement(map(date.fromisoformat, edges), 2):
        for by in ((), ("day",), ("month",), ("project_id",)):
            assert totals.figures(Period(first, last), by=by) == plain(Period(first, last), by)


def test_what_was_folded_twice_counts_once(alice, monkeypatch):
    it_is(monkeypatch, "2026-11-05")
    made(alice, 4, delivered=3)
    totals.fold()
    totals.fold()
    sums = totals.figures(NOVEMBER)[()]
    assert (sums.orders, sums.pictures, sums.held, sums.used, sums.released) == (1, 3, 20, 15, 5)
    assert MemberTotal.objects.count() == ProjectTotal.objects.count() == 2


def test_what_was_booked_since_the_fold_counts_at_once(alice, monkeypatch):
    it_is(monkeypatch, "2026-11-05")
    made(alice)
    totals.fold()
    made(alice)
    assert totals.figures(NOVEMBER)[()].used == 10


def test_a_period_without_entries_has_no_figures(alice, monkeypatch):
    it_is(monkeypatch, "2026-11-05")
    made(alice)
    assert totals.figures(month(date(2026, 10, 1))) == {}
    assert totals.figures(Period(date.min, date(2026, 10, 31)), by=("account_id",)) == {}


def test_play_money_is_in_no_total(alice, monkeypatch):
    it_is(monkeypatch, "2026-11-05")
    job = booking()
    ledger.hold(alice, 5, job, sandbox=True)
    ledger.settle(held=5, captured=5, pictures=1, booking=job)
    totals.fold()
    assert totals.figures(NOVEMBER) == {}
    assert Fold.objects.get().entry_id == Entry.objects.latest("id").pk


def test_a_fold_between_two_queries_changes_no_figure(alice, monkeypatch):
    it_is(monkeypatch, "2026-11-05")
    made(alice)
    totals.fold()
    made(alice)
    real, later = totals.folded, iter([totals.fold])

    def then_somebody_folds():
        done = real()
        next(later, int)()
        return done

    monkeypatch.setattr(totals, "folded", then_somebody_folds)
    first, second = totals.tables(NOVEMBER, [(), ("account_id",)])
    assert first[()].used == sum(row.used for row in second.values()) == 10


def test_periods_that_are_asked_for_at_once_have_each_their_own_days(alice, monkeypatch):
    october = month(date(2026, 10, 1))
    for day in ("2026-10-31", "2026-11-01", "2026-11-02"):
        it_is(monkeypatch, day)
        made(alice)
    for folds in (int, totals.fold):
        folds()
        found = totals.at_once([(october, ()), (NOVEMBER, ()), (NOVEMBER, ("day", "project_id"))])
        assert found == [plain(october), plain(NOVEMBER), plain(NOVEMBER, ("day", "project_id"))]


def test_while_totals_are_made_anew_figures_come_from_the_entries(alice, monkeypatch):
    it_is(monkeypatch, "2026-11-05")
    for _ in range(8):
        made(alice)
    totals.fold()
    real = totals.cells

    def meanwhile(entries):
        Fold.objects.update(entry_id=Fold.objects.get().entry_id - 1)
        return real(entries)

    monkeypatch.setattr(totals, "cells", meanwhile)
    assert totals.figures(NOVEMBER)[()].used == 40


def test_a_fold_of_many_entries_goes_step_by_step(alice, monkeypatch):
    it_is(monkeypatch, "2026-11-05")
    monkeypatch.setattr(totals, "AT_ONCE", 3)
    for _ in range(5):
        made(alice)
    totals.fold()
    assert totals.figures(NOVEMBER)[()].used == 25
    assert list(proof.disagreements()) == []


@pytest.mark.parametrize("by", BYS)
def test_the_number_of_queries_does_not_grow_with_what_was_booked(
    alice, bob, monkeypatch, django_assert_num_queries, by
):
    it_is(monkeypatch, "2026-11-05")
    for number, user in enumerate([alice, bob, alice, bob]):
        it_is(monkeypatch, f"2026-11-0{5 + number}")
        made(user, project=(1 + number, "Some"))
        if number == 2:
            totals.fold()
        with django_assert_num_queries(4):
            assert totals.figures(NOVEMBER, by=by)


def proved(**options) -> str:
    said = StringIO()
    call_command("totals", stdout=said, **options)
    return said.getvalue()


def test_the_command_folds_and_proves(alice, monkeypatch):
    it_is(monkeypatch, "2026-11-05")
    made(alice)
    assert "All 4 totals equal the ledger up to entry" in proved()
    assert totals.folded() == Entry.objects.latest("id").pk


def test_the_command_has_nothing_to_prove_while_nothing_was_booked():
    assert proved() == "All 0 totals equal the ledger up to entry 0.\n"


def past_the_studio(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        ("UPDATE credits_membertotal SET used = 999 WHERE grain = 'day'", "used is 999, by the ledger 5."),
        ("DELETE FROM credits_projecttotal WHERE grain = 'month'", "used is 0, by the ledger 5."),
        ("UPDATE credits_projecttotal SET start = '2024-02-29'", "2024-02-29 of project 1 generate"),
        ("UPDATE credits_entry SET d_held = -4 WHERE kind = 'capture'", "used is 5, by the ledger 4."),
    ],
    ids=["changed", "missing", "moved", "another entry"],
)
def test_what_is_wrong_is_found_told_and_made_right_from_the_entries(alice, monkeypatch, harm, told):
    it_is(monkeypatch, "2026-11-05")
    made(alice)
    totals.fold()
    past_the_studio(harm)
    said = StringIO()
    with pytest.raises(CommandError, match="Run it with --rebuild"):
        call_command("totals", stdout=said)
    assert told in said.getvalue()
    assert "equal the ledger" in proved(rebuild=True)
    assert totals.figures(NOVEMBER) == plain(NOVEMBER)
