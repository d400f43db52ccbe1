"""Charts: nothing, one, many, giants and strange names, and figures that are the data's own."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from studio.office import charts
from studio.office.charts import BarRow, DayPoint, WalletPoint
from studio.office.charts.axis import axis, short

FIRST, NOON = date(2025, 1, 1), datetime(2025, 1, 1, 12, tzinfo=UTC)
EVIL = '<img src=x onerror="alert(1)">&"\''
counts = st.integers(0, 2_000_000_000)


def days(*figures, start=FIRST):
    """A point a day from pairs of used and released."""
    dates = [start + timedelta(number) for number in range(len(figures))]
    return [DayPoint(day, f"{day:%-d %b}", *pair) for day, pair in zip(dates, figures, strict=True)]


def readings(*balances, step=timedelta(hours=1)):
    """A reading each step."""
    return [WalletPoint(NOON + number * step, Decimal(balance)) for number, balance in enumerate(balances)]


def drawn(kind, chart):
    return render_to_string(f"office/charts/_{kind}.html", {"chart": chart})


class Tags(HTMLParser):
    """Which tags are open and what they were."""

    def __init__(self, html):
        super().__init__()
        self.names, self.attributes = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.attributes += [name for name, _ in attrs]


@pytest.mark.parametrize(
    ("kind", "chart", "words"),
    [
        ("days", charts.days([]), "Nothing was used or given back"),
        ("days", charts.days(days((0, 0), (0, 0))), "Nothing was used or given back"),
        ("bars", charts.bars([]), "Nothing to compare"),
        ("wallet", charts.wallet([]), "The wallet was not read"),
    ],
)
def test_where_there_is_nothing_to_draw_words_stand_and_no_axis(kind, chart, words):
    html = drawn(kind, chart)
    assert words in html
    assert "<svg" not in html


@pytest.mark.parametrize(
    ("kind", "chart"),
    [
        ("days", charts.days([DayPoint(FIRST, EVIL, 5, 0)], title=EVIL)),
        ("bars", charts.bars([BarRow(EVIL, 5, EVIL, "/team/?q=" + EVIL)], title=EVIL)),
        ("wallet", charts.wallet(readings(5), title=EVIL)),
    ],
)
def test_a_strange_name_stays_a_name(kind, chart):
    html = drawn(kind, chart)
    tags = Tags(html)
    assert "img" not in tags.names
    assert not {"onerror", "style"} & set(tags.attributes)
    assert "&lt;img src=x" in html


@pytest.mark.parametrize(
    ("most", "figures"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (5, [0, 1, 2, 3, 4, 5]),
        (6, [0, 2, 4, 6]),
        (140, [0, 50, 100, 150]),
        (150, [0, 50, 100, 150]),
        (151, [0, 50, 100, 150, 200]),
        (1_000_000, [0, 200_000, 400_000, 600_000, 800_000, 1_000_000]),
    ],
)
def test_the_axis_has_round_figures(most, figures):
    assert axis(most) == figures


@given(counts)
def test_the_axis_reaches_the_most_in_few_even_steps(most):
    figures = axis(most)
    step = figures[1]
    assert figures == list(range(0, step * len(figures), step))
    assert 2 <= len(figures) <= 6
    assert figures[-1] - step < max(most, 1) <= figures[-1]
    assert str(step).rstrip("0") in {"1", "2", "5"}


@given(counts)
def test_a_figure_of_the_axis_is_exact_and_has_room(most):
    top = axis(most)[-1]
    for figure in axis(most):
        words = short(figure, top)
        units = {"k": 1_000, "M": 1_000_000}
        assert Decimal(words.rstrip("kM").replace(",", "")) * units.get(words[-1], 1) == figure
        assert len(words) <= 6


@given(st.lists(st.tuples(counts, counts), min_size=1, max_size=400))
def test_columns_are_as_high_as_their_figures_and_stand_on_each_other(figures):
    chart = charts.days(days(*figures))
    top = axis(max(map(sum, figures)))[-1]
    assert len(chart.columns) == (len(figures) if any(map(sum, figures)) else 0)
    assert (chart.used, chart.released) == tuple(map(sum, zip(*figures, strict=True)))
    for (used, released), column in zip(figures, chart.columns, strict=False):
        for part, figure in ((column.used, used), (column.released, released)):
            assert (part is None) == (figure == 0)
            assert part is None or part.height == pytest.approx(max(100 * figure / top, 0.001), abs=0.002)
        foot = column.used.y if column.used else 100
        assert column.used is None or column.used.y + column.used.height == pytest.approx(100)
        assert column.released is None or column.released.y + column.released.height == pytest.approx(foot)


@given(st.integers(1, 400))
def test_columns_stand_side_by_side(number):
    chart = charts.days(days(*[(5, 0)] * number))
    for before, after in pairwise(chart.columns):
        assert before.x + before.width <= after.x + 0.002
    assert chart.columns[0].x >= -0.001
    assert chart.columns[-1].x + chart.columns[-1].width <= 100.002


@given(st.integers(1, 400), st.dates())
def test_labels_have_room_and_on_a_phone_too(number, start):
    start = min(start, date(9000, 1, 1))
    marks = charts.days(days(*[(5, 0)] * number, start=start)).marks
    everywhere = [mark.x for mark in marks]
    on_a_phone = [mark.x for mark in marks if not mark.wide]
    assert all(after - before >= 11 for before, after in pairwise(everywhere))
    assert all(after - before >= 23 for before, after in pairwise(on_a_phone))


def test_a_lone_day_is_a_narrow_column_in_the_middle():
    chart = charts.days(days((120, 0)))
    assert (chart.columns[0].x, chart.columns[0].width) == (46, 8)
    assert [(mark.x, mark.words, mark.anchor) for mark in chart.marks] == [(50, "1 Jan", "middle")]


def test_a_giant_leaves_the_others_visible():
    chart = charts.days(days((1, 0), (2_000_000_000, 0), (0, 1)))
    assert [column.used and column.used.height for column in chart.columns] == [0.001, 100, None]
    assert chart.columns[2].released.height == 0.001
    html = drawn("days", chart)
    assert 'height="0.001%"' in html
    assert "2000M" not in html


def test_many_days_are_labelled_where_months_begin():
    chart = charts.days(days(*[(5, 0)] * 366))
    assert [mark.words for mark in chart.marks] == [
        "1 Jan",
        "1 Mar",
        "1 May",
        "1 Jul",
        "1 Sep",
        "1 Nov",
        "1 Jan",
    ]
    assert chart.dense
    assert drawn("days", chart).count('class="used"') == 366 + 1  # the legend's


def test_months_are_labelled_as_they_were_given():
    months = [DayPoint(date(2025, month, 1), f"{date(2025, month, 1):%b %Y}", 5, 0) for month in range(1, 13)]
    marks = charts.days(months).marks
    assert [mark.words for mark in marks if not mark.wide] == ["Jan 2025", "May 2025", "Sep 2025"]


def test_what_is_not_seen_is_said():
    chart = charts.days(days((40, 0), (1200, 10)), title="Credits by day", name="own")
    html = drawn("days", chart)
    assert 'role="img" aria-labelledby="own-title own-words"' in html
    assert '<title id="own-title">Credits by day</title>' in html
    assert "1,240 credits used and 10 given back from 1 Jan to 2 Jan." in html
    assert "The most: 2 Jan, 1,200 used and 10 given back." in html
    assert "<title>2 Jan: 1,200 used, 10 given back</title>" in html
    assert re.search(r"Used <b[^>]*>1,240</b>", html)
    assert re.search(r"Given back <b[^>]*>10</b>", html)


@pytest.mark.parametrize(
    ("kind", "chart"),
    [
        ("days", charts.days(days((3, 1), (7, 0), (1, 1)))),
        ("bars", charts.bars([BarRow("Ada", 1, "1"), BarRow("Bob", 3, "3")])),
        ("wallet", charts.wallet(readings(7, 5, 3, 1))),
    ],
)
def test_places_are_written_as_svg_wants_them_in_any_language(kind, chart):
    with translation.override("de"):
        html = drawn(kind, chart)
    assert re.search(r'"[\d]+\.[\d]+%"', html)
    assert not re.search(r"\d,\d+%", html)


def test_released_is_told_from_used_by_more_than_its_colour():
    html = drawn("days", charts.days(days((5, 5))))
    assert '<pattern id="days-hatch"' in html
    assert html.count('fill="url(#days-hatch)"') == 2


def test_the_longest_bar_goes_all_the_way():
    chart = charts.bars([BarRow("Ada", 50, "50"), BarRow("Bob", 200, "200"), BarRow("Cleo", 0, "0")])
    assert [bar.width for bar in chart.bars] == [25, 100, 0]


@given(st.lists(counts, min_size=1, max_size=60))
def test_bars_keep_the_order_and_the_proportion_of_their_rows(values):
    chart = charts.bars([BarRow(str(value), value, f"{value:,}", "") for value in values])
    assert [bar.label for bar in chart.bars] == [str(value) for value in values]
    for bar, value in zip(chart.bars, values, strict=True):
        assert bar.width == pytest.approx(100 * value / max(*values, 1), abs=0.002)
        assert (bar.width > 0) == (value > 0)


def test_a_bar_leads_somewhere_only_when_it_has_an_address():
    html = drawn(
        "bars", charts.bars([BarRow("Ada", 5, "5 credits", "/team/1/"), BarRow("No project", 0, "0")])
    )
    assert '<a class="link" href="/team/1/">Ada</a>' in html
    assert "<span>No project</span>" in html
    assert html.count('class="used"') == 1


def test_a_lone_reading_is_a_dot():
    chart = charts.wallet(readings("150.50"))
    assert (chart.last.x, chart.last.title) == (50, "1 Jan 2025, 12:00: 150.50 credits")
    assert [mark.words for mark in chart.marks] == ["1 Jan, 12:00"]
    assert "<circle" in drawn("wallet", chart)


def test_the_line_goes_in_steps_from_the_first_reading_to_the_last():
    chart = charts.wallet(readings(100, 50, 0))
    assert chart.line == "M0.0 0.0H50.0V50.0H100.0V100.0"
    assert chart.area == chart.line + "V100H0.0Z"
    assert [(spot.x, spot.width, spot.title) for spot in chart.spots] == [
        (0, 50, "1 Jan 2025, 12:00: 100 credits"),
        (50, 50, "1 Jan 2025, 13:00: 50 credits"),
    ]


def test_every_top_up_has_its_mark_and_its_words():
    points = [*readings(100, 20), WalletPoint(NOON + timedelta(hours=4), Decimal(1020), Decimal(1000))]
    chart = charts.wallet(points)
    assert [spot.title for spot in chart.topups] == [
        "1 Jan 2025, 16:00: 1,020 credits, after a top-up of 1,000"
    ]
    assert "Lowest on 1 Jan 2025, 13:00: 20 credits. Topped up with 1,000." in chart.words
    assert drawn("wallet", chart).count('class="topup"') == 1 + 1  # the legend's
    assert "Top-up" not in drawn("wallet", charts.wallet(readings(100, 20)))


def test_a_wallet_below_zero_stays_in_the_drawing():
    assert charts.wallet(readings(10, -5)).last.y == 100


def test_readings_of_a_year_are_thinned_but_the_lowest_is_kept():
    balances = [1000 + number % 7 for number in range(35_000)]
    balances[20_000] = 3
    chart = charts.wallet(readings(*balances, step=timedelta(minutes=15)))
    assert len(chart.spots) < 500
    assert any(": 3 credits" in spot.title for spot in chart.spots)


@given(st.lists(st.decimals(0, 1_000_000, places=2), min_size=2, max_size=40))
def test_the_line_stays_in_its_box_and_goes_forward(balances):
    chart = charts.wallet(readings(*balances))
    xs = [float(x) for x in re.findall(r"H([\d.]+)", chart.line)]
    ys = [float(y) for y in re.findall(r"V([\d.]+)", chart.line)]
    assert xs == sorted(xs)
    assert xs[-1] == 100
    assert all(0 <= y <= 100 for y in ys)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (
            timedelta(hours=1),
            ["1 Jan, 12:00", "1 Jan, 13:00", "1 Jan, 14:00", "1 Jan, 15:00", "1 Jan, 16:00"],
        ),
        (timedelta(days=7), ["1 Jan", "8 Jan", "15 Jan", "22 Jan", "29 Jan"]),
        (timedelta(days=90), ["Jan 2025", "Apr 2025", "Jun 2025", "Sep 2025", "Dec 2025"]),
    ],
)
def test_moments_are_named_as_exactly_as_the_time_is_long(step, words):
    marks = charts.wallet(readings(5, 5, 5, 5, 5, step=step)).marks
    assert [mark.words for mark in marks] == words
    assert [mark.words for mark in marks if not mark.wide] == words[::2]
    assert [mark.anchor for mark in marks] == ["start", "middle", "middle", "middle", "end"]
