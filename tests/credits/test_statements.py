"""A month is counted, closed, and never changes."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction

from studio.credits import allowances, ledger, prices, statements
from studio.credits.models import Entry, Loss, Scope, Statement
from studio.credits.modes import Given
from tests.conftest import person
from tests.credits.books import digest, held, it_is, made, settled

pytestmark = pytest.mark.django_db
KEY = "live-key-0123456789"
OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)
ALBA, NORD = (2, "Alba"), (3, "Nordwind")


@pytest.fixture(autouse=True)
def real(settings, monkeypatch):
    settings.STUDIO_API_KEY = KEY
    it_is(monkeypatch, "2026-10-12")


@pytest.fixture
def october(alice, bob, admin, monkeypatch):
    """Alice shares the wallet, Bob was given 100: a month with everything in it, closed on the 1st of November."""
    allowances.set_allowance(bob, Given(), by=admin)
    ledger.grant(bob, 100, key="g", why=ledger.Why(actor=admin))
    ledger.adjust(bob, -10, key="a", why=ledger.Why(actor=admin, reason="Too many"))
    made(alice, 4, ALBA)
    made(bob, 4, ALBA, delivered=3)
    made(bob, 2, NORD, delivered=0)
    ledger.expire(ledger.account_of(bob), 5, key="e", why=ledger.NOBODY)
    under_way = held(bob, 2, NORD)
    it_is(monkeypatch, "2026-11-01")
    statements.close_past_months()
    return under_way


def figures(month: date, scope: Scope, subject_id: int = 0) -> dict[str, int]:
    body = statements.body_of(month, scope, subject_id)
    assert body is not None
    return body["figures"]


def test_nothing_was_booked_and_nothing_is_closed(monkeypatch):
    it_is(monkeypatch, "2027-01-01")
    statements.close_past_months()
    assert not Statement.objects.exists()
    assert statements.body_of(OCTOBER, Scope.TEAM) is None


def test_a_month_that_is_not_over_is_not_closed(alice, monkeypatch):
    made(alice)
    it_is(monkeypatch, "2026-10-31")
    statements.close_past_months()
    assert not Statement.objects.exists()


def test_a_member_s_month_adds_up(october, bob):
    said = figures(OCTOBER, Scope.MEMBER, bob.pk)
    assert said == {
        "opening": 0,
        "granted": 100,
        "adjusted": -10,
        "used": 15,
        "released": 15,
        "expired": 5,
        "held": 10,
        "orders": 3,
        "pictures": 3,
        "closing": 70,
    }
    account = ledger.account_of(bob)
    assert said["closing"] == account.available + account.held


def test_members_and_projects_each_add_up_to_the_team(october):
    body = statements.body_of(OCTOBER, Scope.TEAM)
    for name in ("used", "released", "pictures", "orders", "granted", "adjusted", "expired", "held"):
        assert sum(row[name] for row in body["members"]) == body["figures"][name]
    for name in ("used", "released", "pictures", "orders"):
        assert sum(row[name] for row in body["projects"]) == body["figures"][name]
    assert [row["name"] for row in body["members"]] == ["Alice", "Bob"]
    assert [(row["name"], row["used"]) for row in body["projects"]] == [("Alba", 35), ("Nordwind", 0)]


def test_a_project_s_month_names_its_members(october, alice, bob):
    body = statements.body_of(OCTOBER, Scope.PROJECT, ALBA[0])
    assert [(row["id"], row["used"]) for row in body["members"]] == [(alice.pk, 20), (bob.pk, 15)]
    assert body["number"] == "2026-10-P2"


def test_each_statement_opens_where_the_last_one_closed(october, alice, bob, monkeypatch):
    settled(october, of=2, delivered=2)
    made(alice, 1, ALBA)
    it_is(monkeypatch, "2027-02-01")
    made(alice, 1, ALBA)
    it_is(monkeypatch, "2027-03-01")
    statements.close_past_months()
    assert figures(NOVEMBER, Scope.MEMBER, bob.pk)["opening"] == 70
    assert figures(NOVEMBER, Scope.MEMBER, bob.pk)["held"] == 0
    assert figures(NOVEMBER, Scope.PROJECT, ALBA[0])["opening"] == -35
    assert figures(date(2027, 2, 1), Scope.PROJECT, ALBA[0])["opening"] == -40
    rows = Statement.objects.order_by("scope", "subject_id", "month")
    closing: dict[tuple[str, int], int] = {}
    for row in rows:
        said = row.body["figures"]
        assert said["opening"] == closing.get((row.scope, row.subject_id), 0)
        moved = said["granted"] + said["adjusted"] - said["used"] - said["expired"]
        assert said["closing"] == said["opening"] + moved
        closing[row.scope, row.subject_id] = said["closing"]


def test_a_member_who_brings_something_along_has_a_statement_for_a_quiet_month(october, bob, monkeypatch):
    it_is(monkeypatch, "2026-12-01")
    statements.close_past_months()
    said = figures(NOVEMBER, Scope.MEMBER, bob.pk)
    assert (said["opening"], said["closing"], said["orders"]) == (70, 70, 0)


def test_months_nobody_closed_in_time_are_all_closed_at_once(alice, monkeypatch):
    made(alice)
    it_is(monkeypatch, "2027-02-14")
    statements.close_past_months()
    months = Statement.objects.filter(scope=Scope.TEAM).order_by("month").values_list("number", flat=True)
    assert list(months) == ["2026-10-T", "2026-11-T", "2026-12-T", "2027-01-T"]


@pytest.mark.once(
    "in a test's one transaction PostgreSQL keeps all ten thousand versions of an account's row"
)
@pytest.mark.long
def test_a_closed_month_is_the_same_after_ten_thousand_later_events(october, alice, admin, monkeypatch):
    before = list(Statement.objects.order_by("pk").values_list("number", "sha256", "body"))
    alice.name = "Alicia"
    alice.save()
    settled(october, of=2, delivered=1)
    with transaction.atomic():
        for number in range(3333):
            made(alice, 1, (2, "Alba renamed"))
            ledger.adjust(alice, 1, key=f"k{number}", why=ledger.Why(actor=admin, reason="again"))
    it_is(monkeypatch, "2026-12-01")
    statements.close_past_months()
    after = Statement.objects.filter(month=OCTOBER).order_by("pk")
    assert list(after.values_list("number", "sha256", "body")) == before
    for row in after:
        entries = statements.entries_of(OCTOBER, Scope(row.scope), row.subject_id)
        assert digest(entries) == row.body["entries"]["sha256"]


def test_the_hash_is_of_every_word(october):
    row = Statement.objects.get(number="2026-10-T")
    assert statements.sha256(row.body) == row.sha256
    assert statements.sha256(json.loads(json.dumps(row.body))) == row.sha256
    for name in row.body:
        assert statements.sha256(row.body | {name: "other"}) != row.sha256


def test_a_clock_that_goes_back_books_nothing_into_a_closed_month(october, alice, monkeypatch):
    it_is(monkeypatch, "2026-10-31")
    job = made(alice)
    assert set(Entry.objects.filter(job=job.job).values_list("day", flat=True)) == {NOVEMBER}


def test_closing_a_month_twice_makes_its_statements_once(october):
    count = Statement.objects.count()
    statements.close(OCTOBER)
    statements.close_past_months()
    assert Statement.objects.count() == count


def test_what_slips_in_while_a_month_is_written_is_part_of_it(alice, monkeypatch):
    made(alice, 1, ALBA)
    write, slow = statements._body, [True]

    def while_it_is_written(*args):
        if slow and slow.pop():
            it_is(monkeypatch, "2026-10-31")
            made(alice, 2, ALBA)
            it_is(monkeypatch, "2026-11-01")
        return write(*args)

    it_is(monkeypatch, "2026-11-01")
    monkeypatch.setattr(statements, "_body", while_it_is_written)
    statements.close_past_months()
    assert figures(OCTOBER, Scope.TEAM)["used"] == 15


@pytest.mark.parametrize("before", ["", "0.0125"])
def test_a_price_that_is_set_while_a_month_is_written_is_part_of_it(alice, admin, monkeypatch, before):
    if before:
        prices.set_price(start=OCTOBER, amount=Decimal(before), currency="EUR", by=admin)
    made(alice, 4, ALBA)
    write, slow = statements._body, [True]

    def while_it_is_written(*args):
        body = write(*args)
        if slow and slow.pop():
            prices.set_price(start=OCTOBER, amount=Decimal("0.02"), currency="EUR", by=admin)
        return body

    it_is(monkeypatch, "2026-11-01")
    monkeypatch.setattr(statements, "_body", while_it_is_written)
    statements.close_past_months()
    for row in Statement.objects.filter(month=OCTOBER):
        assert row.body["money"] == {"EUR": "0.4000"}


def test_the_open_month_of_a_member_is_told_as_it_is_so_far(october, bob):
    made(bob, 1, NORD)
    body = statements.body_of(NOVEMBER, Scope.MEMBER, bob.pk)
    assert (body["figures"]["opening"], body["figures"]["used"]) == (70, 5)
    assert not Statement.objects.filter(month=NOVEMBER).exists()


def test_play_money_stands_in_no_statement(settings, monkeypatch):
    settings.STUDIO_API_KEY = ""
    made(person("Dora"), 4)
    it_is(monkeypatch, "2026-11-02")
    statements.close_past_months()
    assert not Statement.objects.exists()


def test_losses_stand_with_the_team_alone(alice, monkeypatch):
    job = made(alice, 1, ALBA, delivered=0)
    ledger.lose(job.job, 5, api="https://api.test", why=Loss.Why.EXPIRED)
    assert not ledger.lose(job.job, 5, api="https://api.test", why=Loss.Why.LATE)
    it_is(monkeypatch, "2026-11-01")
    statements.close_past_months()
    assert statements.body_of(OCTOBER, Scope.TEAM)["losses"] == {"expired": 5}
    assert figures(OCTOBER, Scope.MEMBER, alice.pk)["used"] == 0


def test_a_closed_month_keeps_the_price_it_had(alice, admin, monkeypatch):
    prices.set_price(start=OCTOBER, amount=Decimal("0.0125"), currency="EUR", by=admin)
    made(alice, 4, ALBA)
    it_is(monkeypatch, "2026-11-01")
    statements.close_past_months()
    prices.set_price(start=NOVEMBER, amount=Decimal("0.02"), currency="EUR", by=admin)
    made(alice, 1, ALBA)
    assert statements.body_of(OCTOBER, Scope.TEAM)["money"] == {"EUR": "0.2500"}
    assert statements.body_of(NOVEMBER, Scope.MEMBER, alice.pk)["money"] == {"EUR": "0.1000"}


def test_closing_asks_no_more_the_more_entries_there_are(alice, monkeypatch, django_assert_max_num_queries):
    for user in (alice, person("Dora"), person("Emil")):
        for _ in range(10):
            made(user)
    it_is(monkeypatch, "2026-11-01")
    with django_assert_max_num_queries(30):
        statements.close_past_months()
