"""What two readings of the wallet show that the books don't explain."""

import pytest

from studio.credits import findings
from studio.credits.models import Loss, WalletFinding, WalletReading
from tests.credits import books
from tests.credits.readings import API, amounts, read

pytestmark = pytest.mark.django_db


def test_the_first_reading_shows_nothing():
    read(1000)
    assert amounts() == []


def test_what_was_paid_for_explains_the_fall():
    read(1000, 0)
    read(985, 15)
    assert amounts() == []


@pytest.mark.parametrize(("balance", "amount"), [(1500, 500), (990, -10), ("999.50", -0.5)])
def test_what_was_not_paid_for_is_found_with_its_window(balance, amount):
    first, second = read(1000, 40, hours=2), read(balance, 40)
    finding = WalletFinding.objects.get()
    assert (finding.amount, finding.verdict) == (amount, "")
    assert (finding.since, finding.until) == (first.at, second.at)
    assert (finding.balance_before, finding.balance_after) == (first.balance, second.balance)


def test_a_change_is_found_once_and_the_next_one_by_itself():
    for balance in (1000, 990, 990, 1490, 1490):
        read(balance)
    assert amounts() == [-10, 500]


def test_while_jobs_are_under_way_nothing_is_found():
    read(1000, 0)
    read(980, 0, 20)
    read(980, 10, 10)
    assert amounts() == []
    read(980, 20)
    assert amounts() == []


def test_a_change_while_jobs_are_under_way_is_found_once_they_are_done():
    read(1000, 0)
    read(1480, 0, 20)
    assert amounts() == []
    read(1480, 20)
    assert amounts() == [500]


def test_readings_from_before_the_books_were_kept_beside_them_are_history_only():
    read(5000, None)
    read(1000, 0)
    read(1, None)
    read(1000, 0)
    assert amounts() == []


def test_another_apis_wallet_is_not_compared():
    read(1000)
    WalletReading.objects.update(api="https://other.example.com")
    read(300)
    assert amounts() == []


def test_a_clock_that_went_back_hides_nothing_and_invents_nothing():
    read(1000, 0)
    read(990, 0, hours=1)
    read(990, 0)
    assert amounts() == [-10]
    finding = WalletFinding.objects.get()
    assert finding.since <= finding.until
    assert findings.missed(API) == []


class TestProvisional:
    def test_nothing_is_said_before_the_first_comparison(self):
        assert findings.provisional(API) is None
        read(1000, 0, 10)
        assert findings.provisional(API) is None

    @pytest.mark.parametrize("balance", [1000, 990, 980])
    def test_what_jobs_under_way_explain_is_no_change(self, balance):
        read(1000, 0)
        read(balance, 0, 20)
        assert findings.provisional(API) is None

    @pytest.mark.parametrize(("balance", "least"), [(1480, 480), (1001, 1), (979, -1), (500, -480)])
    def test_what_they_can_not_explain_is_said_as_the_least_it_can_be(self, balance, least):
        quiet = read(1000, 0)
        read(balance, 0, 20)
        seen = findings.provisional(API)
        assert (seen.least, seen.since) == (least, quiet.at)

    def test_once_it_is_found_it_is_not_provisional_any_more(self):
        for balance, going in ((1000, 0), (1480, 20), (1500, 0)):
            read(balance, 0, going)
        assert findings.provisional(API) is None


class TestMissed:
    def test_what_was_found_is_not_missed(self):
        for balance in (1000, 990, 1490):
            read(balance)
        assert findings.missed(API) == []

    def test_a_finding_that_is_gone_or_changed_is_missed(self):
        for balance in (1000, 990, 1490):
            read(balance)
        first = WalletFinding.objects.order_by("pk").first()
        WalletFinding.objects.filter(pk=first.pk).update(amount=-5)
        ((_, second),) = findings.missed(API)
        assert second.at == first.until

    def test_a_reading_that_was_changed_is_missed_on_both_sides(self):
        for balance in (1000, 1000, 1000):
            read(balance)
        WalletReading.objects.filter(pk=WalletReading.objects.order_by("pk")[1].pk).update(balance=900)
        assert len(findings.missed(API)) == 2


def test_the_rest_of_a_finding_is_what_its_losses_leave(alice):
    read(1000)
    read(980)
    finding = WalletFinding.objects.get()
    assert findings.rest(finding) == -20
    job = books.made(alice, 3, delivered=0)
    books.ledger.lose(job.job, 15, api=API, why=Loss.Why.UNKNOWN, finding=finding)
    assert findings.rest(finding) == -5
