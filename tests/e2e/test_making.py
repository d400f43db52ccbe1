"""Making pictures as people do: by keyboard, paste and button, with what can go wrong."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.flow]
ROUNDS = 10


def test_a_pasted_picture_is_edited_and_stays_for_the_next_order(ada):
    page = ada.open("/gallery/")
    ada.paste()
    expect(page.locator("#tray li[data-id]")).to_have_count(1)
    expect(page.locator(".go .edit")).to_be_visible()
    ada.order("warmer light, and a small boat")
    expect(page.locator("#tray li[data-id]")).to_have_count(1)
    expect(page.locator("#prompt")).to_be_focused()
    assert page.evaluate("getSelection().toString()") == "warmer light, and a small boat"
    expect(page.locator('#gallery .card img[alt="warmer light, and a small boat"]')).to_have_count(1)


@pytest.mark.long
def test_ten_edit_rounds_need_no_page_load(ada):
    page = ada.open("/gallery/")
    page.get_by_role("link", name="a lighthouse at dusk over calm water").first.click()
    page.wait_for_selector("#image")
    page.evaluate("window.same = true")
    for number in range(ROUNDS):
        shown = page.locator("#image").get_attribute("data-id")
        assert page.locator("#tray li").get_attribute("data-id") == shown
        ada.order(f"round {number}: more stars in the sky")
        expect(page.locator(f'.film img[alt="round {number}: more stars in the sky"]')).to_have_count(1)
        page.keyboard.press("Escape")
        page.locator(f'.film a:has(img[alt="round {number}: more stars in the sky"])').click()
        expect(page.locator(".top h1")).to_have_text(f"round {number}: more stars in the sky")
    assert page.evaluate("window.same")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".top h1")).to_have_text(f"round {ROUNDS - 2}: more stars in the sky")
    page.go_back()
    expect(page.locator(".top h1")).to_have_text(f"round {ROUNDS - 1}: more stars in the sky")
    assert page.evaluate("window.same")
    expect(page.locator(".job", has_text="more stars")).to_have_count(0)


def test_a_file_that_is_no_picture_says_so_in_the_tray_and_can_be_removed(ada):
    page = ada.open("/")
    notes = {"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture at all"}
    page.locator("#composer-files").set_input_files(files=[notes])
    expect(page.locator("#tray .refused")).to_contain_text("notes.png This file can't be read")
    page.get_by_role("button", name="Remove notes.png").click()
    expect(page.locator("#tray li")).to_have_count(0)
    expect(page.locator("#prompt")).to_be_focused()
    ada.forgive(422)


def test_a_draft_is_kept_whole_until_it_is_sent(ada):
    page = ada.open("/gallery/")
    ada.paste((310, 190))
    expect(page.locator("#tray li[data-id]")).to_have_count(1)
    kept = page.locator("#tray li").get_attribute("data-id")
    page.locator("#prompt").fill("warmer light")
    page.locator(".seg label", has_text="3").click()
    page.locator(".opt", has_text="Private").click()
    for path in ("/queue/", "/"):
        ada.open(path)
        expect(page.locator("#prompt")).to_have_value("warmer light")
        assert page.locator("#tray li").get_attribute("data-id") == kept
        expect(page.locator("#composer-cost")).to_contain_text("15 credits")
        expect(page.locator("[name=private]")).to_be_checked()
        expect(page.locator(".go .edit")).to_be_visible()
    ada.order("warmer light")
    page.reload()
    expect(page.locator("#prompt")).to_have_value("")
    expect(page.locator("#tray li")).to_have_count(0)


def test_each_picture_and_each_tab_has_a_draft_of_its_own(ada):
    page = ada.open("/")
    page.locator("#prompt").fill("a new castle")
    ada.open("/images/1/")
    expect(page.locator("#prompt")).to_have_value("")
    page.locator("#prompt").fill("more stars")
    other = ada.context.new_page()
    other.goto(f"{ada.url}/")
    expect(other.locator("#prompt")).to_have_value("a new castle")
    other.locator("#prompt").fill("another castle")
    ada.open("/")
    expect(page.locator("#prompt")).to_have_value("a new castle")
    ada.open("/images/1/")
    expect(page.locator("#prompt")).to_have_value("more stars")
    expect(page.locator("#tray li[data-id='1']")).to_have_count(1)


def test_a_refused_file_is_no_picture_to_edit(ada):
    page = ada.open("/")
    notes = {"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture at all"}
    page.locator("#composer-files").set_input_files(files=[notes])
    expect(page.locator("#tray .refused")).to_have_count(1)
    expect(page.locator(".go .make")).to_be_visible()
    ada.paste()
    expect(page.locator("#tray li[data-id] .n")).to_have_text("1")
    expect(page.locator("#tray-count")).to_have_text("1 of 14")
    ada.forgive(422)


def test_too_few_credits_leave_the_focus_on_the_way_out(ada):
    page = ada.open("/")
    page.route("**/jobs/", lambda route: route.fulfill(status=402, body="<button>Make 2</button>"))
    page.locator("#prompt").fill("too dear")
    page.locator(".go").click()
    expect(page.locator("#composer-alert button")).to_be_focused()
    ada.forgive(402)


def test_the_studio_is_out_of_reach_only_until_it_answers(ada):
    page = ada.open("/")
    page.route("**/jobs/", lambda route: route.abort())
    page.locator("#prompt").fill("a cut line")
    page.locator("#prompt").press("Control+Enter")
    expect(page.locator("#composer-alert")).to_contain_text("can't be reached")
    page.evaluate("document.dispatchEvent(new Event('changed'))")
    expect(page.locator("#composer-alert")).to_be_empty()
    ada.complaints = [said for said in ada.complaints if "ERR_FAILED" not in said and "fetch" not in said]


def test_the_fifteenth_picture_is_left_out_in_words(ada):
    page = ada.open("/gallery/")
    for number in range(15):
        ada.paste((300 + number, 200))
    expect(page.locator("#tray li[data-id]")).to_have_count(14)
    expect(page.locator("#toasts")).to_contain_text("At most 14 pictures")
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.locator("#tray li")).to_have_count(0)


def test_an_order_that_waits_can_be_cancelled_and_costs_nothing(ada, studio):
    studio.world.set_keys(revoked=["sandbox"])
    page = ada.open("/gallery/")
    ada.order("a castle nobody wants")
    card = page.locator(".job", has_text="a castle nobody wants")
    expect(card).to_contain_text("The API key was refused")
    expect(page.locator("#banners")).to_contain_text("The API key was refused")
    card.get_by_role("button", name="Cancel").click()
    expect(page.locator("#toasts")).to_contain_text("Cancelled; the credits are back.")
    expect(card).to_have_count(0)
    studio.world.set_keys(accepted=["sandbox"])
    ada.order("a castle that is made once the key works again")
    expect(page.locator('.card img[alt^="a castle that is made"]')).to_have_count(1)


def test_a_failed_order_says_why_and_that_its_credits_are_back(ada, studio):
    studio.world.faults.add("status.fail", word="doomed")
    page = ada.open("/")
    ada.order("a doomed tower")
    card = page.locator(".job.failed", has_text="a doomed tower")
    expect(card).to_contain_text("The model could not make this picture. 5 credits are back.")
    card.get_by_role("button", name="Dismiss").click()
    expect(card).to_have_count(0)


def test_a_lost_answer_is_told_and_never_sent_twice(ada, studio):
    studio.world.faults.add("submit.drop", word="lost", times=1)
    page = ada.open("/")
    ada.order("a lost valley")
    card = page.locator(".job.unknown", has_text="a lost valley")
    expect(card).to_contain_text("5 credits come back by")
    assert sum("lost valley" in task.prompt for task in studio.world.truth()) == 1
    card.get_by_role("button", name="Dismiss").click()
    expect(card).to_have_count(0)


def test_sending_twice_in_a_breath_is_one_order(ada, studio):
    page = ada.open("/")
    page.locator("#prompt").fill("once and only once")
    page.evaluate(
        "const form = document.querySelector('#composer'); form.requestSubmit(); form.requestSubmit();"
    )
    expect(page.locator('.order .card img[alt="once and only once"]')).to_have_count(1)
    assert sum(task.prompt == "once and only once" for task in studio.world.truth()) == 1


def test_four_pictures_stand_as_a_stack_that_opens_in_place(ada):
    page = ada.open("/gallery/")
    page.locator("#prompt").focus()
    page.locator(".seg label", has_text="4").click()
    expect(page.locator("#composer-cost")).to_contain_text("20 credits")
    ada.order("four hills at dawn")
    cards = page.locator('.stack .card:has(img[alt="four hills at dawn"])')
    expect(cards).to_have_count(4)
    page.keyboard.press("Escape")
    assert [card.is_visible() for card in cards.all()] == [True, False, False, False]
    page.locator(".stack:has(img[alt='four hills at dawn']) .count").click()
    assert all(card.is_visible() for card in cards.all())


def test_a_phone_makes_a_picture_too(visit):
    phone = visit(as_ada=True, viewport={"width": 360, "height": 780}, is_mobile=True, has_touch=True)
    page = phone.open("/gallery/")
    page.locator("#prompt").tap()
    page.locator("#aspect-button").tap()
    page.locator(".aspects label", has_text="9:16").tap()
    expect(page.locator("#aspect-button")).to_have_text(re.compile("9:16"))
    page.locator("#prompt").fill("a tall tower by the sea")
    page.locator(".go").tap()
    expect(page.locator('.card.r-9-16 img[alt="a tall tower by the sea"]')).to_have_count(1)
    page.locator(".job.done .thumbs a").first.tap()
    expect(page.locator("#image")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_all_that_is_ready_is_put_away_at_once(ada):
    page = ada.open("/gallery/")
    for prompt in ("a first ready hill", "a second ready hill"):
        ada.order(prompt)
        expect(page.locator(".job.done", has_text=prompt)).to_have_count(1)
    page.get_by_role("button", name="Clear ready").click()
    expect(page.locator(".job.done")).to_have_count(0)


def test_an_edit_that_was_sent_gives_the_picture_room_and_typing_brings_the_options_back(ada):
    page = ada.open("/images/1/")
    ada.order("a warmer evening")
    expect(page.locator(".options")).to_be_hidden()
    expect(page.locator("#prompt")).to_be_focused()
    film, composer = page.locator(".film").bounding_box(), page.locator("#composer").bounding_box()
    assert film["y"] + film["height"] < composer["y"]
    page.keyboard.type("a colder evening")
    expect(page.locator(".options")).to_be_visible()
