"""What admins decide, in a browser: projects, what members get, the team's budget; and what that does to others."""

from itertools import count

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browsing import PASSWORD, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.flow]
numbers = count(1)


def button(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def new_project(ada: Visitor) -> tuple[str, str]:
    """A project of its own, and where its page is."""
    page, name = ada.open("/projects/"), f"Campaign {next(numbers)}"
    page.get_by_label("Name").fill(name)
    page.get_by_label("Client").fill("Nordwind")
    page.get_by_label("Code").fill(f"NW-{name[-1]}")
    button(page, "Add").click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    return name, page.url.removeprefix(ada.url)


def picked(page: Page) -> Locator:
    """The project that the composer's picker stands on."""
    return page.locator('#composer [name="project"] option:checked')


def pick(page: Page, name: str) -> None:
    option = page.locator('#composer [name="project"] option', has_text=name)
    page.locator('#composer [name="project"]').select_option(option.get_attribute("value"))


def test_a_project_is_archived_with_a_message_and_undo_opens_it_again(ada):
    name, where = new_project(ada)
    page = ada.page
    button(page, "Archive").click()
    toast = page.locator(".toast")
    expect(toast).to_contain_text(f"{name} is archived.")
    expect(page.get_by_text("Archived on")).to_be_visible()
    button(toast, "Undo").click()
    expect(page.locator(".toast")).to_contain_text(f"{name} is open again.")
    expect(button(page, "Archive")).to_be_visible()
    button(page.locator(".toast"), "Close").click()
    expect(page.locator(".toast")).to_have_count(0)
    assert page.url.endswith(where)


def test_an_archived_name_is_reopened_where_one_would_add_it(ada):
    name, _where = new_project(ada)
    button(ada.page, "Archive").click()
    page = ada.open("/projects/")
    page.get_by_label("Name").fill(name.upper())
    button(page, "Add").click()
    expect(page.get_by_text(f"“{name}” is there already")).to_be_visible()
    ada.forgive(422)
    button(page, f"Reopen {name}").click()
    expect(page.locator(".toast")).to_contain_text(f"{name} is open again.")


def test_an_order_into_a_project_archived_meanwhile_goes_elsewhere_in_one_click(ada, visit):
    name, where = new_project(ada)
    page = ada.open("/")
    pick(page, name)
    other = visit(as_ada=True).open(where)
    button(other, "Archive").click()
    expect(other.locator(".toast")).to_be_visible()
    page.locator("#prompt").fill("a lighthouse")
    with page.expect_response("**/jobs/"):
        page.locator(".go").click()
    alert = page.locator("#composer-alert")
    expect(alert).to_contain_text(f"“{name}” was archived. It takes no new pictures.")
    expect(page.locator('#composer [name="project"] option', has_text=name)).to_have_count(0)
    use = alert.get_by_role("button")
    there = use.inner_text().removeprefix("Use ")
    expect(picked(page)).to_contain_text(there)
    with page.expect_response("**/jobs/") as answer:
        use.click()
    assert answer.value.status == 204
    ada.forgive(422)


def test_a_cap_refuses_with_figures_and_a_way_out(ada):
    name, where = new_project(ada)
    page = ada.page
    page.get_by_label("Credits a month").fill("5")
    button(page, "Set the cap").click()
    expect(page.get_by_text(f"{name} may take 5 credits a month now.")).to_be_visible()
    page = ada.open("/")
    pick(page, name)
    ada.order("a red fox")
    page.locator("#prompt").fill("another red fox")
    with page.expect_response("**/jobs/"):
        page.locator("#prompt").press("Control+Enter")
    expect(page.locator("#composer-alert")).to_contain_text(
        f"{name} may take 5 credits a month: 0 are left until"
    )
    expect(page.locator("#composer-alert").get_by_role("button")).to_contain_text("Use ")
    ada.forgive(402)
    page = ada.open(where)
    expect(page.get_by_text(f"{name} has taken all of its 5 credits")).to_be_visible()
    # The tests after this one share Ada, and her composer would go on with this project.
    button(page, "Archive").click()
    expect(page.locator(".toast")).to_contain_text(f"{name} is archived.")


def test_a_picture_moves_with_its_order_the_composer_follows_and_undo_brings_it_back(ada):
    name, _where = new_project(ada)
    page = ada.open("/images/1/")
    before = page.locator(".facts .link").inner_text()
    page.locator("#prompt").fill("make it a draft")
    page.get_by_text("Move to another project").click()
    option = page.locator("#move-to option", has_text=name)
    page.locator("#move-to").select_option(option.get_attribute("value"))
    button(page, "Move").click()
    expect(page.locator(".facts .link")).to_have_text(name)
    expect(
        page.get_by_text(f"Its credits stay with {before}; new orders from it go to {name}.")
    ).to_be_visible()
    expect(page.locator("#prompt")).to_have_value("make it a draft")
    expect(picked(page)).to_contain_text(name)
    button(page.locator(".toast"), "Undo").click()
    expect(page.locator(".facts .link")).to_have_text(before)
    expect(page.get_by_text("Its credits stay with")).to_have_count(0)
    expect(picked(page)).to_contain_text(before)


@pytest.mark.parametrize("script", [True, False])
def test_an_invitation_with_an_allowance_is_what_the_newcomer_gets(visit, script):
    page = visit(as_ada=True, java_script_enabled=script).open("/team/")
    form = page.locator("form", has=button(page, "Make an invitation link"))
    email = f"new{next(numbers)}@example.com"
    form.get_by_label("E-mail address").fill(email)
    expect(form.get_by_label("Credits a month", exact=True)).to_be_hidden()
    form.get_by_label("So many credits a month").check()
    form.get_by_label("Credits a month", exact=True).fill("60")
    button(form, "Make an invitation link").click()
    link = page.get_by_label("Invitation link").input_value()
    newcomer = visit(java_script_enabled=script)
    page = newcomer.page
    page.goto(link)
    expect(page.get_by_text("You get 60 credits a month, the first at once.")).to_be_visible()
    page.get_by_label("Your name").fill("Newcomer")
    page.get_by_label("Password").fill(PASSWORD)
    button(page, "Join").click()
    expect(page.locator("#balance")).to_contain_text("You 60")


def test_a_members_terms_are_changed_and_credits_given_and_taken_back(ada, visit):
    page = ada.open("/team/")
    email = f"ben{next(numbers)}@example.com"
    form = page.locator("form", has=button(page, "Make an invitation link"))
    form.get_by_label("E-mail address").fill(email)
    form.get_by_label("Only what is given").check()
    form.get_by_label("Credits to begin with").fill("20")
    button(form, "Make an invitation link").click()
    ben = visit().page
    ben.goto(page.get_by_label("Invitation link").input_value())
    ben.get_by_label("Your name").fill("Ben Bold")
    ben.get_by_label("Password").fill(PASSWORD)
    button(ben, "Join").click()
    expect(ben.locator("#balance")).to_contain_text("You 20")
    ada.open("/team/").get_by_role("link", name="Ben Bold").last.click()
    page.get_by_label("Credits", exact=True).fill("10")
    page.get_by_label("Reason").fill("Posters")
    button(page, "Give").click()
    expect(page.get_by_text("Ben Bold has 30 credits now. They last until they are spent.")).to_be_visible()
    page.get_by_label("Credits", exact=True).fill("31")
    page.get_by_label("Reason").fill("A mistake")
    button(page, "Take back").click()
    expect(page.locator(".errorlist")).to_have_text("At most 30 can be taken back.")
    expect(page.get_by_label("Reason")).to_have_value("A mistake")
    ada.forgive(422)
    page.get_by_label("So many credits a month").check()
    page.get_by_label("Credits a month", exact=True).fill("100")
    button(page, "Change").click()
    expect(page.get_by_text("Ben Bold gets 100 credits a month now. 100 were given at once")).to_be_visible()
    ben.reload()
    expect(ben.locator("#balance")).to_contain_text("You 130")


def test_a_budget_that_stops_everybody_is_confirmed_first(ada):
    page = ada.open("/reports/budget/")
    page.get_by_label("Credits a month for the whole team").fill("500")
    page.get_by_label("Stop the line").check()
    sure = page.get_by_label("Yes, at the budget nobody's orders are made any more")
    button(page, "Save").click()
    expect(page.locator(".errorlist")).to_have_text("Confirm what it means, or choose to warn.")
    ada.forgive(422)
    sure.check()
    button(page, "Save").click()
    expect(page.get_by_text("The team may take 500 credits a month now.")).to_be_visible()
    expect(page.get_by_text("500 credits a month, stops the line")).to_be_visible()
    page.get_by_label("Credits a month for the whole team").fill("")
    button(page, "Save").click()
    expect(page.get_by_text("The team has no budget now.")).to_be_visible()
