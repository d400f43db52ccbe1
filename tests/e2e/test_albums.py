"""Albums with a browser: made, filled, shared and put in order, by pointer, by keys and without a script."""

import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsing import PASSWORD
from tests.started import ENVIRONMENT, ROOT

pytestmark = [pytest.mark.browser, pytest.mark.flow]
# Frances has six pictures, the oldest one private, and more albums than are shown without a field to find one by;
# George is in the team.
FILL = f"""
import uuid
from gallery.models import Album, Image
from studio.accounts.models import User
from studio.credits import ledger
base = Image.objects.get(pk=1)
for name in ("Frances Allen", "George Boole"):
    user = User.objects.create_user(name.split()[0].lower() + "@example.com", "{PASSWORD}", name=name)
    ledger.open_account(user, limited=False)
owner = User.objects.get(email="frances@example.com")
for at in range(6):
    Image.objects.create(job=uuid.uuid4(), prompt=f"number {{5 - at}}", private=at == 0, owner=owner,
        project=base.project, kind="generate", format=base.format, size=base.size, sha256=base.sha256,
        colour=base.colour, width=300, height=200, ratio="3-2")
for at in range(13):
    Album.objects.create(name=f"Season {{at}}", owner=owner, team="")
"""


@pytest.fixture(scope="module")
def team(prepared):
    """Frances and George, once."""
    own = {"STUDIO_DATA_DIR": str(prepared.studio.data), "TZ": "UTC"}
    run = [sys.executable, "manage.py", "shell", "-v", "0", "-c", FILL]
    subprocess.run(run, cwd=ROOT, env={**ENVIRONMENT, **own}, check=True)


@pytest.fixture
def sign_in(team, visit):
    """A page of one of the two, at a desk."""

    def opened(name: str, path: str, **looks) -> Page:
        visitor = visit(viewport={"width": 1440, "height": 900}, **looks)
        page = visitor.open(f"/accounts/login/?next={path}")
        page.get_by_label("E-mail").fill(f"{name}@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        return page

    return opened


def numbers(page: Page) -> list[str]:
    """The pictures, by what their prompts count."""
    return [alt.removeprefix("number ") for alt in page.locator(".place img, .card img").evaluate_all(ALTS)]


ALTS = "(all) => all.map((one) => one.alt)"


def make(page: Page, name: str, *, who: str = "Only its owner") -> None:
    """A new album with Frances' six pictures in it, first to last, and its page that arranges it."""
    page.goto(page.url.split("/albums/")[0] + "/albums/")
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_label(who).check()
    page.get_by_role("button", name="Make album").click()
    expect(page.get_by_role("heading", name="No pictures in it yet")).to_be_visible()
    album = page.url.rstrip("/").rsplit("/", 1)[1]
    page.goto(page.url.split("/albums/")[0] + "/gallery/?by=me")
    chosen = sorted(page.locator(".card").evaluate_all("(all) => all.map((one) => one.dataset.id)"), key=int)
    page.goto(
        page.url.split("/gallery/")[0]
        + f"/albums/choose/?images={','.join(chosen)}&next=/albums/{album}/order/"
    )
    page.locator(f'button[name="album"][value="{album}"]').click()
    expect(page.locator(".place")).to_have_count(6)
    # Its keys are heard once its script is there.
    page.wait_for_load_state()


def saved(page: Page) -> list[str]:
    """The order as the studio has it."""
    page.wait_for_load_state("networkidle")
    page.reload()
    return numbers(page)


def test_an_album_is_made_filled_and_what_was_put_in_is_taken_back(sign_in):
    page = sign_in("frances", "/albums/")
    make(page, "Made and filled")
    expect(page.locator(".toast")).to_contain_text("6 pictures are in “Made and filled” now.")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Nothing to arrange yet")).to_be_visible()


def test_one_of_many_albums_is_found_while_one_types_its_name(sign_in):
    page = sign_in("frances", "/gallery/?by=me")
    page.locator(".card").first.hover()
    page.keyboard.press("l")
    panel = page.get_by_role("dialog", name="Add 1 picture to an album")
    found = panel.locator(".album-choices button")
    panel.get_by_label("Find an album").press_sequentially("season 12")
    expect(found).to_have_count(1)
    panel.get_by_label("Find an album").press("Enter")
    expect(panel).to_be_visible()
    found.click()
    expect(page.locator(".toast")).to_contain_text("1 picture is in “Season 12” now.")
    page.locator(".card a").first.click()
    page.get_by_role("link", name="Add to album").click()
    page.get_by_label("Find an album").fill("season 11")
    expect(page.locator(".album-choices button")).to_have_count(1)
    page.locator(".album-choices button").click()
    expect(page.locator(".toast", has_text="is in “Season 11” now.")).to_be_visible()


def test_without_a_script_an_album_is_found_by_its_name_too(sign_in):
    page = sign_in("frances", "/albums/", java_script_enabled=False)
    page.goto(page.url.replace("/albums/", "/albums/choose/?images=1&next=/albums/"))
    page.get_by_label("Find an album").fill("season 10")
    page.get_by_label("Find an album").press("Enter")
    expect(page.locator(".album-choices button")).to_have_count(1)
    page.locator(".album-choices button").click()
    expect(page.locator(".toast")).to_contain_text("1 picture is in “Season 10” now.")


def test_all_of_an_album_is_chosen_and_moved_to_a_project(sign_in):
    page = sign_in("frances", "/albums/")
    make(page, "Chosen whole")
    page.goto(page.url.replace("/order/", "/"))
    page.locator(".card").first.hover()
    page.keyboard.press("x")
    page.get_by_role("button", name="Select all").click()
    expect(page.locator(".picked")).to_contain_text("6 selected")
    page.get_by_role("button", name="Project", exact=True).click()
    panel = page.get_by_role("dialog", name="Move 6 pictures")
    panel.get_by_label("Project").select_option(index=0)
    panel.get_by_role("button", name="Move").click()
    expect(page.locator(".toast, .errors").filter(has_text="picture").last).to_be_visible()


def test_a_picture_is_dragged_to_its_place(sign_in):
    page = sign_in("frances", "/albums/")
    make(page, "Dragged")
    here, there = (page.locator(".place > a").nth(at).bounding_box() for at in (3, 0))
    page.mouse.move(here["x"] + 60, here["y"] + 60)
    page.mouse.down()
    page.mouse.move(there["x"] + 70, there["y"] + 60, steps=12)
    expect(page.locator(".lifted")).to_be_visible()
    expect(page.locator(".place img").first).to_have_attribute("alt", "number 3")
    with page.expect_response("**/order/") as answer:
        page.mouse.up()
    assert answer.value.status == 204
    assert "/order/" in page.url
    assert saved(page) == ["3", "0", "1", "2", "4", "5"]


def test_escape_leaves_all_as_it_was(sign_in):
    page = sign_in("frances", "/albums/")
    make(page, "Not dragged")
    here, there = (page.locator(".place > a").nth(at).bounding_box() for at in (3, 0))
    page.mouse.move(here["x"] + 60, here["y"] + 60)
    page.mouse.down()
    page.mouse.move(there["x"] + 70, there["y"] + 60, steps=12)
    expect(page.locator(".place img").first).to_have_attribute("alt", "number 3")
    page.keyboard.press("Escape")
    page.mouse.up()
    assert numbers(page) == saved(page) == ["0", "1", "2", "3", "4", "5"]


def test_keys_move_a_picture_and_the_focus_stays_on_it(sign_in):
    page = sign_in("frances", "/albums/")
    make(page, "By keys")
    page.locator(".place > a").nth(2).focus()
    for key in ("Alt+ArrowLeft", "Alt+ArrowLeft", "Alt+ArrowLeft"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.querySelector('img').alt") == "number 2"
    expect(page.locator("#said")).to_have_text("Picture 1 of 6")
    page.keyboard.press("Alt+End")
    page.keyboard.press("Alt+ArrowLeft")
    assert numbers(page) == ["0", "1", "3", "4", "2", "5"]
    assert saved(page) == ["0", "1", "3", "4", "2", "5"]


def test_the_buttons_keep_the_focus_and_need_no_script(sign_in):
    for name, script in [("With script", True), ("Without script", False)]:
        page = sign_in("frances", "/albums/", java_script_enabled=script)
        make(page, name)
        page.get_by_role("button", name="To the start: number 4").click()
        page.get_by_role("button", name="Later: number 4").click()
        page.get_by_role("button", name="Earlier: number 3").click()
        if script:
            focused = page.evaluate("document.activeElement.value.split(':')[0]")
            assert focused == "earlier"
        assert saved(page) == ["0", "4", "1", "3", "2", "5"]


def test_what_is_taken_out_comes_back_to_its_place(sign_in):
    page = sign_in("frances", "/albums/")
    make(page, "In and out")
    page.get_by_role("button", name="Take out: number 2").click()
    expect(page.locator(".place")).to_have_count(5)
    page.locator(".toast", has_text="taken out").get_by_role("button", name="Undo").click()
    expect(page.locator(".place")).to_have_count(6)
    assert numbers(page) == ["0", "1", "2", "3", "4", "5"]


def test_a_guest_sees_the_private_picture_until_the_album_is_taken_away(sign_in):
    page = sign_in("frances", "/albums/")
    make(page, "For George")
    number = page.locator(".place").last.get_attribute("data-id")
    album = page.url.split("/order/")[0]
    george = sign_in("george", "/albums/")
    page.goto(f"{album}/change/")
    page.get_by_label("Member", exact=True).select_option(label="George Boole")
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_text("George Boole sees the album now.")).to_be_visible()
    george.goto(f"{album}/")
    assert numbers(george) == ["0", "1", "2", "3", "4", "5"]
    george.locator(f'.card[data-id="{number}"] a').click()
    expect(george.get_by_role("heading", name="number 5", level=1)).to_be_visible()
    page.get_by_role("button", name="Remove George Boole").click()
    expect(page.locator(".toast")).to_contain_text("not shared with George Boole any more")
    assert george.request.get(f"{album}/").status == 404
    assert george.request.get(george.url).status == 404


def test_an_album_is_thrown_away_and_brought_back(sign_in):
    page = sign_in("frances", "/albums/")
    make(page, "Thrown")
    page.goto(page.url.replace("/order/", "/change/"))
    page.get_by_role("button", name="Throw away").click()
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Thrown", level=1)).to_be_visible()
    expect(page.locator(".card")).to_have_count(6)
