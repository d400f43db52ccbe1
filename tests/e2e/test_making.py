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


def test_the_fifteenth_picture_is_left_out_in_words(ada):
    page = ada.open("/gallery/")
    for number in range(15):
        ada.paste((300 + number, 200))
    expect(page.locator("#tray li[data-id]")).to_have_count(14)
    expect(page.locator("#toasts")).to_contain_text("At most 14 pictures")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#tray li")).to_have_count(0)


def test_an_order_that_waits_can_be_cancelled_and_costs_nothing(ada, studio):
    refused = studio.world.faults.add("submit.unauthorized")
    page = ada.open("/gallery/")
    ada.order("a castle nobody wants")
    card = page.locator(".job", has_text="a castle nobody wants")
    expect(card).to_contain_text("The API key was refused")
    expect(page.locator("#banners")).to_contain_text("The API key was refused")
    card.get_by_role("button", name="Cancel").click()
    expect(page.locator("#toasts")).to_contain_text("Cancelled; the credits are back.")
    expect(card).to_have_count(0)
    studio.world.faults.remove(refused)
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
