"""Two pictures compared in a browser: by mouse, keys and finger, from where one chose them and back, without script."""

import io
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
import requests
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browsing import PASSWORD, Visitor
from tests.e2e.test_pages import LOOKS, faults, seen_by
from tests.started import ENVIRONMENT, ROOT

pytestmark = [pytest.mark.browser, pytest.mark.flow]
# Lise's own private pictures, which nobody else's tests meet: a wide red one, a high blue one made from it, a third.
FILL = f"""
from PIL import Image
from studio.accounts.models import User
from studio.credits import ledger
from tests.gallery import pictures
lise = User.objects.create_user("lise@example.com", "{PASSWORD}", name="Lise Meitner")
ledger.open_account(lise, limited=False)
made = lambda prompt, size, colour, **more: pictures.made(
    lise, data=pictures.encoded(Image.new("RGB", size, colour)), prompt=prompt, private=True, **more)
red = made("a wide red field", (640, 360), (220, 0, 0))
blue = made("a tall blue door", (360, 640), (0, 0, 220), kind="edit", parents=[red])
made("a green square", (64, 64), (0, 160, 0))
print("numbers:", red.pk, blue.pk)
"""
RED, BLUE = (220, 0, 0), (0, 0, 220)


@pytest.fixture(scope="session")
def lise(prepared) -> tuple[list, tuple[int, int]]:
    """The cookies of her browser, and the numbers of the red and the blue picture; made once."""
    studio = prepared.studio
    own = {"STUDIO_DATA_DIR": str(studio.data), "TZ": "UTC"}
    run = [sys.executable, "manage.py", "shell", "-v", "0", "-c", FILL]
    told = subprocess.run(
        run, cwd=ROOT, env={**ENVIRONMENT, **own}, check=True, capture_output=True, text=True
    ).stdout
    red, blue = map(int, re.search(r"numbers: (\d+) (\d+)", told).groups())
    with requests.Session() as session:
        session.get(f"{studio.url}/accounts/login/").raise_for_status()
        fields = {"login": "lise@example.com", "password": PASSWORD}
        fields["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
        session.post(f"{studio.url}/accounts/login/", data=fields).raise_for_status()
        cookies = [{"name": kept.name, "value": kept.value, "url": studio.url} for kept in session.cookies]
    return cookies, (red, blue)


@pytest.fixture
def sit(lise, visit) -> Callable[..., Visitor]:
    """Lise before a screen of some kind."""

    def sitting(**looks) -> Visitor:
        visitor = visit(**{"viewport": {"width": 1440, "height": 900}} | looks)
        visitor.context.add_cookies(lise[0])
        return visitor

    return sitting


@pytest.fixture
def where(lise) -> str:
    """The address at which red and blue are compared."""
    red, blue = lise[1]
    return f"/compare/?a={red}&b={blue}"


@pytest.fixture
def page(sit, where) -> Page:
    return sit().open(where)


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="How much of A is shown, in percent")


def at(page: Page, address: str) -> None:
    """The address stands there, whether or not the page was loaded anew."""
    expect(page).to_have_url(re.compile(re.escape(address) + "$"))


def look(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name).check(force=True)


def colours(page: Page, *spots: float) -> list[tuple[int, ...]]:
    """What is seen in the middle line of the box at these parts of its width, a little below the handle."""
    box = page.locator(".shot").locator("visible=true").first
    shot = Image.open(io.BytesIO(box.screenshot())).convert("RGB")
    return [shot.getpixel((int(shot.width * spot), int(shot.height * 0.6))) for spot in spots]


def card(page: Page, prompt: str) -> Locator:
    return page.locator(f'.card:has(img[alt="{prompt}"])')


def choose(page: Page, *prompts: str) -> None:
    for count, prompt in enumerate(prompts, 1):
        card(page, prompt).locator("a").first.click(modifiers=["Shift"] if count == 1 else [])
        expect(page.locator(".picked")).to_contain_text(f"{count} selected")


# The slider


def test_on_one_side_of_the_line_is_a_and_on_the_other_b_in_one_box(page):
    first, second = (shot.bounding_box() for shot in page.locator(".shot").all())
    assert first == second
    # B is high: it leaves room at both sides.
    *sides, beyond = colours(page, 0.02, 0.45, 0.55, 0.98)
    assert sides == [RED, RED, BLUE]
    assert beyond not in {RED, BLUE}


def test_arrows_move_the_line_by_one_in_a_hundred_and_home_and_end_to_its_ends(page):
    for key, value in (("ArrowRight", 51), ("ArrowLeft", 50), ("ArrowLeft", 49), ("End", 100), ("Home", 0)):
        page.keyboard.press(key)
        expect(slider(page)).to_have_value(str(value))
    assert colours(page, 0.45, 0.55) == [BLUE, BLUE]
    slider(page).focus()
    for key, value in (("ArrowRight", 1), ("ArrowUp", 2), ("End", 100), ("ArrowLeft", 99), ("End", 100)):
        page.keyboard.press(key)
        expect(slider(page)).to_have_value(str(value))
    assert colours(page, 0.45, 0.55) == [RED, RED]


def test_the_line_goes_where_the_mouse_drags_it(page):
    box = page.locator(".shot").first.bounding_box()
    spots = [
        (box["x"] + box["width"] * part, box["y"] + box["height"] * 0.8) for part in (0.5, 0.6, 0.4, 0.25)
    ]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot)
    page.mouse.up()
    expect(slider(page)).to_have_value("25")
    assert colours(page, 0.2, 0.45) == [RED, BLUE]
    # The handle is exactly where the line is, at the ends too.
    page.mouse.click(box["x"] + box["width"] * 0.95, spots[0][1])
    expect(slider(page)).to_have_value("95")


def test_a_finger_drags_the_line_and_still_scrolls_the_page(sit, where):
    # To wait for what it says, Playwright evaluates a text again and again, which the pages' CSP forbids.
    looks = {"has_touch": True, "is_mobile": True, "bypass_csp": True}
    page = sit(viewport={"width": 360, "height": 480}, **looks).open(where)
    box = page.locator(".shot").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    hand = page.context.new_cdp_session(page)

    def drag(across: float, down: float) -> None:
        steps = [{"x": x + across * part / 4, "y": y + down * part / 4} for part in range(5)]
        for step in steps:
            kind = "touchStart" if step is steps[0] else "touchMove"
            hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [step]})
        hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    drag(box["width"] / 4, 0)
    expect(slider(page)).to_have_value(re.compile(r"^7[3-7]$"))
    drag(0, -80)
    page.wait_for_function("scrollY > 40")


# Side by side


def test_side_by_side_they_stand_in_boxes_of_one_size_and_the_address_says_so(page, where):
    page.keyboard.press("s")
    first, second = (shot.bounding_box() for shot in page.locator(".shot").all())
    assert (first["width"], first["height"], first["y"]) == (second["width"], second["height"], second["y"])
    assert first["x"] + first["width"] < second["x"]
    at(page, f"{where}&look=side")
    expect(slider(page)).to_be_hidden()
    expect(page.get_by_role("radio", name="Side by side")).to_be_checked()
    page.reload()
    expect(page.get_by_role("radio", name="Side by side")).to_be_checked()
    page.keyboard.press("s")
    expect(slider(page)).to_be_visible()
    at(page, where)


def test_on_a_phone_they_stand_one_below_the_other_each_with_its_words(sit, where):
    page = sit(viewport={"width": 360, "height": 780}).open(f"{where}&look=side")
    parts = [part.bounding_box()["y"] for part in page.locator(".shot, figcaption").all()]
    assert parts == sorted(parts)
    assert len(set(parts)) == 4


def test_the_ways_to_look_are_radios_that_arrows_change(page):
    page.get_by_role("radio", name="Slider").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Side by side")).to_be_checked()
    at(page, "&look=side")
    # Letters do what they do everywhere, arrows don't move the line.
    page.keyboard.press("s")
    expect(page.get_by_role("radio", name="Slider")).to_be_checked()
    expect(slider(page)).to_have_value("50")


# By turns


def test_the_other_one_is_there_while_its_key_is_held(page):
    page.keyboard.down("f")
    at(page, "&look=flip")
    assert colours(page, 0.5, 0.55) == [BLUE, BLUE]
    assert colours(page, 0.02) not in [[RED], [BLUE]]
    page.keyboard.up("f")
    assert colours(page, 0.02, 0.5) == [RED, RED]


def test_the_other_one_is_there_while_the_button_is_pressed(page):
    look(page, "Flip")
    button = page.get_by_role("button", name="Hold to see B")
    assert colours(page, 0.1, 0.5) == [RED, RED]
    button.hover()
    page.mouse.down()
    assert colours(page, 0.5) == [BLUE]
    page.mouse.up()
    assert colours(page, 0.5) == [RED]
    button.focus()
    page.keyboard.down("Space")
    assert colours(page, 0.5) == [BLUE]
    page.keyboard.up("Space")
    assert colours(page, 0.5) == [RED]


def test_a_finger_that_rests_on_the_picture_sees_the_other_one(sit, where):
    page = sit(viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True).open(
        f"{where}&look=flip"
    )
    box = page.locator(".shot").first.bounding_box()
    spot = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] * 0.4}
    hand = page.context.new_cdp_session(page)
    hand.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [spot]})
    expect(page.locator(".is-flipped")).to_be_visible()
    page.wait_for_timeout(800)
    assert colours(page, 0.5) == [BLUE]
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert colours(page, 0.5) == [RED]


# Exchanged


def test_they_are_exchanged_in_place_and_the_address_with_them(page, lise, where):
    red, blue = lise[1]
    page.keyboard.press("End")
    page.keyboard.press("s")
    swap = page.get_by_role("link", name="Swap")
    swap.press("Enter")
    expect(swap).to_be_focused()
    expect(page.locator("#said")).to_have_text("A and B are exchanged.")
    at(page, f"/compare/?a={blue}&b={red}&look=side")
    assert page.locator("figcaption").all_inner_texts()[0].startswith("A\n")
    expect(page.locator("figcaption").first).to_contain_text("a tall blue door")
    expect(page.locator("figcaption").last).to_contain_text("a wide red field")
    page.keyboard.press("s")
    assert colours(page, 0.5) == [BLUE]
    swap.click()
    at(page, where)
    page.reload()
    expect(page.locator("figcaption").first).to_contain_text("a wide red field")


# Ways in and back


def test_from_the_bar_two_can_be_compared_no_more_and_no_fewer_and_back_they_are_still_chosen(sit, lise):
    red, blue = lise[1]
    page = sit().open("/gallery/?by=me")
    offer = page.locator(".picked").get_by_role("button", name="Compare")
    choose(page, "a tall blue door")
    expect(offer).to_be_hidden()
    card(page, "a wide red field").locator("a").first.click()
    expect(offer).to_be_visible()
    card(page, "a green square").locator("a").first.click()
    expect(page.locator(".picked")).to_contain_text("3 selected")
    expect(offer).to_be_hidden()
    card(page, "a green square").locator("a").first.click()
    offer.click()
    # The one that was chosen first is A.
    page.wait_for_url(f"**/compare/?a={blue}&b={red}")
    page.keyboard.press("s")
    page.get_by_role("link", name="Swap").click()
    page.get_by_role("link", name="Back", exact=True).click()
    page.wait_for_url("**/gallery/?by=me")
    expect(page.locator(".picked")).to_contain_text("2 selected")
    expect(card(page, "a tall blue door").get_by_role("checkbox", name="Choose")).to_be_checked()


def test_when_the_offer_goes_the_bar_still_has_a_stop_for_tab(sit):
    page = sit().open("/gallery/?by=me")
    choose(page, "a tall blue door", "a wide red field")
    page.locator(".picked").get_by_role("button", name="Compare").focus()
    card(page, "a green square").locator("a").first.click()
    expect(page.locator(".picked")).to_contain_text("3 selected")
    stops = page.get_by_role("toolbar").locator('button[tabindex="0"]')
    assert [stop.inner_text() for stop in stops.all()] == ["Edit"]


def test_a_key_compares_two_and_after_g_still_leads_to_the_credits(sit, lise):
    red, blue = lise[1]
    page = sit().open("/gallery/?by=me")
    choose(page, "a wide red field")
    page.keyboard.press("c")
    expect(page.locator(".toast")).to_contain_text("Choose two pictures to compare them.")
    card(page, "a tall blue door").locator("a").first.click()
    expect(page.locator(".picked")).to_contain_text("2 selected")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/credits/")
    page.go_back()
    expect(page.locator(".picked")).to_contain_text("2 selected")
    page.keyboard.press("c")
    page.wait_for_url(f"**/compare/?a={red}&b={blue}")


def test_an_edit_is_compared_with_what_it_was_made_from_and_back_leads_to_it(sit, lise, where):
    _red, blue = lise[1]
    page = sit().open(f"/images/{blue}/")
    page.keyboard.press("c")
    page.wait_for_url(f"**{where}")
    page.get_by_role("link", name="Back", exact=True).click()
    page.wait_for_url(f"**/images/{blue}/")
    page.get_by_role("link", name="Compare").click()
    page.wait_for_url(f"**{where}")


def test_who_came_from_elsewhere_is_led_to_the_gallery(page):
    page.get_by_role("link", name="Back", exact=True).click()
    page.wait_for_url("**/gallery/")


# Without script


def test_without_script_they_stand_side_by_side_and_a_link_exchanges_them(sit, lise, where):
    red, blue = lise[1]
    page = sit(java_script_enabled=False).open(where)
    first, second = (shot.bounding_box() for shot in page.locator(".shot").all())
    assert first["y"] == second["y"]
    assert first["x"] + first["width"] < second["x"]
    for part in (".seg", ".slide", ".flip"):
        expect(page.locator(part)).to_be_hidden()
    page.get_by_role("link", name="Swap").click()
    page.wait_for_url(f"**/compare/?a={blue}&b={red}")
    expect(page.locator("figcaption").first).to_contain_text("a tall blue door")


def test_without_script_two_are_compared_by_the_form_below(sit, where):
    visitor = sit(java_script_enabled=False)
    page = visitor.open("/gallery/?by=me")
    card(page, "a tall blue door").get_by_role("checkbox", name="Choose").check()
    page.get_by_role("button", name="Compare two").click()
    expect(page.get_by_role("heading", name="It takes exactly two pictures.")).to_be_visible()
    page.get_by_role("link", name="To the gallery").click()
    page.goto(f"{visitor.url}/gallery/?by=me")
    for prompt in ("a tall blue door", "a wide red field"):
        card(page, prompt).get_by_role("checkbox", name="Choose").check()
    page.get_by_role("button", name="Compare two").click()
    page.wait_for_url(f"**{where}")
    visitor.forgive(422)


# As assistive technology and a careful eye find it


@pytest.mark.parametrize("seen", LOOKS, ids=str)
def test_no_way_to_look_has_a_fault_an_overflow_or_a_shift(sit, where, seen):
    found = {}
    for name in ("slider", "side", "flip"):
        page = sit(**seen_by(seen)).open(f"{where}&look={name}")
        page.wait_for_load_state("networkidle")
        wide, shifts = page.evaluate("[document.documentElement.scrollWidth - innerWidth, window.shifts]")
        found[name] = (faults(page), max(0, wide), shifts)
    assert found == dict.fromkeys(found, ([], 0, []))


@pytest.mark.parametrize("width", [320, 768])
def test_it_is_no_wider_than_the_screen(sit, where, width):
    visitor = sit(viewport={"width": width, "height": 800})
    for name in ("slider", "side", "flip"):
        assert visitor.open(f"{where}&look={name}").evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("size", [(1440, 900), (360, 580)], ids=str)
def test_both_and_what_is_said_of_them_are_seen_without_scrolling(sit, where, size):
    width, height = size
    page = sit(viewport={"width": width, "height": height}).open(where)
    for words in page.locator("figcaption").all():
        box = words.bounding_box()
        assert box["y"] + box["height"] <= page.locator(".nav").bounding_box()["y"] or width > 699
        assert box["y"] + box["height"] <= height
