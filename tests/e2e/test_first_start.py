"""From the link of the first start to the first picture, and in and out again."""

import pytest
from playwright.sync_api import expect

from tests.e2e.browsing import PASSWORD, Visitor, installation, set_up

pytestmark = [pytest.mark.browser, pytest.mark.flow]


def test_the_first_admin_comes_by_link_and_gets_a_picture(engine, tmp_path):
    with installation(tmp_path) as studio:
        ada = Visitor(engine.new_context(reduced_motion="reduce"), studio.url)
        set_up(ada, studio.link)
        page = ada.open("/gallery/")
        expect(page.get_by_text("No pictures yet")).to_be_visible()
        ada.order("a lighthouse at dusk over calm water")
        expect(page.locator("#gallery .card img")).to_have_attribute(
            "alt", "a lighthouse at dusk over calm water"
        )
        assert page.goto(studio.link).status == 404
        ada.forgive(404)
        assert ada.complaints == []


def test_one_signs_out_and_in_again(visit):
    ada = visit()
    page = ada.open("/gallery/?by=me")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("E-mail address").fill("ada@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Mine")).to_have_attribute("aria-current", "page")
    ada.settle()
    page.locator(".nav > .account").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_who_was_signed_out_meanwhile_is_sent_to_the_sign_in_and_the_prompt_is_kept(visit):
    bob = visit()
    page = bob.open("/accounts/login/")
    page.get_by_label("E-mail address").fill("ada@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator("#prompt").fill("a prompt worth keeping")
    bob.settle()
    kept = bob.context.cookies()
    bob.context.clear_cookies(name="sessionid")
    page.locator("#prompt").press("Control+Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    bob.context.add_cookies(kept)
    expect(bob.open("/").locator("#prompt")).to_have_value("a prompt worth keeping")
    bob.forgive(401)


def test_without_script_a_prompt_becomes_a_picture(visit):
    page = visit(as_ada=True, java_script_enabled=False).open("/")
    page.get_by_label("Prompt").fill("a meadow without any script")
    page.get_by_role("button", name="Generate").click()
    page.wait_for_url("**/queue/")
    # The page of the queue loads itself again while something runs.
    page.get_by_role("link", name="a meadow without any script").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("a meadow without any script")
