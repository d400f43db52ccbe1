"""Credits as members and admins meet them: the price before sending, too little, asking for more, the entries."""

import csv
import subprocess
import sys
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsing import PASSWORD, Visitor
from tests.started import ENVIRONMENT, ROOT

pytestmark = [pytest.mark.browser, pytest.mark.flow]
LARGE = {"viewport": {"width": 1440, "height": 900}}
numbers = count(1)


@pytest.fixture
def member(visit, studio):
    """Lets a new member in, with so many credits, and signs them in in a browser of their own."""

    def made(credits: int, **looks) -> Visitor:
        email = f"ann{next(numbers)}@example.com"
        words = ["member", "add", email, "--name", "Ann", "--credits", str(credits), "--password-stdin"]
        subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT, env={**ENVIRONMENT, "STUDIO_DATA_DIR": str(studio.data), "TZ": "UTC"},
            input=PASSWORD, text=True, check=True, capture_output=True,
        )  # fmt: skip
        visitor = visit(**(LARGE | looks))
        page = visitor.open("/accounts/login/")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Studio", level=1)).to_be_visible()
        return visitor

    return made


def choose(page: Page, pictures: int) -> None:
    page.locator(".seg label", has_text=str(pictures)).click()


def test_the_price_and_what_is_left_stand_there_before_anything_is_sent(member):
    page = member(40).open("/")
    price = page.locator("#composer-cost")
    expect(price).to_contain_text("5 credits · 35 left · ready about")
    choose(page, 4)
    expect(price).to_contain_text("20 credits · 20 left")
    page.locator("#prompt").fill("a lighthouse")
    with page.expect_response("**/jobs/"):
        page.locator(".go").click()
    expect(page.locator("#balance")).to_contain_text("You 20")
    expect(price).to_contain_text("20 credits · 0 left")


def test_what_does_not_fit_is_offered_smaller_in_one_click(member):
    ann = member(12)
    page = ann.open("/")
    choose(page, 4)
    expect(page.locator("#composer-cost")).to_have_text("20 credits · you have 12, enough for 2")
    page.locator("#prompt").fill("two foxes, not four")
    with page.expect_response("**/jobs/") as answer:
        page.get_by_role("button", name="Make 2").click()
    assert answer.value.status == 204
    expect(page.locator("#balance")).to_contain_text("You 2")
    expect(page.locator("#composer-cost")).to_have_text("20 credits · you have 2")
    expect(page.locator("#composer-fewer")).to_be_hidden()
    expect(page.locator(".go")).to_be_disabled()
    expect(page.locator(".job .thumbs img")).to_have_count(2)


def test_who_sends_too_much_all_the_same_is_refused_with_the_way_out(member):
    ann = member(12)
    page = ann.open("/")
    choose(page, 3)
    page.locator("#prompt").fill("three foxes")
    page.locator("#prompt").press("Control+Enter")
    expect(page.locator("#composer-alert")).to_contain_text(
        "This needs 15, you have 12. Nothing was charged."
    )
    page.locator("#composer-alert").get_by_role("button", name="Make 2").click()
    expect(page.locator("#balance")).to_contain_text("You 2")
    ann.forgive(402)


def test_without_script_the_page_that_refuses_offers_what_fits(member):
    ann = member(12, java_script_enabled=False)
    page = ann.open("/")
    expect(page.locator("#composer-cost")).to_have_text("5 credits · 7 left")
    choose(page, 4)
    page.locator("#prompt").fill("four foxes")
    page.locator(".go").click()
    expect(page.locator("#composer-alert")).to_contain_text("This needs 20, you have 12.")
    page.locator("#composer-alert").get_by_role("button", name="Make 2").click()
    expect(page.get_by_role("heading", name="Queue", level=1)).to_be_visible()
    expect(page.locator("#balance")).to_contain_text("You 2")
    ann.forgive(402)


def test_a_member_asks_an_admin_answers_and_the_member_is_told_once(member, ada):
    ann = member(3)
    page = ann.open("/")
    expect(page.locator("#composer-cost")).to_have_text("5 credits · you have 3")
    page.locator("#composer-ask").click()
    page.get_by_label("What for?").fill("Twenty posters for the spring campaign")
    page.get_by_role("button", name="Ask for more").click()
    expect(page.locator("#ask")).to_contain_text("waiting for an admin")

    office = ada.open("/gallery/")
    expect(office.locator("#badge-chart-column")).to_have_text("1")
    ada.open("/team/requests/")
    asking = office.locator("article", has_text="Twenty posters")
    expect(asking).to_contain_text("Has 3 · only what is given")
    asking.get_by_label("Credits for Ann").fill("25")
    asking.get_by_role("button", name="Give").click()
    expect(office.locator("main .notes")).to_contain_text("Ada Lovelace gave 25 credits.")
    expect(office.locator("#badge-chart-column")).to_be_empty()

    page.evaluate("document.dispatchEvent(new Event('changed'))")
    expect(page.locator("#banners")).to_contain_text("Ada Lovelace gave you 25 credits.")
    expect(page.locator("#balance")).to_contain_text("You 28")
    page.get_by_role("button", name="Dismiss: Ada Lovelace gave you 25 credits.").click()
    expect(page.locator("#banners")).not_to_contain_text("gave you")
    page.reload()
    expect(page.locator("#banners")).not_to_contain_text("gave you")
    expect(page.locator("#ask")).to_contain_text("+25")


def test_two_admins_answer_at_once_and_the_second_is_told(member, ada):
    ann = member(3)
    page = ann.open("/credits/")
    page.get_by_label("What for?").fill("Answer me only once")
    page.get_by_role("button", name="Ask for more").click()
    first, second = ada.open("/team/requests/"), ada.context.new_page()
    second.goto(f"{ada.url}/team/requests/")
    for office, amount in ((first, "10"), (second, "500")):
        asking = office.locator("article", has_text="Answer me only once")
        asking.get_by_label("Credits for Ann").fill(amount)
        asking.get_by_role("button", name="Give").click()
    expect(second.locator("main .notes")).to_contain_text("Answered before: Ada Lovelace gave 10 credits.")
    page.reload()
    expect(page.locator("#balance")).to_contain_text("You 13")


def test_what_was_asked_can_be_withdrawn(member):
    page = member(3).open("/credits/")
    page.get_by_label("What for?").fill("Never mind")
    page.get_by_role("button", name="Ask for more").click()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_label("What for?")).to_be_visible()


def test_entries_are_chosen_by_kind_linked_to_their_pictures_and_kept_as_a_file(member, tmp_path):
    ann = member(40)
    page = ann.open("/")
    ann.order("a lighthouse for the books")
    expect(page.locator(".job .thumbs img")).to_have_count(1)
    page = ann.open("/credits/")
    page.get_by_label("Kind").select_option("capture")
    page.get_by_role("button", name="Show").click()
    row = page.locator(".entries tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Paid 5 for 1 picture: a lighthouse for the books")
    with page.expect_download() as kept:
        page.get_by_role("link", name="CSV").click()
    kept.value.save_as(tmp_path / "entries.csv")
    with (tmp_path / "entries.csv").open(encoding="utf-8-sig", newline="") as file:
        (line,) = csv.DictReader(file)
    assert (line["Order"], line["Kind"], line["Held"]) == ("a lighthouse for the books", "capture", "-5")
    row.locator(".thumbs a").click()
    expect(page.locator(".top h1")).to_have_text("a lighthouse for the books")
