"""What the frame around every page shows, so that no page has to know of the rest of the studio."""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from gallery import access
from studio import remote
from studio.accounts.models import User
from studio.credits import balances, wallet
from studio.jobs import cards, composer
from studio.jobs.models import Line

THEMES = {"light", "dark"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """A place of the rail and the bottom bar."""

    url: str
    label: str
    icon: str
    current: bool
    badge: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A banner for everyone."""

    level: str
    title: str
    text: str
    action_url: str = ""
    action_label: str = ""


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context of base.html."""
    theme = request.COOKIES.get("theme", "")
    density = request.COOKIES.get("density", "")
    looks = {
        "theme": theme if theme in THEMES else "",
        "density": density if density in {"1", "2", "3"} else "",
    }
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return looks
    strip, shown = cards.strip(user), around(user)
    return (
        looks
        | shown
        | {
            "nav": nav(request, user, strip),
            "strip": strip,
            "composer": SimpleLazyObject(lambda: docked(request, user)),
            "live_url": reverse("live") + (f"?page={page}" if (page := live_page(request)) else ""),
            "live_tag": ".".join(tag(strip, shown)),
        }
    )


def around(user: User) -> dict[str, Any]:
    """The balance and the notices."""
    own = balances.of(user)
    api = wallet.api_in_use()
    reading = wallet.latest(api)
    return {
        "balance": own.available,
        "balance_number": own.available,
        "unlimited": not own.limited,
        "used": own.used,
        "wallet": int(reading.balance) if reading else None,
        "wallet_at": reading and reading.at,
        "sandbox": api == remote.SANDBOX,
        "line_notice": line_notice(user),
    }


def running(strip: cards.Strip) -> int:
    """How many of one's jobs are under way or wait."""
    return sum(card.busy or card.state == "waiting" for card in strip.cards)


def tag(strip: cards.Strip, shown: dict[str, Any]) -> tuple[str, str, str]:
    """What the frame shows, as three hashes: how the strip is built, what its cards say, and all around it."""
    around = sorted((name, str(value)) for name, value in shown.items() if name != "wallet_at")
    return (
        hashed([card.shape for card in strip.cards]),
        hashed([(card.words, card.percent) for card in strip.cards]),
        hashed(around, running(strip)),
    )


def hashed(*seen: object) -> str:
    """A short name for something shown."""
    return hashlib.blake2s(repr(seen).encode(), digest_size=6).hexdigest()


def nav(request: HttpRequest, user: User, strip: cards.Strip) -> list[NavItem]:
    """Where one can go."""
    places = [
        ("jobs:studio", "Studio", "palette"),
        ("gallery:index", "Gallery", "images"),
        ("jobs:queue", "Queue", "list-ordered"),
        ("credits", "Credits", "coins"),
        ("projects", "Projects", "folder"),
        *([("team", "Team", "users")] if user.is_staff else []),
        ("settings", "Settings", "settings"),
    ]
    return [
        NavItem(
            url=(url := reverse(name)),
            label=label,
            icon=icon,
            current=request.path == url,
            badge=running(strip) or None if name == "jobs:queue" else None,
        )
        for name, label, icon in places
    ]


def docked(request: HttpRequest, user: User) -> composer.Composer:
    """The composer at the foot of the page; on a picture's page with the picture in its tray."""
    match = request.resolver_match
    if match and match.view_name == "gallery:image":
        try:
            return composer.editing(user, access.find(user, match.kwargs["image_id"]))
        except Http404:
            pass  # the page itself says so
    return composer.fresh(user)


def live_page(request: HttpRequest) -> str:
    """Which page's own parts the live poll keeps fresh."""
    match = request.resolver_match
    return "queue" if match and match.view_name == "jobs:queue" else ""


def line_notice(user: User) -> Notice | None:
    """Why nothing is sent, for everyone; admins get the way out."""
    line = Line.objects.get()
    settings = {"action_url": reverse("settings"), "action_label": "Open settings"} if user.is_staff else {}
    wait = "Orders keep waiting and start by themselves."
    match line.stop:
        case Line.Stop.KEY:
            return Notice(
                level="bad", title="The API key was refused.", text=f"{wait} {_told(user)}", **settings
            )
        case Line.Stop.WALLET:
            return Notice(level="bad", title="The team's wallet is empty.", text=f"{wait} {_told(user)}")
        case Line.Stop.LOST:
            text = "Nothing more is sent until it answers again. Orders keep waiting."
            return Notice(level="warn", title="An answer of the API was lost.", text=text)
        case Line.Stop.UNREACHABLE:
            return Notice(level="warn", title="The API can't be reached.", text=wait)
        case _:
            return None


def _told(user: User) -> str:
    return "" if user.is_staff else "An admin has been told."
