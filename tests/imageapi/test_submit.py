"""The paid POST: what is sent, and what each way of not being answered means."""

import socket
import threading
from dataclasses import replace

import pytest

from studio.imageapi import (
    ImageAPI,
    ImageAPIError,
    KeyRefused,
    NotSent,
    OrderRefused,
    OutcomeUnknown,
    ServiceRefused,
    Throttled,
    WalletEmpty,
)
from tests.imageapi.conftest import HASTY, KEY, PATIENT, soon
from tests.imageapi.stub import Stub, drip, flood, reply, reset, silence, then_close
from tests.started import wait_until

TAKEN = {"task_id": "5f0c1d3e-1111-4222-8333-444455556666", "created_at": "2025-11-22T10:00:00Z"}
HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>nginx</h1></body></html>"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def refusal(api, order) -> ImageAPIError:
    with pytest.raises(ImageAPIError) as caught:
        api.generate(order)
    return caught.value


# Surely not sent


def test_a_refused_connection_was_not_sent(order):
    api = ImageAPI(f"http://127.0.0.1:{free_port()}", KEY, limits=PATIENT)
    assert type(refusal(api, order)) is NotSent


def test_an_unknown_name_was_not_sent(order, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = refusal(ImageAPI("http://api.test", KEY, limits=PATIENT), order)
    assert type(error) is NotSent
    assert str(error) == "The order was not sent to the image API: its name was not found."


def test_a_name_server_that_never_answers_does_not_hold_the_call(order, monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(30) and [])
    with soon():
        assert type(refusal(ImageAPI("http://api.test", KEY, limits=HASTY), order)) is NotSent
    over.set()


def test_a_host_that_takes_no_connection_was_not_sent(order):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        queued = [socket.socket() for _ in range(4)]
        for sock in queued:
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
        with soon():
            error = refusal(ImageAPI(f"http://127.0.0.1:{port}", KEY, limits=HASTY), order)
        for sock in queued:
            sock.close()
    assert type(error) is NotSent


@pytest.mark.parametrize(
    ("broken", "limits"),
    [
        (then_close(b"HTTP/1.1 200 this is no TLS\r\n\r\n"), PATIENT),
        (then_close(b""), PATIENT),
        (reset, PATIENT),
        (silence, HASTY),
    ],
    ids=["no TLS", "hung up", "reset", "silent"],
)
def test_a_handshake_that_fails_was_not_sent(order, broken, limits):
    server = Stub()
    server._requests = lambda lines: iter([lines.peek(1)])
    server.says(broken)
    with soon():
        error = refusal(ImageAPI(server.url.replace("http:", "https:"), KEY, limits=limits), order)
    server.stop()
    assert type(error) is NotSent
    assert "no secure connection" in str(error)


def test_an_untrusted_certificate_was_not_sent(order):
    server = Stub(tls=True)
    error = refusal(ImageAPI(server.url, KEY, limits=PATIENT), order)
    server.stop()
    assert type(error) is NotSent
    assert server.asked == []


# The outcome is unknown


@pytest.mark.parametrize(
    "script",
    [
        reset,
        then_close(b""),
        then_close(b"garbage\r\n\r\n"),
        then_close(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"),
        then_close(b"HTTP/1.1 200 OK\r\nContent-Le"),
        flood(b"HTTP/1.1 200 OK\r\n\r\n"),
        reply(b"", 200),
        reply(b"", 204),
        reply(b"{nonsense"),
        reply(b"[" * 9000),
        reply(b"\xff\xfe\x00"),
        reply(HTML),
        reply([1, 2]),
        reply({"status": "ok"}),
        reply({"task_id": None}),
        reply({"task_id": ""}),
        reply({"task_id": "../../account"}),
        reply({"task_id": ["x"]}),
        reply({"error": "rate_limited"}),
        reply(b" " * 20_000 + b"{}"),
        reply(TAKEN, 200, Content_Encoding="gzip"),
        reply(TAKEN, 103),
        reply(TAKEN, 301, Location="/elsewhere/"),
        reply(TAKEN, 303, Location="/elsewhere/"),
        reply(b"", 304),
        reply(b"", 408),
        reply(b"", 409),
        reply(b"", 500),
        reply({"error": "rate_limited"}, 503, Retry_After="5"),
        reply(HTML, 502),
        reply(b"", 504),
    ],
)
def test_anything_but_a_readable_answer_leaves_the_outcome_unknown(stub, api, order, script):
    stub.says(script)
    with soon():
        error = refusal(api, order)
    assert type(error) is OutcomeUnknown
    assert len(stub.asked) == 1
    assert "<" not in str(error)


@pytest.mark.parametrize(
    "script",
    [
        silence,
        drip(b"HTTP/1.1 2"),
        drip(b"HTTP/1.1 200 OK\r\nX-Slow: "),
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"),
        drip(b"HTTP/1.1 200 OK\r\n\r\n", b" "),
        drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_an_answer_that_never_ends_leaves_the_outcome_unknown(stub, hasty, order, script):
    stub.says(script)
    with soon():
        error = refusal(hasty, order)
    assert type(error) is OutcomeUnknown
    wait_until(lambda: stub.asked)
    assert len(stub.asked) == 1


def test_a_connection_lost_while_the_pictures_are_sent_leaves_the_outcome_unknown(stub, api, order, source):
    stub._requests = lambda lines: iter([lines.readline()])
    stub.says(reset)
    with pytest.raises(OutcomeUnknown):
        api.edit(replace(order, sources=(source,) * 14))


# An answer below 500 decides


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply({"error": "validation_failed", "message": "No."}, 400), OrderRefused),
        (reply({"error": "validation_failed"}, 403), OrderRefused),
        (reply({"prompt": ["Blocked."]}, 403), OrderRefused),
        (reply(HTML, 413), OrderRefused),
        *[(reply(HTML, status), ServiceRefused) for status in (403, 404, 405, 406, 410, 418, 451)],
        (reply({"code": "no_such_code"}, 403), ServiceRefused),
        (reply({"detail": "Invalid API key."}, 403), KeyRefused),
        (reply({"detail": "No."}, 422), OrderRefused),
        (reply(b"", 401), KeyRefused),
        (reply({"code": "api_key_revoked"}, 403), KeyRefused),
        (reply({"error": "invalid_api_key"}, 400), KeyRefused),
        (reply({"error": {"code": "api_key_expired"}}, 401), KeyRefused),
        (reply(b"", 402), WalletEmpty),
        (reply({"error": {"code": "insufficient_credits"}}, 400), WalletEmpty),
        (reply({"code": "INSUFFICIENT_CREDITS"}, 403), WalletEmpty),
        (reply(b"", 429), Throttled),
        (reply({"error": "rate_limited"}, 403), Throttled),
    ],
)
def test_a_refusal_is_sorted_by_its_code_and_then_its_status(stub, api, order, answer, kind):
    stub.says(answer)
    assert type(refusal(api, order)) is kind


@pytest.mark.parametrize(
    "script",
    [
        then_close(b"HTTP/1.1 400 Bad\r\nContent-Length: 500\r\n\r\n{"),
        drip(b"HTTP/1.1 400 Bad\r\nContent-Length: 5000\r\n\r\n"),
        reply(b"x" * 20_000, 400),
        reply({"detail": "No."}, 400, Content_Encoding="br"),
    ],
)
def test_a_refusal_counts_even_when_its_reasons_cannot_be_read(stub, order, script):
    stub.says(script)
    # Time enough for the head of the answer, which must come; the drip takes all of it
    api = ImageAPI(stub.url, KEY, limits=replace(PATIENT, post_deadline_seconds=2))
    with soon():
        error = refusal(api, order)
    assert type(error) is OrderRefused
    assert str(error).startswith("The image API refused the order (400 Bad Request)")


def test_a_refusal_before_all_pictures_were_sent_counts(stub, api, order, source):
    stub._requests = lambda lines: iter([lines.readline()])
    stub.says(then_close(reply({"error": "invalid_api_key", "message": "Who?"}, 401)))
    # The hang-up may overtake the answer: then nobody knows, which is the honest reading
    with pytest.raises((KeyRefused, OutcomeUnknown)):
        api.edit(replace(order, sources=(source,) * 14))


def test_who_turns_everything_away_is_quoted(stub, api, order):
    stub.says(reply({"detail": "Not in your country."}, 451), reply(HTML, 404))
    quoted = "The image API takes no orders (451 Unavailable For Legal Reasons): Not in your country."
    assert str(refusal(api, order)) == quoted
    assert str(refusal(api, order)) == "The image API takes no orders (404 Not Found)."


def test_a_message_that_quotes_the_prompt_names_no_option(stub, api, order):
    order = replace(order, prompt="The word output_format, in stone", output_format="webp")
    stub.says(reply({"message": "'The word output_format, in stone' is not allowed."}, 400))
    assert refusal(api, order).parameter == ""


def test_a_refused_option_is_named(stub, api, order):
    stub.says(reply({"output_format": ['"webp" is not a valid choice.']}, 400))
    error = refusal(api, replace(order, output_format="webp"))
    assert error.parameter == "output_format"
    assert str(error) == 'output_format: "webp" is not a valid choice.'


def test_an_option_that_was_not_sent_is_not_at_fault(stub, api, order):
    stub.says(reply({"output_format": ["Bad."]}, 400))
    assert refusal(api, order).parameter == ""


def test_the_api_s_code_and_words_are_kept(stub, api, order):
    stub.says(reply({"error": "Validation_Failed", "message": "The prompt is empty."}, 400))
    error = refusal(api, order)
    assert (error.code, error.message, str(error)) == (
        "validation_failed",
        "The prompt is empty.",
        "The prompt is empty.",
    )


# What is sent


def test_an_order_is_accepted(stub, api, order):
    stub.says(reply(TAKEN))
    accepted = api.generate(order)
    assert accepted.task_id == TAKEN["task_id"]
    assert accepted.created_at.isoformat() == "2025-11-22T10:00:00+00:00"
    asked = stub.asked[0]
    assert (asked.method, asked.path) == ("POST", "/v1/images/gemini/2.5/flash/generate/")
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["accept-encoding"] == "identity"
    assert asked.headers["content-type"] == "application/json"
    assert "idempotency-key" not in asked.headers


def test_an_address_with_a_path_keeps_it(stub, order):
    stub.says(reply(TAKEN))
    ImageAPI(stub.url + "/proxy/", KEY, limits=PATIENT).generate(order)
    assert stub.asked[0].path == "/proxy/v1/images/gemini/2.5/flash/generate/"


def test_only_what_differs_from_the_default_is_said(stub, api, order):
    stub.says(reply(TAKEN))
    api.generate(order)
    api.generate(replace(order, num_images=4, aspect_ratio="16:9", output_format="jpeg"))
    assert [asked.json() for asked in stub.asked] == [
        {"prompt": "A harbour at dawn"},
        {"prompt": "A harbour at dawn", "num_images": 4, "aspect_ratio": "16:9", "output_format": "jpeg"},
    ]


def test_what_is_to_be_left_out_is_not_said(stub, api, order):
    stub.says(reply(TAKEN))
    leave_out = frozenset({"output_format", "aspect_ratio"})
    api.generate(replace(order, num_images=2, aspect_ratio="16:9", output_format="jpeg", leave_out=leave_out))
    assert stub.asked[0].json() == {"prompt": "A harbour at dawn", "num_images": 2}


def test_the_idempotency_key_is_a_header(stub, api, order):
    stub.says(reply(TAKEN))
    api.generate(replace(order, idempotency_key="job-1"))
    assert stub.asked[0].headers["idempotency-key"] == "job-1"


def test_every_post_opens_its_own_connection(stub, api, order):
    stub.says(reply(TAKEN))
    for _ in range(3):
        api.generate(order)
    assert stub.connections == 3


def test_a_prompt_may_hold_anything(stub, api, order):
    stub.says(reply(TAKEN))
    prompt = 'Ž"\\\n\x00 漢字 🎈 \ud800'
    api.generate(replace(order, prompt=prompt))
    assert stub.asked[0].json()["prompt"] == prompt


@pytest.mark.parametrize(
    ("created_at", "expected"),
    [
        ("2025-11-22T10:00:00+02:00", "2025-11-22T08:00:00+00:00"),
        ("2025-11-22T10:00:00.123456Z", "2025-11-22T10:00:00.123456+00:00"),
        ("2025-11-22T10:00:00", "2025-11-22T10:00:00+00:00"),
    ],
)
def test_the_time_of_acceptance_is_in_utc(stub, api, order, created_at, expected):
    stub.says(reply({**TAKEN, "created_at": created_at}))
    assert api.generate(order).created_at.isoformat() == expected


@pytest.mark.parametrize("created_at", [None, "", "yesterday", 17, [], "0001-01-01T00:00:00+23:00"])
def test_a_time_that_cannot_be_read_does_not_lose_the_task(stub, api, order, created_at):
    stub.says(reply({**TAKEN, "created_at": created_at}))
    accepted = api.generate(order)
    assert (accepted.task_id, accepted.created_at) == (TAKEN["task_id"], None)


# Throttled


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry_After": "17"}, {}, 17),
        ({"Retry_After": "1.5"}, {}, 1.5),
        ({}, {"detail": "Request was throttled. Expected available in 42 seconds."}, 42),
        ({}, {"detail": "Request was throttled. Expected available in 1 second."}, 1),
        ({}, {"error": {"code": "rate_limited", "message": "Try again in 2 minutes"}}, 120),
        ({"Retry_After": "17"}, {"detail": "Expected available in 42 seconds."}, 17),
        ({"Retry_After": "soon"}, {"detail": "Expected available in 42 seconds."}, 42),
        ({"Retry_After": "0"}, {}, 1),
        ({"Retry_After": "Wed, 21 Oct 2015 07:28:00 GMT"}, {}, 1),
        ({"Retry_After": "999999"}, {}, 3600),
        ({"Retry_After": "Wed, 21 Oct 2099 07:28:00 GMT"}, {}, 3600),
        ({"Retry_After": "-5"}, {}, 20),
        ({}, {}, 20),
        ({}, {"detail": "Slow down."}, 20),
    ],
)
def test_a_throttle_says_how_long_to_wait(stub, api, order, headers, body, seconds):
    stub.says(reply(body, 429, **headers))
    assert refusal(api, order).seconds == seconds


def test_a_source_that_is_gone_fails_the_order_before_anything_is_sent(stub, api, order, source):
    gone = replace(source, path=source.path.with_name("gone.png"))
    with pytest.raises(OrderRefused):
        api.edit(replace(order, sources=(source, gone)))
    assert stub.connections == 0


@pytest.mark.parametrize("key", ["", "   ", "two words", "клÜч-unique-123", "line\r\nbreak: x"])
def test_a_key_that_no_request_can_carry_is_refused_here(stub, order, key):
    error = refusal(ImageAPI(stub.url, key, limits=PATIENT), order)
    assert type(error) is KeyRefused
    assert stub.connections == 0


@pytest.mark.parametrize("url", ["", "api.test", "ftp://api.test", "https://", "https://api.test:port"])
def test_an_address_that_is_none_is_refused_at_once(url):
    with pytest.raises(ValueError):
        ImageAPI(url, KEY)
    with pytest.raises(ValueError):
        ImageAPI("https://api.test", KEY, private_origins=[url])
