"""Every page, as assistive technology and a careful eye would find it: light and dark, phone and desk."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.browsing import CHROMIUM, FLAGS

pytestmark = [pytest.mark.browser, pytest.mark.flow]
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
FIND = """(tags) => axe.run(document, {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"]}).then(
    (result) => result.violations.map((rule) => [rule.id, rule.nodes.map((node) => node.target.join(" "))]))"""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PATHS = (
    "/",
    "/gallery/",
    "/gallery/?q=lighthouse&kind=generate&from=2026-01-01",
    "/gallery/?q=nothing+like+it",
    "/gallery/?at=2001-01",
    "/gallery/filters/",
    "/gallery/months/",
    "/gallery/add/",
    "/albums/",
    "/albums/1/",
    "/albums/1/order/",
    "/albums/1/change/",
    "/albums/choose/",
    "/albums/choose/?images=1",
    "/images/1/",
    "/compare/",
    "/queue/",
    "/credits/",
    "/team/",
    "/team/1/",
    "/projects/",
    "/projects/1/",
    "/reports/budget/",
    "/reports/storage/",
    "/trash/",
    "/trash/empty/",
    "/trash/restore/",
    "/operations/",
    "/settings/",
    "/keys/",
)
# On a phone the months are a link of the other panel.
PANEL = """(async () => {
    const link = [...document.querySelectorAll('[data-panel="%s"]')].find((one) => one.checkVisibility());
    link?.click();
    while (link && !document.querySelector(":popover-open")) await new Promise(requestAnimationFrame);
})()"""
CHOSEN = """(async () => {
    if (!document.querySelector(".pick:checked")) document.querySelector(".pick").click();
    while (!document.querySelector(".picked")) await new Promise(requestAnimationFrame);
})()"""
OPEN = {
    "composer": "document.querySelector('#prompt').focus()",
    "ratios": "document.querySelector('#prompt').focus(); document.querySelector('#aspects').showPopover()",
    "menu": "document.querySelector('#more-menu').showPopover()",
    "filters": PANEL % "filters",
    "months": PANEL % "months",
    "tabs": "matchMedia('(max-width: 699px)').matches && document.querySelector('.whose').click()",
    "selection": CHOSEN,
    "tag": f"{CHOSEN}.then(() => document.querySelector('[data-do=tag]').click())",
}
# The other two of the four are looked at when there is time.
LOOKS = [
    (360, "dark", False),
    (1440, "light", False),
    (360, "light", True),
    pytest.param((360, "light", False), marks=pytest.mark.long),
    pytest.param((1440, "dark", False), marks=pytest.mark.long),
]


def seen_by(look: tuple[int, str, bool]) -> dict:
    """A browser of this width, colour and touch."""
    width, scheme, touch = look
    # axe is evaluated in the page, which the studio's own policy rightly forbids.
    looks = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme, "bypass_csp": True}
    return looks | {"has_touch": touch, "is_mobile": touch}


def faults(page: Page) -> list:
    """What axe finds wrong."""
    page.evaluate(AXE)
    return page.evaluate(FIND, TAGS)


@pytest.fixture(params=LOOKS, ids=str)
def looker(request, visit):
    return visit(as_ada=True, **seen_by(request.param))


def test_no_page_has_a_fault_an_overflow_or_a_shift(looker):
    found = {}
    for path in (*PATHS, "/accounts/password/change/", "/nothing/here/"):
        page = looker.open(path)
        page.wait_for_load_state("networkidle")
        wide, shifts = page.evaluate("[document.documentElement.scrollWidth - innerWidth, window.shifts]")
        found[path] = (faults(page), max(0, wide), shifts)
    looker.forgive(404)
    assert found == {path: ([], 0, []) for path in found}


def test_no_open_part_has_a_fault(looker):
    found = {}
    for name, opened in OPEN.items():
        page = looker.open("/gallery/")
        page.evaluate(opened)
        found[name] = faults(page)
    assert not any(found.values()), found


def test_a_picture_that_is_gone_has_a_quiet_console(ada):
    assert ada.open("/images/999999/").locator("main h1").inner_text() == "Nothing here"
    ada.page.wait_for_load_state("networkidle")
    ada.forgive(404)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sign_in_has_no_fault(visit, scheme):
    assert faults(visit(color_scheme=scheme, bypass_csp=True).open("/accounts/login/")) == []


@pytest.mark.parametrize("width", [320, 768])
def test_no_page_is_wider_than_the_screen(visit, width):
    looker = visit(as_ada=True, viewport={"width": width, "height": 800})
    wide = {path: looker.open(path).evaluate("document.documentElement.scrollWidth") for path in PATHS}
    assert wide == dict.fromkeys(PATHS, width)


def test_going_back_finds_the_gallery_as_it_was_left(engine, prepared, studio):
    # Playwright switches the browser's memory of pages off, and doesn't notice when one comes back.
    kept = ["--disable-back-forward-cache"]
    chrome = engine.browser_type.launch(executable_path=CHROMIUM, args=list(FLAGS), ignore_default_args=kept)
    # To wait for what it says, Playwright evaluates a text again and again, which the pages' CSP forbids.
    context = chrome.new_context(bypass_csp=True)
    context.add_cookies(prepared.ada)
    page = context.new_page()
    page.goto(f"{studio.url}/gallery/")
    page.evaluate("addEventListener('pageshow', (event) => { window.persisted = event.persisted; })")
    page.goto(f"{studio.url}/images/1/")
    page.evaluate("history.back()")
    page.wait_for_function("window.persisted")
    chrome.close()


def test_a_gallery_page_keeps_its_budget_of_requests(ada):
    seen: list[str] = []
    ada.page.on("request", lambda request: seen.append(request.url))
    ada.open("/gallery/").wait_for_load_state("networkidle")
    assert {url.split("/")[2] for url in seen if url.startswith("http")} == {ada.url.removeprefix("http://")}
    assert len([url for url in seen if "/media/" not in url and "/live/" not in url]) <= 13, seen
