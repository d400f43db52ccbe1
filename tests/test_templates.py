"""What every page must keep, so that the strict Content-Security-Policy and the budget hold."""

import gzip
import re
from pathlib import Path

import pytest
from django.template.loader import get_template

from gallery import classes

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
VENDORED = sorted((ROOT / "static" / "vendor").glob("*.js"))
FORBIDDEN = (
    r"\sstyle=",
    r"<style",
    r"\son\w+=",
    r"hx-on",
    r"hx-boost",
    r"[\"']js:",
    r"hx-trigger=\"[^\"]*\[",
    r"\|safe\b",
    r"<script(?![^>]*\b(src|type=\"application/json\"))",
)


def names(paths):
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.mark.parametrize("name", names(TEMPLATES))
def test_a_template_has_nothing_the_policy_forbids(name):
    text = (ROOT / name).read_text()
    assert [pattern for pattern in FORBIDDEN if re.search(pattern, text)] == []


@pytest.mark.parametrize("name", names(TEMPLATES))
def test_a_template_can_be_read(name):
    get_template(name.removeprefix("templates/"))


def test_every_icon_that_is_drawn_is_in_the_sprite():
    sprite = (ROOT / "static" / "vendor" / "icons.svg").read_text()
    drawn = {icon for path in TEMPLATES for icon in re.findall(r'{% icon "([\w-]+)"', path.read_text())}
    assert {icon for icon in drawn if f'id="{icon}"' not in sprite} == set()


def test_the_style_sheets_stay_under_twelve_kilobytes_packed():
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in SHEETS) <= 12_000


def test_our_scripts_stay_under_twelve_kilobytes_packed_and_thirty_with_htmx():
    ours = sum(len(gzip.compress(path.read_bytes(), 9)) for path in SCRIPTS)
    assert ours <= 12_000
    assert ours + sum(len(gzip.compress(path.read_bytes(), 9)) for path in VENDORED) <= 30_000


def test_the_style_sheets_have_a_rule_for_every_class_a_card_can_have():
    tokens = (ROOT / "static" / "css" / "tokens.css").read_text()
    for name, shade in classes.class_colours().items():
        assert f".{name}{{background:{shade}}}" in tokens
    for ratio in classes.RATIOS:
        assert re.search(rf"\.r-{ratio} {{ --r: [\d.]+; }}", tokens)


def test_only_opacity_translate_and_scale_are_animated():
    css = "".join(path.read_text() for path in SHEETS)
    allowed = {"opacity", "translate", "scale", "display", "overlay"}
    moved = {
        part.split()[0]
        for rule in re.findall(r"transition: ([^;}!]+)", css)
        for part in rule.split(", ")
        if "ease" not in part.split()[0]
    }
    assert moved - allowed - {"none", ".8", ".2", "1)"} == set()
    keyframes = "".join(re.findall(r"@keyframes [\w-]+ {(.*?})\s*}", css, re.DOTALL))
    assert set(re.findall(r"(\w[\w-]*):", keyframes)) <= allowed
