"""Choosing pictures with a browser, and what is done to them: by mouse, keyboard and finger, and without script."""

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browsing import PASSWORD, Visitor
from tests.started import ENVIRONMENT, ROOT

pytestmark = [pytest.mark.browser, pytest.mark.flow]
MANY = 240
# Hedy's own private pictures, which nobody else's tests meet: many of one day, six and a stack of three of the next.
FILL = f"""
import datetime, uuid
from django.db import transaction
from gallery import search
from gallery.models import Image
from studio.accounts.models import User
from studio.credits import ledger
hedy = User.objects.create_user("hedy@example.com", "{PASSWORD}", name="Hedy Lamarr")
ledger.open_account(hedy, limited=False)
base = Image.objects.get(pk=1)
noon = datetime.datetime(2026, 6, 14, 12, 0, tzinfo=datetime.UTC)
same = dict(owner=hedy, project=base.project, kind="generate", format=base.format, size=base.size, private=True,
            sha256=base.sha256, colour=base.colour, width=300, height=200, ratio="3-2")
stack = uuid.uuid4()
with transaction.atomic():
    Image.objects.bulk_create([
        *(Image(job=uuid.uuid4(), prompt="a grey cat", created_at=noon - datetime.timedelta(days=1), **same)
          for _ in range({MANY})),
        *(Image(job=stack, position=at, prompt="a stack of plates", created_at=noon, **same) for at in range(3)),
        *(Image(job=uuid.uuid4(), prompt=f"a red fox {{at}}", created_at=noon, **same) for at in range(6)),
    ])
    search.index_all()
"""
NODES = "document.querySelectorAll('*').length"


@pytest.fixture(scope="session")
def hedy(prepared) -> list:
    """The cookies of her browser; her pictures are made once."""
    studio = prepared.studio
    own = {"STUDIO_DATA_DIR": str(studio.data), "TZ": "UTC"}
    run = [sys.executable, "manage.py", "shell", "-v", "0", "-c", FILL]
    subprocess.run(run, cwd=ROOT, env={**ENVIRONMENT, **own}, check=True)
    with requests.Session() as session:
        session.get(f"{studio.url}/accounts/login/").raise_for_status()
        fields = {"login": "hedy@example.com", "password": PASSWORD}
        fields["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
        session.post(f"{studio.url}/accounts/login/", data=fields).raise_for_status()
        return [{"name": kept.name, "value": kept.value, "url": studio.url} for kept in session.cookies]


@pytest.fixture
def sit(hedy, visit):
    """Hedy before a screen of some kind."""

    def sitting(**looks) -> Visitor:
        visitor = visit(**looks)
        visitor.context.add_cookies(hedy)
        return visitor

    return sitting


@pytest.fixture
def desk(sit) -> Visitor:
    return sit(viewport={"width": 1440, "height": 900})


@pytest.fixture
def page(desk) -> Page:
    """Her own pictures at a desk."""
    return desk.open("/gallery/?by=me")


def card(page: Page, nth: int) -> Locator:
    """A fox, from the newest on: they stand first."""
    return page.locator(f'.card:has(img[alt="a red fox {5 - nth}"])')


def bar(page: Page) -> Locator:
    return page.locator(".picked")


def chosen(page: Page, count: int) -> None:
    """The bar, and who hears the page, know how many are chosen."""
    expect(bar(page)).to_contain_text(f"{count} selected")
    expect(page.locator("#said")).to_have_text(f"{count} selected")


def toast(page: Page, words: str) -> Locator:
    told = page.locator(".toast", has_text=words)
    expect(told).to_be_visible()
    return told


def press(page: Page, name: str) -> None:
    bar(page).get_by_role("button", name=name, exact=True).click()


# By mouse


def test_a_click_opens_until_something_is_chosen_and_then_it_chooses(page):
    card(page, 1).locator("a").first.click()
    expect(page).to_have_url(re.compile(r"/images/\d+/"))
    page.go_back()
    circle = card(page, 0).get_by_role("checkbox", name="Choose")
    assert circle.evaluate("(circle) => getComputedStyle(circle).opacity") == "0"
    card(page, 0).hover()
    expect(circle).to_have_css("opacity", "1")
    circle.click()
    chosen(page, 1)
    card(page, 3).locator("a").first.click()
    chosen(page, 2)
    expect(card(page, 3).get_by_role("checkbox", name="Choose")).to_be_checked()
    card(page, 3).locator("a").first.click()
    chosen(page, 1)
    page.keyboard.press("Escape")
    expect(bar(page)).to_have_count(0)
    expect(circle).not_to_be_checked()
    assert page.url.endswith("?by=me")


def test_shift_chooses_as_far_as_here_and_ctrl_opens_a_tab(page):
    card(page, 1).locator("a").first.click(modifiers=["Shift"])
    card(page, 4).locator("a").first.click(modifiers=["Shift"])
    chosen(page, 4)
    card(page, 2).locator("a").first.click(modifiers=["Shift"])
    chosen(page, 2)
    with page.context.expect_page() as opened:
        card(page, 5).locator("a").first.click(modifiers=["Control"])
    opened.value.close()
    chosen(page, 2)


def test_a_closed_stack_is_chosen_with_all_it_holds_and_an_open_one_picture_by_picture(page):
    stack = page.locator(".stack")
    stack.locator(".card").first.hover()
    stack.locator(".pick").first.check()
    chosen(page, 3)
    stack.locator(".count").click()
    stack.locator(".card").nth(1).locator("a").first.click()
    chosen(page, 2)


def test_the_composer_stays_within_reach_and_takes_what_is_chosen(page):
    for nth in (0, 1):
        card(page, nth).locator("a").first.click(modifiers=["Shift"])
    expect(page.locator("#prompt")).to_be_visible()
    press(page, "Edit")
    expect(page.locator("#tray li")).to_have_count(2)
    expect(page.locator("#prompt")).to_be_focused()
    expect(bar(page)).to_have_count(0)
    page.get_by_role("button", name="Clear").click()


def test_no_more_than_the_composer_has_room_for_go_into_it(page):
    page.keyboard.press("Control+a")
    card(page, 0).locator("a").first.focus()
    chosen(page, 9)
    page.locator('.day[data-day="2026-06-13"] .card a').first.focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("e")
    expect(page.locator("#tray li")).to_have_count(14)
    toast(page, "At most 14 pictures at once.")
    page.get_by_role("button", name="Clear").click()


def test_the_bar_of_a_card_has_a_heart(page):
    card(page, 5).hover()
    page.locator(".hover").get_by_role("button", name="Favourite").click()
    toast(page, "1 picture is a favourite now.")
    expect(card(page, 5).locator(".liked")).to_have_count(1)
    heart = page.locator(".hover").get_by_role("button", name="Favourite")
    expect(heart).to_have_attribute("aria-pressed", "true")
    heart.click()
    toast(page, "1 picture is no favourite any more.")
    expect(card(page, 5).locator(".liked")).to_have_count(0)
    expect(bar(page)).to_have_count(0)


# By keyboard


def test_favourites_stay_while_one_of_the_chosen_that_is_out_of_sight_is_none(page):
    far = page.request.get(page.url.replace("/gallery/", "/gallery/numbers/")).json()["images"][-1]
    near = [card(page, nth).get_attribute("data-id") for nth in (0, 1)]
    for nth in (0, 1):
        card(page, nth).hover()
        card(page, nth).get_by_role("checkbox", name="Choose").click()
    chosen(page, 2)
    page.keyboard.press("f")
    toast(page, "2 pictures are favourites now.")
    keep = "chosen => sessionStorage.setItem(`chosen:${document.body.dataset.user}`, JSON.stringify(chosen))"
    page.evaluate(keep, [*near, str(far)])
    page.reload()
    expect(bar(page)).to_contain_text("3 selected")
    page.keyboard.press("f")
    toast(page, "1 picture is a favourite now; 2 already were").get_by_role("button", name="Undo").click()
    expect(card(page, 0).locator(".liked")).to_have_count(1)
    page.keyboard.press("Escape")
    for nth in (0, 1):
        card(page, nth).locator("a").first.focus()
        page.keyboard.press("f")
        expect(card(page, nth).locator(".liked")).to_have_count(0)


def test_keys_walk_choose_and_extend(page):
    card(page, 0).locator("a").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    expect(card(page, 1).locator("a").first).to_be_focused()
    expect(card(page, 1).locator(".pick")).to_be_checked()
    chosen(page, 1)
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    chosen(page, 3)
    page.keyboard.press("Shift+ArrowLeft")
    chosen(page, 2)
    page.keyboard.press("ArrowDown")
    expect(card(page, 2).locator("a").first).not_to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(card(page, 2).locator("a").first).to_be_focused()
    page.keyboard.press("Control+a")
    chosen(page, 9)
    page.keyboard.press("Escape")
    expect(bar(page)).to_have_count(0)


def test_enter_opens_whatever_is_chosen(page):
    card(page, 0).locator("a").first.focus()
    page.keyboard.press("x")
    chosen(page, 1)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/images/\d+/"))


def test_keys_do_nothing_while_one_types_nor_with_other_modifiers(page):
    card(page, 0).locator("a").first.focus()
    page.keyboard.press("x")
    chosen(page, 1)
    page.locator("#prompt").focus()
    page.keyboard.type("xefld")
    page.keyboard.press("Delete")
    page.keyboard.press("Control+a")
    assert page.locator("#prompt").input_value() == "xefld"
    card(page, 0).locator("a").first.focus()
    page.keyboard.press("Alt+x")
    page.keyboard.press("Shift+Delete")
    chosen(page, 1)
    expect(card(page, 0)).to_be_visible()
    assert page.locator(".toast").count() == 0


def test_a_key_does_it_to_the_picture_that_has_the_focus_when_none_is_chosen(page):
    card(page, 4).locator("a").first.focus()
    page.keyboard.press("f")
    undo = toast(page, "1 picture is a favourite now.").get_by_role("button", name="Undo")
    expect(card(page, 4).locator(".liked")).to_have_count(1)
    undo.click()
    toast(page, "Undone.")
    expect(card(page, 4).locator(".liked")).to_have_count(0)


def test_the_bar_is_one_stop_with_arrows_in_it(page):
    card(page, 0).locator("a").first.focus()
    page.keyboard.press("x")
    tools = page.get_by_role("toolbar")
    tools.get_by_role("button", name="Edit").focus()
    page.keyboard.press("ArrowLeft")
    expect(tools.get_by_role("button", name="Clear")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(tools.get_by_role("button", name="Edit")).to_be_focused()
    assert tools.locator('button[tabindex="0"]').count() == 1


# By finger


def hold(page: Page, one: Locator) -> None:
    """A finger that rests on a picture until it is chosen."""
    box = one.bounding_box()
    spot = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    hand = page.context.new_cdp_session(page)
    hand.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [spot]})
    expect(bar(page)).to_be_visible()
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_long_press_chooses_and_then_a_touch_does(sit):
    phone = sit(viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True)
    page = phone.open("/gallery/?by=me")
    expect(page.locator(".pick").first).to_be_hidden()
    hold(page, card(page, 0))
    chosen(page, 1)
    expect(card(page, 1).locator(".pick")).to_be_visible()
    card(page, 1).locator("a").first.tap()
    chosen(page, 2)
    assert page.url.endswith("?by=me")
    press(page, "Clear")
    expect(bar(page)).to_have_count(0)
    card(page, 0).locator("a").first.tap()
    expect(page).to_have_url(re.compile(r"/images/\d+/"))


def test_on_a_phone_whose_pictures_one_sees_is_a_menu(sit):
    page = sit(viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True).open("/gallery/")
    page.get_by_role("button", name="Team", exact=True).tap()
    page.get_by_role("navigation", name="Whose pictures").get_by_role("link", name="Mine").tap()
    expect(page).to_have_url(re.compile(r"by=me"))
    expect(page.get_by_role("button", name="Mine", exact=True)).to_be_visible()


# What is chosen stays chosen


def test_what_is_chosen_outlives_scrolling_pages_and_tabs(page):
    card(page, 0).locator("a").first.click(modifiers=["Shift"])
    # What has the focus is kept.
    page.evaluate("document.activeElement.blur()")
    while page.locator("p.older").count() == 0:
        page.mouse.wheel(0, 5000)
        page.wait_for_timeout(50)
    last = page.locator(".card").last
    last.locator("a").first.click()
    chosen(page, 2)
    expect(card(page, 0)).to_have_count(0)
    page.evaluate("scrollTo(0, 0)")
    expect(card(page, 0).locator(".pick")).to_be_checked()
    page.get_by_role("link", name="Team", exact=True).click()
    expect(bar(page)).to_contain_text("2 selected")
    page.go_back()
    expect(bar(page)).to_contain_text("2 selected")
    press(page, "Clear")
    page.reload()
    expect(page.locator(".card").first).to_be_visible()
    expect(bar(page)).to_have_count(0)


def test_all_that_match_can_be_chosen_loaded_or_not_and_far_rows_still_go(desk):
    page = desk.open("/gallery/?q=cat&by=me")
    page.locator(".card").first.hover()
    page.locator(".pick").first.click()
    bar(page).get_by_role("button", name=f"Select all {MANY}").click()
    chosen(page, MANY)
    while page.locator("p.older").count() == 0:
        page.mouse.wheel(0, 5000)
        page.wait_for_timeout(50)
    expect(page.locator(".card").last.locator(".pick")).to_be_checked()
    assert page.locator(".card").count() < MANY
    assert page.evaluate(NODES) < 4000
    page.keyboard.press("f")
    undo = toast(page, f"{MANY} pictures are favourites now.").get_by_role("button", name="Undo")
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator(".liked").first).to_be_attached()
    undo.click()
    toast(page, "Undone.")
    expect(page.locator(".liked")).to_have_count(0)


# What is done


def test_a_day_in_the_trash_leaves_the_page_and_comes_back(page):
    day = page.locator('.day[data-day="2026-06-14"]')
    page.keyboard.press("Control+a")
    chosen(page, 9)
    page.keyboard.press("Delete")
    told = toast(page, "9 pictures are in the trash.")
    expect(day).to_be_hidden()
    expect(bar(page)).to_have_count(0)
    told.get_by_role("button", name="Undo").click()
    toast(page, "Undone.")
    expect(day.locator(".card").first).to_be_visible()
    page.reload()
    expect(day.locator(".card")).to_have_count(9)


def test_what_is_left_of_a_stack_stands_for_it(page):
    stack = page.locator(".stack")
    stack.locator(".count").click()
    stack.locator(".card").first.hover()
    stack.locator(".pick").first.click()
    chosen(page, 1)
    stack.locator(".count").click()
    press(page, "Trash")
    told = toast(page, "1 picture is in the trash.")
    expect(stack.locator(".card:visible")).to_have_count(1)
    expect(stack.locator(".count")).to_contain_text("×2")
    told.get_by_role("button", name="Undo").click()
    expect(stack.locator(".count")).to_contain_text("×3")


def test_focus_goes_on_to_the_next_picture_when_one_leaves(page):
    card(page, 2).locator("a").first.focus()
    page.keyboard.press("Delete")
    told = toast(page, "1 picture is in the trash.")
    expect(card(page, 3).locator("a").first).to_be_focused()
    told.get_by_role("button", name="Undo").click()
    expect(card(page, 2)).to_be_visible()


def test_a_tag_that_is_none_is_said_beside_the_field_with_what_was_typed(desk, page):
    card(page, 0).locator("a").first.click(modifiers=["Shift"])
    press(page, "Tag")
    panel = page.get_by_role("dialog", name="Tag 1 picture")
    panel.get_by_label("Tag", exact=True).fill("!?")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("alert")).to_contain_text("A tag needs")
    expect(panel.get_by_label("Tag", exact=True)).to_have_value("!?")
    panel.get_by_label("Tag", exact=True).fill("keepers")
    panel.get_by_role("button", name="Add").click()
    toast(page, "1 picture has the tag “keepers” now.").get_by_role("button", name="Undo").click()
    toast(page, "Undone.")
    expect(panel).to_be_hidden()
    desk.forgive(422)


def test_who_sees_them_and_their_project_are_asked_first(page):
    card(page, 0).locator("a").first.click(modifiers=["Shift"])
    press(page, "Private")
    page.get_by_role("dialog").get_by_role("button", name="The team").click()
    told = toast(page, "1 picture can be seen by the team now.")
    expect(card(page, 0).locator(".lock")).to_have_count(0)
    told.get_by_role("button", name="Undo").click()
    expect(card(page, 0).locator(".lock")).to_have_count(1)
    press(page, "Project")
    expect(page.get_by_role("dialog").get_by_label("Project")).to_be_focused()


def test_pictures_go_into_an_album_that_is_made_on_the_way_and_out_of_it_on_its_page(page):
    for nth in (0, 1):
        card(page, nth).locator("a").first.click(modifiers=["Shift"])
    page.keyboard.press("l")
    panel = page.get_by_role("dialog", name="Add 2 pictures to an album")
    panel.get_by_label("New album").fill("Foxes")
    page.keyboard.press("Enter")
    toast(page, "2 pictures are in “Foxes” now.")
    expect(panel).to_be_hidden()
    press(page, "Clear")
    card(page, 2).locator("a").first.click(modifiers=["Shift"])
    press(page, "Album")
    page.get_by_role("dialog").get_by_role("button", name="Foxes").click()
    toast(page, "1 picture is in “Foxes” now.")
    page.goto(page.url.split("/gallery/")[0] + "/albums/")
    page.get_by_role("link", name=re.compile("Foxes")).first.click()
    expect(page.locator(".card")).to_have_count(3)
    expect(bar(page)).to_contain_text("1 selected")
    press(page, "Take out")
    told = toast(page, "1 picture")
    expect(page.locator(".card:visible")).to_have_count(2)
    told.get_by_role("button", name="Undo").click()
    expect(page.locator(".card:visible")).to_have_count(3)


def test_what_did_not_arrive_is_said_in_the_bar_and_all_stays_chosen(desk, page):
    card(page, 0).locator("a").first.click(modifiers=["Shift"])
    page.route("**/gallery/act/", lambda route: route.abort())
    press(page, "Trash")
    expect(bar(page).get_by_role("alert")).to_contain_text("did not arrive")
    expect(card(page, 0)).to_be_visible()
    chosen(page, 1)
    desk.complaints = [said for said in desk.complaints if "ERR_FAILED" not in said]


def test_several_are_downloaded_as_one_archive(page):
    for nth in (0, 1):
        card(page, nth).locator("a").first.click(modifiers=["Shift"])
    with page.expect_download() as file:
        press(page, "Download")
    assert file.value.suggested_filename.startswith("pictures-")
    expect(bar(page)).to_contain_text("2 selected")


def test_the_link_to_the_chosen_is_copied_and_shows_them_alone(desk, page):
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for nth in (0, 1):
        card(page, nth).locator("a").first.click(modifiers=["Shift"])
    press(page, "Share")
    toast(page, "The link to 2 pictures is copied.")
    page.goto(page.evaluate("navigator.clipboard.readText()"))
    expect(page.locator(".card")).to_have_count(2)
    page.get_by_role("link", name="Chosen pictures").click()
    expect(page).to_have_url(re.compile("/gallery/$"))


def test_where_the_clipboard_is_closed_the_link_stands_there_to_copy(page):
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    card(page, 2).locator("a").first.click(modifiers=["Shift"])
    press(page, "Share")
    link = page.get_by_role("dialog").get_by_label("Link")
    expect(link).to_be_focused()
    assert re.search("/images/[0-9]+/$", link.input_value())
    page.keyboard.press("Enter")
    expect(link).to_be_hidden()


# Without script


@pytest.fixture
def plain(sit) -> Iterator[Page]:
    visitor = sit(viewport={"width": 1440, "height": 900}, java_script_enabled=False)
    return visitor.open("/gallery/?by=me")


def test_without_script_what_is_ticked_is_done_by_the_form_below(plain):
    card(plain, 0).get_by_role("checkbox", name="Choose").check()
    card(plain, 1).get_by_role("checkbox", name="Choose").check()
    plain.get_by_role("button", name="Favourite", exact=True).click()
    expect(plain.locator(".toast")).to_contain_text("2 pictures are favourites now.")
    assert plain.url.endswith("?by=me")
    expect(plain.locator(".liked")).to_have_count(2)
    plain.get_by_role("button", name="Undo").click()
    expect(plain.locator(".liked")).to_have_count(0)


def test_without_script_an_album_is_chosen_on_a_page_of_its_own(plain):
    card(plain, 3).get_by_role("checkbox", name="Choose").check()
    plain.get_by_role("button", name="Add to an album").click()
    plain.get_by_label("New album").fill("Without script")
    plain.get_by_role("button", name="Make").click()
    expect(plain.locator(".toast")).to_contain_text("1 picture is in “Without script” now.")
    assert plain.url.endswith("/gallery/?by=me")


def test_without_script_the_chosen_have_a_page_whose_address_is_the_link(plain):
    card(plain, 0).get_by_role("checkbox", name="Choose").check()
    card(plain, 3).get_by_role("checkbox", name="Choose").check()
    plain.get_by_role("button", name="Link to them").click()
    expect(plain).to_have_url(re.compile("/gallery/[?]images="))
    expect(plain.locator(".card")).to_have_count(2)


def test_without_script_all_that_match_are_one_tick(sit):
    page = sit(java_script_enabled=False).open("/gallery/?q=fox&by=me")
    page.get_by_label("all that match").check()
    page.locator("#chosen [name=tag]").fill("foxes")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("6 pictures have the tag “foxes” now.")
    page.get_by_role("button", name="Undo").click()
