"""What a credit costs: versions, exact amounts, and currencies that are never mixed."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from studio.credits import prices, statements
from studio.credits.models import Change, Price
from studio.credits.periods import Period
from tests.credits.books import it_is, made

JUNE, JULY, AUGUST = date(2026, 6, 1), date(2026, 7, 1), date(2026, 8, 1)
EURO, DEARER, DOLLAR = (
    Price(start=JUNE, amount=Decimal("0.0100"), currency="EUR"),
    Price(start=JULY, amount=Decimal("0.0125"), currency="EUR"),
    Price(start=AUGUST, amount=Decimal("0.0150"), currency="USD"),
)
KNOWN = [EURO, DEARER, DOLLAR]


@pytest.mark.parametrize(
    ("day", "price"),
    [
        (date(2026, 5, 31), None),
        (JUNE, EURO),
        (date(2026, 6, 30), EURO),
        (JULY, DEARER),
        (date(2030, 1, 1), DOLLAR),
    ],
)
def test_the_newest_price_that_has_started_holds(day, price):
    assert prices.on(day, KNOWN) is price


def test_currencies_are_never_added_to_each_other():
    money = prices.worth([(JUNE, 100), (JULY, 10), (AUGUST, 20), (date(2026, 1, 1), 1000)], KNOWN)
    assert money == {"EUR": Decimal("1.1250"), "USD": Decimal("0.3000")}
    assert prices.words(money) == "1.125 EUR + 0.30 USD"


@pytest.mark.parametrize(
    ("amount", "words"),
    [("0", "0.00 EUR"), ("12", "12.00 EUR"), ("1234.5", "1,234.50 EUR"), ("0.0125", "0.0125 EUR")],
)
def test_amounts_are_told_exactly(amount, words):
    assert prices.words({"EUR": Decimal(amount)}) == words


def test_no_price_is_no_money():
    assert prices.words(prices.worth([(JUNE, 100)], [])) == ""


@given(st.lists(st.tuples(st.dates(JUNE, date(2026, 12, 31)), st.integers(0, 10**6))))
def test_parts_cost_as_much_as_the_whole(used):
    half = len(used) // 2
    parts = [prices.worth(part, KNOWN) for part in (used[:half], used[half:])]
    whole = prices.worth(used, KNOWN)
    assert {name: sum(part.get(name, Decimal(0)) for part in parts) for name in whole} == whole


@pytest.mark.django_db
class TestVersions:
    def test_a_period_is_cut_where_the_price_changes(self, admin):
        for price in KNOWN:
            prices.set_price(start=price.start, amount=price.amount, currency=price.currency, by=admin)
        parts = prices.segments(Period(date(2026, 5, 1), date(2026, 7, 15)))
        assert [(part.first, part.last, price.start) for part, price in parts] == [
            (JUNE, date(2026, 6, 30), JUNE),
            (JULY, date(2026, 7, 15), JULY),
        ]

    def test_no_price_and_no_first_day_break_nothing(self, admin):
        assert prices.segments(Period(JUNE, JULY)) == []
        prices.set_price(start=date.min, amount=Decimal(1), currency="EUR", by=admin)
        ((part, _price),) = prices.segments(Period(JUNE, JULY))
        assert part == Period(JUNE, JULY)

    def test_a_closed_month_keeps_its_price(self, alice, admin, settings, monkeypatch):
        settings.STUDIO_API_KEY = "live-key-0123456789"
        it_is(monkeypatch, "2026-06-10")
        made(alice)
        it_is(monkeypatch, "2026-07-10")
        statements.close_past_months()
        with pytest.raises(ValidationError, match="June 2026 is closed and keeps its price"):
            prices.set_price(start=date(2026, 6, 30), amount=Decimal(1), currency="EUR", by=admin)
        assert not Price.objects.exists()
        prices.set_price(start=JULY, amount=Decimal(1), currency="EUR", by=admin)

    def test_who_changed_the_price_is_written_down(self, admin):
        prices.set_price(start=JUNE, amount=Decimal("0.01"), currency="eur", by=admin)
        prices.set_price(start=JULY, amount=Decimal("0.0125"), currency="EUR", by=admin)
        change = Change.objects.latest("id")
        assert (change.before, change.after, change.actor) == (
            "0.01 EUR",
            "0.0125 EUR a credit from 1 July 2026",
            admin,
        )

    def test_the_price_of_a_day_is_corrected_in_place(self, admin):
        prices.set_price(start=JUNE, amount=Decimal("0.01"), currency="EUR", by=admin)
        prices.set_price(start=JUNE, amount=Decimal("0.02"), currency="EUR", by=admin)
        assert [price.amount for price in prices.versions()] == [Decimal("0.0200")]

    @pytest.mark.parametrize("amount", [Decimal(0), Decimal(-1), Decimal("0.00001"), Decimal(10**7)])
    def test_a_price_that_is_none_is_refused(self, admin, amount):
        with pytest.raises(ValidationError):
            prices.set_price(start=JUNE, amount=amount, currency="EUR", by=admin)
        assert not Price.objects.exists()
