"""Tables of figures: they add up, whichever way they are sorted."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.office.outcomes import duration, mean
from studio.office.tables import Row, Table, summed

COLUMNS = (
    summed("orders", "Orders"),
    summed("used", "Used"),
    summed("EUR", "EUR"),
    mean("wait", "Wait", of="waited", over="orders"),
)


def table(*figures: tuple[str, int, int], **fields) -> Table:
    rows = [
        Row(
            name=name,
            cells=(name,),
            sums={"orders": orders, "used": used, "waited": 10 * used, "EUR": Decimal(used) / 100},
        )
        for name, orders, used in figures
    ]
    return Table(slug="t", title="T", head="Name", columns=COLUMNS, rows=rows, **fields)


THREE = (("Ben", 2, 5), ("ada", 4, 5), ("Cleo", 0, 90))


def order(sort: str) -> list[str]:
    return [line.row.name for line in table(*THREE).shown({"t": sort}).lines]


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(0, 10**9), st.integers(0, 10**9)), max_size=8))
def test_the_sums_are_those_of_the_rows_whatever_they_are(figures):
    made = table(*figures)
    shown = made.shown({})
    for place, column in enumerate(COLUMNS[:3]):
        assert made.sums.get(column.name, 0) == sum(column.value(row.sums) for row in made.rows)
        assert shown.sums[place] == f"{made.sums.get(column.name, 0):,}"


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("name", ["ada", "Ben", "Cleo"]),
        ("-name", ["Cleo", "Ben", "ada"]),
        ("-used", ["Cleo", "ada", "Ben"]),
        ("used", ["ada", "Ben", "Cleo"]),
        ("orders", ["Cleo", "Ben", "ada"]),
        ("-wait", ["Ben", "ada", "Cleo"]),
        ("wait", ["ada", "Ben", "Cleo"]),
    ],
)
def test_it_sorts_by_any_column_both_ways_with_equals_by_name_and_what_is_unknown_last(sort, names):
    assert order(sort) == names


@pytest.mark.parametrize("sort", ["", "nonsense", "--used", "-"])
def test_what_is_no_column_sorts_as_usual(sort):
    assert [line.row.name for line in table(*THREE, sort="-used").shown({"t": sort}).lines] == [
        "Cleo",
        "ada",
        "Ben",
    ]


def test_a_head_turns_the_order_round_and_keeps_what_else_is_asked():
    heads = table(*THREE).shown({"t": "-used", "from": "2026-11-01", "other": "name"}).heads
    assert [(head.title, head.sort) for head in heads] == [
        ("Name", ""), ("Orders", ""), ("Used", "descending"), ("EUR", ""), ("Wait", ""),
    ]  # fmt: skip
    assert heads[2].url == "?t=used&from=2026-11-01&other=name#t"
    assert heads[1].url == "?t=-orders&from=2026-11-01&other=name#t"
    assert heads[0].url == "?t=name&from=2026-11-01&other=name#t"


def test_a_mean_is_of_all_and_not_of_the_means():
    shown = table(("a", 1, 1), ("b", 9, 90)).shown({})
    assert [line.figures[3] for line in shown.lines] == ["10 s", "1 min 40 s"]
    assert shown.sums[3] == "1 min 31 s"


def test_nothing_is_empty_in_a_row_and_0_in_the_sum():
    shown = table(("a", 0, 0)).shown({})
    assert shown.lines[0].figures == ["", "", "", ""]
    assert shown.sums == ["0", "0", "0", "0"]


def test_a_file_has_figures_as_they_are_in_the_usual_order_and_no_sum():
    heads, rows = table(*THREE, sort="-used", file_heads=("Who",)).sheet()
    assert heads == ["Who", "Orders", "Used", "EUR", "Wait (seconds, average)"]
    assert list(rows) == [
        ["Cleo", 0, 90, Decimal("0.9"), None],
        ["ada", 4, 5, Decimal("0.05"), 12],
        ["Ben", 2, 5, Decimal("0.05"), 25],
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min 0 s"),
        (185, "3 min 5 s"),
        (3600, "1 h 0 min"),
        (90_061, "25 h 1 min"),
    ],
)
def test_times_are_told_in_words(seconds, words):
    assert duration(seconds) == words
