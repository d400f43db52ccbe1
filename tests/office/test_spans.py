"""Which days a report covers."""

import re
from datetime import date

import pytest

from studio.credits.periods import Period
from studio.office import spans
from studio.office.spans import Span
from tests.credits.books import it_is

GOOD = {"from": "2026-11-03", "to": "2026-11-17"}


def span(first: str, last: str) -> Span:
    return Span(Period(date.fromisoformat(first), date.fromisoformat(last)))


@pytest.mark.parametrize(
    ("asked", "field", "told"),
    [
        ({"from": "yesterday"}, "from", "Say from which day, like 2026-11-01."),
        ({"to": "2026-02-30"}, "to", "Say to which day, like 2026-11-30."),
        ({"from": ""}, "from", "Say from which day, like 2026-11-01."),
        ({"to": "1999-12-31"}, "to", "Give a day from 2000 to 2099."),
        ({"from": "0001-01-01"}, "from", "Give a day from 2000 to 2099."),
        ({"to": "9999-12-31"}, "to", "Give a day from 2000 to 2099."),
        ({"to": "2026-11-02"}, "to", "This day is before the first one."),
        ({"from": "1" * 5000}, "from", "Say from which day, like 2026-11-01."),
    ],
)
def test_days_that_make_no_sense_are_told_beside_their_field_and_kept_as_they_were_typed(asked, field, told):
    found, form = spans.chosen(GOOD | asked)
    assert found is None
    assert form.errors == {field: [told]}
    for name, typed in (GOOD | asked).items():
        assert not typed or f'value="{typed}"' in str(form[name])


def test_nonsense_is_shown_where_a_browser_shows_it():
    _found, form = spans.chosen(GOOD | {"from": "yesterday"})
    assert re.findall(r' type="(\w+)"', str(form["from"])) == ["text"]
    assert re.findall(r' type="(\w+)"', str(form["to"])) == ["date"]


def test_both_days_are_part_of_it():
    found, _form = spans.chosen(GOOD)
    assert found.period == Period(date(2026, 11, 3), date(2026, 11, 17))
    assert found.period.days == 15


@pytest.mark.parametrize(
    ("today", "name", "first", "last"),
    [
        ("2026-03-01", "this-month", "2026-03-01", "2026-03-31"),
        ("2026-03-01", "last-month", "2026-02-01", "2026-02-28"),
        ("2024-03-31", "last-month", "2024-02-01", "2024-02-29"),
        ("2026-01-15", "last-month", "2025-12-01", "2025-12-31"),
        ("2026-03-01", "30-days", "2026-01-31", "2026-03-01"),
        ("2026-03-01", "nonsense", "2026-03-01", "2026-03-31"),
        ("2026-03-01", "", "2026-03-01", "2026-03-31"),
    ],
)
def test_the_usual_periods_are_those_of_today(monkeypatch, today, name, first, last):
    it_is(monkeypatch, today)
    found, form = spans.chosen({"period": name})
    assert found.period == span(first, last).period
    assert f'value="{first}"' in str(form["from"])


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-11-01", "2026-11-30", "November 2026"),
        ("2026-11-01", "2026-11-29", "1 – 29 November 2026"),
        ("2026-11-03", "2026-11-03", "3 November 2026"),
        ("2026-10-03", "2026-11-02", "3 October – 2 November 2026"),
        ("2025-11-03", "2026-11-02", "3 November 2025 – 2 November 2026"),
        ("2026-10-01", "2026-11-30", "1 October – 30 November 2026"),
    ],
)
def test_a_span_is_told_as_short_as_it_is_clear(first, last, words):
    assert span(first, last).words == words


def test_more_days_than_a_quarter_has_are_shown_by_month():
    assert span("2026-07-01", "2026-09-30").by == "day"
    assert span("2026-07-01", "2026-10-01").by == "month"


def test_links_carry_the_days_and_what_else_is_asked():
    assert span("2026-11-03", "2026-11-17").link(member=3) == "?from=2026-11-03&to=2026-11-17&member=3"
