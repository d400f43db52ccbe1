"""The team: three members who order, and order the same again until they are told that it was taken."""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import requests
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.test import Client

from bench.faults.scene import Installed
from studio.accounts.models import User
from studio.credits import ledger

NAMES = ("Alice", "Bob", "Carol")
EVERY_SECONDS = 0.1
ODD_ONE_IN = 8
ODD = "odd"
"""In the prompt of the orders of four pictures, which some faults are meant for."""
EVERYONE = "lighthouse"
"""In the prompt of all."""
TOKEN = "t" * 32


@dataclass(frozen=True, slots=True)
class Wish:
    """One order, the same however often it is sent."""

    prompt: str
    pictures: int
    nonce: str


def wishes(count: int) -> list[Wish]:
    """Orders of one picture, and now and then an odd one of four."""
    odd = [number % ODD_ONE_IN == ODD_ONE_IN - 1 for number in range(count)]
    return [
        Wish(f"{EVERYONE} {number}{', ' + ODD if four else ''}", 4 if four else 1, uuid.uuid4().hex)
        for number, four in enumerate(odd)
    ]


def members() -> list[User]:
    """The team, without limits."""
    people = [User.objects.create_user(f"{name.lower()}@example.com", "", name=name) for name in NAMES]
    for person in people:
        ledger.open_account(person, limited=False)
    return people


class Crowd(threading.Thread):
    """Orders one wish after the other. `waits` says how long each took until it was taken, in seconds."""

    def __init__(self, studio: Installed, people: list[User], count: int, *, web: bool) -> None:
        super().__init__(daemon=True)
        self.studio, self.people, self.wishes = studio, people, wishes(count)
        self.waits: list[float] = []
        self._order: Callable[[int, Wish], bool] = self._by_page if web else self._at_once
        self._sessions = [self._signed_in(person) for person in people] if web else []

    def run(self) -> None:
        """Order until all is ordered."""
        for number, wish in enumerate(self.wishes):
            began = time.monotonic()
            while not self._order(number % len(self.people), wish):
                time.sleep(0.2)
            self.waits.append(time.monotonic() - began)
            time.sleep(EVERY_SECONDS)
        close_old_connections()

    def _at_once(self, member: int, wish: Wish) -> bool:
        try:
            self.studio.ask(self.people[member], wish.prompt, num_images=wish.pictures, nonce=wish.nonce)
        except (DatabaseError, InterfaceError):
            close_old_connections()
            return False
        return True

    def _by_page(self, member: int, wish: Wish) -> bool:
        fields = {"prompt": wish.prompt, "num_images": str(wish.pictures), "nonce": wish.nonce}
        url = f"{settings.STUDIO_URL}/jobs/"
        try:
            answer = self._sessions[member].post(url, fields, allow_redirects=False, timeout=30)
        except requests.RequestException:
            return False
        return answer.status_code == 303

    def _signed_in(self, person: User) -> requests.Session:
        client, session = Client(), requests.Session()
        client.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")
        session.cookies.set("sessionid", client.cookies["sessionid"].value)
        session.cookies.set("csrftoken", TOKEN)
        session.headers["X-CSRFToken"] = TOKEN
        return session
