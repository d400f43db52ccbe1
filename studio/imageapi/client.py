"""The image API. Nothing but `ImageAPIError` leaves it for trouble with the network, HTTP or JSON."""

import json
import threading
from collections.abc import Callable, Collection
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from typing import BinaryIO, TypeVar
from urllib.parse import quote

import requests
from requests.auth import AuthBase

from studio.imageapi.answers import Answer, read_accepted, read_balance, read_date, read_progress
from studio.imageapi.assets import copy, open_asset
from studio.imageapi.body import EditBody
from studio.imageapi.errors import (
    AssetRefused,
    KeyRefused,
    OrderRefused,
    OutcomeUnknown,
    TaskUnknown,
    Unreachable,
)
from studio.imageapi.exchange import Exchange
from studio.imageapi.messages import Accepted, Fetched, Order, Progress
from studio.imageapi.peer import Door, Origin
from studio.imageapi.refusals import general_refusal, submit_failure, submit_refusal
from studio.imageapi.transport import BrokenError, Limits, Session, UnwantedError, pieces, send

WALLETS = ("/account/user/wallet/", "/user/wallet/")
# What an API says of an address that it does not have: 405 comes from routers that know it by another method
NOT_THERE = frozenset({404, 405})
# A shorter key might be an ordinary word, as the sandbox's is, and hiding it would garble a message
SHORTEST_SECRET = 12
DEFAULT_LIMITS = Limits()

Message = TypeVar("Message")


class _Key(AuthBase):
    """Puts the API key on a request, and shows it nowhere else."""

    def __init__(self, key: str) -> None:
        self._key = key.strip()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request

    def __repr__(self) -> str:
        return "_Key(…)"

    def check(self) -> None:
        """KeyRefused when no request could carry it."""
        if not self._key:
            raise KeyRefused("No API key is set.", "missing_api_key")
        if not (self._key.isascii() and self._key.isprintable()) or " " in self._key:
            raise KeyRefused("The API key holds characters that no key has.", "invalid_api_key")

    def hide(self, said: bytes) -> bytes:
        """The same without the key, which some APIs repeat when they refuse it."""
        return said.replace(self._key.encode(), b"***") if len(self._key) >= SHORTEST_SECRET else said


class _Sessions(threading.local):
    """The running thread's open connections; those to the API and those to hosts of pictures never mix."""

    def __init__(self) -> None:
        self.api = Session()
        self.assets = Session()


class ImageAPI:
    """The image API behind one address and one key; safe to use from any number of threads.

    `private_origins` ("https://cdn.lan:8443") may be private or plain http when pictures are fetched, like
    the API's own origin. ValueError when one of them, or `base_url`, is no http(s) address.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        limits: Limits = DEFAULT_LIMITS,
        private_origins: Collection[str] = (),
    ) -> None:
        self._key = _Key(key)
        del key  # an error below may be shown with its local variables
        self._base = base_url.rstrip("/")
        self._limits = limits
        self._door = Door(Origin.of(url) for url in (base_url, *private_origins))
        self._sessions = _Sessions()

    def generate(self, order: Order) -> Accepted:
        """Order pictures from a prompt. This spends money.

        Raises KeyRefused, WalletEmpty, Throttled, OrderRefused, NotSent or OutcomeUnknown.
        """
        body = json.dumps({"prompt": order.prompt, **order.options()}).encode()
        return self._submit(order.model.generate_path, order, body)

    def edit(self, order: Order) -> Accepted:
        """Order pictures made from the order's sources, streamed from disk. Raises what `generate` does."""
        try:
            body = EditBody({"prompt": order.prompt, **order.options()}, order.sources)
        except OSError:
            raise OrderRefused("A picture to edit is not on the disk any more.") from None
        with body:
            return self._submit(order.model.edit_path, order, body)

    def progress(self, task_id: str) -> Progress:
        """How a task stands. Raises TaskUnknown, Unreachable, KeyRefused, WalletEmpty or Throttled."""
        answer = self._read(f"/v1/generation-request/{quote(task_id, safe='')}/status/")
        if answer.status == 404 and answer.is_page:
            raise Unreachable("A server in front of the image API answers in its place (404).")
        if answer.status == 404:
            raise TaskUnknown("The image API does not know this task.")
        return _understood(answer, read_progress)

    def balance(self) -> Decimal:
        """Credits in the team's wallet, from the one of its two documented addresses that is there.

        Raises Unreachable, KeyRefused, WalletEmpty or Throttled. Which address it was is not remembered: one more
        request now and then is cheaper than a memory that a changed API proves wrong.
        """
        return self.wallet()[0]

    def wallet(self) -> tuple[Decimal, datetime | None]:
        """The same with the time that the API's clock shows, to the second; None when it does not say."""
        first, older = WALLETS
        answer = self._read(first)
        answer = self._read(older) if answer.status in NOT_THERE else answer
        return _understood(answer, read_balance), read_date(answer)

    def fetch(self, url: str, into: BinaryIO) -> Fetched:
        """Copy a picture into a file. The bytes are not believed: the caller decodes them.

        Raises AssetGone, AssetRefused, Throttled or Unreachable, after which `into` may hold a part; and
        whatever `into` raises when it can't be written.
        """
        seconds = self._limits.asset_deadline_seconds
        try:
            with (
                self._exchange(seconds, self._door),
                closing(open_asset(self._sessions.assets, url, self._limits.read_seconds)) as response,
            ):
                return copy(response, into, self._limits)
        except BrokenError as error:
            raise Unreachable(f"The picture can't be fetched: {error}.") from None
        except UnwantedError as error:
            raise AssetRefused(f"The picture can't be taken: {error}.") from None

    def _exchange(self, seconds: float, door: Door | None = None) -> Exchange:
        return Exchange(seconds, connect_seconds=self._limits.connect_seconds, door=door)

    def _request(self, method: str, path: str) -> requests.Request:
        self._key.check()
        headers = {"Accept": "application/json"}
        return requests.Request(method, self._base + path, headers=headers, auth=self._key)

    def _submit(self, path: str, order: Order, body: bytes | EditBody) -> Accepted:
        request = self._request("POST", path)
        request.data = body
        request.headers["Content-Type"] = "application/json"
        if order.idempotency_key:
            request.headers["Idempotency-Key"] = order.idempotency_key
        # Only the deadline ends the wait: to give up earlier would just know less
        seconds = self._limits.post_deadline_seconds
        try:
            with self._exchange(seconds), Session() as session:
                answer = self._answer(session, request, seconds)
        except BrokenError as error:
            raise submit_failure(error) from None
        return self._accepted(order, answer)

    def _accepted(self, order: Order, answer: Answer) -> Accepted:
        if not answer.fine:
            raise submit_refusal(order, answer, answer.complaint())
        try:
            return read_accepted(answer)
        except ValueError:
            raise OutcomeUnknown("The image API's answer to the order can't be read.") from None

    def _read(self, path: str) -> Answer:
        request = self._request("GET", path)
        try:
            with self._exchange(self._limits.read_deadline_seconds):
                answer = self._answer(self._sessions.api, request, self._limits.read_seconds)
        except BrokenError as error:
            raise Unreachable(f"The image API can't be reached: {error}.") from None
        refusal = answer.refusal and general_refusal(answer, answer.complaint())
        if refusal:
            raise refusal
        return answer

    def _answer(self, session: Session, request: requests.Request, read_seconds: float) -> Answer:
        with closing(send(session, request, read_seconds=read_seconds)) as response:
            body, trouble = b"", ""
            try:
                body = self._key.hide(b"".join(pieces(response, self._limits.answer_bytes)))
            except (BrokenError, UnwantedError) as error:
                trouble = str(error)
            return Answer(status=response.status_code, headers=response.headers, body=body, trouble=trouble)


def _understood(answer: Answer, read: Callable[[Answer], Message]) -> Message:
    if not answer.fine:
        raise Unreachable(f"The image API answered with an error ({answer.name()}).")
    try:
        return read(answer)
    except ValueError:
        raise Unreachable("The image API's answer can't be read.") from None
