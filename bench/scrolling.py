"""The gallery in a browser, scrolled by a real wheel to the end of thousands of cards: what stays, how it feels."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import requests
from playwright.sync_api import BrowserContext, Page, sync_playwright

from bench.running import ROOT, Running

# As many cards as UI.md speaks of; BENCH_CARDS asks for others.
CARDS = 10_000
WHEEL = 3000
INTERACTIONS = 20
WATCH = """
    window.interactions = new Map();
    window.tasks = [];
    new PerformanceObserver((list) => {
        for (const {interactionId, duration} of list.getEntries()) {
            const known = interactions.get(interactionId) ?? 0;
            if (interactionId) interactions.set(interactionId, Math.max(duration, known));
        }
    }).observe({type: "event", durationThreshold: 16, buffered: true});
    new PerformanceObserver((list) => {
        for (const {duration} of list.getEntries()) tasks.push(duration);
    }).observe({type: "longtask", buffered: true});
"""
STATE = "[document.querySelectorAll('.card').length, document.querySelectorAll('*').length]"
TASKS = "[tasks.length, tasks.reduce((sum, one) => sum + one, 0), Math.max(0, ...tasks)]"


def run(folder: Path) -> Iterator[str]:
    """Fill a studio, scroll through it, and yield the rows of the table."""
    from tests.e2e.browsing import CHROMIUM, FLAGS

    with Running(folder=folder, per_minute=60) as studio, sync_playwright() as playwright:
        cookies = _filled(studio)
        # Playwright switches the browser's memory of pages off.
        kept = ["--disable-back-forward-cache"]
        chrome = playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(FLAGS), ignore_default_args=kept
        )
        for words, address in (("all pictures", "/gallery/"), ("a filter", "/gallery/?from=2000-01-01")):
            # To wait for what a page says, Playwright evaluates texts in it, which the pages' CSP forbids.
            context = chrome.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True)
            context.add_cookies(cookies)
            yield from (f"| {words} | {row} |" for row in _scrolled(context, studio.url + address))
            context.close()
        chrome.close()


def _filled(studio: Running) -> list:
    """Make the pictures, and sign somebody in who sees them; the cookies of their browser."""
    cards = os.environ.get("BENCH_CARDS", str(CARDS))
    own = os.environ | {"STUDIO_DATA_DIR": str(studio.folder)}
    command = [sys.executable, "manage.py", "makedata", "--images", cards]
    made = subprocess.run(command, cwd=ROOT, env=own, check=True, capture_output=True, text=True).stdout
    found = re.search(r"the admin is (\S+)\. Their password: (\S+)", made)
    assert found, made
    with requests.Session() as session:
        door = f"{studio.url}/accounts/login/"
        session.get(door).raise_for_status()
        fields = {
            "login": found[1],
            "password": found[2],
            "csrfmiddlewaretoken": session.cookies["csrftoken"],
        }
        session.post(door, data=fields).raise_for_status()
        return [{"name": one.name, "value": one.value, "url": studio.url} for one in session.cookies]


def _scrolled(context: BrowserContext, address: str) -> Iterator[str]:
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(address)
    began = time.monotonic()
    page.mouse.move(700, 450)
    while page.locator("p.older").count() == 0:
        page.mouse.wheel(0, WHEEL)
        page.wait_for_timeout(30)
    yield f"seconds to the end | {time.monotonic() - began:.0f}"
    yield _told("at the end", page)
    count, total, longest = page.evaluate(TASKS)
    yield f"long tasks: n / total / max | {count} / {total / 1000:.1f} s / {longest:.0f} ms"
    yield _felt("an interaction at the end", page)
    page.keyboard.press("Escape")
    page.get_by_role("checkbox", name="Choose").last.click()
    page.locator(".picked .every").click()
    page.wait_for_function("document.querySelector('.every')?.hidden")
    yield _told("at the end, all chosen", page)
    yield _felt("an interaction, all chosen", page)
    yield f"came back from one picture as it was left | {_persisted(page)}"


def _told(when: str, page: Page) -> str:
    cards, nodes = page.evaluate(STATE)
    return f"{when}: cards / nodes in the document | {cards:,} / {nodes:,}"


def _felt(what: str, page: Page) -> str:
    """Keys that choose, walk and let go, as the browser itself times them."""
    page.evaluate("interactions.clear()")
    page.locator(".card:visible a").last.focus()
    for number in range(INTERACTIONS):
        page.keyboard.press("x" if number % 2 else "ArrowLeft")
        page.wait_for_timeout(100)
    # What took less than 16 ms isn't told of.
    times = page.evaluate("[...interactions.values()]") or [16]
    return f"{what}: worst / median | {max(times):.0f} / {median(times):.0f} ms"


def _persisted(page: Page) -> bool:
    page.evaluate("addEventListener('pageshow', (event) => { window.persisted = event.persisted; })")
    top = page.evaluate("scrollY")
    page.goto(f"{page.url.split('/gallery/')[0]}/images/1/")
    page.evaluate("history.back()")
    page.wait_for_function("window.persisted !== undefined")
    return bool(page.evaluate("window.persisted") and abs(page.evaluate("scrollY") - top) < 2)
