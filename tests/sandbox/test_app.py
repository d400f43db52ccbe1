"""What the sandbox answers, against API.md."""

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
import requests

from tests.sandbox.conftest import IMAGES, data_url

NEVER_ACCEPTED = [
    ({"prompt": None}, "prompt"),
    ({"prompt": "  "}, "prompt"),
    ({"prompt": 7}, "prompt"),
    ({"prompt": "\ud800"}, "prompt"),
    ({"aspect_ratio": "2:1"}, "aspect_ratio"),
    ({"aspect_ratio": ["1:1"]}, "aspect_ratio"),
    ({"aspect_ratio": None}, "aspect_ratio"),
    ({"output_format": "gif"}, "output_format"),
    ({"output_format": {}}, "output_format"),
    ({"num_images": 0}, "num_images"),
    ({"num_images": 5}, "num_images"),
    ({"num_images": "2"}, "num_images"),
    ({"num_images": True}, "num_images"),
    ({"num_images": 1.5}, "num_images"),
]
NO_PICTURES = [
    None,
    [],
    "data:image/png;base64,AAAA",
    [data_url()] * 15,
    ["https://example.com/a.png"],
    ["data:image/png;base64,%%%"],
    ["data:image/png;base64,AAAA"],
    ["data:text/html;base64,AAAA"],
    [7],
    [data_url(), data_url()[:-40]],
]


@pytest.mark.parametrize(("wrong", "field"), NEVER_ACCEPTED)
def test_a_wrong_parameter_is_refused_by_name_and_costs_nothing(caller, world, wrong, field):
    answer = caller.submit(**wrong)
    assert answer.status_code == 400
    assert answer.json()["error"] == "validation_failed"
    assert list(answer.json()["details"]) == [field]
    assert field in answer.json()["message"]
    assert world.truth() == []
    assert world.balance() == 1000


def test_every_wrong_parameter_is_named_at_once(caller):
    answer = caller.submit("", num_images=9, output_format="gif", aspect_ratio="x")
    assert set(answer.json()["details"]) == {"prompt", "num_images", "output_format", "aspect_ratio"}


@pytest.mark.parametrize("images", NO_PICTURES)
def test_an_edit_without_readable_pictures_is_refused(caller, world, images):
    answer = caller.submit(kind="edit", images=images)
    assert (answer.status_code, list(answer.json()["details"])) == (400, ["images"])
    assert world.truth() == []


@pytest.mark.parametrize("body", [b"", b"not json", b"[1]", b'"text"', b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(caller, body):
    answer = caller.post(f"{caller.url}{IMAGES}/generate/", data=body, timeout=30)
    assert (answer.status_code, answer.json()["error"]) == (400, "validation_failed")


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("nobody", "invalid_api_key"),
        ("old", "api_key_expired"),
        ("stolen", "api_key_revoked"),
        ("", "invalid_api_key"),
    ],
)
def test_a_key_that_is_no_good_is_refused_everywhere_but_for_pictures(world, serve, key, code):
    world.set_keys(accepted=["sandbox"], expired=["old"], revoked=["stolen"])
    good, bad = serve(world), serve(world, key=key)
    task_id = good.task()
    for answer in (bad.submit(), bad.submit(kind="edit"), bad.status(task_id), bad.wallet()):
        assert (answer.status_code, answer.json()["error"]) == (401, code)
    assert requests.get(good.assets(task_id)[0], timeout=30).status_code == 200
    assert len(world.truth()) == 1


def test_a_new_key_is_accepted_from_now_on(world, serve):
    caller = serve(world, key="new")
    assert caller.wallet().status_code == 401
    world.set_keys(accepted=["new"])
    assert caller.wallet().status_code == 200


def test_an_accepted_submit_says_its_task_and_when(caller, world):
    answer = caller.submit()
    assert answer.status_code == 200
    assert set(answer.json()) == {"task_id", "created_at"}
    assert str(uuid.UUID(answer.json()["task_id"])) == answer.json()["task_id"]
    created_at = datetime.fromisoformat(answer.json()["created_at"])
    assert abs(created_at - datetime.now(tz=UTC)) < timedelta(seconds=60)
    assert created_at.timestamp() == pytest.approx(world.truth()[0].created_at, abs=0.001)


def test_a_task_in_work_shows_how_far_it_is(make_world, serve):
    caller = serve(make_world(seconds=(50, 50)))
    content = caller.status(caller.task()).json()
    assert content["status"] == "IN_PROGRESS"
    assert 0 <= content["progress"] < 50
    assert (content["failure_reason"], content["results"]) == (None, [])


def test_progress_can_stay_at_nothing_until_it_is_done(make_world, serve):
    world = make_world(seconds=(60, 60), stuck_progress=True)
    caller = serve(world)
    task_id = caller.task()
    assert caller.status(task_id).json()["progress"] == 0
    world.finish(task_id)
    assert caller.status(task_id).json()["progress"] == 100


def test_a_finished_task_lists_a_picture_for_each_that_was_ordered(caller):
    task_id = caller.task(num_images=3, output_format="webp")
    content = caller.status(task_id).json()
    assert (content["status"], content["progress"], content["failure_reason"]) == ("FINISHED", 100, None)
    assert len(content["results"]) == 3
    for nth, result in enumerate(content["results"], start=1):
        assert set(result) == {"asset_url", "asset", "asset_type", "thumbnail"}
        assert result["asset"] == result["asset_url"] == f"{caller.url}/cdn/{task_id}/{nth}.webp"
        assert result["asset_type"] == "IMAGE"


def test_asset_addresses_are_built_from_the_host_that_was_asked(caller):
    task_id = caller.task()
    address = f"{caller.url}/v1/generation-request/{task_id}/status/"
    answer = caller.get(address, headers={"Host": "studio.lan:8010"}, timeout=30)
    assert answer.json()["results"][0]["asset"].startswith("http://studio.lan:8010/cdn/")


def test_both_addresses_of_the_wallet_say_the_balance_as_a_string(make_world, serve):
    caller = serve(make_world(starting_balance="150.00"))
    assert caller.wallet().json() == {"balance": "150.00"}
    assert caller.get(f"{caller.url}/user/wallet/", timeout=30).json() == {"balance": "150.00"}


@pytest.mark.parametrize(
    "path", ["/nothing", "/cdn/x/1.png", "/cdn/x/0.png", "/v1/generation-request/x/status/"]
)
def test_what_is_not_there_is_a_404_in_json(caller, path):
    answer = caller.get(caller.url + path, timeout=30)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


def test_a_picture_of_a_task_in_work_or_beyond_the_order_is_not_there(make_world, serve):
    world = make_world(seconds=(60, 60))
    caller = serve(world)
    task_id = caller.task()
    address = f"{caller.url}/cdn/{task_id}/"
    assert caller.get(address + "1.png", timeout=30).status_code == 404
    world.finish(task_id)
    assert caller.get(address + "1.png", timeout=30).status_code == 200
    assert caller.get(address + "3.png", timeout=30).status_code == 404


def test_a_wrong_method_says_which_is_right(caller):
    answer = caller.get(f"{caller.url}{IMAGES}/generate/", timeout=30)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_an_edit_keeps_its_pictures_byte_for_byte_in_their_order(caller, world):
    images = [
        data_url(colour=colour, kind=kind)
        for colour, kind in (("red", "jpeg"), ("blue", "webp"), ("white", "png"))
    ]
    caller.submit(kind="edit", images=images)
    kept = [path.read_bytes()[:4] for path in world.truth()[0].sources]
    assert [start[:3] for start in kept] == [b"\xff\xd8\xff", b"RIF", b"\x89PN"]


def test_a_refused_edit_leaves_no_files(make_world, serve):
    world = make_world(starting_balance="3.00")
    assert serve(world).submit(kind="edit", images=[data_url()]).status_code == 402
    assert list((world.folder / "sources").glob("*")) == []


def test_the_log_has_one_short_line_a_submit(caller, caplog):
    caplog.set_level("INFO", logger="studio.sandbox")
    caller.status(caller.task("a very private prompt"))
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 1
    assert re.fullmatch(r"generate 200 *", lines[0])
