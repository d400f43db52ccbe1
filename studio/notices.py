"""What people must know on every page: why nothing is sent; for admins also what is waiting for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, Exists, Model, OuterRef, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.urls import reverse
from django.utils import timezone

from studio.accounts.models import User
from studio.credits import periods, requests
from studio.credits.models import AuditRun, BudgetWarning, CreditRequest, TeamBudget, WalletFinding
from studio.jobs import forecast, overdue, pace, words
from studio.jobs.line import needs_admin
from studio.jobs.models import Heard, Line

# Where an admin ends a stop, when it is not the page of operations.
WAYS_OUT = {Line.Stop.KEY: ("settings", "Open settings"), Line.Stop.BUDGET: ("budget", "Budget")}


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
        "losses": Subquery(line.values("losses")),
        "worker": Subquery(Heard.objects.filter(name="worker").values("at")),
        "answer": requests.unread_in_sql(user),
    }
    if not user.is_staff:
        return facts
    month = periods.month_of(periods.today())
    # A budget that was taken away warns of nothing.
    told = BudgetWarning.objects.filter(Exists(TeamBudget.objects.all()), month=month, dismissed_at=None)
    warnings = told.order_by("-percent")
    audits = AuditRun.objects.order_by("-pk")
    narrowed = line.filter(pace.narrowed_in_sql(OuterRef("api")))
    late = overdue.older_than(overdue.ALARMS[0], timezone.now()).annotate(late=Value(1))
    return facts | {
        "not_home": _counted(late, "late"),
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
    stopped = Line(stop=facts["stop"], words=facts["why"], losses=facts["losses"])
    found = [line_notice(user, stopped), _delayed(user, facts["worker"]), _answer(facts["answer"])]
    if user.is_staff:
        found.append(_not_home(facts["not_home"] or 0))
        found += [_alarm(facts["disagreements"] or 0), _warning(facts["warning"], facts["percent"])]
        found.append(_narrowed(facts["narrowed"], facts["per_minute"]))
    return [notice for notice in found if notice]


def waiting(facts: dict[str, Any]) -> int:
    """How much waits for an admin's word in the reports: members who ask for credits, changes of the wallet."""
    return (facts.get("requests") or 0) + (facts.get("findings") or 0)


def line_notice(user: User, stopped: Line) -> Notice | None:
    """Why nothing is sent, for everyone; admins get the API's own words and the way out."""
    if not stopped.stop:
        return None
    level, title, text = _stops(stopped, user)[Line.Stop(stopped.stop)]
    name, label = WAYS_OUT.get(Line.Stop(stopped.stop), ("operations", "Operations"))
    link = {"action_url": reverse(name), "action_label": label} if user.is_staff else {}
    return Notice(level=level, title=title, text=text, **link)


def _stops(line: Line, user: User) -> dict[Line.Stop, tuple[str, str, str]]:
    """Of each cause how grave it is, what happened, and what that means."""
    wait = "Orders keep waiting and start by themselves."
    told = line.words if user.is_staff else "Admins see this too."
    own = f" {line.words}" if user.is_staff else ""
    asked = "Orders keep waiting until an admin says what becomes of them."
    lost = (
        "warn",
        "An answer of the API was lost.",
        "Nothing more is sent until it answers again. Orders keep waiting.",
    )
    if needs_admin(line):
        lost = ("bad", f"{line.losses} answers of the API were lost in a row.", asked)
    return {
        Line.Stop.KEY: ("bad", "The API key was refused.", f"{wait} {told}"),
        Line.Stop.WALLET: ("bad", "The team's wallet is empty.", f"{wait} {told}"),
        Line.Stop.LOST: lost,
        Line.Stop.UNREACHABLE: ("warn", "The API can't be reached.", f"{wait}{own}"),
        Line.Stop.REFUSED: ("bad", "The API takes no orders.", f"{wait} {told}"),
        Line.Stop.BUDGET: (
            "warn",
            "The team's budget for this month is reached.",
            f"{line.words} Orders keep waiting.",
        ),
        Line.Stop.RESTORED: ("bad", "The studio seems to come from a backup.", asked),
    }


def _delayed(user: User, heard: datetime | None) -> Notice | None:
    """Nobody is there who could send."""
    if not forecast.is_dead(heard, timezone.now()):
        return None
    link = {"action_url": reverse("operations"), "action_label": "Operations"} if user.is_staff else {}
    told = "Start it again." if user.is_staff else "Admins see this too."
    text = f"The studio’s worker does not answer. Orders are kept and start once it does. {told}"
    return Notice(level="bad", title="Orders are delayed.", text=text, **link)


def _not_home(orders: int) -> Notice | None:
    """Pictures that are paid for expire at the provider."""
    if not orders:
        return None
    what = "An order is" if orders == 1 else f"{orders:,} orders are"
    return Notice(
        level="bad",
        title=f"{what} not home {overdue.ALARMS[0]} hours after being sent.",
        text="What was made expires at the provider 24 hours after it was sent.",
        action_url=reverse("operations"),
        action_label="Operations",
    )


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
