"""The rules of allowances against a model of them, whatever happens in whatever order and whenever it is renewed."""

import os
import uuid
from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from studio.accounts.models import User
from studio.credits import allowances, audit, balances, ledger, seals, spending
from studio.credits.models import Account, Change, Entry
from studio.credits.modes import Given, Monthly, Shares, mode_of
from tests.conftest import person

pytestmark = pytest.mark.django_db
RUNS = int(os.environ.get("MACHINE_RUNS", "30"))
START = datetime(2026, 10, 20, 12, tzinfo=UTC)
MODES = st.one_of(st.just(Shares()), st.just(Given()), st.integers(1, 60).map(Monthly))
ZONES = ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Havana", "Africa/Cairo", "Europe/Berlin"]


def booking() -> ledger.Booking:
    return ledger.Booking(
        job=uuid.uuid4(), project_id=1, project_name="General", made="generate", model_name="gemini-2.5-flash"
    )


class Model:
    """A member as docs/credits.md tells it: the month begins at midnight for everyone at once."""

    def __init__(self, month: date) -> None:
        self.mode, self.month, self.active = Shares(), month, True
        self.available = self.held = 0
        self.has = 0  # of this month's allowance
        self.missed = 0  # left from before, for who was away when the month began

    def month_begins(self, month: date) -> None:
        self.month = month
        if not isinstance(self.mode, Monthly):
            self.has = 0
        elif self.active:
            self.available = self.has = self.mode.credits
        else:
            self.missed, self.has = self.available, None

    def returns(self) -> None:
        self.active = True
        if isinstance(self.mode, Monthly) and self.has is None:
            self.has = self.mode.credits
            self.available += self.has - self.missed

    def changes(self, mode) -> None:
        if mode == self.mode:
            return
        before, self.mode = self.mode, mode
        match mode:
            case Shares():
                self.available = self.has = 0
            case Given():
                self.available = max(0, self.available)
            case Monthly(credits):
                has = 0 if before == Shares() else self.has
                self.available = max(0, self.available) + max(0, credits - has)
                self.has = max(has, credits)


class Allowances(RuleBasedStateMachine):
    """One member, an admin, the calendar, and renewals that come early, late or not at all."""

    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.moment = START
        self.clock = patch.object(timezone, "now", lambda: self.moment)
        self.clock.start()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.admin = person("Ada", is_staff=True, is_superuser=True)
        self.maya = person("Maya")
        self.model = Model(date(2026, 10, 1))

    def teardown(self) -> None:
        chain = Entry.objects.order_by("id").values_list("id", "seal", *seals.SEALED)
        assert list(seals.broken(chain)) == []
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)
        self.clock.stop()

    @rule(days=st.integers(0, 45), seconds=st.integers(1, 86_400))
    def time_goes_by(self, days, seconds):
        self.moment += timedelta(days=days, seconds=seconds)
        month = self.moment.date().replace(day=1)
        if month > self.model.month:
            self.model.month_begins(month)

    @rule()
    def beat(self):
        allowances.renew_all()

    @rule(mode=MODES)
    def change(self, mode):
        if self.model.active:
            allowances.set_allowance(self.maya, mode, by=self.admin)
            self.model.changes(mode)

    @rule(amount=st.integers(1, 20))
    def give(self, amount):
        ledger.grant(self.maya, amount, key=uuid.uuid4().hex, why=ledger.NOBODY)
        self.model.available += amount

    @rule(target=jobs, amount=st.integers(1, 50))
    def order(self, amount):
        job = booking()
        may = self.model.mode == Shares() or amount <= self.model.available
        if not self.model.active:
            return None
        if not may:
            words = f"needs {amount}, you have {self.model.available}"
            with pytest.raises(ledger.NotEnough, match=words), transaction.atomic():
                spending.hold(self.maya, amount, job, sandbox=True)
            return None
        spending.hold(self.maya, amount, job, sandbox=True)
        self.model.available -= amount
        self.model.held += amount
        return job, amount

    @rule(ordered=jobs, delivered=st.booleans())
    def settle(self, ordered, delivered):
        if ordered is None:
            return
        job, amount = ordered
        paid = amount if delivered else 0
        if ledger.settle(held=amount, captured=paid, pictures=int(delivered), booking=job):
            self.model.held -= amount
            self.model.available += amount - paid

    @rule()
    def leave(self):
        allowances.renew_all()
        User.objects.filter(pk=self.maya.pk).update(is_active=False)
        self.model.active = False

    @rule()
    def come_back(self):
        User.objects.filter(pk=self.maya.pk).update(is_active=True)
        if not self.model.active:
            self.model.returns()

    @rule()
    def look(self):
        account = balances.account_of(self.maya)
        assert mode_of(account) == self.model.mode
        assert (account.available, account.held) == (self.model.available, self.model.held)

    @invariant()
    def the_sums_are_those_of_the_entries(self):
        assert not audit.drift().exists()

    @invariant()
    def every_change_is_written_down_once(self):
        rows = list(Change.objects.order_by("id").values_list("before", "after"))
        assert [after for _, after in rows[:-1]] == [before for before, _ in rows[1:]]
        assert str(self.model.mode) == (rows[-1][1] if rows else "shares the wallet")


def test_allowances_follow_their_rules_whenever_they_are_renewed():
    quick = settings(
        max_examples=RUNS,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(Allowances, settings=quick)


@settings(max_examples=RUNS, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    zone=st.sampled_from(ZONES),
    hours=st.lists(st.integers(-40 * 24, 120 * 24), min_size=1, max_size=12),
    monthly=st.integers(1, 60),
)
def test_whatever_the_clock_does_each_month_that_it_reaches_gives_one_allowance(zone, hours, monthly):
    moments = [START + timedelta(hours=hour) for hour in hours]
    with transaction.atomic(), override_settings(TIME_ZONE=zone):
        with patch.object(timezone, "now", lambda: START):
            admin, maya = person("Ada", is_staff=True, is_superuser=True), person("Maya")
            allowances.set_allowance(maya, Monthly(monthly), by=admin)
        reached = [date(2026, 10, 1)]
        for moment in moments:
            with patch.object(timezone, "now", lambda now=moment: now):
                account = balances.account_of(maya)
            month = moment.astimezone(ZoneInfo(zone)).date().replace(day=1)
            reached += [month] if month > reached[-1] else []
            assert (account.available, account.renewed_for) == (monthly, reached[-1])
        kinds = list(Entry.objects.order_by("id").values_list("kind", flat=True))
        assert kinds == ["grant"] + ["expire", "grant"] * (len(reached) - 1)
        assert not Account.objects.filter(available__lt=0).exists()
        transaction.set_rollback(True)
