"""The gallery's pages: whose pictures, page by page, and one picture with all that is known of it."""

import html
import re
import uuid
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery import library, search
from gallery.models import Image, Parent, Project, Tag, Tagged
from tests.gallery import pictures

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def member(client, alice):
    client.force_login(alice)
    return client


def page(client, address, **headers) -> str:
    response = client.get(address, **headers)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def shown(text: str) -> list[int]:
    return [int(number) for number in re.findall(r'<li class="card [^>]*data-id="(\d+)"', text)]


# The gallery


def test_an_empty_gallery_says_what_to_do(member):
    assert "No pictures yet" in page(member, "/gallery/")


@pytest.mark.parametrize("scope", ["", "?by=me", "?project=1"])
def test_each_tab_shows_its_own_and_is_marked(member, alice, bob, scope):
    spring = Project.objects.create(name="Spring")
    (team,), (own,) = pictures.rows(bob, 1), pictures.rows(alice, 1, private=True, project=spring)
    (secret,) = pictures.rows(bob, 1, private=True)
    wanted = {"": [team.pk], "?by=me": [own.pk], "?project=1": [team.pk]}[scope]
    text = page(member, f"/gallery/{scope}")
    assert shown(text) == wanted
    assert secret.pk not in shown(text)
    label = {"": "Team", "?by=me": "Mine", "?project=1": "General"}[scope]
    assert re.findall(
        r'aria-current="page">([^<]+)</a>', text.split('class="tabs"')[1].split("</nav>")[0]
    ) == [label]


@pytest.mark.parametrize("address", ["?project=999", "?project=abc", f"?project={'9' * 30}", "?by=bob"])
def test_what_no_tab_is_called_shows_nothing_foreign(member, bob, address):
    pictures.rows(bob, 1, private=True)
    assert shown(page(member, f"/gallery/{address}")) == []


@pytest.mark.parametrize("before", ["abc", "-1", "", "0", "9" * 30, "1.5"])
def test_nonsense_in_before_is_the_first_page(member, alice, before):
    (image,) = pictures.rows(alice, 1)
    assert shown(page(member, f"/gallery/?before={before}")) == [image.pk]


def tab_names(text: str) -> list[str]:
    """The tabs as they are read, the current one marked."""
    bar = text.split('class="tabs"')[1].split("</nav>", maxsplit=1)[0]
    return [
        ("*" if " aria-current" in one else "") + name for one, name in re.findall(r"<a([^>]+)>([^<]+)", bar)
    ]


def test_an_archived_project_has_a_tab_only_while_one_looks_at_it(member, alice):
    old = Project.objects.create(name="Old", archived_at=timezone.now())
    (image,) = pictures.rows(alice, 1, project=old)
    text = page(member, f"/gallery/?project={old.pk}")
    assert shown(text) == [image.pk]
    assert tab_names(text) == ["Team", "Mine", "*Old (archived)", "General", "All projects"]
    assert tab_names(page(member, "/gallery/")) == ["*Team", "Mine", "General", "All projects"]


def test_of_a_hundred_projects_those_with_the_newest_pictures_have_tabs_and_the_one_looked_at(member, alice):
    made = [Project.objects.create(name=f"P{number:03}") for number in range(100)]
    for project in made[40:60]:
        pictures.rows(alice, 1, project=project)
    names = tab_names(page(member, f"/gallery/?project={made[3].pk}"))
    assert names[2:-1] == ["*P003", *(f"P{number:03}" for number in range(51, 60))]
    assert names[-1] == "All projects"


def test_the_pages_lead_on_to_the_last_picture_and_keep_their_tab(member, alice):
    rows = pictures.rows(alice, 130, project=Project.objects.create(name="Spring"))
    found, address = [], f"/gallery/?project={rows[0].project_id}"
    while address:
        text = page(member, address)
        found += shown(text)
        older = re.search(r'class="older" hx-get="([^"]+)"', text)
        address = older and f"/gallery/{older[1]}"
        assert not older or f"project={rows[0].project_id}" in older[1]
    assert found == [image.pk for image in reversed(rows)]
    assert "That is everything." in text


def test_htmx_gets_only_the_next_piece(member, alice):
    rows = pictures.rows(alice, 61)
    text = page(member, f"/gallery/?before={rows[1].pk}", **HTMX)
    assert shown(text) == [rows[0].pk]
    assert "<html" not in text
    assert "<html" in page(member, "/gallery/", **HTMX)


def test_the_next_piece_does_not_repeat_the_days_heading(member, alice):
    noon = datetime(2026, 6, 14, 12, 0, tzinfo=UTC)
    yesterday = pictures.rows(alice, 1, created_at=noon.replace(day=13))
    today = pictures.rows(alice, 2, created_at=noon)
    same = page(member, f"/gallery/?before={today[1].pk}", **HTMX)
    assert '<h2 class="vh"><span>14 June 2026' in same
    assert "<h2><span>13 June 2026" in same
    assert "<h2><span>13 June 2026" in page(member, f"/gallery/?before={today[0].pk}", **HTMX)
    assert "<h2><span>" not in page(member, f"/gallery/?before={yesterday[0].pk}", **HTMX)


def test_the_pictures_of_an_order_are_a_stack(member, alice):
    pictures.rows(alice, 4, job=uuid.uuid4())
    text = page(member, "/gallery/")
    assert text.count('<li class="stack"') == 1
    assert "×4</label>" in text


def test_who_else_sees_a_private_picture_is_told(member, alice, bob):
    (image,) = pictures.rows(alice, 1, private=True)
    assert "<dd>Only you</dd>" in page(member, image.get_absolute_url())
    pictures.album(alice, image, guests=[bob])
    assert "<dd>Those it is shared with</dd>" in page(member, image.get_absolute_url())


def test_a_private_picture_has_a_lock(member, alice):
    pictures.rows(alice, 1, private=True)
    assert 'class="lock"' in page(member, "/gallery/?by=me")


def test_a_picture_can_be_ticked_for_the_form_that_stands_below_without_script(member, alice):
    (image,) = pictures.rows(alice, 1)
    text = page(member, "/gallery/?kind=generate")
    assert re.search(
        rf'<input class="pick" type="checkbox" name="images" value="{image.pk}" form="chosen"', text
    )
    form = text.split("<noscript><link")[1].split("</noscript>")[0]
    assert 'id="chosen" action="/gallery/act/" method="post"' in form
    assert 'name="all" value="?kind=generate"' in form
    assert 'formaction="/downloads/"' in form
    acts = set(re.findall(r'name="act" value="([a-z]+)"', form))
    assert {"favourite", "hide", "show", "trash", "tag", "project"} <= acts
    assert 'formaction="/albums/choose/"' in form


def test_the_studios_own_results_have_nothing_to_tick(member, alice):
    pictures.rows(alice, 1)
    assert 'class="pick"' not in page(member, "/")


def test_only_who_likes_a_picture_sees_its_heart(member, alice, bob):
    mine, others = pictures.rows(bob, 2)
    library.favourite([mine.pk], by=alice)
    library.favourite([others.pk], by=bob)
    cards = re.findall(r'<li class="card .*?</li>', page(member, "/gallery/"))
    assert ['class="liked"' in card for card in cards] == [False, True]


def test_a_full_page_of_full_stacks_and_long_prompts_is_less_than_a_hundred_kilobytes(member, alice, bob):
    for owner in (alice, bob):
        for _ in range(40):
            stack = pictures.rows(owner, 4, job=uuid.uuid4(), prompt="a <lighthouse> at dusk, " * 160)
            library.favourite([image.pk for image in stack], by=alice)
    for address in ("/gallery/", "/gallery/?by=me", "/gallery/?kind=generate"):
        response = member.get(address)
        assert response.content.count(b'<li class="card') >= 48
        assert len(response.content) < 100_000, address


def asked(client, address) -> int:
    page(client, address)  # what a process asks its database once is no cost of the page
    with CaptureQueriesContext(connection) as queries:
        page(client, address)
    return len(queries)


@pytest.mark.parametrize(
    "address",
    [
        "/gallery/",
        "/gallery/?by=me",
        "/gallery/?project=1",
        "/gallery/?at=2030-01",
        "/gallery/?q=fox&project=1&kind=generate&ratio=3-2&from=2020-01-01&to=2030-01-01",
        "/gallery/?by=2&album=1&tag=nothing",
        "/gallery/?by=2&q=nothing",
        "/gallery/filters/?q=fox",
        "/gallery/months/",
        "/gallery/months/?q=fox",
    ],
)
def test_a_page_costs_eight_queries_however_many_pictures_there_are(member, alice, bob, address):
    for owner in (alice, bob):
        pictures.rows(owner, 100, job=uuid.uuid4(), prompt="a fox")
        pictures.rows(owner, 3, prompt="a fox")
    search.index_all()
    few = asked(member, address)
    pictures.rows(alice, 200)
    assert asked(member, address) == few <= 8


# Finding


def chips(text: str) -> dict[str, str]:
    """The filters that are on and the address without each."""
    found = re.findall(r'<li><a class="opt" href="([^"]+)"[^>]*>.*?class="clip">([^<]+)<', text)
    return {label: address for address, label in found}


def test_what_is_not_found_says_so_and_leads_back(member, alice):
    pictures.said(alice, "a cat")
    text = page(member, "/gallery/?q=fox&project=1")
    assert "<h2>Nothing for “fox”</h2>" in text
    assert re.search(r'class="btn" href="([^"]+)">Clear filters', text)[1] == "/gallery/?project=1"
    assert "<h2>Nothing that matches</h2>" in page(member, "/gallery/?kind=upload")
    assert "No pictures yet" not in text


@pytest.mark.parametrize(
    "text", ['"', "'", "<script>alert(1)</script>", "a" * 3000, "%00", "NEAR(", "-", "*", "\\"]
)
def test_whatever_is_searched_for_is_a_page(member, alice, text):
    pictures.said(alice, "a cat")
    answer = page(member, f"/gallery/?q={text}")
    assert "<script>alert" not in member.get("/gallery/", {"q": text}).content.decode()
    assert 'id="search"' in answer


def test_filters_are_chips_that_can_be_taken_away_one_by_one(member, alice, bob):
    pictures.said(bob, "a red fox", kind="edit")
    text = page(member, f"/gallery/?q=red+fox&by={bob.pk}&kind=edit&ratio=3-2&from=2026-01-05&project=1")
    assert list(chips(text)) == ["“red fox”", "By Bob", "Edited", "3:2", "Since 5 Jan 2026"]
    assert chips(text)["Edited"] == f"/gallery/?q=red+fox&by={bob.pk}&project=1&ratio=3-2&from=2026-01-05"
    assert chips(page(member, "/gallery/?project=1")) == chips(page(member, "/gallery/?by=me")) == {}
    assert list(chips(page(member, "/gallery/?by=999"))) == ["By somebody unknown"]
    assert list(chips(page(member, "/gallery/?by=999&q=x"))) == ["“x”", "By somebody unknown"]
    assert list(chips(page(member, f"/gallery/?by={bob.pk}&q=nothing"))) == ["“nothing”", "By Bob"]


def test_what_matches_is_counted_in_words(member, alice):
    pictures.said(alice, "a fox", "a fox")
    assert ">2 pictures<" in page(member, "/gallery/?q=fox")
    pictures.said(alice, "a dog")
    assert ">1 picture<" in page(member, "/gallery/?q=dog")
    pictures.rows(alice, 1000, prompt="a cat")
    assert ">More than 1,000 pictures<" in page(member, "/gallery/?kind=generate")
    assert 'class="found"' not in page(member, "/gallery/")


def test_a_search_goes_on_in_the_other_tabs_and_pages(member, alice):
    pictures.said(alice, *["a fox"] * 61)
    text = page(member, "/gallery/?q=fox")
    assert '<a href="/gallery/?q=fox&by=me">Mine</a>' in text
    assert re.search(r'class="older" hx-get="([^"]+)"', text)[1].startswith("?q=fox&before=")
    assert '<input type="hidden" name="kind" value="edit">' in page(member, "/gallery/?q=fox&kind=edit")


def test_a_month_has_newer_pictures_above_and_older_ones_below(member, alice):
    june, may, april = (
        pictures.rows(alice, 1, created_at=datetime(2026, month, 14, 12, tzinfo=UTC))[0]
        for month in (6, 5, 4)
    )
    Image.objects.filter(pk=june.pk).update(created_at=june.created_at.replace(month=4, day=1))
    Image.objects.filter(pk=april.pk).update(created_at=april.created_at.replace(month=6))
    text = page(member, "/gallery/?at=2026-05")
    assert shown(text) == [may.pk, june.pk]
    newer = re.search(r'class="newer" hx-get="([^"]+)"', text)[1]
    assert shown(page(member, f"/gallery/{newer}")) == [april.pk]
    piece = page(member, f"/gallery/{newer}", **HTMX)
    assert shown(piece) == [april.pk]
    assert "That is everything" not in piece
    assert 'class="older"' not in piece
    assert 'class="newer"' not in page(member, "/gallery/?at=2026-06")


def test_the_filters_name_what_there_is_and_what_is_on(member, alice, bob):
    (image,) = pictures.rows(bob, 1)
    Tagged.objects.create(image=image, tag=Tag.objects.create(key="hero"), name="Hero", by=bob)
    pictures.album(bob, image, name="Spring", team="view")
    text = page(member, "/gallery/filters/?q=fox&kind=edit")
    assert 'name="q" value="fox"' in text
    assert '<option value="edit" selected>Edited</option>' in text
    for word in ("Bob", "General", "Spring", "Hero", "16:9"):
        assert f">{word}</option>" in text
    assert "<html" not in page(member, "/gallery/filters/", **HTMX)


def test_the_filters_tell_nothing_of_what_is_hidden(member, alice, bob):
    (image,) = pictures.rows(bob, 1, private=True)
    Tagged.objects.create(image=image, tag=Tag.objects.create(key="secret tag"), name="Secret tag", by=bob)
    pictures.album(bob, image, name="Secret album")
    text = page(member, "/gallery/filters/")
    assert "Secret" not in text


def test_the_months_stand_under_their_years_and_lead_to_their_places(member, alice):
    pictures.rows(alice, 2, created_at=datetime(2025, 6, 14, tzinfo=UTC))
    text = page(member, "/gallery/months/?by=me")
    assert "<h2>2025</h2>" in text
    assert '<a href="/gallery/?by=me&at=2025-06">June<span class="num">2</span></a>' in text
    assert "No month has pictures here." in page(member, "/gallery/months/?kind=upload", **HTMX)


def test_projects_are_ordered_by_what_one_sees_of_them(member, alice, bob):
    """Another's private picture must not move a tab."""
    alba, spring = (Project.objects.create(name=name) for name in ("Alba", "Spring"))
    extra = [Project.objects.create(name=f"P{number:02}") for number in range(20)]
    for project in [alba, *extra[:9]]:
        pictures.rows(alice, 1, project=project)
    before = tab_names(page(member, "/gallery/"))
    pictures.rows(bob, 1, private=True, project=spring)
    assert tab_names(page(member, "/gallery/")) == before


# One picture


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/gallery/?by=me", "/gallery/?by=me"),
        ("http://testserver/gallery/?project=1&before=9", "/gallery/?project=1"),
        ("http://testserver/gallery/?q=red+fox&kind=edit&x=1", "/gallery/?q=red+fox&kind=edit"),
        ("http://testserver/gallery/?at=2026-06", "/gallery/?at=2026-06"),
        ("http://testserver/gallery/", "/gallery/"),
        ("http://testserver/gallery/?next=//evil.example", "/gallery/"),
        ("http://testserver/queue/?by=me", "/gallery/"),
        ("https://testserver/gallery/?by=me", "/gallery/"),
        ("http://evil.example/gallery/?by=me", "/gallery/"),
        ("http://[broken", "/gallery/"),
        ("", "/gallery/"),
    ],
)
def test_the_way_back_leads_to_the_tab_one_came_from(member, alice, media, referer, back):
    image = pictures.made(alice)
    assert f'href="{back}" aria-label="Back' in page(member, image.get_absolute_url(), HTTP_REFERER=referer)


def test_the_pictures_of_an_order_have_names_of_their_own(member, alice):
    first, _second = pictures.rows(alice, 2, job=uuid.uuid4())
    film = page(member, first.get_absolute_url()).split('class="film"')[1].split("</ol>")[0]
    assert [re.search(r", picture (.*)$", alt)[1] for alt in re.findall(r'alt="([^"]*)"', film)] == [
        "1 of 2",
        "2 of 2",
    ]
    assert "picture 1 of" not in page(member, pictures.rows(alice, 1, job=uuid.uuid4())[0].get_absolute_url())


def test_the_prompt_can_be_copied_by_who_has_script(member, alice, media):
    text = page(member, pictures.made(alice, prompt="a red fox").get_absolute_url())
    assert 'id="prompt-text" readonly hidden>a red fox</textarea>' in text
    assert 'data-copy="prompt-text" hidden' in text


def test_a_picture_tells_what_is_known_of_it(member, alice, media):
    image = pictures.made(alice, prompt="a red fox", private=True)
    text = page(member, image.get_absolute_url())
    facts = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", text))
    assert facts["Size"] == "96 × 64"
    assert (facts["Shape"], facts["Cost"]) == ("3:2", "5 credits")
    assert (
        f'<dt>Project</dt><dd><a class="link" href="/gallery/?project={image.project_id}">General</a>' in text
    )
    assert (facts["By"], facts["Seen by"]) == ("Alice", "Only you")
    assert facts["Format"].startswith("PNG · ")
    assert "a red fox" in re.search(r"<h1>([^<]+)</h1>", text)[1]
    assert f"/media/{image.pk}/download/" in text


def test_an_upload_is_called_by_its_file_and_cost_nothing(member, alice):
    (image,) = pictures.rows(alice, 1)
    Image.objects.filter(pk=image.pk).update(kind="upload", job=None, file_name="holiday.png")
    text = page(member, image.get_absolute_url())
    assert "<h1>holiday.png</h1>" in text
    assert "<dt>Cost</dt>" not in text
    assert "Run again" not in text


def test_a_long_prompt_is_cut_in_the_title_only(member, alice):
    (image,) = pictures.rows(alice, 1, prompt="a  very " + "long " * 40)
    text = page(member, image.get_absolute_url())
    assert len(re.search(r"<h1>([^<]+)</h1>", text)[1]) <= 60
    assert "long " * 40 in text


@pytest.mark.parametrize("change", [{"private": True}, {"trashed_at": timezone.now()}])
def test_what_one_may_not_see_is_not_there(member, bob, change):
    (image,) = pictures.rows(bob, 1)
    assert member.get(image.get_absolute_url()).status_code == 200
    Image.objects.filter(pk=image.pk).update(**change)
    assert member.get(image.get_absolute_url()).status_code == 404
    assert "bob" not in member.get(image.get_absolute_url()).content.decode().lower()


# To another project


def moved(client, image, project) -> str:
    """What the page says after the move; the way back stands in it."""
    return html.unescape(
        client.post(f"/images/{image.pk}/project/", {"project": project.pk}, follow=True).content.decode()
    )


def test_only_the_owner_and_admins_are_offered_another_project(client, alice, bob, admin):
    Project.objects.create(name="Alba")
    (image,) = pictures.rows(alice, 1)
    for person, offered in [(alice, True), (admin, True), (bob, False)]:
        client.force_login(person)
        assert ("Move to another project" in page(client, image.get_absolute_url())) == offered


def test_where_there_is_one_project_nothing_can_be_moved(member, alice):
    (image,) = pictures.rows(alice, 1)
    assert "Move to another project" not in page(member, image.get_absolute_url())


@pytest.mark.parametrize("project", ["", "abc", "0", "999", "9" * 30])
def test_a_project_that_is_not_there_moves_nothing(member, alice, project):
    (image,) = pictures.rows(alice, 1)
    assert member.post(f"/images/{image.pk}/project/", {"project": project}).status_code == 404


def test_a_project_archived_meanwhile_is_named_and_moves_nothing(member, alice):
    (image,) = pictures.rows(alice, 1)
    old = Project.objects.create(name="Old", archived_at=timezone.now())
    assert "“Old” is archived and takes no pictures." in moved(member, image, old)
    assert Image.objects.get().project == pictures.general()


def test_an_order_moves_as_a_whole_its_credits_stay_and_undo_brings_it_back(member, alice):
    alba = Project.objects.create(name="Alba", code="AL-1")
    first, _second = pictures.rows(alice, 2, job=uuid.uuid4(), credits=5)
    text = moved(member, first, alba)
    assert "2 pictures are in Alba now." in text
    assert "Its credits stay with General; new orders from it go to Alba." in text
    assert f'<option value="{alba.pk}" selected>Alba' in text.split('id="composer"')[1]
    undo = re.search(r'action="([^"]+)" method="post">[^>]+><button type="submit">Undo', text)[1]
    back = html.unescape(member.post(undo, follow=True).content.decode())
    assert "Undone." in back
    assert "Its credits stay" not in back
    assert {image.project for image in Image.objects.all()} == {pictures.general()}


def test_out_of_an_archived_project_there_is_no_way_back(member, alice):
    old = Project.objects.create(name="Old", archived_at=timezone.now())
    (image,) = pictures.rows(alice, 1, project=old)
    text = moved(member, image, pictures.general())
    assert "1 picture is in General now." in text
    assert "Undo" not in text


@pytest.fixture
def family(alice, bob):
    """A picture of Bob's own, Alice's edit of it in two versions, and an edit of the second."""
    (secret,) = pictures.rows(bob, 1, private=True, prompt="Bobs secret")
    (photo,) = pictures.rows(alice, 1, prompt="photo")
    first, second = pictures.rows(alice, 2, job=uuid.uuid4(), prompt="edit")
    (last,) = pictures.rows(bob, 1, prompt="last")
    for child in (first, second):
        Parent.objects.create(child=child, parent=photo, position=0)
        Parent.objects.create(child=child, parent=secret, position=1)
    Parent.objects.create(child=last, parent=second, position=0)
    return photo, first, second, last


def links(text: str, what: str) -> list[int]:
    found = re.search(rf"{what}(.*?)</(?:ol|ul|figure)>", text, re.DOTALL)
    return [int(number) for number in re.findall(r"/images/(\d+)/", found[1])] if found else []


def test_the_versions_are_walked_from_the_oldest_to_the_newest(member, family):
    photo, first, second, last = (image.pk for image in family)
    text = page(member, f"/images/{second}/")
    assert links(text, 'class="film"') == [photo, first, second, last]
    assert re.findall(r'class="step (\w+)" href="/images/(\d+)/"', text) == [
        ("prev", str(first)),
        ("next", str(last)),
    ]
    assert 'class="step prev"' not in page(member, f"/images/{photo}/")


def test_parents_and_children_are_shown_but_for_what_is_hidden(member, family):
    photo, first, second, last = (image.pk for image in family)
    text = page(member, f"/images/{second}/")
    assert links(text, "Made from</h2>") == [photo]
    assert text.count('class="blank"') == 1
    assert links(text, "Made of it</h2>") == [last]
    assert "Bobs secret" not in text
    assert links(page(member, f"/images/{photo}/"), "Made of it</h2>") == [first, second]


def test_only_ones_own_order_is_run_again_and_everything_can_be_edited(member, alice, bob):
    (own,), (other,) = pictures.rows(alice, 1), pictures.rows(bob, 1)
    assert f"/?again={own.job}" in page(member, own.get_absolute_url())
    text = page(member, other.get_absolute_url())
    assert "again=" not in text
    assert f"/?edit={other.pk}" in text


def test_the_composer_of_a_picture_has_it_in_its_tray(member, alice):
    (image,) = pictures.rows(alice, 1)
    text = page(member, image.get_absolute_url())
    assert f'name="sources" value="{image.pk}"' in text
    assert "Say what to change…" in text
    assert 'name="sources"' not in page(member, "/gallery/")


def test_a_picture_costs_the_same_however_large_its_family(member, alice, family):
    second = family[2]
    few = asked(member, second.get_absolute_url())
    for child in pictures.rows(alice, 20):
        Parent.objects.create(child=child, parent=second, position=0)
    assert asked(member, second.get_absolute_url()) == few
