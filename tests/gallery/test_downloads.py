import email.message
import io
import json
from zipfile import ZipFile

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from PIL import Image as Pixels

from gallery import files, selection
from studio.accounts.models import User
from tests.gallery import pictures

MANY = reverse("gallery:download_many")


@pytest.fixture
def image(media, alice):
    return pictures.made(alice, data=pictures.encoded(pictures.drawing((900, 600))))


@pytest.fixture
def member(client, bob):
    client.force_login(bob)
    return client


def get(member, image, **asked):
    return member.get(f"/media/{image.pk}/download/", asked)


def body(response) -> bytes:
    return b"".join(response.streaming_content)


def name_of(response) -> str:
    told = email.message.Message()
    told["Content-Disposition"] = response["Content-Disposition"]
    assert told.get_content_disposition() == "attachment"
    return told.get_filename()


@pytest.mark.parametrize(
    "asked",
    [{"format": "exe"}, {"side": "641"}, {"side": "x"}, {"side": "-1"}, {"format": "gif", "side": "640"}],
)
def test_other_formats_and_sizes_do_not_exist(member, image, asked):
    assert get(member, image, **asked).status_code == 404


@pytest.mark.parametrize("asked", [{}, {"format": "webp"}, {"strip": "on"}])
def test_a_lost_or_damaged_file_is_a_404(member, image, asked):
    files.original(image).write_bytes(b"bit rot")
    answer = get(member, image, **asked)
    if asked != {} and asked != {"strip": "on"}:
        assert answer.status_code == 404
    files.original(image).unlink()
    assert get(member, image, **asked).status_code == 404


def test_a_download_is_a_file_to_keep(member, image):
    response = get(member, image)
    data = body(response)
    assert name_of(response) == f"a-red-fox-{image.pk}.png"
    assert (response["Content-Type"], response["Content-Length"]) == ("image/png", str(len(data)))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-cache"
    assert b"trainedAlgorithmicMedia" in data


def test_it_comes_in_another_format_and_size(member, image):
    response = get(member, image, format="jpeg", side="640")
    with Pixels.open(io.BytesIO(body(response))) as seen:
        assert (seen.format, seen.size) == ("JPEG", (640, 427))
    assert name_of(response) == f"a-red-fox-{image.pk}.jpg"


def test_stripped_it_says_nothing(member, image):
    response = get(member, image, strip="on")
    assert name_of(response) == f"picture-{image.pk}.png"
    assert b"fox" not in body(response)


def test_who_has_it_already_gets_304_until_its_words_change(member, image, alice):
    first = get(member, image)
    assert body(first)
    kept = {"if-none-match": first["ETag"]}
    again = member.get(f"/media/{image.pk}/download/", headers=kept)
    assert (again.status_code, again.content) == (304, b"")
    User.objects.filter(pk=alice.pk).update(name="Alice Other")
    assert b"Alice Other" in body(member.get(f"/media/{image.pk}/download/", headers=kept))


def test_the_menu_needs_no_script(member, image):
    page = member.get(image.get_absolute_url()).content.decode()
    form = page.split(f'<form action="/media/{image.pk}/download/">')[1].split("</form>")[0]
    for part in (
        'name="format"',
        'name="side"',
        'name="strip"',
        'value="webp"',
        'value="2048"',
        'type="submit"',
    ):
        assert part in form


# Many


@pytest.mark.parametrize("numbers", [[], ["x"], ["-1"], ["9" * 30], [""]])
def test_without_numbers_nothing_is_downloaded(member, numbers):
    assert member.post(MANY, {"images": numbers}).status_code == 422


def test_too_many_are_told_so(member, monkeypatch):
    monkeypatch.setattr(selection, "MOST", 2)
    answer = member.post(MANY, {"images": "1,2,3"})
    assert answer.status_code == 422
    assert "at once" in answer.content.decode()


def test_an_unknown_format_is_told_so(member, image):
    answer = member.post(MANY, {"images": image.pk, "format": "exe"})
    assert answer.status_code == 422
    assert "There is no such format or size." in answer.content.decode()


def test_what_one_may_not_see_does_not_exist(member, media, alice):
    hidden = pictures.made(alice, private=True)
    assert member.post(MANY, {"images": [hidden.pk, 999]}).status_code == 404


def zipped(response) -> ZipFile:
    return ZipFile(io.BytesIO(body(response)))


@pytest.mark.parametrize("commas", [True, False])
def test_many_come_as_an_archive_with_what_is_known_of_them(member, media, alice, commas):
    made = [pictures.made(alice, data=pictures.encoded(pictures.drawing((30 + n, 20)))) for n in range(3)]
    numbers = [str(image.pk) for image in made]
    response = member.post(MANY, {"images": ",".join(numbers) if commas else numbers})
    assert name_of(response).startswith("pictures-20")
    assert (response["Content-Type"], response["Cache-Control"]) == ("application/zip", "private, no-store")
    told = json.loads(zipped(response).read("manifest.json"))
    assert [row["picture"] for row in told["pictures"]] == [image.pk for image in reversed(made)]


@pytest.mark.parametrize("way", ["signed out", "deactivated", "new password"])
def test_who_is_gone_gets_no_more_of_it(member, media, alice, bob, way):
    made = [pictures.made(alice, data=pictures.encoded(pictures.drawing((30 + n, 20)))) for n in range(6)]
    response = member.post(MANY, {"images": [image.pk for image in made]})
    begun = [next(response.streaming_content)]
    if way == "signed out":
        Session.objects.all().delete()
    elif way == "deactivated":
        User.objects.filter(pk=bob.pk).update(is_active=False)
    else:
        bob.set_password("quite another one")
        bob.save()
    found = ZipFile(io.BytesIO(b"".join([*begun, *response.streaming_content])))
    assert "NOT-ALL.txt" in found.namelist()
    assert len([name for name in found.namelist() if name.endswith(".png")]) <= 1


def test_the_first_bytes_come_at_once_and_cost_few_queries(
    member, media, alice, django_assert_max_num_queries
):
    numbers = [image.pk for image in pictures.rows(alice, 3000)]
    first = pictures.made(alice)
    with django_assert_max_num_queries(14):
        response = member.post(MANY, {"images": ",".join(map(str, [*numbers, first.pk]))})
        assert next(response.streaming_content).startswith(b"PK")
    response.close()
