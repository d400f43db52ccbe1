"""Allowances: the credits of a month come once, what is left goes with it, and every change has a name."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from structlog.testing import capture_logs

from studio.accounts.models import User
from studio.credits import allowances, audit, balances, ledger, periods, spending
from studio.credits.models import Account, Change, Entry, Sharing, Statement
from studio.credits.modes import Given, Monthly, Shares, mode_of
from tests.conftest import person

pytestmark = pytest.mark.django_db
Kind = Entry.Kind
OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)


def booking() -> ledger.Booking:
    return ledger.Booking(
        job=uuid.uuid4(), project_id=1, project_name="General", made="generate", model_name="gemini-2.5-flash"
    )


def ordered(user, amount: int) -> ledger.Booking:
    job = booking()
    spending.hold(user, amount, job, sandbox=ledger.account_of(user).sandbox)
    return job


def spent(user, amount: int) -> None:
    ledger.settle(held=amount, captured=amount, pictures=1, booking=ordered(user, amount))


def back(job: ledger.Booking, amount: int) -> None:
    ledger.settle(held=amount, captured=0, pictures=0, booking=job)


def give(user, amount: int) -> None:
    ledger.grant(user, amount, key=uuid.uuid4().hex, why=ledger.NOBODY)


def figures(user) -> tuple[int, int]:
    """What is there to spend, and what is held."""
    account = balances.account_of(user)
    return account.available, account.held


def booked(user, *kinds: Kind) -> list[tuple[str, int]]:
    """What was granted, corrected and expired, oldest first."""
    entries = Entry.objects.filter(
        account__user=user, kind__in=kinds or [Kind.GRANT, Kind.ADJUST, Kind.EXPIRE]
    )
    return list(entries.order_by("id").values_list("kind", "d_available"))


def changes() -> list[tuple[str, str, str]]:
    return list(Change.objects.order_by("id").values_list("before", "after", "actor__name"))


@pytest.fixture
def maya(calendar, admin):
    """Has a hundred credits a month since October."""
    user = person("Maya")
    allowances.set_allowance(user, Monthly(100), by=admin)
    return user


class TestRenewing:
    @pytest.mark.parametrize("mode", [Shares(), Given()])
    def test_without_an_allowance_nothing_is_renewed(self, maya, admin, calendar, mode):
        allowances.set_allowance(maya, mode, by=admin)
        before = booked(maya)
        calendar.set("2026-11-01 00:00")
        allowances.renew_all()
        assert figures(maya)[1] == 0
        assert booked(maya) == before

    def test_what_is_left_expires_on_the_first(self, maya, calendar):
        spent(maya, 30)
        calendar.set("2026-10-31 23:59:59.999999")
        assert figures(maya) == (70, 0)
        calendar.set("2026-11-01 00:00")
        assert figures(maya) == (100, 0)
        assert booked(maya) == [("grant", 100), ("expire", -70), ("grant", 100)]
        account = ledger.account_of(maya)
        expired, granted = Entry.objects.order_by("id").reverse()[:2][::-1]
        assert (expired.key, expired.reason) == (f"expire:{account.pk}:2026-11", "The month is over")
        assert (granted.key, granted.reason) == (
            f"allowance:{account.pk}:2026-11",
            "Allowance of November 2026",
        )
        assert (account.renewed_for, expired.day, granted.day) == (NOVEMBER, NOVEMBER, NOVEMBER)

    def test_where_nothing_is_left_nothing_expires(self, maya, calendar):
        spent(maya, 100)
        calendar.set("2026-11-01 00:00")
        assert figures(maya) == (100, 0)
        assert booked(maya) == [("grant", 100), ("grant", 100)]

    def test_what_was_given_on_top_lasts_until_the_month_ends_too(self, maya, calendar):
        give(maya, 40)
        assert figures(maya) == (140, 0)
        assert allowances.next_renewal(ledger.account_of(maya)) == NOVEMBER
        calendar.set("2026-11-01 00:00")
        assert figures(maya) == (100, 0)

    def test_what_is_held_is_not_touched_and_counts_for_the_month_it_comes_back_in(self, maya, calendar):
        job = ordered(maya, 20)
        calendar.set("2026-11-01 00:00")
        assert figures(maya) == (100, 20)
        back(job, 20)
        assert figures(maya) == (120, 0)
        calendar.set("2026-12-01 00:00")
        assert figures(maya) == (100, 0)

    def test_what_comes_back_or_is_given_before_the_renewal_was_done_does_not_expire(self, maya, calendar):
        job = ordered(maya, 20)
        calendar.set("2026-11-01 00:03")
        back(job, 20)
        give(maya, 7)
        assert ledger.account_of(maya).available == 107
        assert figures(maya) == (127, 0)
        assert ("expire", -80) in booked(maya)

    def test_what_was_taken_back_meanwhile_can_t_expire_again(self, maya, admin, calendar):
        calendar.set("2026-11-01 00:03")
        ledger.adjust(maya, -60, key="back", why=ledger.Why(actor=admin, reason="Too many"))
        assert figures(maya) == (100, 0)
        assert booked(maya, Kind.EXPIRE) == [("expire", -40)]

    def test_renewing_again_books_nothing(self, maya, calendar, django_assert_num_queries):
        calendar.set("2026-11-01 00:00")
        account = balances.account_of(maya)
        stale = Account.objects.get(pk=account.pk)
        stale.renewed_for = OCTOBER
        allowances.renew(stale)
        allowances.renew_all()
        assert (stale.renewed_for, booked(maya, Kind.GRANT)) == (NOVEMBER, [("grant", 100)] * 2)
        with django_assert_num_queries(0):
            allowances.renew(account)

    def test_missed_months_are_not_made_up_for(self, maya, calendar):
        spent(maya, 10)
        calendar.set("2027-03-17 09:00")
        assert figures(maya) == (100, 0)
        assert booked(maya) == [("grant", 100), ("expire", -90), ("grant", 100)]

    def test_a_clock_that_goes_back_renews_nothing_twice(self, maya, calendar):
        calendar.set("2026-11-01 00:10")
        spent(maya, 60)
        calendar.set("2026-10-31 23:50")
        assert figures(maya) == (40, 0)
        assert allowances.next_renewal(ledger.account_of(maya)) == DECEMBER
        calendar.set("2026-11-01 00:00")
        assert figures(maya) == (40, 0)

    def test_in_a_month_that_is_closed_the_next_ones_allowance_is_given(self, admin, calendar):
        Statement.objects.create(number="2026-10-T", month=OCTOBER, scope="team", body={}, sha256="")
        user = person("Late")
        allowances.set_allowance(user, Monthly(100), by=admin)
        entry = Entry.objects.get(account__user=user)
        assert (entry.day, entry.key[-7:]) == (NOVEMBER, "2026-11")
        calendar.set("2026-11-01 00:00")
        assert figures(user) == (100, 0)

    def test_who_is_out_of_the_team_is_not_renewed_but_for_the_month_of_the_return(self, maya, calendar):
        User.objects.filter(pk=maya.pk).update(is_active=False)
        for month in ("2026-11", "2026-12"):
            calendar.set(f"{month}-01 00:00")
            allowances.renew_all()
            assert figures(maya) == (100, 0)
        assert booked(maya) == [("grant", 100)]
        calendar.set("2026-12-24 18:00")
        User.objects.filter(pk=maya.pk).update(is_active=True)
        assert figures(maya) == (100, 0)
        assert booked(maya) == [("grant", 100), ("expire", -100), ("grant", 100)]
        assert ledger.account_of(maya).renewed_for == DECEMBER

    def test_an_order_of_the_first_second_has_the_new_allowance(self, maya, calendar):
        spent(maya, 95)
        calendar.set("2026-11-01 00:00:01")
        ordered(maya, 100)
        assert figures(maya) == (0, 100)

    def test_an_order_that_is_refused_leaves_the_allowance_as_it_was_and_the_next_look_renews_it(
        self, maya, calendar
    ):
        calendar.set("2026-11-01 00:00:01")
        with pytest.raises(ledger.NotEnough, match="needs 101, you have 100"):
            ordered(maya, 101)
        assert figures(maya) == (100, 0)

    @pytest.mark.usefixtures("maya")
    def test_all_that_is_due_is_renewed(self, admin, calendar):
        noah = person("Noah")
        allowances.set_allowance(noah, Monthly(7), by=admin)
        calendar.set("2026-11-01 00:05")
        allowances.renew_all()
        assert set(Account.objects.exclude(monthly=None).values_list("available", "renewed_for")) == {
            (100, NOVEMBER),
            (7, NOVEMBER),
        }

    def test_one_that_can_t_be_renewed_holds_up_nobody(self, maya, admin, calendar, monkeypatch):
        noah = person("Noah")
        allowances.set_allowance(noah, Monthly(7), by=admin)
        calendar.set("2026-11-01 00:05")
        broken, post = ledger.account_of(maya), ledger.post

        def fails(account, *args, **kwargs):
            if account.pk == broken.pk:
                raise RuntimeError("the books are wrong")
            return post(account, *args, **kwargs)

        monkeypatch.setattr(ledger, "post", fails)
        with capture_logs() as logs:
            allowances.renew_all()
        assert [(line["log_level"], line["account"]) for line in logs] == [("error", broken.pk)]
        assert ledger.account_of(noah).renewed_for == NOVEMBER
        assert ledger.account_of(maya).renewed_for == OCTOBER

    @pytest.mark.usefixtures("maya")
    def test_all_that_is_renewed_already_costs_two_queries(self, django_assert_max_num_queries):
        with django_assert_max_num_queries(2):
            allowances.renew_all()

    def test_renewing_asks_as_much_after_many_entries(self, maya, calendar):
        counts = []
        for month in ("2026-11", "2026-12"):
            calendar.set(f"{month}-01 00:00")
            with CaptureQueriesContext(connection) as asked:
                allowances.renew(ledger.account_of(maya))
            counts.append(len(asked))
            for _ in range(30):
                spent(maya, 1)
        assert counts[0] == counts[1] < 30


class TestCalendar:
    """The month begins on the first at midnight, wherever the studio is."""

    @pytest.mark.parametrize(
        ("zone", "last", "first"),
        [
            ("UTC", "2026-10-31 23:59:59", "2026-11-01 00:00:00"),
            ("Europe/Berlin", "2026-10-31 23:59:59", "2026-11-01 00:00:00"),
            ("Pacific/Auckland", "2026-10-31 23:59:59", "2026-11-01 00:00:00"),
            ("Pacific/Kiritimati", "2026-10-31 23:59:59", "2026-11-01 00:00:00"),
            ("America/Los_Angeles", "2026-10-31 23:59:59", "2026-11-01 00:00:00"),
            ("Asia/Kathmandu", "2027-02-28 23:59:59", "2027-03-01 00:00:00"),
            ("Europe/Berlin", "2028-02-29 23:59:59", "2028-03-01 00:00:00"),
            ("Europe/Berlin", "2026-12-31 23:59:59", "2027-01-01 00:00:00"),
        ],
    )
    def test_a_month_begins_at_midnight_of_the_studio(self, calendar, admin, zone, last, first):
        calendar.zone(zone)
        calendar.set(last)
        user = person("Maya")
        allowances.set_allowance(user, Monthly(100), by=admin)
        spent(user, 1)
        assert figures(user) == (99, 0)
        calendar.forward(seconds=1)
        assert f"{timezone.localtime():%Y-%m-%d %H:%M:%S}" == first
        assert figures(user) == (100, 0)

    def test_the_same_moment_is_another_month_elsewhere(self, maya, calendar):
        calendar.set("2026-10-31 23:30")  # UTC
        assert figures(maya) == (100, 0)
        assert booked(maya) == [("grant", 100)]
        calendar.zone("Europe/Berlin")
        assert figures(maya) == (100, 0)
        assert ledger.account_of(maya).renewed_for == NOVEMBER

    def test_a_studio_that_moves_to_the_west_gets_no_second_allowance(self, maya, calendar):
        calendar.zone("Pacific/Auckland")
        calendar.set("2026-11-01 06:00")
        assert figures(maya) == (100, 0)
        spent(maya, 50)
        calendar.zone("America/Los_Angeles")  # it is October there
        assert figures(maya) == (50, 0)
        calendar.set("2026-11-01 00:00")
        assert figures(maya) == (50, 0)

    @pytest.mark.parametrize(
        ("zone", "before"),
        [
            ("America/New_York", "2026-10-31 23:30"),  # the first has 25 hours
            ("America/Havana", "2026-10-31 23:30"),  # midnight comes twice on the first
            ("Africa/Cairo", "2024-10-31 22:30"),  # the last hour of the month comes twice
            ("Europe/Berlin", "2026-03-28 23:30"),  # a day of 23 hours, not at the edge of a month
        ],
    )
    def test_days_on_which_the_clocks_change_renew_once(self, calendar, admin, zone, before):
        calendar.zone(zone)
        calendar.set(before)
        user = person("Maya")
        allowances.set_allowance(user, Monthly(100), by=admin)
        seen = set()
        for _ in range(40):
            seen.add(periods.month_of(periods.today()))
            figures(user)
            calendar.forward(minutes=15)
        assert len(booked(user, Kind.GRANT)) == len(seen)


class TestChanging:
    @pytest.mark.parametrize("amount", [0, -1])
    def test_an_allowance_is_more_than_nothing(self, amount):
        with pytest.raises(ValueError, match="more than nothing"):
            Monthly(amount)

    def test_who_has_used_credits_is_limited_by_somebody_with_a_name(self, alice):
        spent(alice, 30)
        for mode in (Monthly(100), Given()):
            with pytest.raises(ValueError, match="by name: Alice has used 30 credits"):
                allowances.set_allowance(alice, mode, by=None)
        assert (mode_of(ledger.account_of(alice)), changes(), figures(alice)) == (Shares(), [], (-30, 0))

    def test_who_has_used_nothing_is_limited_by_the_command_line_too(self, alice):
        allowances.set_allowance(alice, Monthly(100), by=None)
        assert figures(alice) == (100, 0)
        assert changes() == [("shares the wallet", "100 credits a month", None)]

    def test_the_same_again_changes_nothing(self, maya, admin):
        words = allowances.set_allowance(maya, Monthly(100), by=admin)
        assert words == "Nothing changed: Maya gets 100 credits a month."
        assert (booked(maya), len(changes())) == ([("grant", 100)], 1)

    def test_who_is_limited_in_the_middle_of_a_month_has_the_whole_at_once(self, alice, admin, calendar):
        words = allowances.set_allowance(alice, Monthly(1500), by=admin)
        assert words == (
            "Alice gets 1,500 credits a month now. 1,500 were given at once; what is left on 1 November expires."
        )
        assert figures(alice) == (1500, 0)
        entry = Entry.objects.get()
        assert (entry.actor, entry.reason) == (admin, "From now on 1,500 credits a month")
        calendar.set("2026-11-01 00:00")
        assert figures(alice) == (1500, 0)

    def test_who_shared_the_wallet_is_brought_to_nothing_first(self, alice, admin):
        spent(alice, 240)
        ordered(alice, 20)
        allowances.set_allowance(alice, Monthly(100), by=admin)
        assert figures(alice) == (100, 20)
        adjust = Entry.objects.get(kind=Kind.ADJUST)
        assert (adjust.d_available, adjust.actor) == (260, admin)
        assert adjust.reason == "From now on 100 credits a month; used before: 240, held: 20"

    def test_what_was_given_to_one_who_shared_stays_on_top_until_the_month_ends(self, alice, admin, calendar):
        give(alice, 30)
        allowances.set_allowance(alice, Monthly(100), by=admin)
        assert figures(alice) == (130, 0)
        calendar.set("2026-11-01 00:00")
        assert figures(alice) == (100, 0)

    def test_a_raise_gives_the_difference_at_once(self, maya, admin, calendar):
        spent(maya, 80)
        words = allowances.set_allowance(maya, Monthly(150), by=admin)
        assert "50 were given at once" in words
        assert figures(maya) == (70, 0)
        calendar.set("2026-11-01 00:00")
        assert figures(maya) == (150, 0)

    def test_less_counts_from_the_next_month_on(self, maya, admin, calendar):
        spent(maya, 10)
        words = allowances.set_allowance(maya, Monthly(50), by=admin)
        assert (
            words
            == "Maya gets 50 credits a month now. This month's 100 stay; the new allowance comes on 1 November."
        )
        assert figures(maya) == (90, 0)
        calendar.set("2026-11-01 00:00")
        assert figures(maya) == (50, 0)

    def test_up_and_down_in_one_month_never_gives_more_than_the_highest(self, maya, admin):
        for amount in (50, 100, 120, 90, 110, 130, 20, 130):
            allowances.set_allowance(maya, Monthly(amount), by=admin)
        assert figures(maya) == (130, 0)

    def test_only_what_is_given_keeps_what_is_there_and_nothing_expires(self, maya, admin, calendar):
        spent(maya, 40)
        words = allowances.set_allowance(maya, Given(), by=admin)
        assert words == "Maya gets only what is given now. 60 credits are there."
        calendar.set("2027-01-01 00:00")
        allowances.renew_all()
        assert figures(maya) == (60, 0)

    def test_who_shared_is_brought_to_nothing_and_gets_only_what_is_given(self, alice, admin):
        spent(alice, 30)
        words = allowances.set_allowance(alice, Given(), by=admin)
        assert (words, figures(alice)) == ("Alice gets only what is given now. 0 credits are there.", (0, 0))
        with pytest.raises(ledger.NotEnough):
            ordered(alice, 1)

    def test_back_and_forth_in_one_month_gives_no_second_allowance(self, maya, admin):
        spent(maya, 40)
        allowances.set_allowance(maya, Given(), by=admin)
        allowances.set_allowance(maya, Monthly(100), by=admin)
        assert figures(maya) == (60, 0)
        allowances.set_allowance(maya, Given(), by=admin)
        allowances.set_allowance(maya, Monthly(130), by=admin)
        assert figures(maya) == (90, 0)

    def test_an_allowance_after_months_of_gifts_begins_with_the_whole(self, maya, admin, calendar):
        allowances.set_allowance(maya, Given(), by=admin)
        calendar.set("2026-12-10 12:00")
        allowances.set_allowance(maya, Monthly(80), by=admin)
        assert figures(maya) == (180, 0)

    @pytest.mark.parametrize("mode", [Monthly(100), Given()])
    def test_who_shares_the_wallet_begins_at_nothing(self, maya, admin, mode):
        allowances.set_allowance(maya, mode, by=admin)
        spent(maya, 40)
        job = ordered(maya, 10)
        words = allowances.set_allowance(maya, Shares(), by=admin)
        assert words == "Maya shares the wallet now. The 50 credits that were left expired."
        assert figures(maya) == (0, 10)
        expired = Entry.objects.get(kind=Kind.EXPIRE)
        assert (expired.actor, expired.reason) == (admin, "Shares the wallet from now on")
        back(job, 10)
        spent(maya, 500)
        assert figures(maya) == (-490, 0)

    def test_who_shared_the_wallet_for_a_while_begins_with_the_whole_again(self, maya, admin, calendar):
        spent(maya, 100)
        allowances.set_allowance(maya, Shares(), by=admin)
        spent(maya, 30)
        allowances.set_allowance(maya, Monthly(100), by=admin)
        assert figures(maya) == (100, 0)
        allowances.set_allowance(maya, Monthly(150), by=admin)
        assert figures(maya) == (150, 0)
        calendar.set("2026-11-01 00:00")
        assert figures(maya) == (150, 0)

    def test_a_change_on_the_first_finds_the_month_renewed(self, maya, admin, calendar):
        spent(maya, 30)
        calendar.set("2026-11-01 00:00:10")
        allowances.set_allowance(maya, Monthly(120), by=admin)
        assert figures(maya) == (120, 0)
        assert booked(maya)[1:] == [("expire", -70), ("grant", 100), ("grant", 20)]

    def test_who_is_out_of_the_team_is_given_an_allowance_on_return(self, alice, admin):
        User.objects.filter(pk=alice.pk).update(is_active=False)
        words = allowances.set_allowance(alice, Monthly(100), by=admin)
        assert words == "Alice gets 100 credits a month now. They are given once they are back in the team."
        assert figures(alice) == (0, 0)
        User.objects.filter(pk=alice.pk).update(is_active=True)
        assert figures(alice) == (100, 0)

    def test_what_is_given_to_who_is_out_of_the_team_expires_with_its_month(self, alice, admin, calendar):
        User.objects.filter(pk=alice.pk).update(is_active=False)
        allowances.set_allowance(alice, Monthly(100), by=admin)
        give(alice, 30)
        calendar.set("2026-11-01 00:00")
        User.objects.filter(pk=alice.pk).update(is_active=True)
        assert figures(alice) == (100, 0)

    def test_a_raise_for_who_is_out_of_the_team_comes_in_the_month_they_had_theirs(self, maya, admin):
        User.objects.filter(pk=maya.pk).update(is_active=False)
        allowances.set_allowance(maya, Monthly(130), by=admin)
        User.objects.filter(pk=maya.pk).update(is_active=True)
        assert figures(maya) == (130, 0)

    def test_a_clock_that_went_back_while_somebody_changed_it_gives_and_takes_nothing_twice(
        self, maya, admin, calendar
    ):
        spent(maya, 100)
        calendar.set("2026-11-01 00:10")
        spent(maya, 60)
        calendar.set("2026-10-31 23:50")
        allowances.set_allowance(maya, Monthly(120), by=admin)
        assert figures(maya) == (60, 0)
        allowances.set_allowance(maya, Shares(), by=admin)
        allowances.set_allowance(maya, Monthly(100), by=admin)
        calendar.set("2026-11-01 00:00")
        assert figures(maya) == (100, 0)
        assert audit.drift().count() == 0

    def test_who_changed_it_and_when_is_kept(self, maya, admin):
        allowances.set_allowance(maya, Given(), by=admin)
        allowances.set_allowance(maya, Shares(), by=admin)
        assert changes() == [
            ("shares the wallet", "100 credits a month", "Ada"),
            ("100 credits a month", "only what is given", "Ada"),
            ("only what is given", "shares the wallet", "Ada"),
        ]
        last = Change.objects.latest("id")
        assert (last.of, last.subject_id) == ("allowance", maya.pk)
        assert datetime.now(UTC) - last.at < timedelta(minutes=1)


class TestTheSandbox:
    KEY = "live-key-0123456789"

    def test_the_real_account_begins_with_the_whole_allowance(self, maya, calendar, settings):
        give(maya, 50)
        spent(maya, 70)
        calendar.set("2026-11-05 12:00")
        spent(maya, 10)
        settings.STUDIO_API_KEY = self.KEY
        assert mode_of(ledger.account_of(maya)) == Monthly(100)
        assert figures(maya) == (100, 0)
        assert Entry.objects.get(account__sandbox=False).reason == "Allowance of November 2026"
        assert not audit.drift().exists()

    def test_what_allowances_booked_is_no_gift_to_the_real_account(self, maya, admin, settings):
        spent(maya, 70)
        give(maya, 11)
        allowances.set_allowance(maya, Shares(), by=admin)
        spent(maya, 300)
        allowances.set_allowance(maya, Given(), by=admin)
        settings.STUDIO_API_KEY = self.KEY
        assert figures(maya) == (11, 0)

    def test_play_money_is_not_renewed_any_more_once_there_is_a_key(self, maya, calendar, settings):
        settings.STUDIO_API_KEY = self.KEY
        ledger.open_missing()
        calendar.set("2026-11-01 00:00")
        allowances.renew_all()
        assert dict(Account.objects.filter(user=maya).values_list("sandbox", "renewed_for")) == {
            True: OCTOBER,
            False: NOVEMBER,
        }


class TestTheUsual:
    def test_without_a_word_new_members_share_the_wallet(self):
        assert allowances.usual() is None

    def test_nothing_is_no_allowance(self, admin):
        with pytest.raises(ValueError, match="more than nothing"):
            allowances.set_usual(0, by=admin)
        assert (allowances.usual(), changes()) == (None, [])

    def test_what_new_members_get_is_written_down_with_who_said_so(self, maya, admin):
        allowances.set_usual(200, by=admin)
        allowances.set_usual(200, by=admin)
        assert allowances.usual() == 200
        allowances.set_usual(None, by=admin)
        assert allowances.usual() is None
        assert changes()[1:] == [
            ("shares the wallet", "200 credits a month", "Ada"),
            ("200 credits a month", "shares the wallet", "Ada"),
        ]
        assert Sharing.objects.count() == 1
        assert figures(maya) == (100, 0)


@pytest.mark.parametrize(
    ("mode", "credits", "granted"),
    [(Shares(), 0, []), (Monthly(100), 100, [("grant", 100)]), (Given(), 0, [])],
)
def test_a_new_member_begins_with_the_whole_of_what_they_get(admin, calendar, mode, credits, granted):
    calendar.set("2026-10-31 23:00")
    new = User.objects.create_user("new@example.com", "correct horse", name="New")
    account = allowances.welcome(new, mode, by=admin)
    assert (mode_of(account), account.available, booked(new)) == (mode, credits, granted)
    assert changes() == [("", str(mode), "Ada")]
    calendar.set("2026-11-01 00:00")
    assert figures(new) == (credits, 0)


def test_who_has_no_allowance_has_no_renewal(alice):
    assert allowances.next_renewal(ledger.account_of(alice)) is None


def test_an_allowance_that_was_never_given_comes_next_month_at_the_latest(maya):
    account = ledger.account_of(maya)
    account.renewed_for = None
    assert allowances.next_renewal(account) == NOVEMBER
