"""What the API complains about, read from any of the shapes in which it says so."""

import html
import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

LONGEST = 300
# More is never shown, and a page made to be slow to clean stays cheap
READ_AT_MOST = 4096

CODE_KEYS = ("code", "error_code", "error")
WORDS_KEYS = ("message", "detail", "msg", "error_description", "error", "non_field_errors")
FIELDS = ("output_format", "aspect_ratio", "num_images", "prompt", "images")

_SLUG = re.compile(r"[a-z][a-z0-9_.-]{1,63}")
_HIDDEN = re.compile(r"<(script|style)\b.*?(</\1\s*>|$)|<!--.*?(-->|$)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?[a-z!?][^>]*>?", re.IGNORECASE)
_UNSHOWABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
_WAIT = re.compile(r"\b(?:in|after)\s+(\d{1,6}(?:\.\d+)?)\s*(s|m|h)?", re.IGNORECASE)
_UNITS = {"s": 1, "m": 60, "h": 3600}


def plain(text: str, longest: int = LONGEST) -> str:
    """One line that can be shown and stored: no tags, no control characters, at most 300 characters."""
    text = html.unescape(text[:READ_AT_MOST])
    text = _TAG.sub(" ", _HIDDEN.sub(" ", text))
    text = " ".join(_UNSHOWABLE.sub(" ", text).split())
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def read_json(body: bytes) -> object:
    """The JSON of an answer. ValueError when it is none."""
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None


@dataclass(frozen=True, slots=True)
class Complaint:
    """`code` and `message` are empty when nothing was said; `fields` are the parameters complained about."""

    code: str = ""
    message: str = ""
    fields: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The message as a sentence for people; an option's exact name stays as it is."""
        first = self.message.split(" ", 1)[0]
        text = self.message if "_" in first else self.message[:1].upper() + self.message[1:]
        return text if not text or text[-1] in ".!?…" else f"{text}."

    def parameter(self, sent: Collection[str]) -> str:
        """Which of the parameters we sent is at fault: the field named, else the first one the text spells out.

        Only its exact name counts: "aspect ratio" is said of many things.
        """
        if self.fields:
            return next((name for name in self.fields if name in sent), "")
        places = {name: re.search(rf"\b{name}\b", self.message) for name in sent}
        found = {name: place.start() for name, place in places.items() if place}
        return min(found, key=lambda name: found[name], default="")

    def seconds(self) -> float | None:
        """How long the text says to wait ("available in 17 seconds"); None when it does not."""
        found = _WAIT.search(self.message)
        return float(found[1]) * _UNITS[(found[2] or "s").lower()] if found else None


def read_complaint(body: bytes) -> Complaint:
    """Whatever the body of an error says. A page of HTML says nothing: it is the proxy's, not the API's."""
    try:
        said = list(_leaves("", read_json(body)))
    except ValueError:
        text = body[:READ_AT_MOST].decode("utf-8", "replace").strip()
        return Complaint(message="" if text.startswith("<") else plain(text))
    code = _code(said)
    *first, last = [*_words(said, code)] or [""]
    message = "; ".join([*(text.rstrip(". ") for text in first), last])
    return Complaint(code, plain(message), _named(said))


def _words(said: list[tuple[str, str]], code: str) -> Iterable[str]:
    """What to show, each sentence once, also when another holds it."""
    said = [(key, text) for key, text in said if text.lower() != code]
    spoken = [text for key, text in said if key in WORDS_KEYS]
    # Keys that are no field of ours (a request's number, say) are only worth a word when there is no other
    about = [pair for pair in said if pair[0] in FIELDS] or ([] if spoken else said)
    heard = [_bare(text) for text in spoken]
    about = [(key, text) for key, text in about if not any(_bare(text) in one for one in heard)]
    texts: dict[str, str] = {}
    for text in spoken + [f"{key}: {text}" if key else text for key, text in about]:
        texts.setdefault(_bare(text), text)
    return [
        text for bare, text in texts.items() if not any(bare in other for other in texts if other != bare)
    ]


def _bare(text: str) -> str:
    """What two sentences are compared by."""
    return text.lower().rstrip(". ")


def _leaves(key: str, value: object, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text in the JSON beside the nearest key above it."""
    if isinstance(value, str) and value.strip():
        yield key, value.strip()[:READ_AT_MOST]
    elif isinstance(value, dict | list) and depth < 5:
        pairs = list(value.items()) if isinstance(value, dict) else [(key, item) for item in value]
        for inner, item in pairs[:50]:
            yield from _leaves(inner, item, depth + 1)


def _code(said: list[tuple[str, str]]) -> str:
    for wanted in CODE_KEYS:
        for key, text in said:
            if key == wanted and _SLUG.fullmatch(text.lower()):
                return text.lower()
    return ""


def _named(said: list[tuple[str, str]]) -> tuple[str, ...]:
    """The parameters named as a field: by a key (REST framework), or by a text that only points (`loc`)."""
    return tuple(name for name in FIELDS if any(name in pair for pair in said))
