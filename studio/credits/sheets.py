"""Tables for spreadsheets: CSV in UTF-8 with ISO dates, and no cell that a spreadsheet would run."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

Cell = str | int | Decimal | date | UUID | None
ROWS_A_CHUNK = 500
# Excel takes UTF-8 without this mark for the machine's old code page, and garbles every name with an accent.
MARK = "\ufeff"
# What begins a formula, at the head of a cell; and inside of one, where a spreadsheet that separates by semicolon
# or tab would see the next cell begin. The wide signs are read as the narrow ones where Japanese is written.
RUNS = re.compile(r"^(?=[=+\-@＝＋－＠\t\r\n])|(?<=[;\t\r\n])(?=\s*[=+\-@＝＋－＠])")


def answer(filename: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> StreamingHttpResponse:
    """A table as a file to be kept, sent while it is read: `rows` may be a generator over many rows."""
    content = "text/csv; charset=utf-8"
    response = StreamingHttpResponse(_chunks(chain([header], rows)), content_type=content)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=filename)
    response["Cache-Control"] = "private, no-store"
    return response


def _chunks(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """The lines, many at once: one write a row would cost more than the row."""
    left, mark = iter(rows), MARK
    while some := list(islice(left, ROWS_A_CHUNK)):
        lines = io.StringIO()
        csv.writer(lines).writerows([_said(cell) for cell in row] for row in some)
        yield mark + lines.getvalue()
        mark = ""


def _said(cell: Cell) -> str | int:
    """A cell as it is written. Numbers stay numbers, the negative ones too."""
    match cell:
        case None:
            return ""
        case int():
            return cell
        case Decimal():
            return f"{cell:f}"
        case datetime():
            return timezone.localtime(cell).isoformat(timespec="seconds")
        case date():
            return cell.isoformat()
        case _:
            return harmless(str(cell))


def harmless(text: str) -> str:
    """A text with an apostrophe wherever a spreadsheet would otherwise begin to calculate."""
    return RUNS.sub("'", text)
