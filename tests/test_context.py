"""The frame around every page."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from studio import context
from studio.accounts.models import User
from studio.credits import allowances, budgets, ledger, periods
from studio.credits.models import (
    ApiUsed,
    AuditRun,
    BudgetWarning,
    CreditRequest,
    TeamBudget,
    WalletFinding,
    WalletReading,
)
from studio.credits.modes import Given
from studio.jobs.models import Heard, Line
from studio.jobs.states import State
from studio.office import newpassword, setup, team
from tests.conftest import person
from tests.credits.test_balances import done, last_month
from tests.gallery import pictures
from tests.jobs.cast import in_state, order

pytestmark = pytest.mark.django_db


def page(client, user, address="/gallery/") -> str:
    client.force_login(user)
    return html.unescape(client.get(address).content.decode())


def labels(text: str) -> list[str]:
    return re.findall(r'<span class="label">([^<]+)</span><span class="badge"', text)


def test_the_rail_leads_only_where_one_may_go(client, alice, admin):
    assert labels(page(client, alice)) == [
        "Studio",
        "Gallery",
        "Queue",
        "Albums",
        "Credits",
        "Projects",
        "Settings",
    ]
    assert "Team" in labels(page(client, admin))


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/gallery/",
        "/queue/",
        "/albums/",
        "/credits/",
        "/projects/",
        "/team/",
        "/reports/",
        "/operations/",
        "/settings/",
    ],
)
def test_every_place_of_the_rail_is_there_and_marked(client, admin, address):
    text = page(client, admin, address)
    assert set(re.findall(r'<a href="([^"]+)" aria-current="page">', text.split("</nav>")[0])) == {address}


def test_the_badge_counts_what_is_under_way_or_waits(client, alice, bob):
    assert 'id="badge-list-ordered"></span>' in page(client, alice)
    in_state(alice, State.MAKING)
    order(alice)
    in_state(alice, State.DONE)
    in_state(bob, State.MAKING)
    assert 'id="badge-list-ordered">2</span>' in page(client, alice)


def test_the_teams_figure_tells_when_it_was_read(client, alice):
    WalletReading.objects.create(api="sandbox", balance="12", at=datetime(2026, 6, 14, 12, 30, tzinfo=UTC))
    assert 'title="The team\'s wallet, read at 12:30"' in page(client, alice)


def test_the_body_carries_the_balance_for_scripts(client, alice):
    order(alice)
    assert 'data-balance="-5"' in page(client, alice)
    assert 'data-balance="20"' in page(client, person("Poor", credits=20))


def test_who_has_no_account_still_has_pages(client):
    loner = User.objects.create_user("loner@example.com", "correct horse", name="Loner")
    assert "You used <b>0</b>" in page(client, loner)


def test_the_wallet_is_that_of_the_api_in_use(alice, settings):
    WalletReading.objects.create(api="https://elsewhere.example", balance="7")
    assert context.around(alice)["wallet"] is None
    WalletReading.objects.create(api="sandbox", balance="1240.75")
    assert context.around(alice)["wallet"] == 1240


def test_the_sandbox_is_told_on_every_page_until_there_is_a_key(client, alice, settings):
    assert "credits are not real" in page(client, alice)
    settings.STUDIO_API_KEY = type(settings.STUDIO_API_KEY)("sk-real-key-0001")
    assert "credits are not real" not in page(client, alice)


def doors(admin) -> list[str]:
    """What strangers can open once there is a team."""
    token = team.invite(email="new@example.com", by=admin)
    user_id, link = newpassword.make(admin, by=admin)
    return [
        reverse("account_login"),
        reverse("welcome", args=[token]),
        reverse("welcome", args=["over"]),
        reverse("new_password", args=[user_id, link]),
        "/absent/",
    ]


def test_the_sandbox_is_told_to_strangers_too(client, admin, settings):
    for address in doors(admin):
        assert "credits are not real" in client.get(address, follow=True).content.decode(), address
    settings.STUDIO_API_KEY = type(settings.STUDIO_API_KEY)("sk-real-key-0001")
    for address in doors(admin):
        assert "credits are not real" not in client.get(address, follow=True).content.decode(), address


def test_the_sandbox_is_told_at_the_set_up_and_to_who_was_refused():
    client = Client(enforce_csrf_checks=True)
    address = reverse("setup", args=[setup.token()])
    assert "credits are not real" in client.get(address).content.decode()
    refused = client.post(address, {"name": "Ada"})
    assert refused.status_code == 403
    assert "credits are not real" in refused.content.decode()


def test_a_set_up_that_once_had_a_key_is_no_sandbox_to_strangers(client):
    ApiUsed.objects.create(name="https://api.example.com")
    assert "credits are not real" not in client.get("/accounts/login/").content.decode()


def test_a_running_line_is_no_news(alice):
    assert context.around(alice)["notices"] == []


@pytest.mark.parametrize(
    ("stop", "level", "title"),
    [
        (Line.Stop.KEY, "bad", "The API key was refused."),
        (Line.Stop.WALLET, "bad", "The team's wallet is empty."),
        (Line.Stop.LOST, "warn", "An answer of the API was lost."),
        (Line.Stop.UNREACHABLE, "warn", "The API can't be reached."),
        (Line.Stop.REFUSED, "bad", "The API takes no orders."),
    ],
)
def test_a_stopped_line_is_told_to_everyone_and_the_way_out_to_admins(alice, admin, stop, level, title):
    Line.objects.update(stop=stop, words="The provider's own words.")
    for user in (alice, admin):
        (notice,) = context.around(user)["notices"]
        assert (notice.level, notice.title) == (level, title)
        way_out = "/settings/" if stop == Line.Stop.KEY else "/operations/"
        assert notice.action_url == (way_out if user.is_staff else "")
    assert "own words" not in context.around(alice)["notices"][0].text
    assert ("own words" in context.around(admin)["notices"][0].text) == (stop != Line.Stop.LOST)


def test_that_the_worker_is_dead_is_told_to_everyone(alice, admin):
    Heard.objects.create(name="worker", at=timezone.now() - timedelta(seconds=61))
    (told,), (asked,) = (context.around(user)["notices"] for user in (alice, admin))
    assert told.title == asked.title == "Orders are delayed."
    assert (told.action_url, asked.action_url) == ("", reverse("operations"))
    Heard.objects.update(at=timezone.now())
    assert context.around(alice)["notices"] == []


def test_books_that_disagree_are_told_to_admins_until_an_audit_finds_them_in_order(alice, admin):
    AuditRun.objects.create(seconds=1, disagreements=2, words="…")
    (notice,) = context.around(admin)["notices"]
    assert (notice.level, notice.text) == ("bad", "The last audit found 2 things that disagree.")
    assert notice.action_url == reverse("audit")
    assert context.around(alice)["notices"] == []
    AuditRun.objects.create(seconds=1, disagreements=0, words="…")
    assert context.around(admin)["notices"] == []


def warning(percent, month=None) -> BudgetWarning:
    month = month or periods.month_of(periods.today())
    TeamBudget.objects.get_or_create(pk=1, defaults={"monthly": 100})
    return BudgetWarning.objects.create(month=month, percent=percent, spent=percent, budget=100)


def test_the_largest_share_of_the_budget_that_is_spent_is_told_to_admins(alice, admin):
    warning(50)
    warning(80)
    (notice,) = context.around(admin)["notices"]
    assert (notice.level, notice.title) == ("warn", "80 % of this month's budget is spent.")
    assert context.around(alice)["notices"] == []


def test_a_budget_that_is_taken_away_warns_no_more(admin):
    warning(80)
    budgets.set_team_budget(None, under_way=0, by=admin)
    assert context.around(admin)["notices"] == []


def test_a_warning_is_put_away_by_any_admin_for_all_and_the_smaller_ones_with_it(client, admin):
    warning(50)
    warning(80)
    client.force_login(person("Otto", is_staff=True, is_superuser=True))
    (notice,) = context.around(admin)["notices"]
    assert client.post(notice.put_away, headers={"HX-Request": "true"}).status_code == 204
    assert context.around(admin)["notices"] == []
    warning(100)
    assert [notice.title[:5] for notice in context.around(admin)["notices"]] == ["100 %"]
    assert client.post(context.around(admin)["notices"][0].put_away)["Location"] == reverse("budget")


def test_last_months_warning_is_no_news(admin):
    warning(100, month=periods.last_month(periods.today()))
    assert context.around(admin)["notices"] == []


def test_a_stopped_line_comes_first_then_the_books_then_the_budget(admin):
    warning(50)
    AuditRun.objects.create(seconds=1, disagreements=1, words="…")
    Line.objects.update(stop=Line.Stop.WALLET)
    titles = [notice.title for notice in context.around(admin)["notices"]]
    assert titles == [
        "The team's wallet is empty.",
        "The books need a look.",
        "50 % of this month's budget is spent.",
    ]


def test_what_waits_for_an_admins_word_is_counted_for_admins(alice, bob, admin):
    for user in (alice, bob):
        CreditRequest.objects.create(user=user, sentence="More")
    window = {"since": timezone.now(), "until": timezone.now(), "balance_before": 0, "balance_after": 5}
    WalletFinding.objects.create(api="https://api.example.com", amount=5, **window)
    assert context.around(admin)["reports_badge"] == 3
    assert context.around(alice)["reports_badge"] == 0


def test_the_frame_asks_the_database_once_whoever_looks(alice, admin, django_assert_num_queries):
    warning(50)
    CreditRequest.objects.create(user=alice, sentence="More")
    for user in (alice, admin):
        with django_assert_num_queries(1):
            context.around(user)


def test_figures_of_the_frame_are_the_members_own(alice, bob):
    allowances.set_allowance(bob, Given(), by=None)
    ledger.grant(bob, 30, key="g", why=ledger.NOBODY)
    assert (context.around(bob)["balance"], context.around(bob)["unlimited"]) == (30, False)
    assert (context.around(alice)["balance"], context.around(alice)["unlimited"]) == (0, True)


def test_who_shares_the_wallet_reads_what_this_month_took(client, alice):
    done(alice, asked=4, delivered=3)
    order(alice)
    assert "You used <b>15</b>" in page(client, alice)
    last_month(alice)
    assert "You used <b>0</b>" in page(client, alice)


def test_what_was_tried_in_the_sandbox_is_no_use_of_the_wallet(alice, settings):
    done(alice)
    assert context.around(alice)["used"] == 5
    settings.STUDIO_API_KEY = type(settings.STUDIO_API_KEY)("sk-real-key-0001")
    assert context.around(alice)["used"] == 0


def test_a_limited_member_at_nothing_reads_nothing(client):
    poor = person("Poor", credits=5)
    order(poor)
    WalletReading.objects.create(api="sandbox", balance="1240")
    text = re.sub("<[^>]+>", "", page(client, poor).split('id="balance"')[1].split("</a>")[0])
    assert text.endswith("You 0 left · team 1,240")


def test_looks_come_from_cookies_that_make_sense(client, alice):
    client.cookies.load({"theme": "pink", "density": "<b>", "strip": "x"})
    assert not re.search(r"<html[^>]*data-", page(client, alice))
    client.cookies.load({"theme": "dark", "density": "large"})
    assert '<html lang="en" data-theme="dark" data-density="large">' in page(client, alice)


def test_strangers_see_no_frame(client):
    text = client.get(reverse("account_login")).content.decode()
    assert 'class="nav"' not in text
    assert "data-balance" not in text
    assert 'id="live"' not in text


def test_a_composer_stands_where_pictures_are_and_not_in_the_office(client, alice, media):
    image = pictures.made(alice)
    for address in ("/", "/gallery/", "/queue/", image.get_absolute_url()):
        assert 'id="composer"' in page(client, alice, address)
    for address in ("/credits/", "/projects/", "/settings/", "/absent/"):
        assert 'id="composer"' not in page(client, alice, address)
