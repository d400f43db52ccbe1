"""An HTTP answer, and the bodies the API's errors have."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

JSON: Final = "application/json"
PROXY_PAGE: Final = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


class DroppedError(Exception):
    """The server closes the connection here, without an answer."""


@dataclass(slots=True, kw_only=True)
class Answer:
    """What goes over the wire.

    A body that is not bytes has no length and ends with the connection. A dropped answer is none at all.
    """

    status: int = 200
    kind: str = JSON
    body: bytes | Iterable[bytes] = b""
    headers: dict[str, str] = field(default_factory=dict)
    dropped: bool = False

    @property
    def status_line(self) -> str:
        """Status and phrase, as WSGI wants them."""
        return f"{self.status} {HTTPStatus(self.status).phrase}"

    def all_headers(self) -> list[tuple[str, str]]:
        """The headers, Content-Type and (when it is known and not already given) Content-Length first."""
        headers = {"Content-Type": self.kind}
        if isinstance(self.body, bytes):
            headers["Content-Length"] = str(len(self.body))
        return list({**headers, **self.headers}.items())

    def chunks(self) -> Iterable[bytes]:
        """The body piece by piece."""
        return [self.body] if isinstance(self.body, bytes) else self.body


def json_answer(content: object, *, status: int = 200) -> Answer:
    """JSON."""
    return Answer(status=status, body=json.dumps(content).encode())


def proxy_page(status: int = 502) -> Answer:
    """HTML from something between us and the API."""
    return Answer(status=status, kind="text/html", body=PROXY_PAGE.encode())


def error(status: int, code: str, message: str, *, shape: str = "error", **more: object) -> Answer:
    """An error in one of the shapes it may have; `more` goes beside the message."""
    bodies: dict[str, dict[str, object]] = {
        "error": {"error": code, "message": message, **more},
        "code": {"code": code, "detail": message, **more},
        "detail": {"detail": message, **more},
        "nested": {"error": {"code": code, "message": message, **more}},
    }
    return proxy_page(status) if shape == "html" else json_answer(bodies[shape], status=status)


def throttled(seconds: float, *, retry_after: bool = True, shape: str = "error") -> Answer:
    """429 in the words of Django REST framework, which rounds up to whole seconds."""
    whole = max(1, -int(-seconds // 1))
    unit = "second" if whole == 1 else "seconds"
    message = f"Request was throttled. Expected available in {whole} {unit}."
    answer = error(429, "rate_limited", message, shape=shape)
    if retry_after:
        answer.headers["Retry-After"] = str(whole)
    return answer
