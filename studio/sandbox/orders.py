"""What a submit may say: the body's fields, checked as the API documents them."""

import base64
import binascii
import io
import json
import re
import struct
from dataclasses import dataclass
from typing import Final

from PIL import Image

RATIOS: Final = ("auto", "21:9", "16:9", "3:2", "4:3", "5:4", "1:1", "4:5", "3:4", "2:3", "9:16")
FORMATS: Final = ("png", "jpeg", "webp")
MOST_IMAGES: Final = 4
MOST_SOURCES: Final = 14
LARGEST_SOURCE_PIXELS: Final = 40_000_000
DATA_URL: Final = re.compile(r"data:image/[a-z0-9.+-]+;base64,", re.IGNORECASE)

Fields = dict[str, list[str]]


class InvalidOrderError(ValueError):
    """The body is not what the API documents. `fields` has the sentences of each wrong field."""

    def __init__(self, fields: Fields) -> None:
        super().__init__("; ".join(f"{name}: {' '.join(said)}" for name, said in fields.items()))
        self.fields = fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A submit that is in order. `sources` are bytes as they came, `parameters` the names in the body."""

    kind: str
    prompt: str
    aspect_ratio: str = "auto"
    output_format: str = "png"
    num_images: int = 1
    idempotency_key: str = ""
    sources: tuple[bytes, ...] = ()
    parameters: frozenset[str] = frozenset()


def read_order(kind: str, body: bytes, idempotency_key: str = "") -> Order:
    """The order in a request's body, or InvalidOrderError with every wrong field."""
    given = _read_object(body)
    wrong: Fields = {}
    if said := _wrong_prompt(given):
        wrong["prompt"] = [said]
    for name, choices in (("aspect_ratio", RATIOS), ("output_format", FORMATS)):
        if given.get(name, choices[0]) not in choices:
            wrong[name] = [f"{json.dumps(given[name])} is not a valid choice."]
    if said := _wrong_count(given.get("num_images", 1)):
        wrong["num_images"] = [said]
    sources: tuple[bytes, ...] = ()
    if kind == "edit":
        try:
            sources = _read_sources(given)
        except ValueError as error:
            wrong["images"] = [str(error)]
    if wrong:
        raise InvalidOrderError(wrong)
    return Order(
        kind=kind,
        prompt=str(given["prompt"]),
        aspect_ratio=str(given.get("aspect_ratio", "auto")),
        output_format=str(given.get("output_format", "png")),
        num_images=int(str(given.get("num_images", 1))),
        idempotency_key=idempotency_key,
        sources=sources,
        parameters=frozenset(given),
    )


def _read_object(body: bytes) -> dict[str, object]:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidOrderError({"non_field_errors": ["The body is not JSON."]}) from None
    if not isinstance(given, dict):
        raise InvalidOrderError({"non_field_errors": ["The body is not a JSON object."]})
    return given


def _wrong_prompt(given: dict[str, object]) -> str:
    prompt = given.get("prompt")
    if prompt is None:
        return "This field is required."
    if not isinstance(prompt, str):
        return "Not a valid string."
    if not prompt.strip():
        return "This field may not be blank."
    return "" if _is_unicode(prompt) else "Not a valid string."


def _is_unicode(text: str) -> bool:
    """Whether the text has no lone surrogate, which JSON can write and UTF-8 can't."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _wrong_count(count: object) -> str:
    if not isinstance(count, int) or isinstance(count, bool):
        return "A valid integer is required."
    if count < 1:
        return "Ensure this value is greater than or equal to 1."
    return f"Ensure this value is less than or equal to {MOST_IMAGES}." if count > MOST_IMAGES else ""


def _read_sources(given: dict[str, object]) -> tuple[bytes, ...]:
    """The pictures of an edit; a ValueError says what is wrong with them."""
    images = given.get("images")
    if images is None:
        raise ValueError("This field is required.")
    if not isinstance(images, list) or not 1 <= len(images) <= MOST_SOURCES:
        raise ValueError(f"Give a list of 1 to {MOST_SOURCES} images.")
    return tuple(_read_source(number, image) for number, image in enumerate(images, start=1))


def _read_source(number: int, image: object) -> bytes:
    head = DATA_URL.match(image) if isinstance(image, str) else None
    if not head or not isinstance(image, str):
        raise ValueError(f"Image {number} is not a data URL of an image in base64.")
    try:
        content = base64.b64decode(image[head.end() :], validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"Image {number} is not valid base64.") from None
    if not _decodes(content):
        raise ValueError(f"Image {number} could not be read as a PNG, JPEG or WebP picture.")
    return content


def _decodes(content: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP")) as picture:
            # Before load(): the header is read, the pixels are not yet.
            if picture.width * picture.height > LARGEST_SOURCE_PIXELS:
                return False
            picture.load()
    except (OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombError):
        return False
    return True
