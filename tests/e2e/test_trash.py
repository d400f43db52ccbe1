"""The trash in a browser: away, back, and for good after a question; with keys alone, and without script."""

import uuid

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsing import Visitor
from tests.e2e.test_pages import LOOKS, faults, seen_by
from tests.gallery import pictures

pytestmark = [pytest.mark.browser, pytest.mark.flow]


def post(visitor: Visitor, where: str, fields: dict, files: dict | None = None):
    """Send what a form would, with the browser's own session."""
    cookies = {one["name"]: one["value"] for one in visitor.context.cookies(visitor.url)}
    headers = {"X-CSRFToken": cookies["csrftoken"], "Accept": "application/json", "Referer": visitor.url}
    return visitor.context.request.post(
        visitor.url + where, multipart={**fields, **(files or {})}, headers=headers
    )


@pytest.fixture
def trashed():
    """Puts so many new pictures into the trash of who visits, and says what they are called."""

    def put(visitor: Visitor, count: int) -> list[str]:
        names = []
        for _ in range(count):
            name = f"{uuid.uuid4().hex[:8]}.png"
            data = pictures.encoded(pictures.drawing((80, 60))) + uuid.uuid4().bytes
            file = {"name": name, "mimeType": "image/png", "buffer": data}
            answer = post(visitor, "/uploads/", {"private": "1"}, {"image": file})
            assert answer.ok, answer.text()
            post(visitor, "/gallery/act/", {"act": "trash", "images": str(answer.json()["id"])})
            names.append(name)
        return names

    return put


@pytest.fixture
def cleared(ada) -> Visitor:
    """Ada with an empty trash: the studio of all browser tests knows that of the others."""
    ada.open("/trash/empty/")
    post(ada, "/trash/empty/", {"whose": "team"})
    return ada


@pytest.fixture(params=LOOKS, ids=str)
def looker(request, visit):
    return visit(as_ada=True, **seen_by(request.param))


def box(page: Page, name: str):
    return page.get_by_role("checkbox", name=name)


def test_an_empty_trash_leads_back_to_the_gallery(cleared):
    page = cleared.open("/trash/")
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()
    page.get_by_role("link", name="To the gallery", exact=True).click()
    page.get_by_role("link", name="Trash", exact=True).click()
    expect(page).to_have_url(f"{cleared.url}/trash/")


def test_what_is_chosen_comes_back_and_can_be_put_away_again(cleared, trashed):
    first, second = trashed(cleared, 2)
    page = cleared.open("/trash/")
    restore = page.get_by_role("button", name="Restore")
    expect(restore).to_be_disabled()
    box(page, first).check()
    expect(page.locator("#how-many")).to_have_text("1 picture chosen")
    restore.click()
    expect(page.locator(".toast")).to_contain_text("1 picture is back in the gallery.")
    expect(box(page, first)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone.", exact=True)).to_be_visible()
    cleared.open("/trash/")
    expect(box(page, first)).to_be_visible()
    expect(box(page, second)).to_be_visible()


def test_nothing_goes_for_good_before_one_is_sure_also_with_keys_alone(cleared, trashed):
    first, second = trashed(cleared, 2)
    page = cleared.open("/trash/")
    box(page, first).focus()
    page.keyboard.press("Space")
    page.locator("#delete").focus()
    page.keyboard.press("Enter")
    asked = page.get_by_role("dialog", name="Delete 1 picture for good?")
    expect(asked).to_be_visible()
    expect(asked.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(asked).to_be_hidden()
    expect(page.locator("#delete")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # Cancel has the focus
    expect(asked).to_be_hidden()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 picture is gone for good.")).to_be_visible()
    expect(box(page, first)).to_have_count(0)
    expect(box(page, second)).to_be_visible()


def test_all_are_chosen_at_once_and_the_trash_is_emptied(cleared, trashed):
    trashed(cleared, 3)
    page = cleared.open("/trash/")
    page.get_by_label("All", exact=True).check()
    expect(page.locator("#how-many")).to_have_text("3 pictures chosen")
    page.get_by_label("All", exact=True).uncheck()
    expect(page.get_by_role("button", name="Restore")).to_be_disabled()
    page.get_by_role("link", name="Empty the trash").click()
    asked = page.get_by_role("dialog", name="Empty the trash?")
    asked.get_by_role("button", name="Cancel").click()
    expect(asked).to_be_hidden()
    page.get_by_role("link", name="Empty the trash").click()
    asked.get_by_role("button", name="Empty the trash").click()
    expect(page.get_by_text("3 pictures are gone for good.")).to_be_visible()
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()


def test_all_comes_back_after_a_question(cleared, trashed):
    trashed(cleared, 3)
    page = cleared.open("/trash/")
    page.get_by_role("link", name="Restore all").click()
    asked = page.get_by_role("dialog", name="Restore all?")
    expect(asked).to_contain_text("3 pictures come back as they were")
    asked.get_by_role("button", name="Cancel").click()
    expect(asked).to_be_hidden()
    page.get_by_role("link", name="Restore all").click()
    asked.get_by_role("button", name="Restore all").click()
    expect(page.locator(".toast")).to_contain_text("3 pictures are back in the gallery.")
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()


def test_without_script_each_question_is_a_page(cleared, visit, trashed):
    names = trashed(cleared, 3)
    plain = visit(as_ada=True, java_script_enabled=False)
    page = plain.open("/trash/")
    box(page, names[0]).check()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("1 picture is back in the gallery.")).to_be_visible()
    box(page, names[1]).check()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("heading", name="Delete for good?")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    box(page, names[1]).check()
    page.get_by_role("button", name="Delete for good").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("1 picture is gone for good.")).to_be_visible()
    page.get_by_role("link", name="Restore all").click()
    page.get_by_role("button", name="Restore all").click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("link", name="Empty the trash").click()
    page.get_by_role("button", name="Empty the trash").click()
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()


def test_the_trash_and_its_questions_have_no_fault(looker, trashed):
    looker.open("/trash/")
    name = trashed(looker, 2)[0]
    page = looker.open("/trash/")
    page.wait_for_load_state("networkidle")
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    found = {"page": faults(page)}
    box(page, name).check()
    found["chosen"] = faults(page)
    page.locator("#delete").click()
    found["sure"] = faults(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Restore all").click()
    found["restoring"] = faults(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Empty the trash").click()
    found["emptying"] = faults(page)
    assert not any(found.values()), found
    assert wide <= 0
