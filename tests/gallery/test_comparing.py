"""Two pictures compared: who may, which two, and how they are shown."""

import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery import comparing, library
from gallery.models import Image
from tests.gallery import pictures

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(client, alice):
    client.force_login(alice)
    return client


@pytest.fixture
def pair(bob) -> list[Image]:
    """Two of the team's pictures, of different shapes."""
    wide, tall = pictures.rows(bob, 1, prompt="a wide hill"), pictures.rows(bob, 1, prompt="a tall tree")
    Image.objects.filter(pk=wide[0].pk).update(width=1600, height=900)
    Image.objects.filter(pk=tall[0].pk).update(width=900, height=1600)
    return [*wide, *tall]


def where(a: object, b: object, **more: str) -> str:
    return f"/compare/?a={a}&b={b}" + "".join(f"&{name}={value}" for name, value in more.items())


def page(client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, address
    return html.unescape(response.content.decode())


def figures(text: str) -> list[str]:
    return re.findall(r"<figure>.*?</figure>", text, re.DOTALL)


# Which two


def test_both_are_shown_whole_in_the_order_that_was_asked_with_what_is_known_of_them(member, pair):
    a, b = pair
    first, second = figures(page(member, where(a.pk, b.pk)))
    assert f'src="/media/{a.pk}/original/" width="1600" height="900" alt="a wide hill"' in first
    assert f'<a class="link" href="/images/{a.pk}/">a wide hill</a>' in first
    assert [letter in first for letter in ('class="letter">A<', 'class="letter">B<')] == [True, False]
    for known in ("Bob", f"{timezone.localdate():%-d %b %Y}", "1600 × 900"):
        assert known in first
    assert f'src="/media/{b.pk}/original/"' in second
    assert 'class="letter">B<' in second


def test_an_upload_is_named_by_its_file(member, pair):
    a, b = (image.pk for image in pair)
    Image.objects.filter(pk=a).update(kind="upload", job=None, prompt="", file_name="x.png")
    first, _second = figures(page(member, where(a, b)))
    assert f'href="/images/{a}/">x.png</a>' in first
    assert 'alt="x.png"' in first


def test_the_box_of_both_is_between_their_shapes(alice):
    sizes = {(1600, 900): "16-9", (900, 1600): "9-16", (2100, 900): "21-9", (10, 10): "1-1"}
    made = [Image(width=width, height=height) for width, height in sizes]
    assert [comparing.shape(one, one) for one in made] == list(sizes.values())
    assert comparing.shape(made[0], made[1]) == comparing.shape(made[1], made[0]) == "1-1"
    assert comparing.shape(made[1], made[2]) == "5-4"
    assert comparing.shape(Image(width=1, height=40_000), Image(width=40_000, height=1)) == "1-1"


def test_pictures_of_one_shape_need_no_box(member, pair, bob):
    a, b = (image.pk for image in pair)
    Image.objects.filter(pk=b).update(width=800, height=450)
    assert 'class="both r-16-9 is-same"' in page(member, where(a, b))
    Image.objects.filter(pk=b).update(width=800, height=451)
    assert 'class="both r-16-9"' in page(member, where(a, b))


def test_nothing_asked_says_how_to_choose_two(member):
    text = page(member, "/compare/")
    assert "Choose two pictures" in text
    assert re.search(r'<a class="btn" href="/gallery/">To the gallery</a>', text)
    assert "js/compare.js" not in text


@pytest.mark.parametrize(
    "query", ["a=1", "b=1", "a=1&b=", "a=one&b=two", "a=1&b=-2", "a=1.5&b=2", f"a=1&b={'9' * 30}", "a=²&b=1"]
)
def test_what_names_no_two_pictures_is_said_with_how_to_choose_them(member, query):
    text = page(member, f"/compare/?{query}", 422)
    assert comparing.TWO in text
    assert 'href="/gallery/">To the gallery</a>' in text


def test_the_same_picture_twice_is_said(member, pair):
    assert "That is the same picture twice." in page(member, where(pair[0].pk, pair[0].pk), 422)


@pytest.mark.parametrize("number", ["0", "999999"])
def test_a_number_that_no_picture_has_is_not_found(member, pair, number):
    page(member, where(pair[0].pk, number), 404)
    page(member, where(number, pair[0].pk), 404)


def test_words_of_people_are_never_read_as_markup(member, bob):
    for prompt in ('"><script>alert(1)</script>', "<b>bold</b> & {{ x }}"):
        pictures.rows(bob, 1, prompt=prompt)
    a, b = Image.objects.order_by("pk")
    text = member.get(where(a.pk, b.pk)).content.decode()
    assert "<script>alert" not in text
    assert "<b>bold" not in text
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; {{ x }}" in text
    echoed = member.get('/compare/?a="><i>&b=<i>&look="><i>').content.decode()
    assert "<i>" not in echoed


def test_of_a_long_prompt_the_beginning_stands_there(member, bob, pair):
    (long,) = pictures.rows(bob, 1, prompt="a lighthouse at dusk, " * 100)
    first, _second = figures(page(member, where(long.pk, pair[0].pk)))
    (name,) = re.findall(r'<a class="link"[^>]*>([^<]*)</a>', first)
    assert len(name) <= 60
    assert name.endswith("…")


# How one looks


@pytest.mark.parametrize(
    ("said", "look"), [("", "slider"), ("side", "side"), ("flip", "flip"), ("upside", "slider")]
)
def test_how_one_looks_is_in_the_address_and_nonsense_is_the_usual_way(member, pair, said, look):
    text = page(member, where(pair[0].pk, pair[1].pk, look=said))
    assert re.findall(r'name="look" value="(\w+)" checked', text) == [look]
    assert re.findall(r'name="look" value="(\w+)"', text) == ["slider", "side", "flip"]


def test_a_link_exchanges_the_two_and_keeps_how_one_looks(member, pair):
    a, b = (image.pk for image in pair)
    (link,) = re.findall(r'href="([^"]+)" data-swap', page(member, where(a, b, look="side")))
    assert link == where(b, a, look="side")
    (back,) = re.findall(r'href="([^"]+)" data-swap', page(member, where(b, a)))
    assert back == where(a, b)


def test_the_way_back_leads_to_the_gallery_with_its_filters(member, pair):
    address = where(pair[0].pk, pair[1].pk)
    text = member.get(address, HTTP_REFERER="http://testserver/gallery/?q=fox&nonsense=1").content.decode()
    assert 'href="/gallery/?q=fox" aria-label="Back"' in text


# Who may


def without_address(text: str) -> str:
    """A page without what differs each time, and without its own address."""
    return re.sub(r'[A-Za-z0-9]{64}|name="next" value="[^"]*"', "-", text)


def test_a_private_picture_of_another_one_is_as_one_that_never_was(client, alice, bob, admin, pair):
    (secret,) = pictures.rows(alice, 1, private=True, prompt="a secret fox")
    for someone in (bob, admin):
        client.force_login(someone)
        for address in (where(pair[0].pk, secret.pk), where(secret.pk, pair[0].pk)):
            said, absent = page(client, address, 404), page(client, where(pair[0].pk, 999_999), 404)
            assert without_address(said) == without_address(absent)
    client.force_login(alice)
    page(client, where(pair[0].pk, secret.pk))


def test_a_private_picture_that_is_shared_can_be_compared_while_it_is(client, alice, bob, pair):
    (secret,) = pictures.rows(alice, 1, private=True)
    album = pictures.album(alice, secret, guests=[bob])
    client.force_login(bob)
    page(client, where(secret.pk, pair[0].pk))
    library.unshare(album=album, guest=bob, by=alice)
    page(client, where(secret.pk, pair[0].pk), 404)


def test_what_lies_in_the_trash_is_not_compared_by_its_owner_neither(member, alice, pair):
    (thrown,) = pictures.rows(alice, 1)
    library.trash([thrown.pk], by=alice)
    page(member, where(thrown.pk, pair[0].pk), 404)


def test_a_comparison_costs_as_many_queries_however_many_pictures_and_albums_there_are(
    member, alice, bob, pair
):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(member, where(*(image.pk for image in pair)))
        return len(queries)

    asked()  # what a process asks its database once is no cost of the page
    few = asked()
    rows = pictures.rows(bob, 200, private=True)
    for name in "abcde":
        pictures.album(bob, *rows[:20], name=name, guests=[alice])
    assert asked() == few <= 10


# By the form where no script runs


def test_the_two_that_were_ticked_lead_to_their_address_the_older_first(member, pair):
    a, b = (image.pk for image in pair)
    response = member.post("/compare/", {"images": [b, a], "next": "/gallery/"})
    assert (response.status_code, response["Location"]) == (303, where(a, b))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_other_than_two_ticked_pictures_are_told_that_it_takes_two(member, bob, count):
    numbers = [image.pk for image in pictures.rows(bob, count)] if count else []
    response = member.post("/compare/", {"images": numbers})
    assert response.status_code == 422
    assert comparing.TWO in response.content.decode()


def test_all_that_match_are_compared_when_they_are_two(member, pair):
    a, b = (image.pk for image in pair)
    assert member.post("/compare/", {"all": "?kind=generate"})["Location"] == where(a, b)


def test_the_form_below_the_gallery_offers_it(member, pair):
    assert '<button class="btn" formaction="/compare/">' in page(member, "/gallery/")


# From the page of a picture


def test_an_edit_leads_to_the_comparison_with_what_it_was_made_from(member, alice, media):
    parent = pictures.made(alice, prompt="a fox")
    child = pictures.made(alice, kind="edit", prompt="in snow", parents=[parent])
    text = page(member, child.get_absolute_url())
    assert f'href="{where(parent.pk, child.pk)}" data-key="c"' in text
    assert "/compare/" not in page(member, parent.get_absolute_url())


def test_what_was_made_from_a_hidden_picture_has_nothing_to_compare_it_with(member, alice, bob, media):
    hidden = pictures.made(bob, prompt="a secret fox")
    child = pictures.made(alice, kind="edit", prompt="in snow", parents=[hidden])
    library.hide([hidden.pk], by=bob)
    assert "/compare/" not in page(member, child.get_absolute_url())
