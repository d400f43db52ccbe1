"""The API as a WSGI application: routes, keys, answers."""

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from wsgiref.types import StartResponse, WSGIEnvironment

from studio.sandbox import broken
from studio.sandbox.answers import Answer, DroppedError, error, json_answer, throttled
from studio.sandbox.orders import FORMATS, InvalidOrderError, read_order
from studio.sandbox.purse import EmptyWalletError
from studio.sandbox.records import Taken, Task
from studio.sandbox.world import OverLimitError, World

log = logging.getLogger(__name__)

LARGEST_BODY: Final = 400 * 1024 * 1024  # 14 pictures of 20 MB in base64
KEY_ERRORS: Final = {
    "unknown": ("invalid_api_key", "This API key is not valid."),
    "expired": ("api_key_expired", "This API key has expired."),
    "revoked": ("api_key_revoked", "This API key was revoked."),
}


@dataclass(frozen=True, slots=True)
class Request:
    """What a route needs of a request. `origin` is the address the client used for us."""

    environ: WSGIEnvironment

    @property
    def method(self) -> str:
        """GET, POST, ..."""
        return str(self.environ["REQUEST_METHOD"])

    @property
    def path(self) -> str:
        """The path, without the query."""
        return str(self.environ.get("PATH_INFO", "/"))

    @property
    def origin(self) -> str:
        """Scheme and host, as the client named them."""
        server = f"{self.environ['SERVER_NAME']}:{self.environ['SERVER_PORT']}"
        return f"{self.environ['wsgi.url_scheme']}://{self.environ.get('HTTP_HOST', server)}"

    @property
    def key(self) -> str:
        """The bearer token, or nothing."""
        scheme, _, key = str(self.environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
        return key.strip() if scheme.lower() == "bearer" else ""

    @property
    def idempotency_key(self) -> str:
        """What the client calls this request, if it does."""
        return str(self.environ.get("HTTP_IDEMPOTENCY_KEY", ""))

    def body(self) -> bytes:
        """The whole body."""
        length = self.environ.get("CONTENT_LENGTH") or "0"
        return bytes(self.environ["wsgi.input"].read(int(length)))


class SandboxApp:
    """Serves one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        images = r"/v1/images/gemini/2\.5/flash"
        self._routes: list[tuple[str, str, Callable[..., Answer]]] = [
            ("POST", rf"{images}/(generate|edit)/", self._submit),
            ("GET", r"/v1/generation-request/([^/]+)/status/", self._status),
            ("GET", r"((?:/account)?/user/wallet/)", self._wallet),
            ("GET", r"/cdn/([^/]+)/([1-9])\.(png|jpeg|webp)", self._asset),
            ("GET", r"/()", self._front),
        ]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; DroppedError leaves it to the server to close without a word."""
        answer = self._answer(Request(environ))
        if answer.dropped:
            raise DroppedError
        start_response(answer.status_line, answer.all_headers())
        return answer.chunks()

    def _answer(self, request: Request) -> Answer:
        allowed = []
        for method, pattern, route in self._routes:
            if match := re.fullmatch(pattern, request.path):
                if method == request.method:
                    return route(request, *match.groups())
                allowed.append(method)
        if allowed:
            answer = error(405, "method_not_allowed", f'Method "{request.method}" not allowed.')
            answer.headers["Allow"] = ", ".join(allowed)
            return answer
        return error(404, "not_found", "Not found.")

    def _front(self, _: Request, __: str) -> Answer:
        return json_answer({"name": "sandbox of the image API", "pictures": "drawn, not generated"})

    def _refused_key(self, request: Request) -> Answer | None:
        state = self.world.key_state(request.key)
        return error(401, *KEY_ERRORS[state]) if state != "accepted" else None

    def _submit(self, request: Request, kind: str) -> Answer:
        submit = self.world.arrived(kind, request.idempotency_key)
        answer, fault = self._take(request, kind, submit)
        status = None if answer.dropped else answer.status
        self.world.answered(submit, status, fault)
        log.info("%s %s %s", kind, status or "dropped", fault)
        return answer

    def _take(self, request: Request, kind: str, submit: int) -> tuple[Answer, str]:
        """The answer to a submit, and the fault behind it."""
        if refused := self._refused_key(request):
            return refused, ""
        try:
            order = read_order(kind, request.body(), request.idempotency_key)
            taken = self.world.accept(submit, order)
        except InvalidOrderError as wrong:
            return error(400, "validation_failed", str(wrong), details=wrong.fields), ""
        except OverLimitError as early:
            return throttled(early.seconds), ""
        except EmptyWalletError:
            return error(402, "insufficient_credits", "The wallet does not hold enough credits."), ""
        return _after_acceptance(taken)

    def _status(self, request: Request, task_id: str) -> Answer:
        if refused := self._refused_key(request):
            return refused
        if wait := self.world.look_window.take():
            return throttled(wait)
        task, fault = self.world.look(task_id)
        if not task:
            return error(
                404, "not_found", "There is no such generation request, or its results have expired."
            )
        listed = broken.results(fault, _results(task, request.origin)) if task.status == "FINISHED" else []
        if listed:
            self.world.listed(task_id, len(listed))
        content = {
            "status": broken.status_word(fault, task.status),
            "progress": task.progress,
            "failure_reason": task.failure_reason,
            "results": listed,
        }
        answer = json_answer(content)
        return broken.read(fault, answer) if fault else answer

    def _wallet(self, request: Request, path: str) -> Answer:
        if refused := self._refused_key(request):
            return refused
        fault = self.world.wallet_look(path)
        answer = json_answer({"balance": f"{self.world.balance():.2f}"})
        return broken.read(fault, answer) if fault else answer

    def _asset(self, _: Request, task_id: str, number: str, ending: str) -> Answer:
        nth = int(number)
        task, fault = self.world.asset_look(task_id, nth)
        # One more than was ordered is there, for the fault that lists it.
        if not task or nth > task.num_images + 1 or ending not in FORMATS:
            return error(404, "not_found", "Not found.")
        answer = Answer(kind=f"image/{ending}", body=self.world.picture(task, nth, ending))
        if fault and fault.name != "wrong_type":
            return broken.asset(fault, answer)
        self.world.fetched(task_id, nth)
        return broken.asset(fault, answer) if fault else answer


def _after_acceptance(taken: Taken) -> tuple[Answer, str]:
    """The answer to an order, as a fault lets it out, and the fault's name."""
    fault = taken.fault
    name = f"submit.{fault.name}" if fault else ""
    # Without a task the fault came first, and nothing was charged.
    if fault and not taken.task_id:
        return broken.refused_submit(fault), name
    created_at = datetime.fromtimestamp(taken.created_at, tz=UTC).isoformat().replace("+00:00", "Z")
    answer = json_answer({"task_id": taken.task_id, "created_at": created_at})
    return (broken.accepted_submit(fault, answer) if fault else answer), name


def _results(task: Task, origin: str) -> list[dict[str, object]]:
    """The results as the API lists them, and one more than was ordered."""
    urls = [
        f"{origin}/cdn/{task.task_id}/{nth}.{task.output_format}" for nth in range(1, task.num_images + 2)
    ]
    return [{"asset_url": url, "asset": url, "asset_type": "IMAGE", "thumbnail": url} for url in urls]
