"""When the wallet will be empty, and when nobody can say so."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from studio.credits import outlook
from studio.credits.models import WalletFinding, WalletReading
from tests.credits.readings import API, read

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon(calendar, settings):
    settings.STUDIO_API_URL, settings.STUDIO_API_KEY = API, "live-key-0123456789"
    calendar.set("2026-11-10 12:00")


def days(*balances, spent: int | None = 0) -> None:
    """A reading at noon of each day until today; what left the wallet stands in the books."""
    for ago, balance in zip(range(len(balances) - 1, -1, -1), balances, strict=True):
        read(balance, None if spent is None else max(balances) - balance, hours=24 * ago)


def test_a_steady_pace_leads_to_a_day():
    days(*range(1000, 400, -40))
    found = outlook.of(API)
    assert (found.pace, found.days, found.empty_on) == (40, 14, date(2026, 11, 21))
    assert outlook.words() == (
        "At the pace of the last 14 days, about 40 credits a day, the wallet is empty on Saturday the 21st."
    )


def test_days_without_use_count_too():
    days(1000, 1000, 1000, 950, 950, 900, 900, 860)
    assert outlook.of(API).pace == 20


@pytest.mark.parametrize(
    "balances",
    [
        [1000],
        [1000, 900, 800, 700, 600, 500, 400],
        [1000, 1000, 1000, 1000, 1000, 1000, 900, 800],
        [1000] * 10,
        [30, 20, 10, 0, 0, 0, 0, 0, 0],
    ],
)
def test_with_less_than_a_week_or_three_days_of_use_or_nothing_left_nobody_can_say(balances):
    days(*balances)
    assert outlook.of(API) is None
    assert outlook.words() == ""


def test_without_a_reading_nobody_can_say():
    assert outlook.words() == ""


@pytest.mark.parametrize("verdict", ["", "top-up"])
def test_a_top_up_is_no_use(verdict):
    balances = [500, 400, 300, 1200, 1100, 1000, 900, 800, 700, 600]
    for day, balance in enumerate(balances):
        read(balance, 100 * day, hours=24 * (9 - day))
    assert WalletFinding.objects.get().amount == 1000
    WalletFinding.objects.update(verdict=verdict)
    assert (outlook.of(API).pace, outlook.of(API).empty_on) == (100, date(2026, 11, 16))


def test_a_top_up_that_is_seen_while_jobs_are_under_way_is_no_use_either():
    days(*range(1000, 200, -100))
    read(1280, 700, 20)
    found = outlook.of(API)
    assert (found.pace, found.empty_on) == (100, date(2026, 11, 23))


def test_a_late_refund_is_use_that_was_none():
    for ago, balance in enumerate([1000, 900, 800, 700, 600, 600, 800, 800]):
        read(balance, 0, hours=24 * (7 - ago))
    WalletFinding.objects.filter(amount__gt=0).update(verdict="refund")
    assert round(outlook.of(API).pace * 7) == 200


def test_what_is_spent_outside_empties_the_wallet_too():
    for ago in range(8):
        read(1000 - 50 * ago, 20 * ago, hours=24 * (7 - ago))
    assert outlook.of(API).pace == 50


def test_only_the_last_two_weeks_count():
    days(*range(9000, 2200, -1000), *range(2200, 700, -100))
    assert (outlook.of(API).pace, outlook.of(API).days) == (100, 14)


def test_readings_without_the_books_beside_them_are_nothing_to_go_on():
    days(*range(1000, 200, -100), spent=None)
    assert outlook.of(API) is None


def test_many_readings_a_day_are_one_day_of_use():
    read(1000, 0, hours=24 * 7)
    for hours in range(20):
        read(990 - 10 * hours, 10 + 10 * hours, hours=20 - hours)
    assert outlook.of(API) is None


def test_play_money_lasts_for_ever(settings):
    days(*range(1000, 440, -40))
    WalletReading.objects.update(api="sandbox")
    settings.STUDIO_API_KEY = ""
    assert outlook.words() == ""


@pytest.mark.parametrize(
    ("balance", "words"),
    [
        (30, "empty today."),
        (100, "empty tomorrow."),
        (200, "empty on Thursday the 12th."),
        (1100, "empty on Saturday the 21st."),
        (1200, "empty on Sunday the 22nd."),
        (1300, "empty on Monday the 23rd."),
        (3000, "empty on Thursday the 10th of December."),
        (36500, "empty on Wednesday the 10th of November."),
        (36600, "lasts for more than a year."),
    ],
)
def test_the_day_is_named_as_people_name_it(balance, words):
    days(*(balance + 100 * ago for ago in range(7, -1, -1)))
    assert outlook.words().endswith(words)


def test_a_slow_pace_is_not_rounded_to_nothing():
    days(7, 6, 6, 5, 5, 4, 4, 4)
    assert "less than one credit a day" in outlook.words()


def test_a_clock_in_the_future_once_does_not_matter():
    days(*range(1000, 440, -40))
    ahead = datetime.now(tz=timezone.get_current_timezone()) + timedelta(days=4000)
    WalletReading.objects.create(api=API, balance=1, spent=0, open=0, at=ahead)
    assert outlook.of(API).pace == 40
