"""What people put on one picture, on its page: each role sees and changes no more than is theirs."""

import html
import json
import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery import access, library, marking
from gallery.library.marks import NOTE_LENGTH
from gallery.models import Image
from tests.gallery import pictures

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


def page(client, reader, image) -> str:
    client.force_login(reader)
    response = client.get(image.get_absolute_url())
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def offered(text: str) -> set[str]:
    """The acts that have a button or a form on the page."""
    return set(re.findall(r'name="act" value="(\w+)"', text)) - {"place"}


def pressed(text: str) -> dict[str, bool]:
    """The acts that are switches, and whether they are on."""
    found = re.findall(r'name="act" value="(\w+)" aria-pressed="(\w+)"', text)
    return {act: on == "true" for act, on in found}


def tags(text: str) -> list[str]:
    return re.findall(r'<li data-key-of="([^"]*)"><a href="/gallery/\?tag=', text)


@pytest.fixture
def order(alice):
    return pictures.rows(alice, 2, job=uuid.uuid4(), prompt="a red fox")


# What each role is offered

EVERYONE = {"favourite", "tag", "untag"}


def test_who_sees_a_picture_may_like_and_tag_it_its_owner_may_all_and_an_admin_all_but_hide_it(
    client, alice, bob, admin, order
):
    assert offered(page(client, bob, order[0])) == EVERYONE
    assert offered(page(client, alice, order[0])) == EVERYONE | {"hide", "win", "trash"}
    assert offered(page(client, admin, order[0])) == EVERYONE | {"win", "trash"}


def test_a_guest_of_an_album_may_like_and_tag_the_private_picture_in_it(client, alice, bob, order):
    Image.objects.filter(pk=order[0].pk).update(private=True)
    pictures.album(alice, order[0], guests=[bob])
    assert offered(page(client, bob, order[0])) == EVERYONE


def test_a_picture_alone_in_its_order_is_on_top_anyway(client, alice, bob, order):
    assert "win" not in offered(page(client, alice, pictures.rows(alice, 1)[0]))
    Image.objects.filter(pk=order[1].pk).update(trashed_at=timezone.now())
    assert "win" not in offered(page(client, alice, order[0]))


def test_the_switches_say_how_it_is_and_do_the_opposite(client, alice, order):
    library.favourite([order[0].pk], by=alice)
    library.hide([order[0].pk], by=alice)
    library.win(order[0], by=alice)
    assert pressed(page(client, alice, order[0])) == {"unfavourite": True, "show": True, "unwin": True}
    assert pressed(page(client, alice, order[1])) == {"favourite": False, "hide": False, "win": False}


def test_what_others_like_is_not_told(client, alice, bob, order):
    library.favourite([order[0].pk], by=alice)
    assert pressed(page(client, bob, order[0])) == {"favourite": False}


def test_without_script_the_trash_leads_to_where_one_came_from_and_the_rest_stays(client, alice, order):
    client.force_login(alice)
    came = {"Referer": "http://testserver/gallery/?by=me&kind=generate"}
    text = html.unescape(client.get(order[0].get_absolute_url(), headers=came).content.decode())
    forms = re.findall(r"<form[^>]+data-act.*?</form>", text, re.DOTALL)
    leads = {
        offered(form).pop(): re.search(r'name="next" value="([^"]+)"', form)
        for form in forms
        if offered(form)
    }
    assert leads["trash"][1] == "/gallery/?by=me&kind=generate"
    assert leads["untag"][1] == leads["tag"][1] == order[0].get_absolute_url()
    gone = client.post("/gallery/act/", {"act": "trash", "images": order[0].pk, "next": leads["trash"][1]})
    assert gone["Location"] == leads["trash"][1]
    assert client.get(order[0].get_absolute_url()).status_code == 404


# Tags and albums


def test_tags_are_shown_with_a_way_to_others_that_have_them_and_one_to_take_them_away(
    client, bob, alice, order
):
    library.tag([order[0].pk], name="Q&A 50%", by=bob)
    text = page(client, alice, order[0])
    assert tags(text) == ["Q&A 50%"]
    assert 'href="/gallery/?tag=Q%26A%2050%25"' in text
    assert 'name="tag" value="Q&A 50%" aria-label="Remove the tag Q&A 50%"' in text


def test_of_known_tags_those_of_hidden_pictures_are_not_offered(client, alice, bob, order):
    (hidden,) = pictures.rows(alice, 1, private=True)
    library.tag([hidden.pk], name="Secret", by=alice)
    library.tag([order[1].pk], name="Hero", by=alice)
    known = re.compile(r'<option value="([^"]+)"></option>')
    assert known.findall(page(client, bob, order[0])) == ["Hero"]
    assert known.findall(page(client, alice, order[0])) == ["Hero", "Secret"]


def test_only_albums_that_one_sees_are_named(client, alice, bob, order):
    pictures.album(alice, order[0], name="Alices own")
    pictures.album(alice, order[0], name="For Bob", guests=[bob])
    pictures.album(alice, order[0], name="For the team", team="view")
    pictures.album(alice, order[0], name="Thrown away", team="view", trashed_at=timezone.now())
    pictures.album(alice, order[1], name="Of another", team="view")
    assert [str(one) for one in marking.of(order[0], bob).albums] == ["For Bob", "For the team"]
    text = page(client, bob, order[0])
    assert "For the team" in text
    assert "Alices own" not in text


def test_marks_cost_the_same_however_many_there_are(client, alice, order):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(client, alice, order[0])
        return len(queries)

    page(client, alice, order[0])
    few = asked()
    for number in range(20):
        library.tag([order[0].pk], name=f"Tag {number}", by=alice)
        pictures.album(alice, order[0], name=f"Album {number}")
    assert asked() == few


# Notes


def noted(client, writer, image, text, *, started=None, **headers):
    client.force_login(writer)
    fields = {"note": text} | ({} if started is None else {"started": started})
    return client.post(f"/images/{image.pk}/note/", fields, headers=headers)


def test_who_only_sees_a_picture_reads_its_note_and_can_not_write_it(client, alice, bob, order):
    assert ">Note<" not in page(client, bob, order[0])
    noted(client, alice, order[0], "For the May poster")
    assert noted(client, bob, order[0], "Nonsense").status_code == 404
    text = page(client, bob, order[0])
    assert "For the May poster" in text
    assert 'name="note"' not in text


def test_a_note_on_a_hidden_picture_is_as_one_on_none(client, alice, bob, admin, order):
    Image.objects.filter(pk=order[0].pk).update(private=True)
    for stranger in (bob, admin):
        assert noted(client, stranger, order[0], "x").status_code == 404
    assert noted(client, bob, Image(pk=99_999), "x").status_code == 404


@pytest.mark.parametrize("role", ["alice", "admin"])
def test_the_owner_and_an_admin_write_a_note_that_is_found(request, client, order, role):
    writer = request.getfixturevalue(role)
    came = noted(client, writer, order[0], " For the May poster\r\nand the flyer ")
    assert (came.status_code, came["Location"]) == (303, order[0].get_absolute_url())
    assert Image.objects.get(pk=order[0].pk).note == "For the May poster\nand the flyer"
    assert "The note is saved." in page(client, writer, order[0])
    found = client.get("/gallery/?q=flyer").content.decode()
    assert f'data-id="{order[0].pk}"' in found


def test_a_note_that_is_too_long_is_kept_in_its_field_with_why(client, alice, order):
    long = "é" * (NOTE_LENGTH + 1)
    refused = noted(client, alice, order[0], long)
    assert refused.status_code == 422
    text = html.unescape(refused.content.decode())
    assert re.search(r'aria-invalid="true">\s*é{4001}</textarea>', text)
    assert 'role="alert">A note has at most 4,000 characters.</p>' in text
    assert not Image.objects.get(pk=order[0].pk).note


def test_ends_of_lines_count_once_as_they_do_in_the_field(client, alice, order):
    full = "\r\n".join("x" * 3 for _ in range(NOTE_LENGTH // 4)) + "\r\n"
    assert noted(client, alice, order[0], full).status_code == 303


@pytest.mark.parametrize(("text", "status"), [("Fine", 200), ("x" * (NOTE_LENGTH + 1), 422), ("a\0b", 422)])
def test_a_script_hears_what_came_of_the_note(client, alice, order, text, status):
    answer = noted(client, alice, order[0], text, **JSON)
    assert answer.status_code == status
    said = json.loads(answer.content)
    assert (
        said == {"words": "The note is saved.", "images": [order[0].pk], "undo": ""}
        if status == 200
        else said["problem"]
    )


def started(text: str) -> str:
    """The note that a page says one starts from."""
    return re.search(r'name="started" value="([^"]*)"', text)[1]


def test_a_note_is_not_written_over_one_that_nobody_had_read(client, alice, admin, order):
    began = started(page(client, alice, order[0]))
    noted(client, admin, order[0], "Approved by\nthe client", started="")
    refused = noted(client, alice, order[0], "My draft", started=began)
    assert refused.status_code == 422
    text = html.unescape(refused.content.decode())
    assert "It says now: “Approved by\nthe client” Save again to put yours in its place.</p>" in text
    assert re.search(r'aria-invalid="true">\s*My draft</textarea>', text)
    assert Image.objects.get(pk=order[0].pk).note == "Approved by\nthe client"
    # Saved again, it is one that was read; the ends of its lines are as a browser sends them.
    again = started(text).replace("\n", "\r\n")
    assert noted(client, alice, order[0], "My draft", started=again).status_code == 303
    assert Image.objects.get(pk=order[0].pk).note == "My draft"


def test_a_script_hears_what_the_note_says_by_now(client, alice, admin, order):
    noted(client, admin, order[0], "Approved")
    refused = noted(client, alice, order[0], "My draft", started="", **JSON)
    assert refused.status_code == 422
    said = json.loads(refused.content)
    assert said["note"] == "Approved"
    assert "It says now: “Approved”" in said["problem"]
    assert noted(client, alice, order[0], "My draft", started=said["note"], **JSON).status_code == 200


def test_a_note_that_was_removed_meanwhile_is_said_to_be(client, alice, order):
    refused = noted(client, alice, order[0], "My draft", started="Gone by now", **JSON)
    assert json.loads(refused.content)["problem"].startswith("The note was removed meanwhile. Save again")


def test_who_writes_what_is_there_already_is_not_refused(client, alice, order):
    noted(client, alice, order[0], "Approved")
    assert noted(client, alice, order[0], "Approved", started="").status_code == 303


# The place of what is gone


def kin(client, reader, child) -> list[str]:
    return re.findall(r'class="blank" title="([^"]+)"', page(client, reader, child))


def test_what_a_picture_was_made_from_says_that_it_lies_in_the_trash(client, alice, bob, media):
    parent = pictures.made(alice, prompt="Alices own")
    child = pictures.made(alice, parents=[parent])
    library.trash([parent.pk], by=alice)
    assert kin(client, bob, child) == ["A picture in the trash"] * 2  # in the film, and in "Made from"
    Image.objects.filter(pk=parent.pk).update(private=True)
    assert kin(client, bob, child) == ["A picture that you can’t see"] * 2
    assert "Alices own" not in page(client, bob, child)
    assert access.visible_to(bob).filter(pk=parent.pk).count() == 0


def test_the_winner_has_a_mark_in_the_film_and_on_its_card(client, alice, bob, order):
    assert "On top of its order" not in page(client, bob, order[0])
    library.win(order[1], by=alice)
    film = page(client, bob, order[0]).split('class="film"')[1].split("</ol>")[0]
    assert [f"/images/{order[1].pk}/" in item for item in film.split("<li>")[1:] if "On top" in item] == [
        True
    ]
    first = client.get("/gallery/").content.decode().split('<li class="stack"')[1].split("</li>")[0]
    assert f'data-id="{order[1].pk}"' in first
    assert "×2</label>" in first
    assert "On top" in first


@pytest.mark.parametrize(("role", "may"), [("alice", True), ("admin", True), ("bob", False)])
def test_only_the_owner_and_admins_may_choose_from_an_open_stack(request, client, order, role, may):
    client.force_login(request.getfixturevalue(role))
    assert ('<li class="stack" data-answers>' in client.get("/gallery/").content.decode()) == may
