"""The page of the team's budget: what it means is said, what stops everybody is confirmed, every change is kept."""

import html
import re

import pytest

from studio.credits import budgets, periods
from studio.credits.models import BudgetWarning, Change, Loss
from studio.jobs.models import Line
from studio.office import budget
from tests.jobs.cast import order

pytestmark = pytest.mark.django_db
ADDRESS = "/reports/budget/"


@pytest.fixture
def office(client, admin):
    """The admin, signed in."""
    client.force_login(admin)
    return client


@pytest.fixture
def spend(alice):
    """Lets the team spend credits of this month; a loss is as good as a picture for that."""

    def spent(credits: int) -> None:
        Loss(job=alice.pk * 10**30, credits=credits, api="x", why="late", day=periods.today()).save()

    return spent


def text(response) -> str:
    return html.unescape(response.content.decode())


def posted(client, **fields) -> str:
    return text(client.post(ADDRESS, fields, follow=True))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"monthly": "4"}, "greater than or equal to 5"),
        ({"monthly": "-1"}, "greater than or equal to 5"),
        ({"monthly": "1.5"}, "Enter a whole number."),
        ({"monthly": "9" * 20}, "less than or equal to"),
        ({"monthly": "500", "rule": "nonsense"}, "Select a valid choice."),
        ({"monthly": "500", "rule": "hard"}, "Confirm what it means, or choose to warn."),
    ],
)
def test_a_wrong_budget_is_refused_beside_its_field_and_changes_nothing(office, fields, words):
    response = office.post(ADDRESS, fields)
    assert response.status_code == 422
    assert words in text(response)
    assert budgets.team_budget() is None
    assert not Change.objects.exists()


def test_without_a_budget_the_page_says_what_is_spent_all_the_same(office, spend):
    spend(120)
    page = text(office.get(ADDRESS))
    assert "<dt>Budget</dt><dd>—</dd><dd>there is none</dd>" in page
    assert "<dt>Spent so far</dt><dd>120</dd><dd>no order is being made</dd>" in page
    assert "None yet." in page


def test_what_orders_in_line_hold_is_told_apart_from_what_is_spent(office, alice, settings):
    settings.STUDIO_API_KEY = type(settings.STUDIO_API_KEY)("live-key-0123456789")
    job = order(alice, num_images=4)
    page = text(office.get(ADDRESS))
    assert (
        f"<dd>0</dd><dd>no order is being made; {job.price * job.asked} held for orders in line</dd>" in page
    )


def test_what_hard_means_stands_in_words_beside_it(office):
    page = text(office.get(ADDRESS))
    assert "nothing more is sent: not one member's, everybody's" in page
    assert "Yes, at the budget nobody's orders are made any more" in page


def test_a_budget_is_set_made_hard_and_taken_away_on_record(office, admin):
    assert "The team may take 1,000 credits a month now. 1,000 are left" in posted(office, monthly="1000")
    assert not budgets.team_budget().hard
    posted(office, monthly="1000", rule="hard", sure="on")
    assert budgets.team_budget().hard
    assert office.get(ADDRESS).context["form"]["sure"].value() is True
    page = posted(office, monthly="", rule="hard", sure="on")
    assert "The team has no budget now." in page
    assert re.findall(r"<td>Ada</td><td>([^<]+)</td><td>([^<]+)</td>", page) == [
        ("1,000 credits a month, stops the line", "no budget"),
        ("1,000 credits a month, warns", "1,000 credits a month, stops the line"),
        ("no budget", "1,000 credits a month, warns"),
    ]
    assert set(Change.objects.values_list("actor", flat=True)) == {admin.pk}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"rule": "hard", "sure": "on"}, "Nothing more is sent until "),
        ({"rule": "soft"}, "120 are spent already. Orders go on."),
    ],
)
def test_a_budget_that_is_spent_when_it_is_set_says_what_happens_now(office, spend, fields, words):
    spend(120)
    page = posted(office, monthly="100", **fields)
    assert words in page
    assert "This month's budget is spent." in page


@pytest.mark.parametrize(
    ("spent", "level"), [(0, ""), (79, ""), (80, "warn"), (99, "warn"), (100, "bad"), (150, "bad")]
)
def test_the_bar_tells_how_near_the_end_is(spend, spent, level):
    if spent:
        spend(spent)
    budgets.set_team_budget(100, under_way=0, by=None)
    now = budget.standing()
    assert (now.percent, now.left, now.level) == (spent, max(0, 100 - spent), level)


def test_warnings_of_this_year_are_told(office):
    BudgetWarning.objects.create(month=periods.month_of(periods.today()), percent=50, spent=51, budget=100)
    page = text(office.get(ADDRESS))
    assert '<td class="num">50 %</td><td class="num">51 of 100</td>' in page


def test_play_money_is_said_to_count_in_no_budget(office):
    assert "The studio works with the sandbox; its credits are play money" in text(office.get(ADDRESS))


def test_the_banner_of_a_spent_budget_leads_an_admin_to_it(office, alice):
    Line.objects.update(stop=Line.Stop.BUDGET, words="All is spent.")
    banner = text(office.get("/credits/")).split('id="banners"')[1].split("</section>")[0]
    assert 'href="/reports/budget/">Budget</a>' in banner
    office.force_login(alice)
    assert "/reports/budget/" not in text(office.get("/credits/"))
