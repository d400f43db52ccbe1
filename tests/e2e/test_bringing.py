"""Bringing many pictures, by folder, by drop and without script; taking one away, and bringing it back."""

import uuid
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.test_pages import LOOKS, faults, seen_by
from tests.gallery import pictures

pytestmark = [pytest.mark.browser, pytest.mark.flow]
DROP = """async (count) => {
    const dataTransfer = new DataTransfer();
    for (let number = 0; number < count; number += 1) {
        const canvas = Object.assign(document.createElement("canvas"), {width: 40 + number, height: 30});
        canvas.getContext("2d").fillRect(0, 0, number, 9);
        const blob = await new Promise((done) => canvas.toBlob(done));
        dataTransfer.items.add(new File([blob], `dropped ${number}.png`, {type: "image/png"}));
    }
    for (const name of ["dragover", "drop"]) {
        const event = new DragEvent(name, {dataTransfer, bubbles: true, cancelable: true});
        document.querySelector("main").dispatchEvent(event);
    }
}"""


@pytest.fixture
def folder(tmp_path) -> Path:
    """Five pictures, one of them in a folder of its own, a broken one, and notes."""
    inner = tmp_path / "holiday" / "more"
    inner.mkdir(parents=True)
    for number in range(5):
        where = inner if number == 4 else inner.parent
        # The studio of all browser tests knows those of the others.
        data = pictures.encoded(pictures.drawing((60 + number, 40))) + uuid.uuid4().bytes
        (where / f"photo {number}.png").write_bytes(data)
    (inner.parent / "broken.png").write_bytes(pictures.encoded()[:-40])
    (inner.parent / "notes.txt").write_text("not a picture")
    return inner.parent


@pytest.fixture(params=LOOKS, ids=str)
def looker(request, visit):
    return visit(as_ada=True, **seen_by(request.param))


def test_a_folder_is_brought_and_brought_again_goes_on(ada, folder):
    page = ada.open("/gallery/add/")
    expect(page.get_by_role("button", name="Add", exact=True)).to_be_hidden()
    page.get_by_label("Or a whole folder").set_input_files(folder)
    box = page.get_by_label("Adding pictures")
    expect(box).to_contain_text("6 of 6 · 5 added · 1 not added · 1 other file left out")
    expect(box.locator("li")).to_have_text("broken.png This picture is damaged.")
    expect(page.locator("#said")).to_contain_text("6 of 6")
    ada.forgive(422)
    page = ada.open("/gallery/add/")
    page.get_by_label("Pictures", exact=True).set_input_files(sorted(folder.glob("photo*")))
    expect(page.get_by_label("Adding pictures")).to_contain_text("4 of 4 · 4 here already")
    page.get_by_text("See them in the gallery").click()
    expect(page.locator("img[alt='photo 4.png']")).to_be_visible()


def test_what_is_too_much_for_the_composer_is_added_to_the_gallery(ada):
    page = ada.open("/gallery/")
    # What takes so many is fetched when something is dragged here.
    with page.expect_response("**/bring*.js"):
        page.locator("main").dispatch_event("dragenter")
    page.evaluate(DROP, 16)
    expect(page.get_by_label("Adding pictures")).to_contain_text("16 of 16")
    expect(page.locator("#tray li")).to_have_count(0)
    expect(page.locator(".card img[alt='dropped 3.png']")).to_be_visible()


def test_a_few_are_still_for_the_composer(ada):
    page = ada.open("/gallery/")
    page.evaluate(DROP, 2)
    expect(page.locator("#tray li[data-id]")).to_have_count(2)
    expect(page.locator(".bringing")).to_have_count(0)


def test_without_script_a_form_does_it(visit, folder):
    page = visit(as_ada=True, java_script_enabled=False).open("/gallery/add/")
    page.locator("#bring-files").set_input_files([folder / "photo 0.png", folder / "photo 1.png"])
    page.get_by_role("button", name="Add").click()
    expect(page.locator(".brought li")).to_have_count(2)
    page.locator(".brought a").first.click()
    expect(page.locator(".stage img")).to_be_visible()


def test_a_download_that_comes_back_fills_the_composer(ada, tmp_path):
    page = ada.open("/images/1/")
    page.get_by_role("button", name="Download as…").click()
    page.locator("#download-format").select_option("webp")
    with page.expect_download() as download:
        page.locator("#download-as").get_by_role("button", name="Download").click()
    kept = tmp_path / download.value.suggested_filename
    download.value.save_as(kept)
    assert kept.name == "a-lighthouse-at-dusk-over-calm-water-1.webp"
    page = ada.open("/")
    page.locator("#composer-files").set_input_files(kept)
    expect(page.locator("#prompt")).to_have_value("a lighthouse at dusk over calm water")
    expect(page.locator("#toasts")).to_contain_text("This picture was made here")
    assert page.locator('[name="aspect_ratio"]:checked').input_value() == "auto"


def test_what_was_typed_is_not_overwritten(ada, tmp_path):
    page = ada.open("/images/1/")
    with page.expect_download() as download:
        page.locator(".acts a", has_text="Download").click()
    kept = tmp_path / "back.png"
    download.value.save_as(kept)
    page = ada.open("/")
    page.locator("#prompt").fill("my own words")
    page.locator("#composer-files").set_input_files(kept)
    expect(page.locator("#tray li[data-id]")).to_have_count(1)
    assert page.locator("#prompt").input_value() == "my own words"


def test_neither_the_list_nor_the_menu_has_a_fault(looker, folder):
    page = looker.open("/gallery/add/")
    page.get_by_label("Or a whole folder").set_input_files(folder)
    expect(page.get_by_label("Adding pictures")).to_contain_text("6 of 6")
    looker.forgive(422)
    assert faults(page) == []
    page = looker.open("/images/1/")
    page.get_by_role("button", name="Download as…").click()
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
