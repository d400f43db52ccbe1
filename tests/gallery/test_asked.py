from datetime import UTC, datetime

import pytest
from django.http import QueryDict
from django.utils import timezone

from gallery import asked, finding, pages
from gallery.models import Favourite, Image, Tag, Tagged
from tests.gallery import pictures

pytestmark = pytest.mark.django_db


def seen(user, query: str) -> set[Image]:
    """What an address shows a person."""
    wanted = asked.read(QueryDict(query))
    return set(asked.images(user, wanted, finding.albums(user, wanted)))


# Nonsense in an address


@pytest.mark.parametrize(
    "query",
    [
        "project=abc", "project=-1", "project=1.5", f"project={'9' * 30}", "by=bob", "album=x", "kind=video",
        "ratio=7-7",
        "fav=yes", "private=0", "from=2026-13-01", "from=yesterday", "to=0001-01-01", "to=9999-12-31", "at=2026",
        "at=2026-1", "at=2026-06-31", "at=0001-01", "at=9999-12", "q=", "q=%20%0a", "q=%00", "tag=%00", "unknown=1",
        "images=", "images=x", "images=-1,1.5", f"images={'9' * 30}",
    ],
)  # fmt: skip
def test_nonsense_is_as_if_it_were_not_there(query):
    assert asked.read(QueryDict(query)) == asked.Asked()


def test_a_search_of_a_book_is_cut():
    assert len(asked.read(QueryDict("q=" + "x" * 10_000)).parts["q"]) == 200


@pytest.mark.parametrize(
    "query", ["by=999", "project=999", "album=999", "tag=unheard", "q=!!", f"by={'9' * 18}"]
)
def test_what_there_is_not_shows_nothing(alice, query):
    pictures.said(alice, "a fox")
    assert seen(alice, query) == set()


# Each filter


def test_every_filter_narrows_and_together_they_narrow_further(alice, bob):
    noon = datetime(2026, 6, 14, 12, 0, tzinfo=UTC)
    (wanted,) = pictures.said(bob, "a red fox", kind="edit", ratio="1-1", created_at=noon)
    pictures.said(alice, "a cat")
    Favourite.objects.create(user=alice, image=wanted)
    Tagged.objects.create(image=wanted, tag=Tag.objects.create(key="hero"), name="Hero", by=bob)
    album = pictures.album(alice, wanted)
    dates = "from=2026-06-14&to=2026-06-14"
    parts = [
        "q=fox",
        f"by={bob.pk}",
        "kind=edit",
        "ratio=1-1",
        "fav=1",
        "tag=hero",
        f"album={album.pk}",
        dates,
    ]
    for part in [*parts, "&".join(parts)]:
        assert seen(alice, part) == {wanted}, part
    assert seen(alice, "&".join(["q=cat", *parts[1:]])) == set()


def test_favourites_are_each_ones_own(alice, bob):
    (image,) = pictures.rows(alice, 1)
    Favourite.objects.create(user=bob, image=image)
    assert seen(alice, "fav=1") == set()
    assert seen(bob, "fav=1") == {image}


def test_private_are_ones_own_and_those_shared(alice, bob):
    pictures.rows(alice, 1)
    own, shared, _hidden = (
        *pictures.rows(alice, 1, private=True),
        *pictures.rows(bob, 2, private=True),
    )
    pictures.album(bob, shared, guests=[alice])
    assert seen(alice, "private=1") == {own, shared}


def test_pictures_by_number_are_those_alone_and_only_for_who_may_see_them(alice, bob):
    own, shown = pictures.rows(alice, 1, private=True)[0], pictures.rows(bob, 2)[0]
    (hidden,) = pictures.rows(bob, 1, private=True)
    (thrown,) = pictures.rows(alice, 1, trashed_at=timezone.now())
    numbers = f"images={own.pk},{shown.pk},{hidden.pk},{thrown.pk},999999"
    assert seen(alice, numbers) == {own, shown}
    assert seen(bob, numbers) == {shown, hidden}
    assert seen(alice, f"{numbers}&by=me") == {own}


def test_the_pages_tell_nothing_of_pictures_by_number_that_one_may_not_see(client, alice, bob):
    day = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
    hidden = pictures.rows(alice, 2, private=True, created_at=day)
    thrown = pictures.rows(alice, 1, trashed_at=timezone.now(), created_at=day)
    numbers = "images=" + ",".join(str(image.pk) for image in (*hidden, *thrown))
    client.force_login(bob)
    page = client.get(f"/gallery/?{numbers}").content.decode()
    assert "be private to somebody else" in page
    assert 'class="card' not in page
    assert "March 2025" not in client.get(f"/gallery/months/?{numbers}").content.decode()
    assert client.get(f"/gallery/numbers/?{numbers}").json() == {"images": []}
    act = {"act": "favourite", "all": f"?{numbers}"}
    assert client.post("/gallery/act/", act, headers={"Accept": "application/json"}).status_code == 422
    assert not Favourite.objects.exists()


def test_a_search_from_the_panel_stays_among_them(client, alice):
    (image,) = pictures.rows(alice, 1)
    client.force_login(alice)
    panel = client.get(f"/gallery/filters/?images={image.pk}").content.decode()
    assert f'<input type="hidden" name="images" value="{image.pk}">' in panel


def test_pictures_by_number_have_one_address_of_at_most_a_hundred():
    said = asked.read(QueryDict("images=3,x,0012,3,7"))
    assert said.url == "/gallery/?images=12%2C7%2C3"
    many = asked.read(QueryDict("images=" + ",".join(map(str, range(1000)))))
    assert many.parts["images"].split(",") == [str(number) for number in range(999, 899, -1)]


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("from=2026-06-14", {14, 15}),
        ("to=2026-06-14", {13, 14}),
        ("from=2026-06-14&to=2026-06-14", {14}),
        ("from=2026-06-15&to=2026-06-13", set()),
    ],
)
def test_days_are_whole_and_the_readers(alice, query, days):
    for day in (13, 14, 15):
        pictures.rows(alice, 1, created_at=datetime(2026, 6, day, 0, 30, tzinfo=UTC))
    with timezone.override("UTC"):
        assert {image.created_at.day for image in seen(alice, query)} == days


def test_a_day_begins_where_the_reader_is(alice):
    (image,) = pictures.rows(alice, 1, created_at=datetime(2026, 6, 14, 0, 30, tzinfo=UTC))
    with timezone.override("America/New_York"):
        assert seen(alice, "from=2026-06-13&to=2026-06-13") == {image}
        assert seen(alice, "from=2026-06-14") == set()


def test_the_walk_ends_where_the_days_do_and_misses_none_of_a_clock_that_ran_ahead(alice):
    ahead, behind = (
        pictures.rows(alice, 1, created_at=datetime(2026, 6, 14, hour, 0, tzinfo=UTC))[0] for hour in (20, 4)
    )
    assert seen(alice, "from=2026-06-14&to=2026-06-14") == {ahead, behind}


# Searching


def test_who_searches_finds_all_they_may_see_and_nothing_else(alice, bob):
    team, own = pictures.said(alice, "a fox") + pictures.said(alice, "a fox", private=True)
    hidden, shared = pictures.said(bob, "a fox", "a fox", private=True)
    pictures.album(bob, shared, guests=[alice])
    assert seen(alice, "q=fox") == {team, own, shared}
    assert seen(alice, "q=fox&by=me") == {team, own}
    assert hidden not in seen(alice, "q=-cat")


def test_the_name_of_an_album_one_sees_finds_its_pictures(alice, bob):
    one, two, three = pictures.said(alice, "a cat", "a dog", "a fish")
    pictures.album(alice, one, name="Spring fox campaign", team="view")
    pictures.album(alice, two, name="Fox secrets")
    assert seen(alice, "q=fox") == {one, two}
    assert seen(bob, "q=fox") == {one}
    assert seen(bob, "q=fox+cat") == {one}
    assert seen(bob, "q=fox+dog") == set()
    assert seen(bob, "q=-fox") == {two, three}


def test_an_album_one_does_not_see_is_none(alice, bob):
    album = pictures.album(alice, *pictures.rows(alice, 1), name="Secret")
    assert seen(bob, f"album={album.pk}") == set()
    wanted = asked.read(QueryDict(f"album={album.pk}"))
    (chip,) = finding.chips(wanted, finding.albums(bob, wanted), pages.page(bob, wanted))
    assert chip.label == "Album that is not here"


# The address


def test_an_address_says_the_same_in_one_order_and_nothing_empty():
    wanted = asked.read(QueryDict("kind=edit&q=red++fox&by=&at=2026-06&x=1&from=2026-01-01"))
    assert wanted.url == "/gallery/?q=red+fox&kind=edit&from=2026-01-01&at=2026-06"
    assert wanted.without("q").url == "/gallery/?kind=edit&from=2026-01-01"
    assert asked.Asked().url == "/gallery/"


@pytest.mark.parametrize(
    ("query", "tab"), [("q=x", ""), ("q=x&by=me", "?by=me"), ("by=me&project=1", "?project=1"), ("by=2", "")]
)
def test_clearing_leads_back_to_the_tab(query, tab):
    assert asked.read(QueryDict(query)).tab.url == f"/gallery/{tab}"
