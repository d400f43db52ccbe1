"""Statements as people read them: the figures of a month, and what was ordered in it with small pictures."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.text import Truncator

from gallery import access, previews
from studio.accounts.models import User
from studio.credits import periods, prices, statements
from studio.credits.models import Entry, Loss, Scope, Statement
from studio.credits.sheets import Cell
from studio.jobs import ordered
from studio.jobs.cards import TITLE_LENGTH
from studio.office import outcomes

NUMBER = re.compile(r"(2\d{3})-(0[1-9]|1[0-2])-(?:(T)|(M|P)([1-9]\d{0,17}))")
SCOPES = {"T": Scope.TEAM, "M": Scope.MEMBER, "P": Scope.PROJECT}
# On paper nobody turns more pages than these fill; the file for spreadsheets has them all.
MOST_ORDERS = 1000
BALANCE = {
    "opening": "Opening balance",
    "granted": "Given",
    "adjusted": "Corrected",
    "used": "Used for pictures",
    "expired": "Expired",
    "closing": "Closing balance",
}
# Who has no balance of their own is told what was used; what takes that down is told only when there is any.
SPENDING = {
    "opening": "Used before this month",
    "granted": "Given",
    "adjusted": "Corrected",
    "used": "Used this month",
    "expired": "Expired",
    "closing": "Used so far",
}
ALWAYS = {"opening", "used", "closing"}
TAKEN = {"used", "expired"}
READ = ("job", "day", "account__user", "project_name", "kind", "d_available", "d_held", "pictures")
LISTED = (Scope.TEAM, Scope.MEMBER, Scope.PROJECT)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose month, and which."""

    month: date
    scope: Scope
    subject_id: int

    @property
    def number(self) -> str:
        """How its statement is called."""
        return statements.number_of(self.month, self.scope, self.subject_id)


@dataclass(slots=True, kw_only=True)
class Ordered:
    """One order on a statement."""

    job: UUID
    day: date
    where: str
    pictures: int = 0
    used: int = 0
    released: int = 0
    title: str = ""
    thumbnail: str = ""
    url: str = ""

    @property
    def when(self) -> str:
        """The day: "1 Oct". The filters of a template would take longer for it than for all the rest of the line."""
        return f"{self.day:%-d %b}"

    @property
    def back(self) -> str:
        """What of it was given back, in words."""
        if not self.released:
            return ""
        return f"{'' if self.pictures else 'Not delivered; '}{self.released:,} given back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A statement as it is printed. `sha256` is empty while its month is open."""

    subject: Subject
    body: dict[str, Any]
    sha256: str
    made: date | None
    sums: list[tuple[str, int]]
    spends: bool
    money: str
    orders: list[Ordered]
    more: int
    losses: list[tuple[str, int]]
    lost: int


def subject_of(number: str) -> Subject | None:
    """What a statement's number stands for."""
    found = NUMBER.fullmatch(number)
    if not found:
        return None
    year, month, team, letter, subject_id = found.groups()
    return Subject(date(int(year), int(month), 1), SCOPES[team or letter], int(subject_id or 0))


def may_read(user: User, subject: Subject) -> bool:
    """Admins read every statement, members their own."""
    return user.is_staff or (subject.scope == Scope.MEMBER and subject.subject_id == user.pk)


def paper(subject: Subject, reader: User) -> Paper | None:
    """A statement with what its reader may see of the pictures; None when nothing was booked."""
    body = statements.body_of(subject.month, subject.scope, subject.subject_id)
    if body is None:
        return None
    row = Statement.objects.filter(number=subject.number).first()
    orders = orders_of(subject)
    shown = orders[:MOST_ORDERS]
    _picture(shown, reader)
    return Paper(
        subject=subject,
        body=body,
        sha256=row.sha256 if row else "",
        made=periods.today(row.closed_at) if row else None,
        sums=sums(subject.scope, body["figures"]),
        spends=spends(subject.scope, body["figures"]),
        money=_money(body),
        orders=shown,
        more=len(orders) - len(shown),
        losses=[(outcomes.LOST[Loss.Why(why)], credits) for why, credits in body["losses"].items()],
        lost=sum(body["losses"].values()),
    )


def spends(scope: str, figures: dict[str, int]) -> bool:
    """Whether a month is told as what was used: of a project, and of a member who shares the wallet.

    Who began with credits of their own, and shares the wallet since, reads what became of those.
    """
    shares = figures["closing"] < 0 and figures["opening"] <= 0
    return scope == Scope.PROJECT or (scope == Scope.MEMBER and shares)


def sums(scope: str, figures: dict[str, int]) -> list[tuple[str, int]]:
    """The figures from opening to closing with their signs, so that they add up as they are read."""
    signed = {name: -figures[name] if name in TAKEN else figures[name] for name in BALANCE}
    if not spends(scope, figures):
        return [(words, signed[name]) for name, words in BALANCE.items()]
    return [(words, -signed[name]) for name, words in SPENDING.items() if name in ALWAYS or signed[name]]


def orders_of(subject: Subject) -> list[Ordered]:
    """What was ordered, delivered or given back in the month, oldest first. The team's statement lists none."""
    if subject.scope == Scope.TEAM:
        return []
    of_member = subject.scope == Scope.MEMBER
    entries = statements.entries_of(subject.month, subject.scope, subject.subject_id).exclude(job=None)
    names = {} if of_member else {user.pk: str(user) for user in User.objects.all()}
    orders: dict[UUID, Ordered] = {}
    # Not whole rows: a statement has hundreds.
    for job, day, user, project, kind, back, paid, pictures in entries.values_list(*READ):
        order = orders.get(job)
        if order is None:
            order = orders[job] = Ordered(job=job, day=day, where=project if of_member else names[user])
        if kind == Entry.Kind.CAPTURE:
            order.used -= paid
            order.pictures += pictures
        elif kind == Entry.Kind.RELEASE:
            order.released += back
    return list(orders.values())


def _picture(orders: Iterable[Ordered], reader: User) -> None:
    """Give the orders their titles and first pictures, where the reader may see them."""
    by_job = {order.job: order for order in orders}
    for job, found in ordered.titles(reader, by_job).items():
        by_job[job].title, by_job[job].url = found.title, reverse("jobs:job", args=[job])
    seen = access.visible_to(reader).filter(job__in=by_job).order_by("-position")
    kept_back = access.kept_back(by_job)
    for image in seen.only("pk", "job", "owner", "prompt", "position"):
        if order := by_job.get(image.job) if image.job else None:
            may_read = image.owner_id == reader.pk or image.job not in kept_back
            words = image.prompt if may_read else ""
            order.title = order.title or Truncator(words).chars(TITLE_LENGTH)
            order.url, order.thumbnail = image.get_absolute_url(), previews.url(image, 320)


def rows(found: Paper) -> Iterator[list[Cell]]:
    """A statement as a table: its figures, then its parts, its losses, and every order of it.

    What parts and orders used has the sign it has among the figures, so that they add up to it.
    """
    sign = 1 if found.spends else -1
    for words, credits in found.sums:
        yield [words, "", "", "", credits, ""]
    for scope in ("members", "projects"):
        for part in found.body[scope]:
            yield [
                scope.removesuffix("s"),
                part["name"],
                "",
                part["pictures"],
                sign * part["used"],
                part["released"],
            ]
    for words, credits in found.losses:
        yield ["loss", words, "", "", credits, ""]
    for order in orders_of(found.subject):
        yield ["order", order.where, order.day, order.pictures, sign * order.used, order.released]


COLUMNS = ("what", "name", "day", "pictures", "credits", "given back")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A statement in a list."""

    number: str
    month: date
    scope: str
    name: str
    used: int
    released: int
    pictures: int
    left: int | None
    money: str


def months() -> list[date]:
    """The closed months, newest first."""
    statements.close_past_months()
    return list(Statement.objects.filter(scope=Scope.TEAM).order_by("-month").values_list("month", flat=True))


def of_month(month: date) -> list[Row]:
    """The statements of a closed month: the team's, then the members' and the projects', each by name."""
    order = [scope.value for scope in LISTED]
    found = [_row(row) for row in Statement.objects.filter(month=month)]
    return sorted(found, key=lambda row: (order.index(row.scope), row.name.casefold(), row.number))


def of_member(user: User) -> list[Row]:
    """A member's own statements, newest first."""
    statements.close_past_months()
    own = Statement.objects.filter(scope=Scope.MEMBER, subject_id=user.pk)
    return [_row(row) for row in own.order_by("-month")]


def _row(row: Statement) -> Row:
    figures = row.body["figures"]
    return Row(
        number=row.number,
        month=row.month,
        scope=row.scope,
        name=row.body["subject"]["name"],
        left=figures["closing"] if row.scope == Scope.MEMBER and figures["closing"] >= 0 else None,
        money=_money(row.body),
        **{name: figures[name] for name in ("used", "released", "pictures")},
    )


HEADER = ("Number", "Month", "Whose", "Name", "Pictures", "Used", "Given back", "Left at the end", "Money")


def sheet(found: Iterable[Row]) -> Iterator[list[Cell]]:
    """A list of statements as rows of a file."""
    for row in found:
        yield [
            *(row.number, row.month, row.scope, row.name),
            *(row.pictures, row.used, row.released, row.left, row.money),
        ]


def _money(body: dict[str, Any]) -> str:
    """What was used in money, at the prices of the month."""
    return prices.words({currency: Decimal(amount) for currency, amount in body["money"].items()})
