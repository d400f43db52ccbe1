"""The trash's pages: what can come back, and the questions before anything goes for good."""

import html
import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery import access, library, trashviews
from gallery.models import Image
from studio.jobs.states import State
from tests.gallery import pictures
from tests.jobs.cast import in_state

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def page(client, user, where="/trash/", **headers) -> str:
    client.force_login(user)
    answer = client.get(where, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def shown(said: str) -> list[int]:
    """The numbers of the pictures that can be chosen."""
    return [int(number) for number in re.findall(r'type="checkbox" name="images" value="(\d+)"', said)]


def in_trash(owner, count: int, by=None, **fields) -> list[Image]:
    images = pictures.rows(owner, count, **fields)
    library.trash([image.pk for image in images], by=by or owner)
    return images


def numbers(images) -> list[int]:
    return [image.pk for image in images]


def test_an_empty_trash_says_what_it_is_for(client, alice):
    said = page(client, alice)
    assert "The trash is empty" in said
    assert "Delete for good" not in said
    assert "The trash is empty" in page(client, alice, "/trash/empty/")


def test_only_what_one_may_bring_back_is_shown_newest_in_the_trash_first(client, alice, bob, admin):
    old, new = in_trash(alice, 1)[0], in_trash(alice, 1)[0]
    Image.objects.filter(pk=new.pk).update(trashed_at=timezone.now() - timedelta(days=3))
    secret = in_trash(bob, 1, private=True, prompt="Bobs own vixen")[0]
    pictures.rows(alice, 1, prompt="still there")
    assert shown(page(client, alice)) == [old.pk, new.pk]
    assert shown(page(client, bob)) == [secret.pk]
    assert shown(page(client, admin)) == [old.pk, new.pk]
    assert "Bobs own" not in page(client, admin)


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        ({}, "Goes for good in 30 days"),
        ({"days": 18}, "Goes for good in 12 days"),
        ({"days": 29}, "Goes for good tomorrow"),
        ({"days": 30}, "Goes for good today"),
        ({"days": 33}, "Goes for good today"),
    ],
)
def test_it_says_how_long_a_picture_stays(client, alice, ago, words):
    in_trash(alice, 1)
    Image.objects.update(trashed_at=timezone.now() - timedelta(**ago))
    assert words in page(client, alice)


def test_it_says_who_put_it_there_and_whose_it_is(client, alice, bob, admin):
    in_trash(alice, 1, by=admin)
    assert "by Ada" in page(client, alice)
    assert "by you, Alice’s picture" in page(client, admin)
    Image.objects.update(trashed_by=bob)
    assert "by Bob, Alice’s picture" in page(client, admin)
    Image.objects.update(trashed_by=None)
    assert "by somebody" in page(client, alice)


def test_what_a_prompt_says_is_no_markup(client, alice):
    in_trash(alice, 1, prompt='"><script>alert(1)</script>')
    assert "<script>alert" not in page(client, alice)


def test_page_by_page_each_picture_is_shown_once_also_those_of_one_moment(client, alice, monkeypatch):
    monkeypatch.setattr(trashviews, "SIZE", 3)
    images = in_trash(alice, 5) + in_trash(alice, 4)
    seen, where = [], "/trash/"
    while where:
        said = page(client, alice, where)
        seen += shown(said)
        older = re.search(r'class="btn" href="(/trash/\?before=[^"]+)"', said)
        where = older[1] if older else ""
    assert seen == [*numbers(images[5:])[::-1], *numbers(images[:5])[::-1]]


def test_a_place_outlives_its_picture_and_nonsense_is_the_top(client, alice, monkeypatch):
    monkeypatch.setattr(trashviews, "SIZE", 1)
    first, second = in_trash(alice, 2)
    where = re.search(r'href="(/trash/\?before=[^"]+)"', page(client, alice))[1]
    library.restore([second.pk], by=alice)
    assert shown(page(client, alice, where)) == [first.pk]
    for nonsense in ("x", "1", "9-9-9", "-", "9" * 30 + "-1", "٣-٣"):
        assert shown(page(client, alice, f"/trash/?before={nonsense}")) == [first.pk]
    assert "Nothing that is older" in page(client, alice, "/trash/?before=1-1")


def test_htmx_gets_the_next_piece_alone(client, alice):
    in_trash(alice, 2)
    said = page(client, alice, **HTMX)
    assert len(shown(said)) == 2
    assert "<html" not in said


def test_a_full_page_asks_no_more_than_one_picture(client, alice, bob):
    def asked_for() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(client, alice)
        return len(queries)

    in_trash(alice, 1)
    page(client, alice)
    few = asked_for()
    in_trash(alice, 70)
    assert asked_for() == few


def test_restoring_is_an_act_that_leads_back_here(client, alice):
    image = in_trash(alice, 1)[0]
    client.force_login(alice)
    fields = {"act": "restore", "images": [image.pk], "next": "/trash/"}
    came = client.post("/gallery/act/", fields)
    assert (came.status_code, came["Location"]) == (303, "/trash/")
    assert "1 picture is back in the gallery." in page(client, alice)
    assert access.own(alice).get() == image


def test_nothing_goes_without_being_sure(client, alice):
    images = in_trash(alice, 3, prompt="a red fox")
    client.force_login(alice)
    answer = client.post("/trash/delete/", {"images": numbers(images)})
    said = answer.content.decode()
    assert answer.status_code == 200
    assert "<p>3 pictures. Files, notes and tags go for good" in said
    assert "only who ordered a picture still reads its prompt" in said
    assert access.in_trash(alice).count() == 3


def test_who_is_sure_of_more_than_a_form_may_have_fields_is_done_their_will(client, alice):
    images = in_trash(alice, 1100)
    client.force_login(alice)
    asking = client.post("/trash/delete/", {"images": ",".join(map(str, numbers(images)))})
    fields = re.findall(r'type="hidden" name="images" value="([^"]*)"', asking.content.decode())
    came = client.post("/trash/delete/", {"images": fields, "sure": "1"})
    assert came.status_code == 303
    assert access.in_trash(alice).count() == 0


def test_who_is_sure_is_back_in_the_trash_with_words(client, alice):
    images = in_trash(alice, 3)
    client.force_login(alice)
    came = client.post("/trash/delete/", {"images": numbers(images[:2]), "sure": "1"})
    assert (came.status_code, came["Location"]) == (303, "/trash/")
    said = page(client, alice)
    assert "2 pictures are gone for good." in said
    assert shown(said) == [images[2].pk]


@pytest.mark.parametrize("chosen", [[], ["x"], ["9" * 30], ["999999"]])
def test_nothing_chosen_is_told(client, alice, chosen):
    in_trash(alice, 1)
    client.force_login(alice)
    answer = client.post("/trash/delete/", {"images": chosen, "sure": "1"})
    assert answer.status_code == 422
    assert re.search(
        "Choose some pictures first|None of these pictures is in your trash", answer.content.decode()
    )
    assert access.in_trash(alice).count() == 1


def test_anothers_picture_is_as_if_it_were_not_there(client, alice, bob):
    theirs = in_trash(bob, 1, prompt="Bobs own")[0]
    client.force_login(alice)
    for sure in ("", "1"):
        answer = client.post("/trash/delete/", {"images": [theirs.pk], "sure": sure})
        assert answer.status_code == 422
        assert "Bobs own" not in answer.content.decode()
    assert access.in_trash(bob).count() == 1


def test_too_many_at_once_is_told(client, alice, monkeypatch):
    monkeypatch.setattr("gallery.selection.MOST", 2)
    client.force_login(alice)
    answer = client.post("/trash/delete/", {"images": numbers(in_trash(alice, 3)), "sure": "1"})
    assert "more than 10,000" in answer.content.decode()
    assert access.in_trash(alice).count() == 3


def test_what_is_in_use_is_told_and_stays(client, alice):
    images = in_trash(alice, 2)
    in_state(alice, State.MAKING).sources.create(image=images[0], position=0)
    client.force_login(alice)
    client.post("/trash/delete/", {"images": numbers(images), "sure": "1"})
    said = page(client, alice)
    assert "1 picture is gone for good." in said
    assert "1 picture is in use by an order that is under way. Try it again after that." in said
    assert shown(said) == [images[0].pk]


def test_a_second_click_finds_nothing_more(client, alice):
    image = in_trash(alice, 1)[0]
    client.force_login(alice)
    client.post("/trash/empty/")
    client.post("/trash/empty/")
    assert "There was nothing to delete any more." in page(client, alice)
    assert Image.objects.get(pk=image.pk).deleted_at


def test_what_was_changed_at_the_same_moment_is_told_and_nothing_else(client, alice, monkeypatch):
    in_trash(alice, 1)

    def conflict(_numbers, *, by):
        raise IntegrityError

    monkeypatch.setattr(library, "delete", conflict)
    client.force_login(alice)
    client.post("/trash/empty/")
    said = page(client, alice)
    assert "Somebody changed these pictures at the same moment." in said
    assert "There was nothing to delete any more." not in said


# All of it comes back


def restored(client, said: str, **fields) -> str:
    """The trash after the form of the question was sent."""
    form = said.split('class="restoring"')[1].partition("</form>")[0]
    hidden = dict(re.findall(r'type="hidden" name="(act|all|next)" value="([^"]*)"', form))
    came = client.post("/gallery/act/", hidden | fields)
    assert (came.status_code, came["Location"]) == (303, "/trash/")
    return client.get("/trash/").content.decode()


def test_all_comes_back_after_a_question_and_can_be_undone(client, alice, bob):
    in_trash(alice, 70)
    in_trash(bob, 1)
    assert 'href="/trash/restore/"' in page(client, alice)
    said = page(client, alice, "/trash/restore/")
    assert "70 pictures come back" in said
    assert "At most" not in said
    assert access.in_trash(alice).count() == 70
    said = restored(client, said)
    assert "70 pictures are back in the gallery." in said
    assert (access.in_trash(alice).count(), access.in_trash(bob).count()) == (0, 1)
    client.post(re.search(r'action="(/gallery/undo/[^"]+)"', said)[1])
    assert access.in_trash(alice).count() == 70


def test_an_admin_brings_back_ones_own_or_the_teams_too(client, alice, admin):
    in_trash(alice, 2)
    secret = in_trash(alice, 1, private=True)[0]
    in_trash(admin, 1)
    said = page(client, admin, "/trash/restore/")
    assert "Only mine (1)" in said
    assert "Mine and the team’s (3)" in said
    assert "the team’s" not in page(client, alice, "/trash/restore/")
    whose = re.findall(r'type="radio" name="all" value="([^"]*)"', said)
    client.force_login(admin)
    restored(client, said, all=whose[0])
    assert access.in_trash(admin).count() == 2
    restored(client, said, all=whose[1])
    assert access.in_trash(admin).count() == 0
    assert access.in_trash(alice).get() == secret


def test_of_very_many_those_come_back_that_were_thrown_away_last(client, alice, monkeypatch):
    monkeypatch.setattr("gallery.selection.MOST", 5)
    old, new = in_trash(alice, 3), in_trash(alice, 5)
    Image.objects.filter(pk__in=numbers(new)).update(trashed_at=timezone.now() - timedelta(days=3))
    said = page(client, alice, "/trash/restore/")
    assert "At most 5 come back at a time, those first that were thrown away last." in said
    assert "5 pictures are back in the gallery." in restored(client, said)
    assert set(access.own(alice)) == {*old, *new[3:]}


def test_of_an_empty_trash_nothing_is_asked(client, alice):
    assert "The trash is empty" in page(client, alice, "/trash/restore/")
    assert "/trash/restore/" not in page(client, alice)


def test_emptying_asks_first_and_an_admin_whose(client, alice, admin):
    in_trash(alice, 2)
    in_trash(admin, 1)
    said = page(client, admin, "/trash/empty/")
    assert "Only mine (1)" in said
    assert "Mine and the team’s (3)" in said
    assert "the team’s" not in page(client, alice, "/trash/empty/")
    assert access.in_trash(admin).count() == 3


def test_an_admin_empties_only_ones_own_unless_told_otherwise(client, alice, admin):
    in_trash(alice, 2)
    in_trash(admin, 1)
    secret = in_trash(alice, 1, private=True)[0]
    client.force_login(admin)
    client.post("/trash/empty/")
    assert access.in_trash(admin).count() == 2
    client.post("/trash/empty/", {"whose": "team"})
    assert access.in_trash(admin).count() == 0
    assert access.in_trash(alice).get() == secret


def test_a_member_who_says_team_empties_what_is_theirs(client, alice, bob):
    in_trash(bob, 1)
    in_trash(alice, 1)
    client.force_login(alice)
    client.post("/trash/empty/", {"whose": "team"})
    assert (access.in_trash(alice).count(), access.in_trash(bob).count()) == (0, 1)


def test_many_go_a_part_at_a_time(client, alice, monkeypatch):
    monkeypatch.setattr(trashviews, "AT_ONCE", 3)
    in_trash(alice, 8)
    client.force_login(alice)
    client.post("/trash/empty/")
    assert "8 pictures are gone for good." in page(client, alice)


def test_what_is_left_of_very_many_is_said(client, alice, monkeypatch):
    monkeypatch.setattr(trashviews.selection, "MOST", 5)
    in_trash(alice, 8)
    client.force_login(alice)
    client.post("/trash/empty/")
    said = page(client, alice)
    assert "5 pictures are gone for good." in said
    assert "At most 5 go at a time: 3 pictures are left. Empty it again." in said
    client.post("/trash/empty/")
    assert "Empty it again." not in page(client, alice)


def test_no_browser_holds_a_trash_of_thousands_older_ones_have_a_page_of_their_own(
    client, alice, monkeypatch
):
    monkeypatch.setattr(trashviews, "SIZE", 2)
    monkeypatch.setattr(trashviews, "STRETCH", 5)
    in_trash(alice, 9)
    client.force_login(alice)
    where, pieces = "/trash/", 0
    while piece := re.search(r'hx-get="([^"]+)" hx-trigger="intersect', page(client, alice, where, **HTMX)):
        where, pieces = html.unescape(piece[1]), pieces + 1
    said = page(client, alice, where, **HTMX)
    assert (pieces, len(shown(said))) == (2, 2)
    older = re.search(r'class="btn" href="(/trash/\?before=[^"]+)"', said)
    assert len(shown(page(client, alice, html.unescape(older[1])))) == 2


def test_the_gallery_and_the_toast_lead_here(client, alice):
    image = pictures.rows(alice, 1)[0]
    client.force_login(alice)
    assert 'href="/trash/" aria-label="Trash"' in page(client, alice, "/gallery/")
    client.post("/gallery/act/", {"act": "trash", "images": [image.pk]})
    assert 'is in <a href="/trash/">the trash</a>.' in page(client, alice, "/gallery/")
    image = pictures.rows(alice, 1)[0]
    answer = client.post(
        "/gallery/act/", {"act": "trash", "images": [image.pk]}, headers={"Accept": "application/json"}
    )
    assert answer.json()["see"] == "/trash/"


@pytest.mark.parametrize(
    ("private", "seen"),
    [
        (False, {"alice": 200, "bob": 404, "charlie": 404, "admin": 200, "": 404}),
        (True, {"alice": 200, "bob": 404, "charlie": 404, "admin": 404, "": 404}),
    ],
)
def test_a_trashed_picture_is_shown_to_who_may_bring_it_back_and_only_small(
    request, client, alice, media, private, seen
):
    image = pictures.made(alice, private=private)
    guest = request.getfixturevalue("bob")
    pictures.album(alice, image, guests=[guest])
    library.trash([image.pk], by=alice)
    for name, expected in seen.items():
        client.logout()
        if name:
            client.force_login(request.getfixturevalue(name))
        answer = client.get(f"/media/{image.pk}/320.webp")
        assert (answer.status_code, bool(b"".join(answer))) == (expected, True), name
        for where in (f"/media/{image.pk}/original/", f"/media/{image.pk}/download/"):
            assert client.get(where).status_code == 404, (name, where)
    library.delete([image.pk], by=alice)
    client.force_login(alice)
    assert client.get(f"/media/{image.pk}/320.webp").status_code == 404


def test_a_preview_that_everybody_sees_costs_no_further_question(client, alice, bob, media):
    image = pictures.made(alice)
    client.force_login(bob)

    def asked_for(where: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert b"".join(client.get(where))
        return len(queries)

    assert asked_for(f"/media/{image.pk}/320.webp") == asked_for(f"/media/{image.pk}/original/")
