"""What people must know on every page: why nothing is sent; for admins also what is waiting for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.urls import reverse
from django.utils import timezone

from studio.accounts.models import User
from studio.credits import periods, requests
from studio.credits.models import AuditRun, BudgetWarning, CreditRequest, WalletFinding
from studio.jobs import pace, words
from studio.jobs.models import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A banner. `put_away` is where to say that it was read."""

    level: str
    title: str
    text: str
    action_url: str = ""
    action_label: str = ""
    put_away: str = ""


def in_sql(user: User) -> dict[str, Combinable]:
    """What the notices and badges of a member come from, as parts of the frame's one query."""
    line = Line.objects.all()
    facts: dict[str, Combinable] = {
        "stop": Subquery(line.values("stop")),
        "why": Subquery(line.values("words")),
        "answer": requests.unread_in_sql(user),
    }
    if not user.is_staff:
        return facts
    month = periods.month_of(periods.today())
    warnings = BudgetWarning.objects.filter(month=month, dismissed_at=None).order_by("-percent")
    audits = AuditRun.objects.order_by("-pk")
    narrowed = line.filter(pace.narrowed_in_sql(OuterRef("api")))
    return facts | {
        "narrowed": Subquery(narrowed.values("narrowed_to")),
        "per_minute": Subquery(line.values("per_minute")),
        "disagreements": Subquery(audits.values("disagreements")[:1]),
        "warning": Subquery(warnings.values("pk")[:1]),
        "percent": Subquery(warnings.values("percent")[:1]),
        "requests": _counted(requests.open_requests(), "answer"),
        "findings": _counted(WalletFinding.objects.filter(verdict=WalletFinding.Verdict.OPEN), "verdict"),
    }


def _counted(rows: "QuerySet[Model, Any]", same: str) -> Subquery:
    """How many rows there are; they are all the `same`. NULL when there are none."""
    return Subquery(rows.order_by().values(same).annotate(rows=Count("pk")).values("rows"))


def of(user: User, facts: dict[str, Any]) -> list[Notice]:
    """The notices of a member, the gravest first; `facts` are the answers to `in_sql`."""
    found = [line_notice(user, facts["stop"], facts["why"]), _answer(facts["answer"])]
    if user.is_staff:
        found += [_alarm(facts["disagreements"] or 0), _warning(facts["warning"], facts["percent"])]
        found.append(_narrowed(facts["narrowed"], facts["per_minute"]))
    return [notice for notice in found if notice]


def waiting(facts: dict[str, Any]) -> int:
    """How much waits for an admin's word in the reports: members who ask for credits, changes of the wallet."""
    return (facts.get("requests") or 0) + (facts.get("findings") or 0)


def line_notice(user: User, stop: str, words: str) -> Notice | None:
    """Why nothing is sent, for everyone; admins get the API's own words and the way out."""
    settings = {"action_url": reverse("settings"), "action_label": "Open settings"} if user.is_staff else {}
    wait = "Orders keep waiting and start by themselves."
    told = words if user.is_staff else "Admins see this too."
    own = f" {words}" if user.is_staff else ""
    match stop:
        case Line.Stop.KEY:
            return Notice(level="bad", title="The API key was refused.", text=f"{wait} {told}", **settings)
        case Line.Stop.WALLET:
            return Notice(level="bad", title="The team's wallet is empty.", text=f"{wait} {told}")
        case Line.Stop.LOST:
            text = "Nothing more is sent until it answers again. Orders keep waiting."
            return Notice(level="warn", title="An answer of the API was lost.", text=text)
        case Line.Stop.UNREACHABLE:
            return Notice(level="warn", title="The API can't be reached.", text=f"{wait}{own}")
        case Line.Stop.REFUSED:
            return Notice(level="bad", title="The API takes no orders.", text=f"{wait} {told}")
        case Line.Stop.BUDGET:
            title = "The team's budget for this month is reached."
            link = {"action_url": reverse("budget"), "action_label": "Budget"} if user.is_staff else {}
            return Notice(level="warn", title=title, text=f"{words} Orders keep waiting.", **link)
        case _:
            return None


def _narrowed(fewer: int | None, per_minute: int | None) -> Notice | None:
    """The API refused as many submits as are set."""
    most = pace.most(Line(per_minute=per_minute))
    if fewer is None or fewer >= most:
        return None
    return Notice(
        level="warn",
        title=words.fewer(fewer, most),
        text="It refused more. Orders wait longer.",
        action_url=reverse("settings"),
        action_label="Open settings",
    )


def _answer(told: Mapping[str, Any] | None) -> Notice | None:
    """What an admin answered to who asked for more credits, until they have read it."""
    if told is None:
        return None
    # Databases write a moment in their own way, and SQLite leaves out that it is UTC.
    at = datetime.fromisoformat(told["at"])
    when = f"{timezone.localtime(at if at.tzinfo else at.replace(tzinfo=UTC)):%-d %b, %H:%M}."
    read = reverse("answer_seen", args=[told["id"]])
    if told["answer"] == CreditRequest.Answer.YES:
        title = f"{told['by']} gave you {told['amount']:,} credits."
        return Notice(level="ok", title=title, text=when, put_away=read)
    title = f"{told['by']} gave no more credits:"
    return Notice(level="warn", title=title, text=f"{told['reason']} · {when}", put_away=read)


def _alarm(disagreements: int) -> Notice | None:
    """The books don't agree with themselves: somebody must look, today."""
    if not disagreements:
        return None
    things = "one thing that disagrees" if disagreements == 1 else f"{disagreements:,} things that disagree"
    return Notice(
        level="bad",
        title="The books need a look.",
        text=f"The last audit found {things}.",
        action_url=reverse("audit"),
        action_label="Open the audit",
    )


def _warning(warning: int | None, percent: int) -> Notice | None:
    """A share of the month's budget is spent, until an admin put it away."""
    if warning is None:
        return None
    return Notice(
        level="warn",
        title=f"{percent} % of this month's budget is spent.",
        text="",
        action_url=reverse("budget"),
        action_label="Budget",
        put_away=reverse("put_away", args=[warning]),
    )
