"""What admins must know finds them on the page they are on, and goes when they have read it."""

import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.e2e.browsing import Installation, Visitor
from tests.started import ENVIRONMENT, ROOT

pytestmark = [pytest.mark.browser, pytest.mark.flow]
WARN = """
from studio.credits import periods
from studio.credits.models import BudgetWarning, TeamBudget
TeamBudget.objects.get_or_create(pk=1, defaults={"monthly": 1_000_000})
BudgetWarning.objects.all().delete()
BudgetWarning.objects.create(month=periods.month_of(periods.today()), percent=80, spent=8, budget=10)
"""


def warn(studio: Installation) -> None:
    """Most of the month's budget is spent."""
    own = {"STUDIO_DATA_DIR": str(studio.data), "TZ": "UTC"}
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", WARN]
    subprocess.run(command, cwd=ROOT, env=ENVIRONMENT | own, check=True)


def banner(visitor: Visitor):
    return visitor.page.locator(".banner", has_text="80 % of this month's budget is spent.")


def test_a_warning_comes_to_an_open_page_and_is_put_away_there(ada, studio):
    page = ada.open("/gallery/")
    warn(studio)
    expect(banner(ada)).to_be_visible()
    where = page.url
    page.get_by_role("button", name="Dismiss: 80 % of this month's budget is spent.").click()
    expect(banner(ada)).to_have_count(0)
    assert page.url == where
    ada.open("/credits/")
    expect(banner(ada)).to_have_count(0)


def test_a_warning_is_put_away_without_script(visit, studio):
    plain = visit(as_ada=True, java_script_enabled=False, viewport={"width": 360, "height": 780})
    warn(studio)
    page = plain.open("/gallery/")
    page.get_by_role("button", name="Dismiss: 80 % of this month's budget is spent.").click()
    expect(page).to_have_url(f"{studio.url}/reports/budget/")
    expect(banner(plain)).to_have_count(0)


def test_an_admin_has_the_books_looked_through(ada):
    page = ada.open("/reports/audit/")
    page.get_by_role("button", name="Look now").click()
    expect(page.get_by_text("The books are being looked through.")).to_be_visible()

    def looked() -> bool:
        page.reload()
        return page.get_by_role("heading", name="All agree").count() == 1

    for _ in range(40):
        if looked():
            break
        page.wait_for_timeout(250)
    expect(page.get_by_text("0 entries, 0 accounts")).to_be_visible()
