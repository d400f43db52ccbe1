"""The price before sending: what it costs, what is left, what fits, in words."""

from datetime import UTC, datetime

import pytest

from gallery.models import Project
from studio.credits import budgets, ledger
from studio.credits.models import WalletReading
from studio.credits.spending import Room
from studio.jobs import forecast, quotes
from studio.jobs.forms import MODEL
from studio.jobs.models import Job
from tests.conftest import person
from tests.credits.books import it_is
from tests.jobs.cast import order


def quote(pictures=1, *, at=None, place=1, **room) -> quotes.Quote:
    limits = {"own": None, "project": None, "wallet": None, "budget": None} | room
    job = Job(model_name=MODEL.name, made="generate", asked=pictures, api="sandbox")
    prospect = forecast.Prospect(job, forecast.Turn(place, at, 1, 1)) if at else None
    return quotes.Quote(pictures=pictures, room=Room(**limits), prospect=prospect)


IN_NOVEMBER = "this will wait until 1 December, or until an admin raises it"
EMPTY = " · the team's wallet has 3, so it will wait"
SOON = datetime(2026, 6, 14, 14, 32, 30, tzinfo=UTC)
LATE = datetime(2126, 6, 14, 14, 34, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pictures", "room", "words"),
    [
        (1, {}, ""),
        (2, {"at": LATE, "place": 3}, "3rd in line · starts about 14:35 · ready about 14:35 (usually 1 s)"),
        (
            2,
            {"at": SOON, "place": 2},
            "2nd in line · starts in under a minute · ready about 14:33 (usually 1 s)",
        ),
        (1, {"at": SOON}, "ready about 14:33 (usually 1 s)"),
        (1, {"at": LATE}, "Next in line · starts about 14:35 · ready about 14:35 (usually 1 s)"),
        (2, {"at": SOON}, "ready about 14:33 (usually 1 s)"),
        (2, {"own": 240, "at": SOON}, "230 left · ready about 14:33 (usually 1 s)"),
        (2, {"own": 1240}, "1,230 left"),
        (2, {"own": 10}, "0 left"),
        (2, {"own": 240, "project": 240}, "230 left"),
        (2, {"own": 240, "project": 100}, "90 left of the project"),
        (2, {"project": 100, "at": SOON}, "90 left of the project · ready about 14:33 (usually 1 s)"),
        (4, {"own": 12}, "you have 12, enough for 2"),
        (4, {"own": 0}, "you have 0"),
        (1, {"own": 4, "at": SOON}, "you have 4"),
        (4, {"own": 12, "project": 12}, "you have 12, enough for 2"),
        (4, {"own": 12, "project": 6}, "this month the project has 6, enough for 1"),
        (4, {"own": 6, "project": 12}, "you have 6, enough for 1"),
        (4, {"project": 0}, "this month the project has 0"),
        (2, {"wallet": 9, "at": SOON}, "the team's wallet has 9, so it will wait"),
        (2, {"wallet": 10, "at": SOON}, "0 left in the wallet · ready about 14:33 (usually 1 s)"),
        (1, {"wallet": 1240}, "1,235 left in the wallet"),
        (2, {"own": 240, "wallet": 1240}, "230 left"),
        (2, {"own": 240, "wallet": 0}, "230 left · the team's wallet has 0, so it will wait"),
        (4, {"own": 12, "wallet": 0}, "you have 12, enough for 2"),
        (1, {"budget": 0, "at": SOON}, f"the team's budget for November is used up: {IN_NOVEMBER}"),
        (4, {"budget": 15}, f"the team's budget for November has 15 left: {IN_NOVEMBER}"),
        (4, {"budget": 20, "at": SOON}, "ready about 14:33 (usually 1 s)"),
        (4, {"own": 12, "budget": 0}, "you have 12, enough for 2"),
        (1, {"own": 12, "budget": 0}, f"7 left · the team's budget for November is used up: {IN_NOVEMBER}"),
        (1, {"budget": 3, "wallet": 3}, f"the team's budget for November has 3 left: {IN_NOVEMBER}{EMPTY}"),
    ],
)
@pytest.mark.django_db
def test_what_stands_beside_the_price(pictures, room, words, monkeypatch):
    it_is(monkeypatch, "2026-11-20")
    assert quote(pictures, **room).words == words


@pytest.mark.parametrize(
    ("pictures", "room", "fits", "fewer", "waits", "asks"),
    [
        (4, {}, True, 0, False, False),
        (4, {"own": 20}, True, 0, False, False),
        (4, {"own": 19}, False, 3, False, True),
        (1, {"own": 4}, False, 0, False, True),
        (4, {"project": 19}, False, 3, False, False),
        (4, {"own": 19, "project": 11}, False, 2, False, True),
        (4, {"own": 100, "project": 11}, False, 2, False, False),
        (4, {"wallet": 19}, True, 0, True, False),
        (4, {"own": 19, "wallet": 19}, False, 3, False, True),
        (4, {"budget": 19}, True, 0, True, False),
        (4, {"budget": 20}, True, 0, False, False),
        (4, {"own": 19, "budget": 0}, False, 3, False, True),
    ],
)
def test_what_is_short_refuses_and_a_short_wallet_or_budget_only_warns(
    pictures, room, fits, fewer, waits, asks
):
    told = quote(pictures, **room)
    assert (told.fits, told.fewer, told.waits, told.short_of_own) == (fits, fewer, waits, asks)


@pytest.mark.django_db
def test_it_is_held_against_the_books():
    poor, general = person("Poor", credits=40), Project.objects.get()
    WalletReading.objects.create(api="sandbox", balance="1240.75")
    budgets.set_cap(general.pk, 30, by=None)
    order(poor, num_images=2)
    assert quotes.quote(poor, general.pk, 1).room == Room(own=30, project=20, wallet=1240, budget=None)
    ledger.grant(poor, 5, key="g", why=ledger.NOBODY)
    assert quotes.quote(poor, None, 1).room == Room(own=35, project=None, wallet=1240, budget=None)


@pytest.mark.django_db
def test_what_a_quote_says_fits_is_taken_and_what_it_says_does_not_is_refused():
    poor, general = person("Poor", credits=12), Project.objects.get()
    told = quotes.quote(poor, general.pk, 4)
    assert (told.fits, told.fewer) == (False, 2)
    with pytest.raises(ledger.NotEnough):
        order(poor, num_images=told.fewer + 1)
    order(poor, num_images=told.fewer)
