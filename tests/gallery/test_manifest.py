import csv
import io
import json

import pytest

from gallery import manifest
from gallery.manifest import Manifest
from studio.credits import sheets
from tests.gallery import pictures

EVIL = ["=cmd|'/c", "calc'!A1", "+1", "-1", "@x", "\t=1", "\r\n=2", ";=3", "＝4", "a=b", "-5", "fine"]


@pytest.mark.parametrize("text", [*EVIL, "=1\n=2", "x;\n=3", "", "-", "a red fox"])
def test_a_cell_is_as_harmless_as_in_the_books(text):
    assert manifest.harmless(text) == sheets.harmless(text)


@pytest.fixture
def grown():
    held = Manifest()
    yield held
    held.close()


def read(grown, note="") -> tuple[list[dict], dict]:
    table, objects = (b"".join(content).decode() for _, content in grown.files(note))
    assert table.startswith("\ufeff") or not table
    return list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff")))), json.loads(objects)


def test_of_no_pictures_nothing_is_told(grown):
    assert read(grown, "None.") == ([], {"note": "None.", "missing": [], "pictures": []})


def test_prompts_that_would_run_in_a_spreadsheet_are_words_there_and_untouched_in_json(grown):
    for number, words in enumerate(EVIL):
        grown.add({"picture": number, "prompt": words, "made_from": []})
    rows, objects = read(grown)
    assert [row["prompt"] for row in rows] == [manifest.harmless(words) for words in EVIL]
    assert [told["prompt"] for told in objects["pictures"]] == EVIL


def test_numbers_stay_numbers(grown):
    grown.add({"picture": 1, "credits": -5, "made_from": [3, "hidden"]})
    assert read(grown)[0] == [{"picture": "1", "credits": "-5", "made_from": "3 hidden"}]


def test_a_picture_is_told_with_all_that_is_known_of_it(media, alice):
    parent = pictures.made(alice)
    image = pictures.made(
        alice, kind="edit", prompt="a blue fox", parents=[parent], options={"model": "gemini"}
    )
    told = manifest.told(image, "a.png", alice)
    assert {name: told[name] for name in ("file", "prompt", "author", "project", "credits", "model")} == {
        "file": "a.png", "prompt": "a blue fox", "author": "Alice", "project": "General", "credits": 5,
        "model": "gemini",
    }  # fmt: skip
    assert (told["made_from"], told["order"]) == ([parent.pk], str(image.job))
    assert told["original_sha256"] == image.sha256


def test_of_a_hidden_parent_only_its_place_is_told(media, alice, bob):
    parents = [pictures.made(alice, private=True), pictures.made(alice)]
    image = pictures.made(alice, kind="edit", parents=parents)
    assert manifest.told(image, "a.png", bob)["made_from"] == ["hidden", parents[1].pk]


def test_ten_thousand_pictures_stay_out_of_memory(grown):
    for number in range(10_000):
        grown.add({"picture": number, "prompt": "a red fox in the snow " * 10})
    assert grown.table._rolled
    assert grown.objects._rolled
    assert len(read(grown)[1]["pictures"]) == 10_000
