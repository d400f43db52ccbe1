"""What a fault does to an answer."""

import gzip
import io
import json
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Final

from PIL import Image

from studio.sandbox.answers import Answer, error, json_answer, proxy_page, throttled
from studio.sandbox.faults import Fault

SERVER_ERROR: Final = "Something went wrong on our side."
HTML: Final = b"<!doctype html><title>Sign in</title><script>alert(1)</script><h1>Please sign in</h1>"
SVG: Final = (
    b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><rect width="9" height="9"/></svg>'
)
AN_ENDLESS_PIECE: Final = b"\x89PNG\r\n\x1a\n" + bytes(65_528)


def refused_submit(fault: Fault) -> Answer:
    """The answer to a submit that a fault stopped before it was accepted."""
    return _BEFORE[fault.name](fault)


def accepted_submit(fault: Fault, answer: Answer) -> Answer:
    """The answer to a submit that was accepted, and charged, all the same."""
    return _AFTER[fault.name](fault, answer)


def read(fault: Fault, answer: Answer) -> Answer:
    """A look at the status or the wallet that goes wrong; other faults leave the answer as it is."""
    breaking = _READ.get(fault.name)
    return breaking(fault, answer) if breaking else answer


def asset(fault: Fault, answer: Answer) -> Answer:
    """A download that goes wrong."""
    return _ASSET[fault.name](fault, answer)


def status_word(fault: Fault | None, word: str) -> str:
    """The status, or the word a fault puts in its place."""
    if fault and fault.name == "odd_word":
        return fault.text("status")
    return "PENDING" if fault and fault.name == "pending" else word


def results(fault: Fault | None, listed: list[dict[str, object]]) -> list[dict[str, object]]:
    """The results of a finished task; the last of those given is the one more that `more` shows."""
    asked = listed[:-1]
    name = fault.name if fault else ""
    drop_key = {"only_asset": "asset_url", "only_asset_url": "asset"}.get(name, "")
    changed = {"gap": [], "fewer": asked[:-1], "more": listed, "doubled": [*asked, *asked]}.get(name, asked)
    return [{key: value for key, value in result.items() if key != drop_key} for result in changed]


def _close(*_: object) -> Answer:
    return Answer(dropped=True)


def _error_500(*_: object) -> Answer:
    return error(500, "internal_error", SERVER_ERROR)


def _proxy_page(*_: object) -> Answer:
    return proxy_page()


def _throttle(fault: Fault, *_: object) -> Answer:
    with_header = bool(fault.options["retry_after"])
    return throttled(fault.seconds(), retry_after=with_header, shape=fault.text("shape"))


def _refuse(fault: Fault) -> Answer:
    name = fault.text("parameter")
    said = f"{name} is not supported by this model."
    return error(400, "validation_failed", said, shape=fault.text("shape"), details={name: [said]})


def _unauthorized(fault: Fault) -> Answer:
    return error(401, fault.text("code"), "This API key is not accepted.", shape=fault.text("shape"))


def _payment_required(fault: Fault) -> Answer:
    return error(402, "insufficient_credits", "Not enough credits.", shape=fault.text("shape"))


def _slow(fault: Fault, answer: Answer) -> Answer:
    time.sleep(fault.seconds())
    return answer


def _invalid_json(*_: object) -> Answer:
    return Answer(body=b'{"status": "FINI')


def _no_task_id(_: Fault, answer: Answer) -> Answer:
    content = json.loads(answer.body) if isinstance(answer.body, bytes) else {}
    return json_answer({key: value for key, value in content.items() if key != "task_id"})


def _drip(fault: Fault, answer: Answer) -> Answer:
    whole = answer.body if isinstance(answer.body, bytes) else b""
    headers = {**answer.headers, "Content-Length": str(len(whole))}
    return Answer(
        status=answer.status, kind=answer.kind, headers=headers, body=_drops(whole, fault.seconds())
    )


def _drops(whole: bytes, seconds: float) -> Iterator[bytes]:
    for byte in whole:
        yield bytes((byte,))
        time.sleep(seconds)


def _not_found(*_: object) -> Answer:
    return error(404, "not_found", "Not found.")


def _absent(fault: Fault, *_: object) -> Answer:
    status = int(fault.text("status"))
    return _not_found() if status == 404 else error(status, "method_not_allowed", "Method not allowed.")


def _truncated(_: Fault, answer: Answer) -> Answer:
    whole = answer.body if isinstance(answer.body, bytes) else b""
    headers = {"Content-Length": str(len(whole))}
    return Answer(kind=answer.kind, headers=headers, body=iter([whole[: len(whole) // 2]]))


def _with_body(body: bytes) -> Callable[[Fault, Answer], Answer]:
    return lambda _, answer: Answer(kind=answer.kind, body=body)


def _wrong_type(_: Fault, answer: Answer) -> Answer:
    whole = answer.body if isinstance(answer.body, bytes) else b""
    other = io.BytesIO()
    with Image.open(io.BytesIO(whole)) as picture:
        picture.convert("RGB").save(other, "JPEG" if picture.format != "JPEG" else "PNG")
    return Answer(kind=answer.kind, body=other.getvalue())


def _bomb(*_: object) -> Answer:
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    chunks = b"".join(_chunk(*each) for each in ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b"")))
    return Answer(kind="image/png", body=b"\x89PNG\r\n\x1a\n" + chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def _endless(_: Fault, answer: Answer) -> Answer:
    return Answer(kind=answer.kind, body=iter(lambda: AN_ENDLESS_PIECE, b""))


def _huge(fault: Fault, answer: Answer) -> Answer:
    size = int(fault.text("bytes"))
    pieces = repeat(AN_ENDLESS_PIECE, size // len(AN_ENDLESS_PIECE))
    return Answer(kind=answer.kind, headers={"Content-Length": str(size)}, body=pieces)


def _gzip(_: Fault, answer: Answer) -> Answer:
    whole = answer.body if isinstance(answer.body, bytes) else b""
    return Answer(kind=answer.kind, headers={"Content-Encoding": "gzip"}, body=gzip.compress(whole, 1))


def _redirect(fault: Fault, _: Answer) -> Answer:
    return Answer(status=302, kind="text/plain", headers={"Location": fault.text("to")})


_BEFORE: Final[dict[str, Callable[[Fault], Answer]]] = {
    "drop_uncharged": _close,
    "refuse": _refuse,
    "unauthorized": _unauthorized,
    "payment_required": _payment_required,
    "throttle": _throttle,
    "error_500": _error_500,
    "error_502": _proxy_page,
}
_AFTER: Final[dict[str, Callable[[Fault, Answer], Answer]]] = {
    "drop": _close,
    "slow": _slow,
    "garbage": _invalid_json,
    "no_task_id": _no_task_id,
    "error_500": _error_500,
    "error_502": _proxy_page,
}
_READ: Final[dict[str, Callable[[Fault, Answer], Answer]]] = {
    "error_500": _error_500,
    "html": _proxy_page,
    "invalid_json": _invalid_json,
    "drop": _close,
    "drip": _drip,
    "slow": _slow,
    "not_found": _not_found,
    "absent": _absent,
    "throttle": _throttle,
}
_ASSET: Final[dict[str, Callable[[Fault, Answer], Answer]]] = {
    "missing": _not_found,
    "error_500": _error_500,
    "drop": _close,
    "truncated": _truncated,
    "empty": _with_body(b""),
    "html": _with_body(HTML),
    "svg": _with_body(SVG),
    "wrong_type": _wrong_type,
    "bomb": _bomb,
    "endless": _endless,
    "huge": _huge,
    "drip": _drip,
    "slow": _slow,
    "gzip": _gzip,
    "redirect": _redirect,
}
