"""The order of the line as people change it: by keyboard, by button, without script, on a phone."""

import pytest
from playwright.sync_api import Page, expect

from studio.sandbox.world import SANDBOX_KEY

pytestmark = [pytest.mark.browser, pytest.mark.flow]
CANCEL = """() => Promise.all([...document.querySelectorAll('.turn form[action$="/cancel/"]')].map(
    (form) => fetch(form.action, {method: "POST", body: new FormData(form), redirect: "manual"})
))"""
IDEAS = ("a first idea", "a second idea", "a third idea")


@pytest.fixture
def waiting(ada, studio):
    """Three orders of Ada that wait, on the Queue page: the API takes none."""
    # Also the wallet is refused: nothing is tried meanwhile, and nothing leaves the line for a moment.
    studio.world.set_keys(revoked=[SANDBOX_KEY])
    page = ada.open("/queue/")
    for idea in IDEAS:
        ada.order(idea)
    expect(page.locator("#banners")).to_contain_text("The API key was refused")
    in_line(page, *IDEAS)
    page.keyboard.press("Escape")
    yield page
    page.goto(f"{studio.url}/queue/")
    page.evaluate(CANCEL)
    studio.world.set_keys(accepted=[SANDBOX_KEY])


def in_line(page: Page, *ideas: str) -> None:
    expect(page.locator(".turn .prompt")).to_have_text(list(ideas))


def test_ones_own_are_put_in_order_by_keyboard_alone(waiting):
    first, second, third = IDEAS
    page = waiting
    page.get_by_role("button", name=f"Sooner: {third}").focus()
    page.keyboard.press("Enter")
    in_line(page, first, third, second)
    expect(page.get_by_role("button", name=f"Sooner: {third}")).to_be_focused()
    page.keyboard.press("Enter")
    in_line(page, third, first, second)
    expect(page.locator("#said")).to_have_text(f"Next in line: {third}")
    # There is no sooner any more; the focus stays with the order.
    expect(page.get_by_role("button", name=f"Later: {third}")).to_be_focused()
    page.get_by_role("button", name=f"Top of mine: {second}").press("Space")
    in_line(page, second, third, first)


def test_an_admin_moves_one_first_and_back_and_everyone_reads_why(waiting):
    first, second, third = IDEAS
    page = waiting
    page.get_by_role("button", name=f"Move first {second}").click()
    in_line(page, second, first, third)
    page.get_by_role("button", name=f"Back to its place {second}").press("Enter")
    in_line(page, first, second, third)


def test_what_was_cancelled_meanwhile_is_said_kindly(waiting, visit):
    first, second, third = IDEAS
    elsewhere = visit(as_ada=True).open("/queue/")
    waiting.route("**/live/**", lambda route: route.fulfill(status=304))
    elsewhere.get_by_role("button", name=f"Cancel {third}").click()
    in_line(elsewhere, first, second)
    waiting.get_by_role("button", name=f"Sooner: {third}").click()
    expect(waiting.locator("#toasts")).to_contain_text("It was cancelled meanwhile.")


def test_all_of_it_works_without_script_and_with_a_thumb(waiting, visit):
    first, second, third = IDEAS
    phone = visit(
        as_ada=True,
        java_script_enabled=False,
        viewport={"width": 360, "height": 780},
        has_touch=True,
    )
    page = phone.open("/queue/")
    page.get_by_role("button", name=f"Top of mine: {third}").tap()
    in_line(page, third, first, second)
    page.get_by_role("button", name=f"Move first {second}").tap()
    in_line(page, second, third, first)
    expect(page.locator(".turn").first).to_contain_text("Back to its place")
    page.get_by_role("button", name=f"Back to its place {second}").tap()
    in_line(page, third, first, second)
