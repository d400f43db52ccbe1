"""What the frame around every page shows, so that no page has to know of the rest of the studio."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import FilteredRelation, OuterRef, Q, Subquery
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from gallery import access
from studio import notices, remote
from studio.accounts.models import User
from studio.credits import allowances, balances, spending, wallet
from studio.credits.models import ApiUsed, WalletReading
from studio.jobs import cards, composer, forecast

THEMES = {"light", "dark"}
DENSITIES = {"small", "large"}
# Where pictures are made or looked at; the office's pages need the room.
WITH_COMPOSER = {"jobs:studio", "jobs:order", "jobs:queue", "gallery:index", "gallery:image"}
WITH_STRIP = WITH_COMPOSER - {"jobs:queue"}
ADMINS_PLACES = [
    ("team", "Team", "users"),
    ("reports", "Reports", "chart-column"),
    ("operations", "Operations", "monitor"),
]
OF_MANY_PAGES = {"gallery:albums", "reports"}
# Of the member's account: what they have, and whether that is of this month.
FIGURES = ("limited", "available", "held")
MONTH = ("monthly", "renewed_for")


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """A place of the rail and the bottom bar."""

    url: str
    label: str
    icon: str
    current: bool
    badge: int | None = None


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context of base.html."""
    theme = request.COOKIES.get("theme", "")
    density = request.COOKIES.get("density", "")
    looks = {
        "theme": theme if theme in THEMES else "",
        "density": density if density in DENSITIES else "",
        "folded": request.COOKIES.get("strip") == "folded",
        "keyless": request.COOKIES.get("keys") == "off",
    }
    user = getattr(request, "user", None)
    # The poll brings its own parts, and asks often.
    if place(request) == "live":
        return looks
    # Strangers too: nobody should take the sandbox for the real thing, at the door neither.
    if not isinstance(user, User):
        return looks | {"sandbox": not remote.key() and not ApiUsed.objects.exists()}
    strip, shown = cards.strip(user, partial(forecast.of, request)), around(user)
    return (
        looks
        | shown
        | {
            "nav": nav(request, user, {"jobs:queue": strip.running, "reports": shown["reports_badge"]}),
            "strip": strip if place(request) in WITH_STRIP else None,
            "composer": SimpleLazyObject(lambda: docked(request, user, shown))
            if place(request) in WITH_COMPOSER
            else None,
            "live_url": reverse("live") + (f"?page={page}" if (page := live_page(request)) else ""),
            "live_tag": ".".join(tag(strip, shown)),
        }
    )


def around(user: User) -> dict[str, Any]:
    """The balance and the notices, from one query: every poll of every page asks it."""
    reading = WalletReading.objects.filter(api=OuterRef("api")).order_by("-at")
    told = notices.in_sql(user)
    found = (
        User.objects.filter(pk=user.pk)
        .annotate(api=wallet.api_in_sql(), **told)
        .annotate(
            wallet=Subquery(reading.values("balance")[:1]),
            read_at=Subquery(reading.values("at")[:1]),
            own=FilteredRelation("accounts", condition=Q(accounts__sandbox=wallet.in_sandbox_in_sql())),
        )
        .annotate(used=balances.used_in_sql("own__pk"))
        .values("api", "wallet", "read_at", "used", *told, *(f"own__{name}" for name in (*FIGURES, *MONTH)))
        .get()
    )
    figures, month = ([found[f"own__{name}"] for name in names] for names in (FIGURES, MONTH))
    # Nobody is shown what expired at midnight, however long the clock takes to come round.
    stale = found["own__limited"] is None or allowances.due(*month)
    own = balances.of(user) if stale else balances.Balance(*figures)
    return {
        "balance": own.available,
        "balance_number": own.available,
        "unlimited": not own.limited,
        "used": found["used"] or 0,
        "wallet": None if found["wallet"] is None else int(found["wallet"]),
        "wallet_read_at": found["read_at"],
        "sandbox": found["api"] == remote.SANDBOX,
        "notices": notices.of(user, found),
        "asking": found.get("requests") or 0,
        "unexplained": found.get("findings") or 0,
        "reports_badge": notices.waiting(found),
    }


def tag(strip: cards.Strip, shown: dict[str, Any]) -> tuple[str, str, str]:
    """What the frame shows, in short: how the strip is built, what each of its cards says, and all around it."""
    around = sorted((name, str(value)) for name, value in shown.items())
    built = [card.shape for card in strip.cards]
    return cards.hashed(built, strip.words), cards.said(strip.cards), cards.hashed(around, strip.running)


def nav(request: HttpRequest, user: User, badges: Mapping[str, int]) -> list[NavItem]:
    """Where one can go."""
    places = [
        ("jobs:studio", "Studio", "palette"),
        ("gallery:index", "Gallery", "images"),
        ("jobs:queue", "Queue", "list-ordered"),
        ("gallery:albums", "Albums", "album"),
        ("credits", "Credits", "coins"),
        ("projects", "Projects", "folder"),
        *(ADMINS_PLACES if user.is_staff else []),
        ("settings", "Settings", "settings"),
    ]
    return [
        NavItem(
            url=(url := reverse(name)),
            label=label,
            icon=icon,
            current=request.path == url or (name in OF_MANY_PAGES and request.path.startswith(url)),
            badge=badges.get(name) or None,
        )
        for name, label, icon in places
    ]


def docked(request: HttpRequest, user: User, shown: Mapping[str, Any]) -> composer.Composer:
    """The composer at the foot of the page; on a picture's page with the picture in its tray.

    Until somebody reaches for it, its price is held against what the frame knows; then its script asks the books.
    """
    made = _composer(request, user)
    own = None if shown["unlimited"] else shown["balance"]
    made.room = spending.Room(own=own, project=None, wallet=shown["wallet"], budget=None)
    return made


def _composer(request: HttpRequest, user: User) -> composer.Composer:
    match = request.resolver_match
    if match and match.view_name == "gallery:image":
        try:
            return composer.editing(user, access.find(user, match.kwargs["image_id"]))
        except Http404:
            pass  # the page itself says so
    return composer.fresh(user)


def place(request: HttpRequest) -> str:
    """The name of the page."""
    return request.resolver_match.view_name if request.resolver_match else ""


def live_page(request: HttpRequest) -> str:
    """Which page's own parts the live poll keeps fresh."""
    return "queue" if place(request) == "jobs:queue" else ""
