"""What the studio relies on, asked of the sandbox and of the real API alike."""

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from PIL import Image

from studio.imageapi import (
    GEMINI_25_FLASH,
    Accepted,
    KeyRefused,
    Order,
    OrderRefused,
    Progress,
    Source,
    Status,
    TaskUnknown,
)


@dataclass(frozen=True)
class Made:
    """An order that was carried out: the wallet around it, what was said on the way, the pictures."""

    before: Decimal
    after: Decimal
    accepted: Accepted
    looks: list[Progress]
    pictures: list[Image.Image]


def order(**options) -> Order:
    return Order(**{"model": GEMINI_25_FLASH, "prompt": "a lighthouse at dusk, watercolour"} | options)


def carried_out(provider, submit, wanted: Order) -> Made:
    client = provider.client()
    before = client.balance()
    accepted = provider.in_turn(lambda: submit(client, wanted))
    after = client.balance()
    looks = provider.watched(accepted.task_id)
    return Made(before, after, accepted, looks, [picture(client, asset.url) for asset in looks[-1].assets])


def picture(client, url: str) -> Image.Image:
    file = io.BytesIO()
    client.fetch(url, file)
    image = Image.open(file)
    image.load()
    return image


@pytest.fixture(scope="session")
def generated(provider) -> Made:
    return carried_out(
        provider, lambda client, wanted: client.generate(wanted), order(num_images=2, aspect_ratio="16:9")
    )


@pytest.fixture(scope="session")
def edited(provider, tmp_path_factory) -> Made:
    path = tmp_path_factory.mktemp("sources") / "source.jpg"
    Image.linear_gradient("L").resize((640, 640)).convert("RGB").save(path)
    sources = (Source(mime="image/jpeg", path=path),)
    return carried_out(
        provider, lambda client, wanted: client.edit(wanted), order(prompt="make it warmer", sources=sources)
    )


@pytest.mark.parametrize("call", ["balance", "progress", "generate"])
def test_a_bad_key_is_refused_by_every_call(provider, call):
    key = "sk-not-a-key-at-all-0000"
    client = provider.client(key)
    given = {"progress": ("00000000-0000-4000-8000-000000000000",), "generate": (order(),)}.get(call, ())
    with pytest.raises(KeyRefused) as refused:
        getattr(client, call)(*given)
    assert key not in str(refused.value)


@pytest.mark.parametrize(("name", "value"), [("num_images", 9), ("aspect_ratio", "7:1")])
def test_a_bad_parameter_is_refused_and_costs_nothing(provider, name, value):
    client = provider.client()
    before = client.balance()
    with pytest.raises(OrderRefused):
        provider.in_turn(lambda: client.generate(order(**{name: value})))
    assert client.balance() == before


def test_an_order_without_words_is_refused(provider):
    with pytest.raises(OrderRefused):
        provider.in_turn(lambda: provider.client().generate(order(prompt="")))


def test_a_task_that_never_was_is_unknown(provider):
    with pytest.raises(TaskUnknown):
        provider.client().progress("00000000-0000-4000-8000-000000000000")


def test_an_accepted_order_has_a_name_and_a_time(generated):
    assert generated.accepted.task_id
    assert abs(generated.accepted.created_at - datetime.now(tz=UTC)) < timedelta(minutes=20)


def test_an_order_costs_five_credits_a_picture(generated, edited):
    assert generated.before - generated.after == 10
    assert edited.before - edited.after == 5


def test_progress_lies_between_0_and_100_and_ends_with_the_pictures(generated):
    assert all(look.percent is None or 0 <= look.percent <= 100 for look in generated.looks)
    assert generated.looks[0].assets == ()
    assert generated.looks[-1].status is Status.FINISHED
    assert generated.looks[-1].word == "FINISHED"
    assert generated.looks[-1].failure_reason == ""


def test_every_ordered_picture_comes_in_the_ordered_shape(generated):
    assert len(generated.pictures) == 2
    for image in generated.pictures:
        assert image.format in {"PNG", "JPEG", "WEBP"}
        assert image.width / image.height == pytest.approx(16 / 9, rel=0.05)


def test_an_edit_comes_as_a_picture_too(edited):
    (image,) = edited.pictures
    assert min(image.size) >= 512
