import pytest
from django.urls import reverse

from gallery import files, media, previews
from gallery.models import Image
from tests.gallery import pictures


@pytest.fixture
def image(media, alice):
    return pictures.made(alice, data=pictures.with_markers("JPEG"))


@pytest.fixture
def member(client, bob):
    client.force_login(bob)
    return client


def body(response) -> bytes:
    return b"".join(response.streaming_content)


def addresses(image):
    whole = [reverse("gallery:original", args=[image.pk])]
    return whole + [previews.url(image, width) for width in previews.WIDTHS]


def test_the_addresses_are_short_and_stay(image):
    assert addresses(image) == [
        f"/media/{image.pk}/{name}" for name in ("original/", "320.webp", "640.webp", "1280.webp")
    ]


def test_the_original_is_given_byte_for_byte(member, image):
    response = member.get(f"/media/{image.pk}/original/")
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Length"] == str(image.size)
    assert response["Content-Disposition"].startswith("inline")
    assert body(response) == pictures.with_markers("JPEG")


def test_a_preview_is_made_when_it_is_missing(member, image):
    response = member.get(f"/media/{image.pk}/640.webp")
    assert response["Content-Type"] == "image/webp"
    assert body(response) == previews.path(image, 640).read_bytes()


def test_every_answer_forbids_guessing_running_and_sharing(member, image):
    for address in addresses(image):
        response = member.get(address)
        assert body(response)
        assert response["Cache-Control"] == "private, max-age=31536000, immutable"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert "Cookie" in response["Vary"]
        assert response["ETag"]


def test_who_has_the_bytes_gets_304_and_no_bytes(member, image):
    tags = set()
    for address in addresses(image):
        first = member.get(address)
        assert body(first)
        again = member.get(address, headers={"if-none-match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert [again[name] for name in ("ETag", "Cache-Control")] == [
            first[name] for name in ("ETag", "Cache-Control")
        ]
        tags.add(first["ETag"])
    assert len(tags) == 4


def test_a_head_has_no_body(member, image):
    response = member.head(f"/media/{image.pk}/original/")
    assert response["Content-Length"] == str(image.size)
    assert body(response) == b""


def test_a_post_is_not_for_bytes(member, image):
    for address in addresses(image):
        assert member.post(address).status_code == 405


@pytest.mark.parametrize("width", [0, 1, 319, 321, 2560, 10**30])
def test_other_widths_do_not_exist(member, image, width):
    assert member.get(f"/media/{image.pk}/{width}.webp").status_code == 404


def test_a_lost_file_is_a_404_and_a_line_in_the_log(member, image, capfd):
    files.original(image).unlink()
    assert member.get(f"/media/{image.pk}/original/").status_code == 404


def test_a_damaged_original_has_no_preview(member, image):
    files.original(image).write_bytes(b"bit rot")
    response = member.get(f"/media/{image.pk}/320.webp")
    assert response.status_code == 404
    assert "ETag" not in response


def test_a_page_in_a_picture_is_never_a_page(member, alice, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    polyglot = pictures.encoded() + b"<html><script>alert(1)</script>"
    image = pictures.made(alice, data=polyglot)
    response = member.get(f"/media/{image.pk}/original/")
    assert response["Content-Type"] == "image/png"
    assert body(response) == polyglot


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A red fox, in the snow!", "a-red-fox-in-the-snow-7.png"),
        ("", "photo-7.png"),
        ("../../etc/passwd\r\nSet-Cookie: a=b", "etcpasswd-set-cookie-ab-7.png"),
        ('"><script>', "script-7.png"),
        ("Füchse im Schnee 狐", "füchse-im-schnee-狐-7.png"),
        ("\u202egnp.exe", "gnpexe-7.png"),
        ("con", "con-7.png"),
        ("!!!", "picture-7.png"),
        ("word " * 90, "word-word-word-word-word-word-word-word-word-word-word-word-7.png"),
    ],
)
def test_a_download_is_named_by_the_prompts_beginning(prompt, name):
    assert media.file_name(Image(pk=7, prompt=prompt, file_name="photo.gif", format="png")) == name


@pytest.fixture
def handover(settings):
    """An installation whose proxy sends the media."""
    settings.STUDIO_MEDIA_HANDOVER = "/handed-over/"
    return {"X-Media-Handover": "/handed-over/"}


def test_the_proxy_is_told_where_the_bytes_are_and_all_else_stays_the_same(member, image, handover):
    for address in addresses(image):
        whole, told = member.get(address), member.get(address, headers=handover)
        bytes_sent, headers = body(whole), dict(whole.headers)
        inside = told["X-Accel-Redirect"].removeprefix("/handed-over/")
        assert (files.folder("") / inside).read_bytes() == bytes_sent
        assert headers.pop("Content-Length") == str(len(bytes_sent))
        told_only = {"X-Accel-Redirect": told["X-Accel-Redirect"], "Content-Length": "0"}
        assert (told.content, dict(told.headers)) == (b"", headers | told_only)


@pytest.mark.parametrize("asked", [{}, {"X-Media-Handover": ""}, {"X-Media-Handover": "/elsewhere/"}])
def test_who_comes_past_the_proxy_gets_the_bytes_and_never_a_path(member, image, handover, asked):
    response = member.get(f"/media/{image.pk}/original/", headers=asked)
    assert "X-Accel-Redirect" not in response
    assert body(response) == pictures.with_markers("JPEG")


def test_without_such_a_proxy_nobody_can_ask_for_a_path(member, image):
    for asked in ("", "/handed-over/"):
        response = member.get(f"/media/{image.pk}/original/", headers={"X-Media-Handover": asked})
        assert "X-Accel-Redirect" not in response
        assert body(response) == pictures.with_markers("JPEG")


def test_what_one_may_not_see_or_has_already_is_not_handed_over(client, charlie, member, image, handover):
    kept = {"if-none-match": f'"{image.etag}"', **handover}
    assert "X-Accel-Redirect" not in member.get(f"/media/{image.pk}/original/", headers=kept)
    files.original(image).unlink()
    for _ in range(2):
        response = client.get(f"/media/{image.pk}/original/", headers=handover)
        assert response.status_code == 404
        assert "X-Accel-Redirect" not in response
        client.force_login(charlie)
