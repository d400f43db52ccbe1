"""What one does with a single picture in a browser: marks in place with a way back, keys, and back to where one was."""

import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsing import CHROMIUM, FLAGS, PASSWORD
from tests.e2e.test_pages import AXE, FIND, LOOKS, TAGS, seen_by
from tests.started import ENVIRONMENT, ROOT

pytestmark = [pytest.mark.browser, pytest.mark.flow]
ORDERS = 30
# Hedy's own private pictures, which nobody else's tests meet: an order of three on top of many single ones.
FILL = f"""
import datetime, uuid
from gallery.models import Image
from studio.accounts.models import User
from studio.credits import ledger
hedy = User.objects.create_user("hedy@example.com", "{PASSWORD}", name="Hedy Lamarr")
ledger.open_account(hedy, limited=False)
base = Image.objects.get(pk=1)
same = dict(owner=hedy, project=base.project, kind="generate", format=base.format, size=base.size, private=True,
            sha256=base.sha256, colour=base.colour, width=300, height=200, ratio="3-2")
now = datetime.datetime(2026, 7, 14, 12, 0, tzinfo=datetime.UTC)
Image.objects.bulk_create(
    Image(job=uuid.uuid4(), prompt="a grey cat", created_at=now - datetime.timedelta(hours=6 * back), **same)
    for back in range(300, 0, -1)
)
for _ in range({ORDERS}):
    order = uuid.uuid4()
    for at in range(3):
        Image.objects.create(job=order, position=at, prompt=f"a red fox {{at + 1}}", created_at=now, **same)
"""


@pytest.fixture(scope="module")
def hedy(engine, prepared):
    """The pictures, and the cookies of Hedy's browser, once."""
    own = {"STUDIO_DATA_DIR": str(prepared.studio.data), "TZ": "UTC"}
    run = [sys.executable, "manage.py", "shell", "-v", "0", "-c", FILL]
    subprocess.run(run, cwd=ROOT, env={**ENVIRONMENT, **own}, check=True)
    with engine.new_context() as context:
        page = context.new_page()
        page.goto(f"{prepared.studio.url}/accounts/login/")
        page.get_by_label("E-mail").fill("hedy@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Studio", level=1)).to_be_visible()
        return context.cookies()


@pytest.fixture
def at(hedy, visit):
    """Opens a page as Hedy."""

    def opened(path: str, **looks) -> Page:
        visitor = visit(**{"viewport": {"width": 1440, "height": 900}} | looks)
        visitor.context.add_cookies(hedy)
        page = visitor.open(path)
        page.visitor = visitor
        return page

    return opened


orders = iter(range(ORDERS))


@pytest.fixture
def order(at) -> list[str]:
    """The addresses of the three pictures of an order that no other test has touched."""
    cards = at("/gallery/?by=me").locator(".stack").nth(next(orders)).locator(".card > a")
    return [card.get_attribute("href") for card in cards.all()]


def settled(page: Page) -> None:
    """Whatever was answered is shown."""
    page.wait_for_load_state("networkidle")


def undo(page: Page) -> None:
    page.locator(".toast").last.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast").last).to_contain_text("Undone.")


def test_a_favourite_is_one_key_away_and_taken_back_by_its_toast(at, order):
    page = at(order[0])
    heart = page.get_by_role("button", name="Favourite", pressed=False)
    heart.focus()
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Favourite", pressed=True)).to_be_focused()
    expect(page.locator("#said")).to_have_text("1 picture is a favourite now.")
    undo(page)
    expect(heart).to_be_visible()
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Favourite", pressed=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Favourite", pressed=True)).to_be_visible()


def test_a_tag_that_is_none_is_kept_in_its_field_with_why(at, order):
    page = at(order[0])
    field = page.get_by_label("Add a tag")
    field.fill("!!!")
    field.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="A tag needs a letter")).to_be_visible()
    expect(field).to_have_value("!!!")
    expect(field).to_be_focused()
    page.visitor.forgive(422)


def test_tags_come_and_go_in_place_and_the_focus_stays_near(at, order):
    page = at(order[0])
    field, chips = page.get_by_label("Add a tag"), page.locator("[data-list=tags] li")
    for name in ("Hero", "Autumn"):
        field.fill(name)
        field.press("Enter")
        expect(chips.filter(has_text=name)).to_be_visible()
        expect(field).to_be_focused()
        expect(field).to_have_value("")
    expect(chips).to_have_text(["Autumn", "Hero"])
    page.get_by_role("button", name="Remove the tag Autumn").press("Enter")
    expect(chips).to_have_text(["Hero"])
    expect(page.get_by_role("button", name="Remove the tag Hero")).to_be_focused()
    page.keyboard.press("Enter")
    expect(chips).to_have_count(0)
    expect(field).to_be_focused()
    undo(page)
    expect(chips).to_have_text(["Hero"])


def test_it_is_put_into_a_new_album_and_taken_out_again(at, order):
    page = at(order[0])
    albums = page.locator("[data-list=albums] li")
    page.get_by_role("link", name="Add to album").click()
    dialog = page.get_by_role("dialog", name="Add to album")
    name = f"Foxes {order[0].split('/')[2]}"
    dialog.get_by_label("New album").fill(name)
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(albums).to_have_text([name])
    page.get_by_role("link", name="Next version").click()
    page.wait_for_url(f"**{order[1]}")
    page.keyboard.press("l")
    dialog.get_by_role("button", name=name).click()
    expect(albums).to_have_text([name])
    undo(page)
    expect(albums).to_have_count(0)


def test_who_sees_it_changes_in_place(at, order):
    page = at(order[0])
    seen = page.locator(".facts dt", has_text="Seen by").locator("+ dd")
    expect(seen).to_have_text("Only you")
    page.get_by_role("button", name="Private", pressed=True).click()
    expect(seen).to_have_text("The team")
    undo(page)
    expect(seen).to_have_text("Only you")


def test_the_winner_is_chosen_on_its_page_and_has_a_mark_in_the_film(at, order):
    page = at(order[1])
    page.get_by_role("button", name="On top of its order", pressed=False).click()
    marked = page.locator(".film a:has(.on-top)")
    expect(marked).to_have_attribute("href", order[1])
    undo(page)
    expect(marked).to_have_count(0)


def test_the_winner_is_chosen_in_an_open_stack_and_the_one_before_comes_back(at, order):
    page = at("/gallery/?by=me")
    stack = page.locator(".stack", has=page.locator(f'a[href="{order[0]}"]'))
    links = stack.locator(".card > a")
    expect(links.first).to_have_attribute("href", order[0])
    stack.locator(".card").first.hover()
    crown = page.locator(".hover").get_by_role("button", name="On top of its order")
    expect(crown).to_be_hidden()
    stack.locator(".count input").check(force=True)
    for chosen in (order[2], order[1]):
        # What was said of the one before must not lie over the card.
        for toast in page.locator(".toast").all():
            toast.get_by_role("button", name="Close").click()
        stack.locator(".card", has=page.locator(f'a[href="{chosen}"]')).hover()
        crown.click()
        expect(links.first).to_have_attribute("href", chosen)
        expect(stack.locator(".card").first.locator(".count")).to_contain_text("×3")
    assert [link.get_attribute("href") for link in links.all()] == [order[1], order[0], order[2]]
    undo(page)
    expect(links.first).to_have_attribute("href", order[2])
    expect(stack.locator(".on-top")).to_have_count(1)


def test_a_note_is_saved_and_what_is_refused_stays_in_the_field(at, order):
    page = at(order[0])
    note = page.get_by_label("Note")
    save = page.get_by_role("button", name="Save the note")
    expect(save).to_be_hidden()
    note.evaluate("(field) => field.removeAttribute('maxlength')")
    note.fill("x" * 4001)
    save.click()
    expect(page.locator("#note-problem")).to_have_text("A note has at most 4,000 characters.")
    expect(note).to_have_value("x" * 4001)
    note.fill("For the May poster")
    save.click()
    expect(page.locator("#note-problem")).to_be_hidden()
    expect(page.locator("#said")).to_have_text("The note is saved.")
    page.reload()
    expect(note).to_have_value("For the May poster")
    page.visitor.forgive(422)


def test_a_note_that_was_written_meanwhile_is_read_before_it_is_replaced(at, order):
    page, other = at(order[0]), at(order[0])
    for words in ("First", "Second", "Third"):
        page.get_by_label("Note").fill(words)
        with page.expect_response("**/note/") as saved:
            page.get_by_role("button", name="Save the note").click()
        assert saved.value.ok
        expect(page.locator(".noting.is-changed")).to_have_count(0)
    note = other.get_by_label("Note")
    note.fill("Mine")
    other.get_by_role("button", name="Save the note").click()
    expect(other.locator("#note-problem")).to_contain_text("It says now: “Third”")
    expect(note).to_have_value("Mine")
    other.get_by_role("button", name="Save the note").click()
    expect(other.locator("#said")).to_have_text("The note is saved.")
    # Who walks on with words that can't be saved reads them once more.
    page.get_by_label("Note").fill("Fourth")
    page.get_by_role("link", name="Next version").click()
    expect(page.locator(".toast").last).to_contain_text("It says now: “Mine”")
    expect(page.locator(".toast").last).to_contain_text("You had written: “Fourth”")
    for one in (page, other):
        one.visitor.forgive(422)


def test_a_note_that_was_not_saved_yet_is_when_one_walks_on(at, order):
    page = at(order[0])
    page.get_by_label("Note").fill("Do not lose me")
    with page.expect_response("**/note/") as saved:
        page.get_by_role("link", name="Next version").click()
    assert saved.value.ok
    page.wait_for_url(f"**{order[1]}")
    expect(page.get_by_label("Note")).to_have_value("")
    page.goto(page.visitor.url + order[0])
    expect(page.get_by_label("Note")).to_have_value("Do not lose me")


def test_a_result_that_comes_home_leaves_alone_what_one_has_typed(at, order):
    page = at(order[0])
    page.get_by_label("Add a tag").fill("half a ta")
    page.locator("#main").focus()
    with page.expect_response(f"**{order[0]}"):
        page.evaluate("document.dispatchEvent(new CustomEvent('finished', {detail: {jobs: []}}))")
    settled(page)
    expect(page.get_by_label("Add a tag")).to_have_value("half a ta")


def test_the_trash_leads_back_to_the_gallery_with_a_way_back(at, order):
    page = at("/gallery/?by=me")
    page.locator(f'.card a[href="{order[0]}"]').click()
    page.wait_for_url(f"**{order[0]}")
    page.keyboard.press("Delete")
    page.wait_for_url("**/gallery/?by=me")
    expect(page.locator(".toast")).to_contain_text("1 picture is in the trash.")
    expect(page.locator(f'.card a[href="{order[0]}"]')).not_to_be_visible()
    undo(page)
    page.goto(page.visitor.url + order[0])
    expect(page.get_by_role("heading", name="a red fox 1")).to_be_visible()


def test_without_script_forms_do_the_same(at, order):
    page = at(order[0], java_script_enabled=False)
    page.get_by_role("button", name="Favourite").click()
    expect(page.get_by_role("button", name="Favourite", pressed=True)).to_be_visible()
    page.get_by_label("Add a tag").fill("Hero")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("[data-list=tags] li")).to_have_text(["Hero"])
    page.get_by_label("Note").fill("Plain")
    page.get_by_role("button", name="Save the note").click()
    expect(page.get_by_text("The note is saved.")).to_be_visible()
    page.get_by_role("button", name="Download as…").click()
    expect(page.get_by_role("dialog", name="Download as")).to_be_visible()
    page.goto(page.visitor.url + order[0])
    page.get_by_role("button", name="To the trash").click()
    expect(page.locator(".toast")).to_contain_text("1 picture is in the trash.")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    page.goto(page.visitor.url + order[0])
    expect(page.get_by_label("Note")).to_have_value("Plain")


# Keys


def test_keys_walk_show_the_details_and_lead_elsewhere(at, order):
    page = at(order[0])
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**{order[1]}")
    page.keyboard.press("i")
    expect(page.get_by_role("complementary", name="Details")).to_be_hidden()
    page.keyboard.press("i")
    expect(page.get_by_role("complementary", name="Details")).to_be_visible()
    page.keyboard.press("l")
    expect(page.get_by_role("dialog", name="Add to album")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#main").focus()
    page.keyboard.press("/")
    expect(page.locator("#prompt")).to_be_focused()
    page.keyboard.type("g q")
    assert page.locator("#prompt").input_value() == "g q"
    page.keyboard.press("Escape")
    page.keyboard.press("Control+f")
    expect(page.get_by_role("button", name="Favourite", pressed=False)).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.wait_for_url("**/queue/")


def test_the_keys_are_shown_in_a_dialog_that_gives_the_focus_back(at):
    page = at("/credits/")
    page.locator("#main").focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog.get_by_text("Move to the trash")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("g")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#main")).to_be_focused()
    assert page.url.endswith("/credits/")


def test_single_keys_that_are_switched_off_do_nothing_and_others_go_on(at, order):
    page = at("/settings/")
    page.get_by_label("Single keys do something").uncheck()
    page.locator("#keys").get_by_role("button", name="Save").click()
    expect(page.get_by_label("Single keys do something")).not_to_be_checked()
    page.goto(page.visitor.url + order[0])
    for key in ("f", "?", "/", "i"):
        page.keyboard.press(key)
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**{order[1]}")
    expect(page.get_by_role("complementary", name="Details")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto(page.visitor.url + order[0])
    expect(page.get_by_role("button", name="Favourite", pressed=False)).to_be_visible()


# Back


def test_back_finds_the_gallery_as_it_was_left_however_far_one_has_walked(hedy, engine, studio, order):
    kept = ["--disable-back-forward-cache"]
    chrome = engine.browser_type.launch(executable_path=CHROMIUM, args=list(FLAGS), ignore_default_args=kept)
    # To wait for what it says, Playwright evaluates a text again and again, which the pages' CSP forbids.
    context = chrome.new_context(
        bypass_csp=True, viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
    )
    context.add_cookies(hedy)
    page = context.new_page()
    page.goto(f"{studio.url}/gallery/?by=me")
    page.evaluate("addEventListener('pageshow', (event) => { window.persisted = event.persisted; })")
    while page.locator(".day").count() < 20:
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(50)
    page.wait_for_load_state("networkidle")
    place, days = page.evaluate("[scrollY, document.querySelectorAll('.day').length]")
    assert place > 3000
    for steps in (0, 2):
        # The stack's own page: three versions to walk through, opened from far down.
        page.evaluate("delete window.persisted")
        page.evaluate(
            f"document.querySelector('.card a[href=\"{order[0]}\"]')?.click() ?? location.assign('{order[0]}')"
        )
        page.wait_for_selector("#image")
        for step in range(steps):
            page.keyboard.press("ArrowRight")
            page.wait_for_url(f"**{order[step + 1]}")
        page.get_by_role("link", name="Back to the gallery").click()
        page.wait_for_function("window.persisted")
        assert page.evaluate("[scrollY, document.querySelectorAll('.day').length]") == [place, days]
    page.evaluate(f"location.assign('{order[0]}')")
    page.wait_for_selector("#image")
    page.keyboard.press("Delete")
    page.wait_for_function("window.persisted")
    expect(page.locator(".toast")).to_contain_text("1 picture is in the trash.")
    undo(page)
    chrome.close()


def test_who_came_from_elsewhere_is_led_to_the_gallery(at, order):
    page = at(order[0])
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**{order[1]}")
    page.get_by_role("link", name="Back to the gallery").click()
    page.wait_for_url("**/gallery/")


# As assistive technology finds it

OPEN = {"#download-as": "Download as…", "#place": "Add to album"}


def faults_in(page: Page, part: str) -> tuple[list, int]:
    """What axe finds wrong in what is open; around it the page may be half covered."""
    page.evaluate(AXE)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return page.evaluate(FIND.replace("document", f"'{part}'", 1), TAGS), max(0, wide)


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_no_open_part_of_a_picture_has_a_fault_or_an_overflow(at, order, look):
    page = at(order[0], **seen_by(look))
    page.get_by_label("Add a tag").fill("A tag of forty letters and not a letter ")
    page.get_by_label("Add a tag").press("Enter")
    expect(page.locator("[data-list=tags] li")).to_have_count(1)
    page.get_by_role("button", name="On top of its order").click()
    expect(page.locator(".film .on-top")).to_have_count(1)
    found = {}
    for part, opener in OPEN.items():
        page.get_by_label(opener).or_(page.get_by_role("link", name=opener)).first.click()
        expect(page.locator(part)).to_be_visible()
        found[part] = faults_in(page, part)
        page.keyboard.press("Escape")
    page.locator("#main").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    found["#keys-dialog"] = faults_in(page, "#keys-dialog")
    assert found == dict.fromkeys(found, ([], 0))
