"""Finding pictures with a browser: by words and filters, by month, and by scrolling a long way."""

import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsing import PASSWORD
from tests.started import ENVIRONMENT, ROOT

pytestmark = [pytest.mark.browser, pytest.mark.flow]
MANY = 900
# Grace's own private pictures, which nobody else's tests meet: all of one day, but for a few of each month before.
FILL = f"""
import datetime, uuid
from django.db import transaction
from gallery import search
from gallery.models import Image
from studio.accounts.models import User
from studio.credits import ledger
grace = User.objects.create_user("grace@example.com", "{PASSWORD}", name="Grace Hopper")
ledger.open_account(grace, limited=False)
base = Image.objects.get(pk=1)
noon = datetime.datetime(2026, 6, 14, 12, 0, tzinfo=datetime.UTC)
days = [noon - datetime.timedelta(days=30 * back) for back in range(5, 0, -1) for _ in range(20)] + [noon] * {MANY}
same = dict(owner=grace, project=base.project, kind="generate", format=base.format, size=base.size, private=True,
            sha256=base.sha256, colour=base.colour, width=300, height=200, ratio="3-2")
with transaction.atomic():
    Image.objects.bulk_create(
        Image(job=uuid.uuid4(), prompt="a red fox" if at % 90 == 0 else "a grey cat", created_at=day, **same)
        for at, day in enumerate(days)
    )
    search.index_all()
"""
NODES = "document.querySelectorAll('*').length"


@pytest.fixture(scope="session")
def grace(prepared):
    """The pictures, once."""
    own = {"STUDIO_DATA_DIR": str(prepared.studio.data), "TZ": "UTC"}
    run = [sys.executable, "manage.py", "shell", "-v", "0", "-c", FILL]
    subprocess.run(run, cwd=ROOT, env={**ENVIRONMENT, **own}, check=True)


@pytest.fixture
def page(grace, visit) -> Page:
    """Grace's own pictures at a desk."""
    visitor = visit(viewport={"width": 1440, "height": 900})
    page = visitor.open("/accounts/login/?next=/gallery/%3Fby%3Dme")
    page.get_by_label("E-mail").fill("grace@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".card").first).to_be_visible()
    return page


def test_words_are_searched_from_the_keyboard_and_taken_away_by_their_chip(page):
    page.keyboard.press("Control+k")
    expect(page.get_by_label("Search pictures")).to_be_focused()
    page.keyboard.type("fox -cat")
    page.keyboard.press("Enter")
    expect(page.locator(".found")).to_contain_text("12 pictures")
    assert page.locator(".card img").evaluate_all("(all) => [...new Set(all.map((one) => one.alt))]") == [
        "a red fox"
    ]
    page.get_by_role("link", name="Remove the filter “fox -cat”").click()
    expect(page.locator(".found")).to_have_count(0)
    assert page.url.endswith("/gallery/?by=me")


def test_what_is_not_there_is_said_with_a_way_out(page):
    page.get_by_label("Search pictures").fill('"no such thing')
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name='Nothing for “"no such thing”')).to_be_visible()
    page.locator("main .empty").get_by_role("link", name="Clear filters").click()
    expect(page.locator(".card").first).to_be_visible()


def test_filters_are_set_in_a_panel_and_stand_in_the_address(page):
    page.get_by_role("link", name="Filters").click()
    panel = page.get_by_role("dialog", name="Search and filters")
    panel.get_by_label("Words").fill("fox")
    panel.get_by_label("Until").fill("2026-05-31")
    panel.get_by_role("button", name="Show pictures").click()
    expect(page.locator(".found")).to_contain_text("2 pictures")
    assert page.url.endswith("?q=fox&by=me&to=2026-05-31")


def test_a_month_opens_there_and_newer_pictures_come_in_above_without_a_jump(page):
    page.get_by_role("link", name="Months").click()
    panel = page.get_by_role("dialog", name="Months")
    expect(panel.get_by_role("link", name=f"June {MANY}")).to_be_visible()
    panel.get_by_role("link", name="April").click()
    expect(page.locator(".day h2").first).to_have_text("15 April 2026")
    first = page.locator(".card").first
    number, top = first.get_attribute("data-id"), first.bounding_box()["y"]
    page.get_by_role("link", name="Newer pictures").click()
    expect(page.locator(".day h2").first).not_to_have_text("15 April 2026")
    assert abs(page.locator(f'.card[data-id="{number}"]').bounding_box()["y"] - top) < 2


def to_the_end(page: Page) -> None:
    """Scroll until there are no older pictures."""
    while page.locator("p.older").count() == 0:
        page.mouse.wheel(0, 5000)
        page.wait_for_timeout(50)


def test_a_heavy_day_gives_its_far_nodes_back_and_none_is_lost_or_twice(page):
    to_the_end(page)
    expect(page.locator("p.older")).to_have_text("That is everything.")
    assert page.evaluate(NODES) <= 4000
    assert page.locator(".day").count() == 6
    numbers = set()
    for _ in range(400):
        numbers |= set(page.locator(".card").evaluate_all("(all) => all.map((card) => card.dataset.id)"))
        if page.evaluate("scrollY") == 0:
            break
        page.mouse.wheel(0, -2500)
        page.wait_for_timeout(50)
    assert len(numbers) == MANY + 100


def test_on_a_phone_the_search_is_in_the_header(grace, visit):
    page = visit(as_ada=True, viewport={"width": 360, "height": 780}).open("/gallery/")
    page.get_by_role("link", name="Search and filters").click()
    panel = page.get_by_role("dialog", name="Search and filters")
    expect(panel.get_by_label("Words")).to_be_focused()
    page.keyboard.type("lighthouse")
    page.keyboard.press("Enter")
    expect(page.locator(".found")).to_contain_text("“lighthouse”")
    expect(page.locator(".card").first).to_be_visible()
