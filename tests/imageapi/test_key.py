"""The key is in the request's header and nowhere else: no text, traceback, log or local variable shows it."""

import logging
import traceback
from dataclasses import replace

import pytest

from studio.imageapi import ImageAPI, ImageAPIError
from tests.imageapi.conftest import KEY, PATIENT
from tests.imageapi.stub import drip, reply, reset, then_close

ECHO = {"error": "invalid_api_key", "message": f"Invalid API key: {KEY}. Get another."}
CALLS = {
    "generate": lambda api, order: api.generate(order),
    "edit": lambda api, order: api.edit(order),
    "progress": lambda api, _: api.progress("task-1"),
    "balance": lambda api, _: api.balance(),
}
SCRIPTS = {
    "reset": reset,
    "garbage": then_close(b"garbage\r\n\r\n"),
    "echo 401": reply(ECHO, 401),
    "echo 400": reply({"detail": f"Bearer {KEY}"}, 400),
    "echo text": reply(f"no such key {KEY}".encode(), 403),
    "500": reply(ECHO, 500),
    "nonsense": reply(b"{"),
}


def everything_about(error: BaseException) -> str:
    """The error in every form in which a log or an error page shows it, local variables included."""
    frames = error.__traceback__.tb_next.tb_next  # behind the test's own, which hold the key on purpose
    shown = traceback.TracebackException(type(error), error, frames, capture_locals=True)
    chain = [
        str(link) + repr(link) + repr(vars(link)) for link in (error.__cause__, error.__context__) if link
    ]
    return "".join([*shown.format(), str(error), repr(error), repr(vars(error)), *chain])


def check_that_no_error_shows_the_key(call, api, order, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ImageAPIError) as caught:
        call(api, order)
    assert KEY not in everything_about(caught.value)
    assert KEY not in caplog.text
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_no_error_shows_the_key(stub, api, order, source, call, script, caplog):
    stub.says(script)
    check_that_no_error_shows_the_key(call, api, replace(order, sources=(source,)), caplog)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_no_time_out_shows_the_key(stub, hasty, order, source, call, caplog):
    stub.says(drip(b"HTTP/1.1 200 OK\r\nX-Slow: "))
    check_that_no_error_shows_the_key(call, hasty, replace(order, sources=(source,)), caplog)


def test_a_connection_that_is_refused_does_not_show_the_key(stub, order):
    stub.stop()
    for call in CALLS.values():
        with pytest.raises(ImageAPIError) as caught:
            call(ImageAPI(stub.url, KEY, limits=PATIENT), order)
        assert KEY not in everything_about(caught.value)


def test_a_key_that_breaks_a_header_is_not_shown(stub, order):
    key = f"{KEY}\r\nX-Evil: 1"
    for call in ("generate", "progress", "balance"):
        with pytest.raises(ImageAPIError) as caught:
            CALLS[call](ImageAPI(stub.url, key, limits=PATIENT), order)
        assert KEY not in everything_about(caught.value)


def test_a_wrong_address_does_not_show_the_key():
    with pytest.raises(ValueError) as caught:
        ImageAPI("nonsense", KEY)
    frames = caught.value.__traceback__.tb_next
    shown = traceback.TracebackException(ValueError, caught.value, frames, capture_locals=True)
    assert KEY not in "".join(shown.format())


def test_the_client_does_not_show_the_key(stub):
    api = ImageAPI(stub.url, KEY)
    assert KEY not in repr(api) + repr(vars(api)) + str(api)


def test_the_word_sandbox_may_be_said_though_it_is_the_sandbox_s_key(stub, order):
    stub.says(reply({"detail": "The sandbox says no."}, 400))
    with pytest.raises(ImageAPIError, match="The sandbox says no"):
        ImageAPI(stub.url, "sandbox", limits=PATIENT).generate(order)
