"""A real studio with all its programs, and people with real browsers in it."""

import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from studio.sandbox.world import Pace, World
from tests.started import ENVIRONMENT, Started

PASSWORD = "correct horse battery"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# The same without tabs and menus, which cost as much as our pages do. It keeps no page in memory to go back to.
SHELL = shutil.which("chromium-headless-shell") or CHROMIUM
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
QUICK = {
    "STUDIO_SANDBOX_SECONDS": "0.6",
    "STUDIO_SUBMITS_PER_MINUTE": "300",
    "STUDIO_SWEEP_SECONDS": "0.5",
    "STUDIO_LOOK_SECONDS": "0.2",
    "STUDIO_RETRY_SECONDS": "0.2",
    "STUDIO_RETRY_MOST_SECONDS": "1",
}
expect.set_options(timeout=20_000)
SHIFTS = """
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const {hadRecentInput, value, sources} of list.getEntries()) {
            const what = sources.map(({node}) => `${node?.nodeName}.${node?.className ?? ""}`).join(" ");
            if (!hadRecentInput && value > 0.005) window.shifts.push(`${value.toFixed(3)} ${what}`);
        }
    }).observe({type: "layout-shift", buffered: true});
"""
PASTE = """async ([width, height]) => {
    const canvas = Object.assign(document.createElement("canvas"), {width, height});
    canvas.getContext("2d").fillRect(0, 0, width / 2, height);
    const blob = await new Promise((done) => canvas.toBlob(done));
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([blob], "holiday.png", {type: "image/png"}));
    document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true}));
}"""


class Installation:
    """A running studio: where it is, the link of its first start, and the provider it talks to."""

    def __init__(self, url: str, run: Started, data: Path) -> None:
        self.url, self.run, self.data = url, run, data
        self.world = World(data / "sandbox", pace=Pace(seconds=(0.6, 0.6), per_minute=300))
        run.wait_for("Create the first admin here", 60)
        found = re.search(r"http://\S+/setup/\S+", run.text())
        assert found
        self.link = found.group()


@contextmanager
def installation(folder: Path) -> Iterator[Installation]:
    """Start everything as `make run` does, and stop it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{probe.getsockname()[1]}"
    own = {"STUDIO_DATA_DIR": str(folder / "var"), "STUDIO_BIND": bind, "TZ": "UTC"}
    run = Started(["manage.py", "runstudio"], folder / "said", {**ENVIRONMENT, **QUICK, **own})
    try:
        run.wait_for("Studio is ready at", 60)
        yield Installation(f"http://{bind}", run, folder / "var")
        run.process.terminate()
        run.exit_code()
    finally:
        run.end()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's chromium, which never leaves this machine."""
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=SHELL, args=list(FLAGS))


class Visitor:
    """A person with a browser, and what its console complains of."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        context.set_default_timeout(20_000)
        self.context, self.url = context, url
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.add_init_script(SHIFTS)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            asked = message.location.get("url", "")
            self.complaints.append(f"{self.page.url}: {message.text} {asked}")

    def open(self, path: str) -> Page:
        """Go to a page."""
        self.page.goto(self.url + path)
        return self.page

    def settle(self) -> None:
        """Wait until the pictures have come: who signs out before is refused those on their way."""
        self.page.wait_for_load_state("networkidle")

    def order(self, prompt: str) -> None:
        """Type a prompt and send it by keyboard; the page says that it stands."""
        field = self.page.locator("#prompt")
        field.fill(prompt)
        with self.page.expect_response("**/jobs/") as answer:
            field.press("Control+Enter")
        assert answer.value.status == 204, answer.value.status

    def paste(self, size: tuple[int, int] = (640, 400)) -> None:
        """Paste a picture with nothing focused."""
        self.page.evaluate(PASTE, size)

    def forgive(self, status: int) -> None:
        """Chromium itself complains of every refused request; this one is what the test is about."""
        self.complaints = [said for said in self.complaints if f"status of {status}" not in said]


def set_up(visitor: Visitor, link: str) -> None:
    """Make Ada the first admin, with the sandbox."""
    page = visitor.page
    page.goto(link)
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("E-mail address").fill("ada@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("No key yet").check()
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", name="Studio", level=1)).to_be_visible()
