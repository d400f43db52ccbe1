"""Downloads from strangers: whom they may reach, what they may send, and that they never see the key."""

import hashlib
import io
import socket
import time
from dataclasses import replace

import pytest

from studio.imageapi import (
    AssetGone,
    AssetRefused,
    ImageAPI,
    ImageAPIError,
    Throttled,
    Unreachable,
    peer,
)
from tests.imageapi.conftest import KEY, PATIENT, soon
from tests.imageapi.stub import TLS, Stub, drip, flood, reply, reset, silence, then_close

PICTURE = bytes(range(256)) * 300


def refused(api, url) -> ImageAPIError:
    with pytest.raises(ImageAPIError) as caught:
        api.fetch(url, io.BytesIO())
    return caught.value


@pytest.fixture
def names(monkeypatch):
    """A name server of the test's own: names to addresses. Asking for any other name fails the test."""
    known: dict[str, str] = {}
    asked: list[str] = []
    real = socket.getaddrinfo

    def look(host, *args, **kwargs):
        asked.append(host)
        return real(known.get(host, host), *args, **{**kwargs, "flags": socket.AI_NUMERICHOST})

    monkeypatch.setattr(socket, "getaddrinfo", look)
    known.update({"asked": asked})
    return known


@pytest.fixture
def public(monkeypatch):
    """127.0.0.2 stands for the open internet, so that no packet leaves this machine."""
    monkeypatch.setattr(peer, "is_public", lambda address: address == "127.0.0.2")
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(TLS))


@pytest.fixture
def internet(public, names):
    """A picture's host in the open internet: https://cdn.test."""
    server = Stub(host="127.0.0.2", tls=True)
    names["cdn.test"] = "127.0.0.2"
    server.url = f"https://cdn.test:{server.port}"
    server.says(reply(PICTURE))
    yield server
    server.stop()


# What arrives


def test_a_picture_comes_from_the_open_internet(internet, api):
    into = io.BytesIO()
    fetched = api.fetch(internet.url + "/picture.png?signed=1", into)
    assert into.getvalue() == PICTURE
    assert (fetched.size, fetched.sha256) == (len(PICTURE), hashlib.sha256(PICTURE).hexdigest())
    assert internet.asked[0].path == "/picture.png?signed=1"


def test_a_picture_comes_from_the_api_s_own_origin_even_when_that_is_private(stub, api):
    stub.says(reply(PICTURE))
    assert api.fetch(stub.url + "/media/1.png", io.BytesIO()).size == len(PICTURE)


@pytest.mark.parametrize("ending", ["", "/"])
def test_a_picture_comes_from_a_private_host_that_was_named(stub, cdn, ending):
    cdn.says(reply(PICTURE))
    api = ImageAPI(stub.url, KEY, limits=PATIENT, private_origins=[cdn.url + ending])
    assert api.fetch(cdn.url + "/1.png", io.BytesIO()).size == len(PICTURE)


def test_a_picture_in_chunks_comes_whole(stub, api):
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (PICTURE[:700], PICTURE[700:]))
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    stub.says(head + chunks + b"0\r\n\r\n")
    assert api.fetch(stub.url, io.BytesIO()).sha256 == hashlib.sha256(PICTURE).hexdigest()


def test_what_the_host_calls_it_does_not_matter(stub, api):
    stub.says(reply(b"<svg/>", Content_Type="image/png"))
    assert api.fetch(stub.url, io.BytesIO()).size == 6


# Whom it may reach


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:{port}/",
        "https://localhost:{port}/",
        "https://127.1:{port}/",
        "https://2130706433:{port}/",
        "https://0x7f000001:{port}/",
        "https://0177.0.0.1:{port}/",
        "https://0.0.0.0:{port}/",
        "https://[::1]:{port}/",
        "https://[::ffff:127.0.0.1]:{port}/",
        "https://[::ffff:7f00:1]:{port}/",
        "https://[::]:{port}/",
        "https://[64:ff9b::7f00:1]:{port}/",
        "https://[2002:7f00:1::]:{port}/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[ff02::1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://240.0.0.1/",
        "https://255.255.255.255/",
        "http://127.0.0.1:{port}/",
        "http://93.184.216.34/",
        "ftp://127.0.0.1:{port}/",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "//127.0.0.1:{port}/",
        "/media/1.png",
        "",
        "https://",
        "https://[::1",
        "https://user:password@127.0.0.1:{port}/",
        "https://cdn.test@127.0.0.1:{port}/",
        "https://127.0.0.1:nonsense/",
    ],
)
def test_an_address_that_may_not_be_fetched_is_refused_without_a_packet(stub, cdn, names, url):
    names["localhost"] = "127.0.0.1"
    api = ImageAPI(stub.url, KEY, limits=PATIENT)
    assert type(refused(api, url.format(port=cdn.port))) is AssetRefused
    assert cdn.connections == stub.connections == 0


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::ffff:192.168.0.1", "fd00::1"]
)
def test_a_name_that_leads_into_a_private_network_is_refused(api, names, address):
    names["cdn.test"] = address
    error = refused(api, "https://cdn.test/1.png")
    assert str(error) == "The picture's address leads into a private network."


def test_the_name_is_looked_up_once_so_that_it_cannot_change_its_mind(internet, api, names):
    api.fetch(internet.url, io.BytesIO())
    assert names["asked"] == ["cdn.test"]


def test_only_the_exact_private_origin_is_open(stub, cdn):
    api = ImageAPI(
        stub.url, KEY, limits=PATIENT, private_origins=[f"https://127.0.0.2:{cdn.port}", "http://127.0.0.2"]
    )
    assert type(refused(api, cdn.url)) is AssetRefused
    assert type(refused(api, f"https://127.0.0.1:{stub.port}")) is AssetRefused
    assert cdn.connections == 0


def test_the_connected_peer_is_checked_whatever_the_name_server_said(internet, api, monkeypatch):
    monkeypatch.setattr(socket.socket, "getpeername", lambda _: ("10.0.0.1", 443))
    assert type(refused(api, internet.url)) is AssetRefused
    assert internet.asked == []


# Redirects


def test_three_redirects_are_followed(stub, api):
    there = [reply(b"", 302, Location=f"/{n}") for n in range(3)]
    stub.says(*there, reply(PICTURE))
    assert api.fetch(stub.url, io.BytesIO()).size == len(PICTURE)
    assert [asked.path for asked in stub.asked] == ["/", "/0", "/1", "/2"]


def test_a_fourth_redirect_is_refused(stub, api):
    stub.says(reply(b"", 302, Location="/again"))
    assert type(refused(api, stub.url)) is AssetRefused
    assert len(stub.asked) == 4


@pytest.mark.parametrize(
    "target",
    [
        "https://127.0.0.1:{port}/",
        "http://127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "https://inside.test:{port}/",
        "file:///etc/passwd",
        "https://[::1",
    ],
)
def test_a_redirect_leads_nowhere_an_address_may_not(internet, names, target):
    inside = Stub()
    names["inside.test"] = "127.0.0.1"
    internet.says(reply(b"", 302, Location=target.format(port=inside.port)))
    error = refused(ImageAPI("https://api.test", KEY, limits=PATIENT), internet.url)
    inside.stop()
    assert type(error) is AssetRefused
    assert inside.connections == 0


def test_the_body_of_a_redirect_is_not_read(stub, api):
    stub.says(flood(b"HTTP/1.1 302 There\r\nLocation: /there\r\n\r\n"), reply(PICTURE))
    assert api.fetch(stub.url, io.BytesIO()).size == len(PICTURE)


def test_redirects_share_one_deadline(stub, hasty):
    def late(connection):
        time.sleep(0.15)
        connection.sendall(reply(b"", 302, Location="/again"))

    stub.says(late)
    # With a deadline for each, it would come to the fourth and be refused for that
    assert type(refused(hasty, stub.url)) is Unreachable


# What it may send


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (reply(b"", 403), AssetGone),
        (reply(b"", 404), AssetGone),
        (reply(b"", 410), AssetGone),
        (reply(b"", 429, Retry_After="4"), Throttled),
        (reply(PICTURE, 206), Unreachable),
        (reply(b"", 304), Unreachable),
        (reply(b"", 302), Unreachable),
        (reply(b"", 401), Unreachable),
        (reply(b"", 500), Unreachable),
        (reply(b"", 200), Unreachable),
        (reset, Unreachable),
        (then_close(b""), Unreachable),
        (then_close(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort"), Unreachable),
        (then_close(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nshort"), Unreachable),
        (then_close(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n"), Unreachable),
        (reply(b"x" * 100_001), AssetRefused),
        (flood(b"HTTP/1.1 200 OK\r\n\r\n"), AssetRefused),
        (flood(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"), AssetRefused),
        (flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n"), AssetRefused),
        (flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;"), Unreachable),
        (reply(PICTURE, Content_Encoding="gzip"), AssetRefused),
    ],
)
def test_what_a_host_may_not_send_ends_soon(stub, api, script, kind):
    stub.says(script)
    with soon():
        assert type(refused(api, stub.url)) is kind


@pytest.mark.parametrize(
    "script",
    [
        silence,
        drip(b"HTTP/1.1 200 OK\r\nX-Slow: "),
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"),
        drip(b"HTTP/1.1 200 OK\r\n\r\n"),
    ],
)
def test_a_host_that_never_ends_is_left_soon(stub, hasty, script):
    stub.says(script)
    with soon():
        assert type(refused(hasty, stub.url)) is Unreachable


def test_a_host_that_drips_is_left_long_before_the_deadline(stub):
    stub.says(drip(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"))
    impatient = ImageAPI(stub.url, KEY, limits=replace(PATIENT, asset_slow_seconds=0.2))
    with soon():
        assert str(refused(impatient, stub.url)) == "The picture can't be fetched: it comes too slowly."


def test_a_good_beginning_does_not_cover_for_a_drip(stub):
    stub.says(drip(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n" + b"x" * 80_000))
    impatient = ImageAPI(stub.url, KEY, limits=replace(PATIENT, asset_slow_seconds=0.2))
    with soon():
        assert "it comes too slowly" in str(refused(impatient, stub.url))


def paced(*steps: tuple[float, int]):
    """A picture whose bytes come after so many seconds each."""

    def script(connection):
        whole = sum(size for _, size in steps)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % whole)
        for seconds, size in steps:
            time.sleep(seconds)
            connection.sendall(b"x" * size)

    return script


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([(0.01, 1000)] * 90, id="slowly but surely"),
        pytest.param([(0.5, 1000), *[(0.01, 1000)] * 50], id="late, then well"),
        pytest.param([(0.0, 10), (0.4, 10)], id="small and whole"),
    ],
)
def test_a_picture_that_comes_is_taken(stub, steps):
    stub.says(paced(*steps))
    impatient = ImageAPI(stub.url, KEY, limits=replace(PATIENT, asset_slow_seconds=0.2))
    assert impatient.fetch(stub.url, io.BytesIO()).size == sum(size for _, size in steps)


def test_a_chunk_of_negative_size_is_not_read_to_its_end(stub, api):
    # http.client takes "-1" for "all there is", and would hold it all
    stub.says(drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n"))
    with soon():
        assert type(refused(api, stub.url)) is Unreachable


def test_a_user_name_in_an_address_does_not_become_authorization(internet, api):
    assert type(refused(api, internet.url.replace("cdn", "user:password@cdn"))) is AssetRefused
    assert internet.asked == []


def test_a_drip_through_tls_ends_too(stub, internet):
    internet.says(drip(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"))
    # Time enough for the handshake, so that it is the body which is cut off
    api = ImageAPI(stub.url, KEY, limits=replace(PATIENT, asset_deadline_seconds=2))
    with soon():
        assert type(refused(api, internet.url)) is Unreachable
    assert len(internet.asked) == 1


def test_a_certificate_of_another_name_is_not_accepted(internet, api, names):
    names["wrong.test"] = "127.0.0.2"
    assert type(refused(api, f"https://wrong.test:{internet.port}")) is Unreachable
    assert internet.asked == []


def test_a_full_disk_is_not_taken_for_the_network_s_fault(stub, api):
    class Full(io.BytesIO):
        def write(self, _):
            raise OSError(28, "No space left on device")

    stub.says(reply(PICTURE))
    with pytest.raises(OSError, match="No space left"):
        api.fetch(stub.url, Full())


# The key


def test_a_picture_s_host_never_sees_the_key_or_a_cookie(stub, cdn, order):
    api = ImageAPI(stub.url, KEY, limits=PATIENT, private_origins=[cdn.url])
    stub.says(reply({"balance": 1}, Set_Cookie="a=b; Domain=127.0.0.1"), reply(b"", 302, Location=cdn.url))
    cdn.says(reply(PICTURE, Set_Cookie="c=d"))
    api.balance()
    api.fetch(stub.url + "/1.png", io.BytesIO())
    api.fetch(cdn.url + "/1.png", io.BytesIO())
    for asked in (*stub.asked[1:], *cdn.asked):
        assert not {"authorization", "cookie"} & set(asked.headers)
        assert KEY not in str(asked)
