"""Every fault, as a client meets it over HTTP."""

import io
import json
import socket
import time
import warnings
import zlib
from urllib.parse import urlsplit

import pytest
import requests
import urllib3
from PIL import Image

from studio.sandbox import UnknownFaultError
from studio.sandbox.faults import CATALOG


def fetch(caller, nth=1, **options):
    """The nth picture of a new task, raw, with a stranger's hands: no key, no decoding."""
    task_id = caller.task(**options)
    with urllib3.PoolManager(retries=False) as pool:
        return pool.request(
            "GET", f"{caller.url}/cdn/{task_id}/{nth}.png", decode_content=False, redirect=False, timeout=30
        )


# Submits


@pytest.mark.parametrize(("name", "charged"), [("drop", True), ("drop_uncharged", False)])
def test_a_dropped_submit_has_no_answer_and_is_or_is_not_charged(caller, world, name, charged):
    world.faults.add(f"submit.{name}", times=1)
    with pytest.raises(requests.ConnectionError):
        caller.submit()
    assert [submit.accepted for submit in world.submits()] == [charged]
    assert (world.submits()[0].status, world.submits()[0].fault) == (None, f"submit.{name}")
    assert world.submits()[0].answered_at is not None
    assert world.balance() == (995 if charged else 1000)
    assert caller.submit().status_code == 200


@pytest.mark.parametrize("charged", [True, False])
@pytest.mark.parametrize(
    ("name", "status", "kind"), [("error_500", 500, "application/json"), ("error_502", 502, "text/html")]
)
def test_a_server_error_may_or_may_not_have_been_charged(caller, world, name, status, kind, charged):
    world.faults.add(f"submit.{name}", times=1, charged=charged)
    answer = caller.submit()
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, kind)
    assert len(world.truth()) == charged
    assert world.balance() == (995 if charged else 1000)


def test_a_slow_submit_is_accepted_at_once_and_answered_later(caller, world):
    world.faults.add("submit.slow", seconds=1.5)
    answer = caller.submit()
    (submit,) = world.submits()
    assert answer.status_code == 200
    assert submit.answered_at - submit.arrived_at >= 1.5
    assert world.truth()[0].created_at - submit.arrived_at < 1.5


def test_an_answer_can_be_garbage_or_lack_its_task_though_it_was_paid(caller, world):
    world.faults.add("submit.garbage", times=1)
    world.faults.add("submit.no_task_id", times=1)
    garbage, partial = caller.submit(), caller.submit()
    assert (garbage.status_code, partial.status_code) == (200, 200)
    with pytest.raises(ValueError):
        garbage.json()
    assert list(partial.json()) == ["created_at"]
    assert world.balance() == 990


def test_a_documented_parameter_is_refused_until_the_fault_is_removed(caller, world):
    fault = world.faults.add("submit.refuse", parameter="output_format")
    for _ in range(2):
        answer = caller.submit(output_format="webp")
        assert (answer.status_code, answer.json()["error"]) == (400, "validation_failed")
        assert "output_format" in answer.json()["details"]
    assert caller.submit().status_code == 200
    assert world.faults.hits(fault) == 2
    world.faults.remove(fault)
    assert caller.submit(output_format="webp").status_code == 200


@pytest.mark.parametrize(
    ("name", "status"), [("unauthorized", 401), ("payment_required", 402), ("throttle", 429), ("refuse", 400)]
)
@pytest.mark.parametrize("shape", ["error", "code", "detail", "nested", "html"])
def test_an_error_can_have_every_shape_and_costs_nothing(caller, world, name, status, shape):
    world.faults.add(f"submit.{name}", shape=shape)
    answer = caller.submit(output_format="webp")
    assert answer.status_code == status
    assert world.truth() == []
    if shape == "html":
        assert answer.text.startswith("<html>")
        return
    keys = {
        "error": {"error", "message"},
        "code": {"code", "detail"},
        "detail": {"detail"},
        "nested": {"error"},
    }
    assert keys[shape] <= set(answer.json())


def test_a_throttle_says_its_seconds_with_or_without_the_header(caller, world):
    world.faults.add("submit.throttle", times=1, seconds=7)
    world.faults.add("submit.throttle", times=1, seconds=9, retry_after=False)
    first, second = caller.submit(), caller.submit()
    assert (first.headers["Retry-After"], "in 7 seconds" in first.text) == ("7", True)
    assert ("Retry-After" in second.headers, "in 9 seconds" in second.text) == (False, True)


# Which of them, how often


def test_a_fault_happens_as_often_as_it_was_asked_for(caller, world):
    fault = world.faults.add("submit.error_500", times=2)
    assert [caller.submit().status_code for _ in range(4)] == [500, 500, 200, 200]
    assert world.faults.hits(fault) == 2
    assert world.faults.waiting() == ()


def test_a_fault_can_wait_for_a_word_of_the_prompt(caller, world):
    world.faults.add("submit.error_500", word="Otter")
    assert caller.submit("a fox").status_code == 200
    assert caller.submit("two otters").status_code == 500


def test_a_fault_can_fall_to_a_share_of_what_matches_and_to_the_same_each_time(make_world, serve):
    fallen = []
    for folder in ("first", "second"):
        world = make_world(folder)
        world.faults.add("submit.payment_required", share=0.3)
        caller = serve(world)
        fallen.append([caller.submit().status_code for _ in range(40)])
    assert fallen[0] == fallen[1]
    assert 4 <= fallen[0].count(402) <= 20


def test_the_oldest_fault_that_matches_is_taken_first(caller, world):
    world.faults.add("submit.payment_required", times=1, word="otter")
    world.faults.add("submit.unauthorized", times=1)
    assert [caller.submit(prompt).status_code for prompt in ("fox", "otter", "otter")] == [401, 402, 200]


def test_all_faults_can_be_taken_back(caller, world):
    world.faults.add("submit.error_500")
    world.faults.clear()
    assert caller.submit().status_code == 200


@pytest.mark.parametrize("name", ["submit.nonsense", "nonsense", "asset.", "submit.drop.twice"])
def test_an_unknown_fault_is_refused_when_it_is_asked_for(world, name):
    with pytest.raises(UnknownFaultError, match="there is no fault"):
        world.faults.add(name)


def test_an_unknown_option_is_refused_when_it_is_asked_for(world):
    with pytest.raises(UnknownFaultError, match=r"submit\.drop has no option seconds"):
        world.faults.add("submit.drop", seconds=3)


def test_every_fault_of_the_table_can_be_asked_for(world):
    names = [
        f"{stage}.{name}"
        for stage, moments in CATALOG.items()
        for faults in moments.values()
        for name in faults
    ]
    for name in names:
        world.faults.add(name)
    assert [f"{fault.stage}.{fault.name}" for fault in world.faults.waiting()] == names


# Looks at the status and the wallet


@pytest.mark.parametrize("stage", ["status", "wallet"])
@pytest.mark.parametrize(
    ("name", "status"), [("error_500", 500), ("html", 502), ("throttle", 429), ("invalid_json", 200)]
)
def test_a_read_can_go_wrong_for_a_while(caller, world, stage, name, status):
    task_id = caller.task()
    world.faults.add(f"{stage}.{name}", times=1)
    read = caller.wallet if stage == "wallet" else lambda: caller.status(task_id)
    answer = read()
    assert answer.status_code == status
    if name == "invalid_json":
        with pytest.raises(ValueError):
            answer.json()
    assert read().status_code == 200
    assert read().json()


@pytest.mark.parametrize("stage", ["status", "wallet"])
def test_a_read_can_drip_or_be_dropped(caller, world, stage):
    task_id = caller.task()
    read = caller.wallet if stage == "wallet" else lambda: caller.status(task_id)
    world.faults.add(f"{stage}.drop", times=1)
    with pytest.raises(requests.ConnectionError):
        read()
    world.faults.add(f"{stage}.drip", times=1, seconds=0.001)
    whole = len(read().content)
    world.faults.add(f"{stage}.drip", times=1, seconds=0.01)
    started = time.monotonic()
    assert len(read().content) == whole
    assert time.monotonic() - started >= 0.01 * whole * 0.9


@pytest.mark.parametrize("status", [404, 405])
def test_the_wallet_can_be_at_either_of_its_addresses_alone(caller, world, status):
    first, older = "/account/user/wallet/", "/user/wallet/"
    for gone, there in ((first, older), (older, first)):
        fault = world.faults.add("wallet.absent", path=gone, status=status)
        assert caller.get(caller.url + gone, timeout=30).status_code == status
        assert caller.get(caller.url + there, timeout=30).json() == {"balance": "1000.00"}
        world.faults.remove(fault)
        assert caller.get(caller.url + gone, timeout=30).status_code == 200


def test_a_task_can_show_other_words_or_none_at_all(caller, world):
    task_id = caller.task()
    world.faults.add("status.odd_word", times=1)
    world.faults.add("status.pending", times=1)
    world.faults.add("status.not_found", times=1)
    words = [caller.status(task_id).json().get("status") for _ in range(4)]
    assert words == ["WARMING_UP", "PENDING", None, "FINISHED"]


def test_a_task_can_stay_in_work_for_ever_and_be_finished_by_hand(caller, world):
    world.faults.add("status.never", times=1)
    task_id = caller.task()
    assert caller.status(task_id).json()["status"] == "IN_PROGRESS"
    assert world.looks(task_id).ready_at is None
    world.finish(task_id)
    assert caller.status(task_id).json()["status"] == "FINISHED"


def test_a_late_task_is_late_once_however_long_the_fault_stays(make_world, serve):
    world = make_world(seconds=(10, 10))
    caller = serve(world)
    world.faults.add("status.late", seconds=40)
    task_id = caller.task()
    for _ in range(3):
        caller.status(task_id)
    assert world.looks(task_id).ready_at - world.truth()[0].created_at == pytest.approx(50)


def test_a_task_already_in_work_can_still_be_made_to_fail(make_world, serve):
    world = make_world(seconds=(60, 60))
    caller = serve(world)
    task_id = caller.task()
    assert caller.status(task_id).json()["status"] == "IN_PROGRESS"
    world.faults.add("status.fail")
    assert caller.status(task_id).json()["status"] == "FAILED"
    assert world.balance() == 1000


def test_results_can_come_some_looks_or_seconds_after_finished(caller, world):
    task_id = caller.task()
    world.faults.add("status.gap", times=2)
    contents = [caller.status(task_id).json() for _ in range(3)]
    assert [content["status"] for content in contents] == ["FINISHED"] * 3
    assert [len(content["results"]) for content in contents] == [0, 0, 1]
    world.faults.add("status.gap", seconds=3600)
    assert caller.assets(task_id) == []
    world.faults.clear()
    world.faults.add("status.gap", seconds=0)
    assert len(caller.assets(task_id)) == 1


def test_a_fault_of_finished_tasks_waits_until_one_is_finished(make_world, serve):
    world = make_world(seconds=(60, 60))
    caller = serve(world)
    task_id = caller.task()
    world.faults.add("status.gap", times=1)
    caller.status(task_id)
    world.finish(task_id)
    assert caller.assets(task_id) == []
    assert len(caller.assets(task_id)) == 1


@pytest.mark.parametrize(("name", "count", "different"), [("fewer", 2, 2), ("more", 4, 4), ("doubled", 6, 3)])
def test_there_can_be_too_few_or_too_many_results(caller, world, name, count, different):
    task_id = caller.task(num_images=3)
    world.faults.add(f"status.{name}")
    assets = caller.assets(task_id)
    assert (len(assets), len(set(assets))) == (count, different)
    assert world.truth()[0].delivered == count
    assert caller.get(assets[-1], timeout=30).status_code == 200


@pytest.mark.parametrize(("name", "missing"), [("only_asset", "asset_url"), ("only_asset_url", "asset")])
def test_one_of_the_two_addresses_can_be_missing(caller, world, name, missing):
    world.faults.add(f"status.{name}")
    (result,) = caller.status(caller.task()).json()["results"]
    assert missing not in result
    assert len(result) == 3


# Downloads


def test_only_the_nth_picture_is_broken(caller, world):
    world.faults.add("asset.missing", nth=2, times=1)
    task_id = caller.task(num_images=2)
    codes = [caller.get(address, timeout=30).status_code for address in caller.assets(task_id) * 2]
    assert codes == [200, 404, 200, 200]
    assert world.truth()[0].fetched == (1, 2)


@pytest.mark.parametrize(("name", "status"), [("missing", 404), ("error_500", 500), ("redirect", 302)])
def test_a_picture_can_be_somewhere_else_or_nowhere(caller, world, name, status):
    world.faults.add(f"asset.{name}", **({"to": "http://127.0.0.1:9/x"} if name == "redirect" else {}))
    answer = fetch(caller)
    assert answer.status == status
    assert answer.headers.get("Location") == ("http://127.0.0.1:9/x" if name == "redirect" else None)
    assert world.truth()[0].fetched == ()


@pytest.mark.parametrize(("name", "start"), [("empty", b""), ("html", b"<!doctype"), ("svg", b"<svg")])
def test_a_picture_can_be_no_picture_under_a_pictures_name(caller, world, name, start):
    world.faults.add(f"asset.{name}")
    answer = fetch(caller)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/png")
    assert answer.data.startswith(start)
    assert bool(answer.data) == bool(start)


def test_a_picture_can_break_off_in_the_middle(caller, world):
    world.faults.add("asset.truncated")
    with pytest.raises(urllib3.exceptions.ProtocolError):
        fetch(caller)
    assert world.truth()[0].fetched == ()


def test_a_picture_can_have_another_format_than_asked_and_still_be_good(caller, world):
    world.faults.add("asset.wrong_type")
    answer = fetch(caller)
    assert answer.headers["Content-Type"] == "image/png"
    assert Image.open(io.BytesIO(answer.data)).format == "JPEG"
    assert world.truth()[0].fetched == (1,)


def test_a_bomb_is_small_on_the_wire_and_huge_in_its_header(caller, world):
    world.faults.add("asset.bomb")
    answer = fetch(caller)
    assert len(answer.data) < 10_000
    with warnings.catch_warnings(), pytest.raises(Image.DecompressionBombError, match="900000000"):
        Image.open(io.BytesIO(answer.data))


def test_a_picture_can_be_compressed_though_nobody_asked(caller, world):
    world.faults.add("asset.gzip")
    answer = fetch(caller)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert zlib.decompress(answer.data, 31).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["endless", "drip"])
def test_a_picture_can_go_on_without_end(caller, world, name):
    world.faults.add(f"asset.{name}", **({"seconds": 0.05} if name == "drip" else {}))
    task_id = caller.task()
    parts = urlsplit(caller.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as line:
        line.sendall(f"GET /cdn/{task_id}/1.png HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        got = b"".join(line.recv(65_536) for _ in range(20))
    assert (b"Content-Length" in got) == (name == "drip")
    assert (len(got) > 50_000) == (name == "endless")


def test_an_options_value_survives_the_file(caller, world):
    world.faults.add("status.odd_word", status="ÜBERLEGT")
    assert json.loads(caller.status(caller.task()).content)["status"] == "ÜBERLEGT"


@pytest.mark.parametrize("name", ["status.slow", "wallet.slow"])
def test_a_read_can_be_answered_late(caller, world, name):
    world.faults.add(name, times=1, seconds=1)
    began = time.monotonic()
    task = caller.task()
    assert (caller.wallet() if name == "wallet.slow" else caller.status(task)).status_code == 200
    assert time.monotonic() - began >= 1


def test_a_picture_can_be_as_huge_as_it_says(caller, world):
    world.faults.add("asset.huge", bytes=10 * 65_536)
    answer = fetch(caller)
    assert int(answer.headers["Content-Length"]) == len(answer.data) == 10 * 65_536
