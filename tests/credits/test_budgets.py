"""What a project and the team may take a month, to the credit."""

from collections import Counter
from datetime import date

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.credits import budgets, ledger, spending, totals
from studio.credits.models import BudgetWarning, Change, Entry, Loss, ProjectCap, Statement, TeamBudget
from tests.conftest import person
from tests.credits.books import booking, settled

pytestmark = pytest.mark.django_db
SPRING, AUTUMN = (7, "Spring"), (8, "Autumn")
NOVEMBER = date(2026, 11, 1)


@pytest.fixture
def real(settings):
    """The studio works with the real API."""
    settings.STUDIO_API_KEY = "live-key-0123456789"


def order(user, pictures: int, project=SPRING, *, sandbox: bool = False) -> ledger.Booking:
    job = booking(project)
    spending.hold(user, 5 * pictures, job, sandbox=sandbox)
    return job


def make(user, pictures: int, project=SPRING, *, delivered: int | None = None) -> None:
    job = order(user, pictures, project)
    settled(job, of=pictures, delivered=pictures if delivered is None else delivered)


def changes() -> list[tuple[str, str, str]]:
    return list(Change.objects.order_by("id").values_list("before", "after", "actor__name"))


@pytest.mark.usefixtures("real", "calendar")
class TestCaps:
    @pytest.fixture(autouse=True)
    def _capped(self, admin):
        budgets.set_cap(SPRING[0], 50, by=admin)

    def test_an_order_that_a_project_cannot_take_is_refused_with_the_figures(self, alice):
        make(alice, 8)
        with pytest.raises(budgets.CapReached) as refused:
            order(alice, 4)
        error = refused.value
        assert (error.project, error.cap, error.left, error.needed) == ("Spring", 50, 10, 20)
        assert str(error) == (
            "Spring may take 50 credits a month: 10 are left until 1 November, this needs 20."
        )
        assert Entry.objects.filter(kind="hold").count() == 1

    def test_a_project_takes_its_cap_to_the_last_credit(self, alice, bob):
        make(alice, 8)
        order(bob, 2)
        assert budgets.left_of(SPRING[0]) == 0
        with pytest.raises(budgets.CapReached):
            order(alice, 1)

    def test_what_comes_back_can_be_ordered_again(self, alice):
        first, _second = order(alice, 6), order(alice, 4)
        settled(first, of=6, delivered=2)
        assert budgets.left_of(SPRING[0]) == 20
        order(alice, 4)

    def test_other_projects_have_no_part_in_it(self, alice):
        make(alice, 20, AUTUMN)
        assert (budgets.left_of(SPRING[0]), budgets.left_of(AUTUMN[0])) == (50, None)

    def test_the_month_begins_anew_at_midnight_of_the_studio(self, alice, calendar):
        calendar.zone("Pacific/Auckland")
        calendar.set("2026-10-31 23:59:59")
        make(alice, 10)
        calendar.forward(seconds=1)
        assert budgets.left_of(SPRING[0]) == 50

    def test_orders_under_way_are_taken_along_into_the_next_month_in_which_they_are_paid(
        self, alice, calendar
    ):
        job, other = order(alice, 6), order(alice, 4)
        calendar.set("2026-11-02 12:00")
        assert budgets.left_of(SPRING[0]) == 0
        settled(other, of=4, delivered=0)
        settled(job, of=6, delivered=5)
        assert budgets.left_of(SPRING[0]) == 25

    def test_the_real_cap_counts_no_play_money_and_the_sandbox_no_real_one(self, alice):
        order(alice, 10, sandbox=True)
        assert budgets.left_of(SPRING[0]) == 50
        with pytest.raises(budgets.CapReached):
            order(alice, 1, sandbox=True)
        make(alice, 10)
        assert budgets.left_of(SPRING[0]) == 0

    def test_a_cap_of_nothing_takes_nothing(self, alice, admin):
        budgets.set_cap(SPRING[0], 0, by=admin)
        with pytest.raises(budgets.CapReached, match="0 are left"):
            order(alice, 1)

    def test_a_cap_below_what_was_taken_leaves_nothing(self, alice, admin):
        make(alice, 8)
        budgets.set_cap(SPRING[0], 30, by=admin)
        assert budgets.left_of(SPRING[0]) == 0

    def test_a_clock_that_goes_back_into_a_closed_month_counts_the_first_open_one(self, alice):
        Statement.objects.create(
            number="2026-10-T", month=date(2026, 10, 1), scope="team", body={}, sha256=""
        )
        make(alice, 8)
        assert Entry.objects.latest("id").day == NOVEMBER
        assert budgets.left_of(SPRING[0]) == 10

    def test_all_caps_are_told_with_what_was_taken_of_them(self, alice, admin):
        budgets.set_cap(AUTUMN[0], 10, by=admin)
        make(alice, 3, delivered=2)
        make(alice, 3, (9, "No cap"))
        assert budgets.caps() == {7: budgets.Cap(50, 10), 8: budgets.Cap(10, 0)}

    def test_what_is_asked_of_the_database_does_not_grow_with_orders_and_projects(self, alice, admin):
        counts = []
        for round_ in range(2):
            with CaptureQueriesContext(connection) as asked:
                budgets.caps()
                budgets.left_of(SPRING[0])
            counts.append(len(asked))
            for number in range(5):
                budgets.set_cap(20 + 5 * round_ + number, 50, by=admin)
                make(alice, 1)
        assert counts[0] == counts[1] <= 16

    def test_a_refused_order_renews_and_holds_nothing(self, alice):
        rows = Entry.objects.count()
        with pytest.raises(budgets.CapReached), transaction.atomic():
            order(alice, 11)
        assert Entry.objects.count() == rows

    def test_who_capped_a_project_is_kept_and_the_same_again_is_no_change(self, admin):
        budgets.set_cap(SPRING[0], 50, by=admin)
        budgets.set_cap(SPRING[0], 1200, by=admin)
        budgets.set_cap(SPRING[0], None, by=admin)
        budgets.set_cap(SPRING[0], None, by=None)
        assert changes() == [
            ("no cap", "50 credits a month", "Ada"),
            ("50 credits a month", "1,200 credits a month", "Ada"),
            ("1,200 credits a month", "no cap", "Ada"),
        ]
        assert set(Change.objects.values_list("of", "subject_id")) == {("cap", 7)}
        assert (budgets.cap_of(SPRING[0]), ProjectCap.objects.exists()) == (None, False)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.integers(1, 4)),
        st.tuples(st.just("settle"), st.integers(0, 4)),
        st.tuples(st.just("days"), st.integers(1, 20)),
        st.tuples(st.just("fold"), st.just(0)),
    ),
    max_size=40,
)


@pytest.mark.parametrize("sandbox", [True, False])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS, cap=st.integers(0, 60))
def test_no_month_of_a_project_ever_pays_more_than_its_cap(steps, cap, sandbox, calendar, request):
    if not sandbox:
        request.getfixturevalue("real")
    with transaction.atomic():
        calendar.set("2026-10-20 12:00")
        user, held, paid = person("Maya"), [], Counter()
        budgets.set_cap(SPRING[0], cap, by=None)
        for step, number in steps:
            month = budgets.month().first
            left = max(0, cap - paid[month] - sum(5 * asked for _job, asked in held))
            assert budgets.left_of(SPRING[0]) == left
            if step == "days":
                calendar.forward(days=number)
            elif step == "fold":
                totals.fold()
            elif step == "order" and 5 * number > left:
                with pytest.raises(budgets.CapReached, match=f": {left} are left"), transaction.atomic():
                    order(user, number, sandbox=sandbox)
            elif step == "order":
                held.append((order(user, number, sandbox=sandbox), number))
            elif held:
                job, asked = held.pop(number % len(held))
                settled(job, of=asked, delivered=min(asked, number))
                paid[month] += 5 * min(asked, number)
        assert all(sum_ <= cap for sum_ in paid.values())
        transaction.set_rollback(True)


def lose(user, credits: int) -> None:
    job = order(user, 1)
    assert ledger.lose(job.job, credits, api="https://real", why=Loss.Why.EXPIRED)
    settled(job, of=1, delivered=0)


@pytest.mark.usefixtures("real", "calendar")
class TestTheTeamsBudget:
    def test_without_one_nothing_is_refused_and_nobody_is_warned(self, alice):
        make(alice, 100)
        assert budgets.team_budget() is None
        assert budgets.refusal(1_000_000, 0) == ""
        assert budgets.warnings_due(0) == []

    def test_a_budget_is_more_than_nothing(self, admin):
        with pytest.raises(ValueError, match="more than nothing"):
            budgets.set_team_budget(0, hard=True, under_way=0, by=admin)
        assert (budgets.team_budget(), changes()) == (None, [])

    def test_spent_is_what_was_paid_what_was_lost_and_what_is_under_way(self, alice, bob):
        make(alice, 4, delivered=3)
        make(bob, 2, AUTUMN)
        order(bob, 4)
        lose(alice, 5)
        assert budgets.spent_this_month(0) == 30
        assert budgets.spent_this_month(20) == 50

    def test_play_money_is_not_spent(self, alice):
        job = order(alice, 4, sandbox=True)
        settled(job, of=4, delivered=4)
        assert budgets.spent_this_month(0) == 0

    def test_last_months_is_not_spent_this_month_but_counts_in_the_month_it_is_paid(self, alice, calendar):
        make(alice, 4)
        lose(alice, 5)
        job = order(alice, 2)
        calendar.set("2026-11-01 00:00")
        assert budgets.spent_this_month(0) == 0
        settled(job, of=2, delivered=2)
        assert budgets.spent_this_month(0) == 10

    def test_a_hard_one_lets_the_last_credit_go_and_not_one_more(self, alice, admin):
        budgets.set_team_budget(100, hard=True, under_way=0, by=admin)
        make(alice, 10)
        assert budgets.refusal(20, 30) == ""
        assert budgets.refusal(20, 31) == (
            "The team's budget is 100 credits a month: 81 are spent, the next order needs 20. "
            "It goes on by itself on 1 November."
        )

    def test_an_order_above_the_whole_budget_is_not_promised_for_next_month(self, admin):
        budgets.set_team_budget(15, hard=True, under_way=0, by=admin)
        assert budgets.refusal(20, 0) == (
            "The team's budget is 15 credits a month: 0 are spent, and the next order alone needs 20. "
            "It goes on once the budget is raised."
        )

    def test_a_soft_one_refuses_nothing(self, alice, admin):
        budgets.set_team_budget(10, hard=False, under_way=0, by=admin)
        make(alice, 10)
        assert budgets.refusal(20, 0) == ""

    def test_each_share_is_told_once_a_month(self, alice, admin, calendar):
        budgets.set_team_budget(100, under_way=0, by=admin)
        told = []
        for _ in range(12):
            make(alice, 2)
            told.append([(row.percent, row.spent, row.budget) for row in budgets.warnings_due(0)])
        assert [rows for rows in told if rows] == [[(50, 50, 100)], [(80, 80, 100)], [(100, 100, 100)]]
        assert told[4]
        assert told[7]
        assert told[9]
        calendar.set("2026-11-01 00:00")
        assert budgets.warnings_due(49) == []
        assert [row.percent for row in budgets.warnings_due(50)] == [50]
        assert set(BudgetWarning.objects.values_list("month", "percent")) == {
            (date(2026, 10, 1), 50), (date(2026, 10, 1), 80), (date(2026, 10, 1), 100), (NOVEMBER, 50),
        }  # fmt: skip

    def test_shares_that_are_passed_in_one_go_are_told_together(self, admin):
        budgets.set_team_budget(100, hard=True, under_way=0, by=admin)
        assert [row.percent for row in budgets.warnings_due(95)] == [50, 80]
        assert budgets.warnings_due(99) == []

    def test_a_raised_budget_is_warned_of_anew(self, alice, admin):
        budgets.set_team_budget(100, under_way=0, by=admin)
        make(alice, 20)
        assert len(budgets.warnings_due(0)) == 3
        budgets.set_team_budget(150, under_way=0, by=admin)
        assert list(BudgetWarning.objects.values_list("percent", flat=True)) == [50]
        assert budgets.warnings_due(0) == []
        make(alice, 4)
        assert [(row.percent, row.budget) for row in budgets.warnings_due(0)] == [(80, 150)]

    def test_what_sent_orders_hold_counts_when_it_is_raised_as_it_did_when_it_was_told(self, admin):
        budgets.set_team_budget(100, under_way=0, by=admin)
        assert [row.percent for row in budgets.warnings_due(60)] == [50]
        budgets.set_team_budget(120, under_way=60, by=admin)
        assert budgets.warnings_due(60) == []

    @pytest.mark.parametrize(("monthly", "hard"), [(100, True), (90, False), (90, True)])
    def test_another_rule_or_less_tells_nothing_twice(self, admin, monthly, hard):
        budgets.set_team_budget(100, under_way=0, by=admin)
        assert len(budgets.warnings_due(50)) == 1
        # Meanwhile an order failed, and its credits came back.
        budgets.set_team_budget(monthly, hard=hard, under_way=10, by=admin)
        assert budgets.warnings_due(50) == []

    def test_a_rule_that_changes_after_a_raise_tells_nothing_twice(self, admin):
        budgets.set_team_budget(100, under_way=0, by=admin)
        budgets.warnings_due(80)
        budgets.set_team_budget(150, under_way=80, by=admin)
        budgets.set_team_budget(150, hard=True, under_way=10, by=admin)
        assert budgets.warnings_due(80) == []

    def test_a_budget_that_is_taken_away_and_given_back_tells_nothing_twice(self, admin):
        budgets.set_team_budget(100, under_way=0, by=admin)
        budgets.warnings_due(80)
        budgets.set_team_budget(None, under_way=80, by=admin)
        budgets.set_team_budget(100, under_way=10, by=admin)
        assert budgets.warnings_due(80) == []

    def test_what_new_orders_find_of_a_hard_one_is_less_by_all_that_hold_credits(self, alice, admin):
        assert budgets.left_of_a_hard_one(0) is None
        budgets.set_team_budget(100, under_way=0, by=admin)
        assert budgets.left_of_a_hard_one(0) is None
        budgets.set_team_budget(100, hard=True, under_way=0, by=admin)
        make(alice, 4)
        assert [budgets.left_of_a_hard_one(held) for held in (0, 30, 80, 90)] == [80, 50, 0, 0]

    def test_without_the_budget_what_was_told_stays(self, alice, admin, calendar):
        budgets.set_team_budget(10, under_way=0, by=admin)
        make(alice, 2)
        budgets.warnings_due(0)
        calendar.set("2026-11-03 12:00")
        make(alice, 2)
        assert len(budgets.warnings_due(0)) == 3
        budgets.set_team_budget(None, under_way=0, by=admin)
        months = BudgetWarning.objects.values_list("month", flat=True)
        assert Counter(months) == {date(2026, 10, 1): 3, NOVEMBER: 3}

    def test_who_set_it_is_kept_and_the_same_again_is_no_change(self, admin):
        budgets.set_team_budget(1500, under_way=0, by=admin)
        budgets.set_team_budget(1500, hard=False, under_way=0, by=admin)
        budgets.set_team_budget(1500, hard=True, under_way=0, by=admin)
        budgets.set_team_budget(None, under_way=0, by=admin)
        budgets.set_team_budget(None, under_way=0, by=admin)
        assert changes() == [
            ("no budget", "1,500 credits a month, warns", "Ada"),
            ("1,500 credits a month, warns", "1,500 credits a month, stops the line", "Ada"),
            ("1,500 credits a month, stops the line", "no budget", "Ada"),
        ]
        assert not TeamBudget.objects.exists()

    def test_what_is_asked_of_the_database_does_not_grow_with_entries(self, alice, admin):
        budgets.set_team_budget(100, hard=True, under_way=0, by=admin)
        counts = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as asked:
                budgets.refusal(20, 0)
            counts.append(len(asked))
            for _ in range(10):
                make(alice, 1)
        assert counts == [7, 7]
