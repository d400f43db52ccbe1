"""Two web processes, two workers, one beat, PostgreSQL, Redis and nginx, as docker-compose.yml has them."""

import shlex
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.topology.boxes import HOST, WEBS
from tests.topology.conftest import PASSWORD, certificate
from tests.topology.visitor import Visitor

pytestmark = [pytest.mark.flow, pytest.mark.postgres, pytest.mark.boxes]


def done(box) -> int:
    return box.rows("SELECT count(*) FROM jobs_job WHERE state = 'done'")[0][0]


@pytest.fixture(scope="module")
def picture(box, alice) -> int:
    """A picture that was ordered through the proxy."""
    alice.order("a red fox in the snow")
    box.until(lambda: done(box) == 1)
    return box.rows("SELECT id FROM gallery_image")[0][0]


def test_who_comes_without_tls_is_sent_to_it(box):
    answer = requests.get(f"http://{HOST}:8080/gallery/?q=fox", allow_redirects=False, timeout=10)
    assert (answer.status_code, answer.headers["Location"]) == (308, f"https://{HOST}/gallery/?q=fox")


def test_old_tls_is_refused(box):
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection((HOST, 8443)) as line, pytest.raises(ssl.SSLError):
        old.wrap_socket(line)


def test_everything_says_that_it_is_well(box, alice):
    assert alice.get("/healthz").json() == {"ok": True}
    assert alice.get("/readyz").json() == {"ok": True, "missing": []}


@pytest.mark.parametrize("name", ["worker", "beat", "valkey"])
def test_the_check_of_a_service_passes_for_one_that_lives(box, name):
    kind, *words = box.services[name]["healthcheck"]["test"]
    said = " ".join(words) if kind == "CMD-SHELL" else shlex.join(words)
    here = {"celery@$HOSTNAME": f"worker-1@{HOST}", "valkey-cli": f"redis-cli -h {HOST}"}
    for there, local in here.items():
        said = said.replace(there, local)
    box.run("beat", "sh", "-c", said)


def test_the_cookie_of_who_signed_in_travels_by_tls_alone(alice):
    session = next(cookie for cookie in alice.cookies if cookie.name == "sessionid")
    assert session.secure
    assert alice.get("/").headers["Strict-Transport-Security"] == "max-age=31536000"


def test_sign_in_counts_by_the_address_the_proxy_saw(box, alice):
    for guess in range(11):
        with Visitor(alice.url, alice.verify) as mallory:
            mallory.headers["X-Forwarded-For"] = f"203.0.113.{guess}"
            with pytest.raises((AssertionError, KeyError)):
                mallory.sign_in("nobody@example.com", "wrong")
    with Visitor(alice.url, alice.verify) as mallory, pytest.raises((AssertionError, KeyError)):
        mallory.sign_in("alice@example.com", PASSWORD)
    box.rows("DELETE FROM cache RETURNING 1")


def media(picture: int) -> list[str]:
    return [f"/media/{picture}/{name}" for name in ("original/", "download/", "320.webp", "1280.webp")]


def straight(box, alice, address, **headers):
    """The answer of a web process itself, past the proxy."""
    said = {"X-Forwarded-Proto": "https", "Cookie": f"sessionid={alice.cookies['sessionid']}", **headers}
    return requests.get(f"http://{HOST}:{WEBS['web-1']}{address}", headers=said, timeout=10)


@pytest.mark.parametrize(
    "asked", [{}, {"Range": "bytes=0-99"}, {"If-None-Match": "tag"}, {"If-None-Match": '"x"'}]
)
def test_media_through_the_proxy_are_the_studios_answer_to_the_last_header(box, alice, picture, asked):
    own = {"Date", "Server", "Connection", "Keep-Alive"}
    for address in media(picture):
        tag = straight(box, alice, address).headers["ETag"]
        headers = {name: value.replace("tag", tag) for name, value in asked.items()}
        whole, handed = straight(box, alice, address, **headers), alice.get(address, headers=headers)
        assert handed.content == whole.content
        told = [{k: v for k, v in answer.headers.items() if k not in own} for answer in (handed, whole)]
        assert (handed.status_code, told[0]) == (whole.status_code, told[1])


def test_the_proxy_reads_the_file_itself_and_only_it_is_told_where(box, alice, picture):
    address = media(picture)[0]
    told = straight(box, alice, address, **{"X-Media-Handover": "/handed-over/"})
    assert told.headers["X-Accel-Redirect"].startswith("/handed-over/originals/")
    assert told.content == b""
    assert "X-Accel-Redirect" not in straight(box, alice, address).headers
    assert "X-Accel-Redirect" not in alice.get(address, headers={"X-Media-Handover": "/elsewhere/"}).headers


def test_nobody_gets_media_without_the_studios_yes(box, alice, picture):
    sha = box.rows("SELECT sha256 FROM gallery_image")[0][0]
    for path in (
        f"/handed-over/originals/{sha[:2]}/{sha}.png",
        "/handed-over/../data/secret-key",
        "/data/secret-key",
    ):
        assert alice.get(path).status_code == 404
    with Visitor(alice.url, alice.verify) as stranger:
        for address in media(picture):
            assert stranger.get(address).status_code in {302, 404}


def test_static_files_come_from_the_proxy_for_ever_and_compressed(box, alice):
    page = alice.get("/").text
    style = next(part.split('"')[0] for part in page.split('href="') if part.startswith("/static/css"))
    answer = alice.get(style)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"].startswith("text/css")
    # What the web processes did not see when they started only the proxy can send.
    (box.folder / "public" / "static" / "later.js").write_text("export {}")
    assert alice.get("/static/later.js").headers["Content-Type"].startswith("application/javascript")
    assert alice.get("/static/nothing.js").status_code == 404


def dribble(box, beginning: bytes) -> socket.socket:
    """A visitor who begins and does not come to an end."""
    trust = ssl.create_default_context(cafile=certificate(box))
    line = trust.wrap_socket(socket.create_connection((HOST, 8443)), server_hostname=HOST)
    line.sendall(beginning)
    return line


HEADER = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nX-Slow: ".encode()
BODY = f"POST /accounts/login/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 100000\r\n\r\nlogin=".encode()


@pytest.mark.parametrize("beginning", [HEADER, BODY], ids=["header", "body"])
def test_a_hundred_slow_visitors_hold_up_nobody(box, alice, beginning):
    lines = [dribble(box, beginning) for _ in range(100)]
    try:
        began = time.monotonic()
        for line in lines:
            line.sendall(b"x")
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: alice.get("/accounts/login/", timeout=20), range(24)))
        assert {answer.status_code for answer in answers} <= {200, 302}
        assert time.monotonic() - began < 20
    finally:
        for line in lines:
            line.close()


def test_a_web_and_a_worker_die_while_orders_run_and_nothing_is_lost_or_doubled(box, alice, world):
    before = box.rows("SELECT count(*) FROM jobs_job")[0][0]
    for number in range(12):
        alice.order(f"lighthouse {number}", pictures=2)
        if number == 4:
            box.until(lambda: box.rows("SELECT 1 FROM jobs_job WHERE state IN ('making', 'saving')"))
            box.kill("worker-1")
            box.kill("web-1")
    box.start("worker-1", "web-1")
    resting = (
        "SELECT count(*) FROM jobs_job WHERE state = 'done' OR (state = 'unknown' AND settled_at IS NOT NULL)"
    )
    box.until(lambda: box.rows(resting) == [(before + 12,)], 120)
    keys = [task.idempotency_key for task in world.truth()]
    assert len(keys) == len(set(keys))
    # Whom the kill met while sending nobody can know of; all others have what they ordered.
    unknown = before + 12 - done(box)
    assert unknown <= 1
    assert (
        box.rows("SELECT sum(delivered), sum(asked) FROM jobs_job WHERE state = 'done'")[0][0]
        == (box.rows("SELECT count(*) FROM gallery_image WHERE job IS NOT NULL")[0][0])
    )
    assert box.rows("SELECT count(*) FROM jobs_job WHERE state = 'done' AND delivered <> asked") == [(0,)]
    box.run("web", "python", "manage.py", "audit")
    assert alice.get("/readyz").json()["ok"]
