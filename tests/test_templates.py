"""What every page must keep, so that the strict Content-Security-Policy and the budget hold."""

import gzip
import re
from pathlib import Path

import allauth
import pytest
from django.template.loader import get_template

from gallery import classes

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
DOORS = sorted(
    f"account/{path.name}"
    for path in (Path(allauth.__file__).parent / "templates" / "account").glob("*.html")
)
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
# What a browser with script doesn't read, until a script takes it out.
UNREAD = re.compile(r"<(template|noscript)\b.*?</\1>", re.DOTALL)
STYLES = re.compile(r"{% block styles %}.*?{% endblock %}", re.DOTALL)


def names(paths):
    return [str(path.relative_to(ROOT)) for path in paths]


def chain(name):
    """The text of a template and of all that it extends, the template first."""
    text = get_template(name).template.source
    parent = re.search(r'{% extends "([^"]+)" %}', text)
    return [text, *(chain(parent[1]) if parent else [])]


def included(text):
    """A text with all that it includes of ours, to any depth."""
    parts = [ROOT / "templates" / part for part in re.findall(r'{% include "([^"]+)"', text)]
    return text + "".join(included(part.read_text()) for part in parts if part.exists())


def sheets(page, *, later=False):
    """The style sheets of a page: of the blocks only the nearest counts; `later` also those that a script takes."""
    texts = chain(page)
    nearest = [found[0] for text in texts if (found := STYLES.search(text))][:1]
    text = "".join(nearest) + included(STYLES.sub("", "".join(texts)))
    return set(re.findall(r"""["'](css/[^"']+)""", text if later else UNREAD.sub("", text)))


def scripts(page):
    """The scripts that a page may load by itself, with the modules that these import."""
    found, new = set(), set(re.findall(r"""["']((?:js|vendor)/[^"']+\.js)""", included("".join(chain(page)))))
    while new:
        found |= new
        text = "".join((ROOT / "static" / name).read_text() for name in new if name.startswith("js/"))
        new = {f"js/{name}" for name in re.findall(r"from '\./([^']+)'", text)} - found
    return found


def clicked(scripts):
    """The modules that these load when they are needed."""
    text = "".join((ROOT / "static" / name).read_text() for name in scripts if name.startswith("js/"))
    return {f"js/{name}" for name in re.findall(r"import\('\./([^']+)'\)", text)}


def packed(files):
    return sum(len(gzip.compress((ROOT / "static" / name).read_bytes(), 9)) for name in files)


# Whatever ends in a whole document: ours, and the doors of allauth.
PAGES = sorted(
    name
    for name in {*(str(path.relative_to(ROOT / "templates")) for path in TEMPLATES), *DOORS}
    if "<!doctype html>" in chain(name)[-1]
)


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


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_at_most_twelve_kilobytes_of_style_packed(page):
    assert 0 < packed(sheets(page)) <= 12_000


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_at_most_thirty_kilobytes_of_script_packed_before_a_click(page):
    assert packed(scripts(page)) <= 30_000


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "page"),
    [("/", "jobs/studio.html"), ("/credits/", "credits/index.html"), ("/nothing/", "404.html")],
)
def test_a_browser_is_sent_to_what_is_measured(client, alice, path, page):
    client.force_login(alice)
    sent = client.get(path).content.decode()
    assert set(re.findall(r'href="/static/(css/[^"]+)"', sent)) == sheets(page)
    assert set(re.findall(r'src="/static/([^"]+)"', sent)) <= scripts(page)


def test_every_style_sheet_and_script_is_loaded_by_a_page():
    files = {str(path.relative_to(ROOT / "static")) for path in (*SHEETS, *SCRIPTS)}
    loaded = {name for page in PAGES for name in sheets(page, later=True) | scripts(page)}
    assert files - loaded - clicked(loaded) == set()


def test_the_style_sheets_have_a_rule_for_every_class_a_card_can_have():
    tokens = (ROOT / "static" / "css" / "base.css").read_text()
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
