#!/usr/bin/env python3
"""Makes README.md's pictures: runs a studio with its sandbox in a temporary folder, orders, photographs the pages.

.venv/bin/python tools/screenshots.py          # writes docs/*.webp, needs chromium
"""

import io
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, StorageState, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
BIND = "127.0.0.1:8792"
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--force-color-profile=srgb"]
ORDERS = [
    ("Amber dunes at first light, long shadows", "16:9", 1),
    ("A lighthouse over a calm sea at dusk, gold and slate", "3:2", 4),
    ("Low fog over a cedar forest, teal morning", "4:3", 2),
    ("Night sky over quiet hills, indigo", "16:9", 1),
    ("Vase on a linen table, soft window light", "4:5", 1),
    ("City skyline at blue hour, warm windows", "21:9", 1),
    ("Arches in white plaster, hard noon light", "3:4", 1),
    ("Folded silk in rose and copper", "1:1", 1),
    ("Fern leaves, botanical study, deep green", "2:3", 1),
    ("Mountains in layered haze, lavender", "3:2", 1),
    ("Portrait in profile, terracotta background", "4:5", 1),
    ("Harbour before a storm, silver water", "16:9", 1),
]


def start(folder: Path) -> tuple["subprocess.Popen[str]", str]:
    """The studio, and the link its first start prints."""
    environment = os.environ | {
        "STUDIO_DATA_DIR": str(folder),
        "STUDIO_BIND": BIND,
        "STUDIO_SUBMITS_PER_MINUTE": "60",
        "STUDIO_SANDBOX_SECONDS": "2",
    }
    studio = subprocess.Popen(
        [sys.executable, "manage.py", "runstudio"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert studio.stdout
    for line in studio.stdout:
        if found := re.search(r"http://\S+/setup/\S+", line):
            return studio, found[0]
    sys.exit("The studio did not start.")


def set_up(page: Page, link: str) -> None:
    page.goto(link)
    page.fill("[name=name]", "Maya Lindqvist")
    page.fill("[name=email]", "maya@example.com")
    page.fill("[name=password]", "a quiet lighthouse")
    page.check("[name=try_sandbox]")
    page.click("button[type=submit]:has-text('Finish')")
    page.wait_for_selector("#composer")


def order(page: Page) -> None:
    """Order everything as a script would, and wait until it is there."""
    for prompt, ratio, count in ORDERS:
        fields = {"prompt": prompt, "aspect_ratio": ratio, "num_images": str(count)}
        answer = page.request.post(
            f"http://{BIND}/jobs/", form=fields | token(page), headers={"Referer": f"http://{BIND}"}
        )
        assert answer.ok, answer.status
    wanted = sum(count for *_, count in ORDERS)
    wait(page, wanted)
    first = page.locator(".card").last.get_attribute("data-id")
    for prompt in ("Warmer, golden evening", "At night, under stars"):
        page.request.post(
            f"http://{BIND}/jobs/",
            form={"prompt": prompt, "sources": str(first)} | token(page),
            headers={"Referer": f"http://{BIND}"},
        )
        wanted += 1
        wait(page, wanted)
        first = page.locator(".card").first.get_attribute("data-id")


def token(page: Page) -> dict[str, str]:
    value = page.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value")
    return {"csrfmiddlewaretoken": value or ""}


def wait(page: Page, pictures: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        page.goto(f"http://{BIND}/gallery/")
        if page.locator(".card").count() >= pictures:
            return
        time.sleep(0.5)
    sys.exit("The pictures did not come.")


def shoot(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.evaluate(
        "() => Promise.all([...document.images].filter(i => i.complete).map(i => i.decode().catch(() => {})))"
    )
    path = ROOT / "docs" / f"{name}.webp"
    Image.open(io.BytesIO(page.screenshot())).save(path, quality=82, method=6)
    print(path.relative_to(ROOT), path.stat().st_size // 1024, "kB")


def main() -> None:
    (ROOT / "docs").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="studio-shots-") as folder, sync_playwright() as playwright:
        studio, link = start(Path(folder))
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        try:
            wide = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark")
            page = wide.new_page()
            set_up(page, link)
            order(page)
            photograph(browser, wide.storage_state())
        finally:
            browser.close()
            studio.send_signal(signal.SIGINT)
            studio.wait(60)


def photograph(browser: Browser, signed_in: StorageState) -> None:
    for scheme, width, height in (("dark", 1440, 900), ("light", 1440, 900), ("dark", 360, 780)):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            storage_state=signed_in,
            device_scale_factor=2 if width < 700 else 1,
        )
        page = context.new_page()
        page.goto(f"http://{BIND}/gallery/")
        for button in page.locator(".job .acts button[aria-label^=Dismiss]").all()[::-1]:
            button.click()
        page.goto(f"http://{BIND}/gallery/")
        newest = page.locator(".card a").first.get_attribute("href")
        shoot(page, f"gallery-{width}-{scheme}")
        if scheme == "dark" and width > 700:
            page.goto(f"http://{BIND}{newest}")
            shoot(page, "picture-1440-dark")
            page.goto(f"http://{BIND}/")
            page.fill("#prompt", "The same lighthouse in winter, first snow")
            shoot(page, "studio-1440-dark")
        context.close()


if __name__ == "__main__":
    main()
