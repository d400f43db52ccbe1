import errno
import io
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.http.request import UnreadablePostError
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from gallery import files, uploads
from gallery.models import Image, Project
from tests.gallery import pictures

ADDRESS = "/uploads/"


@pytest.fixture
def member(client, alice):
    client.force_login(alice)
    return client


def send(client, data=None, **fields):
    return client.post(ADDRESS, {"image": pictures.file(data)} | fields)


def kept(media):
    return [path for path in media.rglob("*") if path.is_file()]


def test_a_good_picture_is_kept_and_described(media, member, alice):
    response = send(member, pictures.encoded(pictures.drawing((160, 90)), "WEBP"))
    image = Image.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "id": image.pk,
        "url": f"/images/{image.pk}/",
        "preview": f"/media/{image.pk}/320.webp",
        "width": 160,
        "height": 90,
        "ratio": "16-9",
        "order": None,
        "known": False,
    }
    assert (image.owner, image.private, image.project) == (alice, False, pictures.general())
    assert files.original(image).exists()


def test_a_picture_can_be_private_and_for_a_project(media, member):
    spring = Project.objects.create(name="Spring")
    assert send(member, private="on", project=spring.pk).status_code == 201
    assert (Image.objects.get().private, Image.objects.get().project) == (True, spring)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "This file is empty."),
        (b"\0\0\0\x18ftypheic", "HEIC can't be read here. PNG, JPEG and WebP can."),
        (pictures.encoded()[:-40], "This picture is damaged."),
        (
            pictures.bomb(60_000, 60_000),
            "More than 40 megapixels can't be kept here. Make this picture smaller.",
        ),
    ],
)
def test_what_is_no_good_picture_is_refused_in_words(media, member, data, sentence):
    response = send(member, data)
    assert (response.status_code, response.json()) == (422, {"error": sentence})
    assert kept(media) == []


def test_a_request_without_a_file_is_told_so(media, member):
    response = member.post(ADDRESS, {"image": ""})
    assert (response.status_code, response.json()["error"]) == (422, "There was no file. Pick a picture.")


def test_a_project_that_is_archived_or_absent_takes_nothing(media, member):
    old = Project.objects.create(name="Old", archived_at=timezone.now())
    archived, absent = (
        "“Old” was archived. Choose another project, then add it again.",
        "There is no such project.",
    )
    for number, words in ((old.pk, archived), (999, absent), ("x", absent)):
        response = send(member, project=number)
        assert (response.status_code, response.json()["error"]) == (422, words)
    assert kept(media) == []


def test_a_file_over_the_cap_is_413_and_leaves_nothing(media, member, settings):
    settings.STUDIO_UPLOAD_MB = 1
    response = send(member, b"x" * (2**20 + 1))
    assert (response.status_code, response.json()["error"]) == (
        413,
        "This is too big. A picture may have up to 1 MB.",
    )
    assert kept(media) == []


def test_a_file_of_just_the_cap_is_read(media, member, settings):
    settings.STUDIO_UPLOAD_MB = 1
    data = pictures.encoded()
    assert send(member, data + b"x" * (2**20 - len(data))).status_code == 201


def test_a_second_file_is_one_too_many(media, member):
    response = member.post(ADDRESS, {"image": [pictures.file(), pictures.file()]})
    assert (response.status_code, response.json()["error"]) == (413, "No more than 1 at a time.")


def test_a_full_disk_is_507_in_words(media, member, monkeypatch):
    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "store", full)
    response = send(member)
    assert (response.status_code, response.json()["error"]) == (507, uploads.NO_ROOM.sentence)
    assert kept(media) == []
    assert not Image.objects.exists()


def test_a_disk_that_fills_up_while_reading_is_507_too(media, member):
    class FullFile(io.BytesIO):
        def write(self, _data):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uploads.tempfile, "TemporaryFile", lambda **_where: FullFile())
        assert send(member).status_code == 507


def test_a_form_that_asks_for_no_files_takes_none_from_strangers(db, client, settings):
    kept_before = list(Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*"))
    file = SimpleUploadedFile("big.png", b"x" * 3_000_000, "image/png")
    answer = client.post("/accounts/login/", {"login": "a@example.com", "password": "x", "file": file})
    assert answer.wsgi_request.FILES == {}
    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*")) == kept_before


def test_only_members_upload(media, client, charlie):
    assert send(client).status_code == 302
    client.force_login(charlie)
    response = send(client)
    assert (response.status_code, response["Location"]) == (302, f"{reverse('account_login')}?next=%2F")
    assert kept(media) == []


def test_a_look_is_not_an_upload(member):
    assert member.get(ADDRESS).status_code == 405


@pytest.fixture
def guarded(alice):
    """A client that other sites' forms would have, and its token."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    client.cookies["csrftoken"] = "a" * 32
    return client


def test_a_form_of_another_site_uploads_nothing(media, guarded):
    assert send(guarded).status_code == 403
    assert send(guarded, csrfmiddlewaretoken="b" * 32).status_code == 403
    assert not Image.objects.exists()


def test_the_token_counts_in_the_form_and_in_the_header(media, guarded):
    assert send(guarded, csrfmiddlewaretoken="a" * 32).status_code == 201
    response = guarded.post(ADDRESS, {"image": pictures.file()}, headers={"x-csrftoken": "a" * 32})
    assert response.status_code == 201


# The decorator, as a form with several pictures uses it


def refused(request, refusal):
    return HttpResponse(f"{refusal.sentence} {request.POST.get('prompt', '-')}", status=refusal.status)


@uploads.takes_uploads(most=3, refuse=refused)
def form(request):
    sizes = [file.size for file in request.FILES.getlist("images")]
    return HttpResponse(json.dumps([request.POST.get("prompt"), sizes]))


def post(sizes, prompt="a fox"):
    pieces = [SimpleUploadedFile(f"{at}.png", b"x" * size) for at, size in enumerate(sizes)]
    data = {"images": pieces, "prompt": prompt}
    request = RequestFactory().post("/jobs/", data, headers={"x-csrftoken": "a" * 32})
    return answer(request)


def answer(request):
    """What the form says, with its files closed as Django's handler does it."""
    request.COOKIES["csrftoken"] = "a" * 32
    response = form(request)
    request.close()
    return response


def test_a_form_within_its_limits_is_read_whole(media):
    response = post([10, 20, 30])
    assert json.loads(response.content) == ["a fox", [10, 20, 30]]


def test_what_was_typed_outlives_a_file_that_is_too_big(media, settings):
    settings.STUDIO_UPLOAD_MB = 1
    response = post([10, 2**20 + 1, 30])
    assert (response.status_code, response.content) == (
        413,
        b"This is too big. A picture may have up to 1 MB. a fox",
    )


def test_one_file_too_many_is_said_so(media):
    assert post([1, 1, 1, 1]).content == b"No more than 3 at a time. a fox"


def test_a_request_that_is_too_big_as_a_whole_is_not_read(media, settings):
    settings.STUDIO_UPLOAD_MB = 1
    assert post([2**20] * 6 + [1]).content == b"This is too big. A picture may have up to 1 MB. -"


def test_a_sender_who_goes_away_leaves_nothing(media):
    class Gone(io.BytesIO):
        def read(self, _size=-1):
            raise UnreadablePostError("Connection reset by peer")

    request = RequestFactory().generic(
        "POST", "/jobs/", b"x" * 99, content_type="multipart/form-data; boundary=x"
    )
    request._stream = Gone()
    assert form(request).status_code == 400
    assert kept(media) == []


def test_an_upload_that_breaks_off_in_the_middle_is_no_file(media):
    body = b'--x\r\nContent-Disposition: form-data; name="images"; filename="a.png"\r\n\r\nhalf'
    request = RequestFactory().generic(
        "POST",
        "/jobs/",
        body,
        content_type="multipart/form-data; boundary=x",
        headers={"x-csrftoken": "a" * 32},
    )
    assert json.loads(answer(request).content) == [None, []]
    assert kept(media) == []


@pytest.mark.django_db(transaction=True)
def test_two_gigabytes_are_cut_off_at_once(media, member, live_server):
    cookie = f"sessionid={member.cookies['sessionid'].value}"
    head = (
        f"POST /uploads/ HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nContent-Length: {2 * 2**30}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    with socket.create_connection((live_server.thread.host, live_server.thread.port), timeout=30) as line:
        line.sendall(
            head.encode() + b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
        )
        line.sendall(b"x" * 100_000)
        # The rest never comes: only who does not wait for it can answer
        assert line.recv(100).startswith(b"HTTP/1.1 413")
    assert kept(media) == []


MEMORY = """
import io, resource, sys
sys.path.insert(0, {root!r})
import django
from django.conf import settings
settings.configure(MEDIA_ROOT={media!r}, STUDIO_UPLOAD_MB=20, SECRET_KEY="x" * 50,
                   INSTALLED_APPS={apps!r})
django.setup()
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from gallery import uploads

class Body(io.RawIOBase):
    "Fourteen files of 20 MB that are never in memory."
    def __init__(self):
        head = b'--x\\r\\nContent-Disposition: form-data; name="images"; filename="a.png"\\r\\n\\r\\n'
        whole = [head] + [b"x" * 65536] * 320 + [b"\\r\\n"]
        self.pieces = iter(whole * 14 + [b"--x--\\r\\n"])
        self.rest = b""
    def read(self, size=-1):
        while len(self.rest) < size:
            piece = next(self.pieces, None)
            if piece is None:
                break
            self.rest += piece
        given, self.rest = self.rest[:size], self.rest[size:]
        return given

length = 14 * (73 + 20 * 2**20 + 2) + 7
request = WSGIRequest({{"REQUEST_METHOD": "POST", "wsgi.input": Body(), "CONTENT_LENGTH": str(length),
                       "CONTENT_TYPE": "multipart/form-data; boundary=x"}})
request._dont_enforce_csrf_checks = True
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
@uploads.takes_uploads(most=14, refuse=lambda request, refusal: HttpResponse(refusal.sentence))
def form(request):
    return HttpResponse(str([file.size for file in request.FILES.getlist("images")].count(20 * 2**20)))
answer = form(request)
print(answer.content.decode(), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_fourteen_files_of_twenty_megabytes_take_little_memory(tmp_path):
    apps = ["django.contrib.contenttypes", "django.contrib.auth", "gallery"]
    code = MEMORY.format(root=str(Path.cwd()), media=str(tmp_path), apps=apps)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False
    )
    count, megabytes = done.stdout.split()
    assert (count, done.stderr) == ("14", "")
    assert int(megabytes) < 20
    assert kept(tmp_path) == []


def test_the_same_again_is_known(media, member):
    assert [send(member).json()["known"] for _ in range(2)] == [False, True]


def test_a_file_that_was_made_here_tells_its_order(media, member, alice):
    options = {"model": "gemini-2.5-flash", "aspect_ratio": "16:9", "output_format": "webp"}
    made = pictures.made(alice, prompt='a "red" fox', options=options)
    data = b"".join(member.get(f"/media/{made.pk}/download/").streaming_content)
    order = {"prompt": 'a "red" fox', "aspect_ratio": "16:9", "output_format": "webp"}
    assert send(member, data).json()["order"] == order
    assert send(member, pictures.with_markers("PNG")).json()["order"] is None
