"""Whatever breaks: the short form of `python -m bench faults`, for the faults that no other flow has."""

import pytest

from bench.faults.run import Unplayable, played
from bench.faults.table import FAULTS

pytestmark = pytest.mark.flow


@pytest.mark.parametrize("name", [fault.name for fault in FAULTS if fault.in_ci])
def test_nothing_is_lost_sent_twice_wrongly_charged_or_stuck(name):
    try:
        row = played(name, "SQLite", "short")
    except Unplayable as why:
        pytest.skip(str(why))
    assert row.good, str(row)
