"""Progress and wallet: questions that cost nothing, so that every trouble means "look again later"."""

import threading
from dataclasses import replace
from decimal import Decimal

import pytest

from studio.imageapi import (
    Asset,
    ImageAPI,
    ImageAPIError,
    KeyRefused,
    Status,
    TaskUnknown,
    Throttled,
    Unreachable,
    WalletEmpty,
)
from tests.imageapi.conftest import KEY, PATIENT, soon
from tests.imageapi.stub import drip, flood, reply, reset, silence, then_close
from tests.started import wait_until

ALL_TROUBLES = [
    reset,
    then_close(b""),
    then_close(b"garbage\r\n\r\n"),
    then_close(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"),
    flood(b"HTTP/1.1 200 OK\r\n\r\n"),
    flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n"),
    flood(b"HTTP/1.1 200 OK\r\nX-Endless: "),
    reply(b""),
    reply(b"{nonsense"),
    reply(b"[" * 9000),
    reply(b"<html>Bad Gateway</html>"),
    reply([]),
    reply({}),
    reply({"status": "FINISHED", "balance": "5"}, Content_Encoding="gzip"),
    reply(b" " * 20_000 + b'{"status": "FINISHED", "balance": "5"}'),
    reply({}, 204),
    reply({}, 301, Location="/elsewhere/"),
    reply({"detail": "No."}, 400),
    reply(b"<html>", 403),
    reply({}, 500),
    reply({"error": "invalid_api_key"}, 502),
]
ENDLESS = [
    silence,
    drip(b"HTTP/1.1 2"),
    drip(b"HTTP/1.1 200 OK\r\nX-Slow: "),
    drip(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"),
    drip(b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
]


def ask(call) -> ImageAPIError:
    with pytest.raises(ImageAPIError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize("script", ALL_TROUBLES)
def test_every_trouble_of_a_read_means_look_again_later(stub, api, script):
    stub.says(script)
    with soon():
        error = ask(lambda: api.progress("task-1"))
    assert type(error) is Unreachable
    assert "<" not in str(error)
    assert len(stub.asked) == 1


@pytest.mark.parametrize("script", ENDLESS)
def test_a_read_that_never_ends_is_ended(stub, hasty, script):
    stub.says(script)
    with soon():
        error = ask(lambda: hasty.progress("task-1"))
    assert type(error) is Unreachable
    wait_until(lambda: stub.asked)
    assert len(stub.asked) == 1


@pytest.mark.parametrize("script", [reset, reply({}, 500), reply(b"{")])
def test_the_wallet_is_a_read_like_any_other(stub, api, script):
    stub.says(script)
    assert type(ask(api.balance)) is Unreachable


def test_a_wallet_that_drips_is_ended_too(stub, hasty):
    stub.says(drip(b"HTTP/1.1 200 OK\r\n\r\n", b" "))
    with soon():
        assert type(ask(hasty.balance)) is Unreachable


def test_a_server_that_is_not_there_means_look_again_later(stub, api):
    stub.stop()
    assert str(ask(api.balance)) == "The image API can't be reached: no connection could be made."


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply({"error": "api_key_expired"}, 401), KeyRefused),
        (reply({"code": "invalid_api_key"}, 403), KeyRefused),
        (reply({}, 402), WalletEmpty),
        (reply({"detail": "Expected available in 9 seconds."}, 429), Throttled),
    ],
)
def test_key_wallet_and_pace_are_told_apart_on_reads_too(stub, api, answer, kind):
    stub.says(answer)
    for call in (lambda: api.progress("task-1"), api.balance):
        assert type(ask(call)) is kind


def test_a_task_that_the_api_does_not_know_is_said_so(stub, api):
    stub.says(reply({"detail": "Not found."}, 404))
    assert type(ask(lambda: api.progress("task-1"))) is TaskUnknown


def test_a_task_id_cannot_leave_its_place_in_the_address(stub, api):
    stub.says(reply({"status": "PENDING"}))
    api.progress("../../account/user?x=1#y")
    assert stub.asked[0].path == "/v1/generation-request/..%2F..%2Faccount%2Fuser%3Fx%3D1%23y/status/"


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("PENDING", Status.WORKING),
        ("IN_PROGRESS", Status.WORKING),
        ("FINISHED", Status.FINISHED),
        ("finished", Status.FINISHED),
        (" Failed ", Status.FAILED),
        ("UPSCALING", Status.WORKING),
        (7, Status.WORKING),
    ],
)
def test_a_status_that_nobody_knows_means_still_working(stub, api, word, status):
    stub.says(reply({"status": word}))
    progress = api.progress("task-1")
    assert (progress.status, progress.word) == (status, str(word).strip())


@pytest.mark.parametrize(
    ("said", "percent"),
    [
        (0, 0),
        (55, 55),
        (99.9, 99),
        ("45", 45),
        ("45%", 45),
        (" 45.5 % ", 45),
        (-5, 0),
        (250, 100),
        (1e400, 100),
        (float("nan"), None),
        (None, None),
        ("half", None),
        (True, None),
        ([50], None),
    ],
)
def test_progress_is_a_number_from_0_to_100_or_nothing(stub, api, said, percent):
    stub.says(reply({"status": "IN_PROGRESS", "progress": said}))
    assert api.progress("task-1").percent == percent


@pytest.mark.parametrize(
    ("results", "assets"),
    [
        ([{"asset_url": "https://a/1"}], [Asset(url="https://a/1")]),
        ([{"asset": "https://a/1"}], [Asset(url="https://a/1")]),
        ([{"asset": "https://a/2", "asset_url": "https://a/1"}], [Asset(url="https://a/1")]),
        ([{"asset": "https://a/2", "asset_url": None}], [Asset(url="https://a/2")]),
        ([{"asset": "https://a/2", "asset_url": "key-17"}], [Asset(url="https://a/2")]),
        ([{"asset": " https://a/2 ", "asset_url": ""}], [Asset(url="https://a/2")]),
        (
            [{"asset": "https://a/1", "thumbnail": "https://a/t"}],
            [Asset(url="https://a/1", thumbnail="https://a/t")],
        ),
        ([{"asset": "https://a/1", "thumbnail": None}], [Asset(url="https://a/1")]),
        ([{"asset": "https://a/1"}, {"asset": None}, None, "x", {}], [Asset(url="https://a/1")]),
        ([], []),
        (None, []),
        ("soon", []),
        ({"asset": "https://a/1"}, []),
    ],
)
def test_pictures_are_found_under_either_name(stub, api, results, assets):
    stub.says(reply({"status": "FINISHED", "results": results}))
    assert api.progress("task-1").assets == tuple(assets)


def test_finished_without_results_is_no_error(stub, api):
    stub.says(reply({"status": "FINISHED", "progress": 100, "failure_reason": None}))
    progress = api.progress("task-1")
    assert (progress.status, progress.assets, progress.failure_reason) == (Status.FINISHED, (), "")


def test_a_reason_for_failing_is_one_plain_line(stub, api):
    reason = "Blocked\r\n<script>alert(1)</script><b>by</b>\x00 policy \ud800" + "!" * 500
    stub.says(reply({"status": "FAILED", "failure_reason": reason}))
    said = api.progress("task-1").failure_reason
    assert said.startswith("Blocked by policy !!!")
    assert len(said) == 300


@pytest.mark.parametrize(
    ("said", "balance"), [("150.00", "150.00"), (150, "150"), (0.1, "0.1"), ("0", "0"), (" -3.5 ", "-3.5")]
)
def test_the_wallet_is_a_decimal(stub, api, said, balance):
    stub.says(reply({"balance": said}))
    assert api.balance() == Decimal(balance)
    assert stub.asked[0].path == "/account/user/wallet/"


@pytest.mark.parametrize("said", [None, "", "plenty", "NaN", "Infinity", "1e99", True, [], {"amount": 5}])
def test_a_wallet_that_says_no_number_is_unreachable(stub, api, said):
    stub.says(reply({"balance": said}))
    assert type(ask(api.balance)) is Unreachable


@pytest.mark.parametrize("status", [404, 405])
def test_the_wallet_s_older_address_is_tried_where_the_first_is_not_there(stub, api, status):
    stub.says(reply({"detail": "Not here."}, status), reply({"balance": "7.50"}))
    assert api.balance() == Decimal("7.50")
    assert [asked.path for asked in stub.asked] == ["/account/user/wallet/", "/user/wallet/"]


def test_the_first_address_is_asked_again_each_time(stub, api):
    stub.says(reply({}, 404), reply({"balance": "7.50"}), reply({"balance": "8.50"}))
    assert [api.balance(), api.balance()] == [Decimal("7.50"), Decimal("8.50")]
    assert [asked.path for asked in stub.asked][2:] == ["/account/user/wallet/"]


@pytest.mark.parametrize("status", [500, 502, 400, 403])
def test_an_address_that_is_there_but_troubled_is_not_passed_over(stub, api, status):
    stub.says(reply({"detail": "Not now."}, status), reply({"balance": "7.50"}))
    assert type(ask(api.balance)) is Unreachable
    assert len(stub.asked) == 1


@pytest.mark.parametrize("status", [404, 405])
def test_a_wallet_at_neither_address_is_unreachable(stub, api, status):
    stub.says(reply({}, status))
    assert type(ask(api.balance)) is Unreachable
    assert len(stub.asked) == 2


# Connections


def test_reads_of_one_thread_share_a_connection(stub, api):
    stub.says(reply({"balance": 1}))
    for _ in range(3):
        api.balance()
    assert stub.connections == 1


def test_each_thread_has_connections_of_its_own(stub, api):
    stub.says(reply({"balance": 1}))
    threads = [threading.Thread(target=api.balance) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stub.connections == 3


def test_a_shared_connection_is_watched_in_every_call(stub):
    stub.says(reply({"balance": 1}), drip(b"HTTP/1.1 200 OK\r\nX-Slow: "))
    # Time enough for the first answer, which must come
    api = ImageAPI(stub.url, KEY, limits=replace(PATIENT, read_deadline_seconds=2))
    api.balance()
    with soon():
        assert type(ask(api.balance)) is Unreachable
    assert stub.connections == 1


def test_a_connection_that_the_server_closed_meanwhile_is_opened_anew(stub, api):
    closed = threading.Event()

    def last_words(connection):
        then_close(reply({"balance": 1}))(connection)
        closed.set()

    stub.says(last_words, reply({"balance": 2}))
    assert api.balance() == 1
    assert closed.wait(5)
    assert api.balance() == 2


def test_the_end_of_a_call_leaves_no_thread_behind(stub, api):
    stub.says(reply({"balance": 1}))
    api.balance()
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    for timer in timers:
        timer.join(5)
    assert not any(timer.is_alive() for timer in timers)


def test_nothing_comes_from_the_environment(stub, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login robber password stolen\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    stub.says(reply({"balance": 1}, Set_Cookie="a=b"))
    api = ImageAPI(stub.url, KEY, limits=PATIENT)
    api.balance()
    api.balance()
    assert stub.asked[1].headers["authorization"] == f"Bearer {KEY}"
    assert "cookie" not in stub.asked[1].headers
