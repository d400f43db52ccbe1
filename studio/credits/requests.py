"""Asking for more: a member asks in a sentence, one admin answers, and what was said is kept with names and times."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.text import Truncator

from studio.accounts.models import User
from studio.credits import ledger
from studio.credits.models import Account, CreditRequest

Answer = CreditRequest.Answer
REASON_LENGTH = 300  # of an entry
# Who withdraws and asks again so soon is asking the same: nobody gets a second mail.
AGAIN = timedelta(hours=1)


class NotOpen(Exception):
    """It was answered before, or withdrawn: nothing was booked. The sentence says by whom and with what."""


class Moot(Exception):
    """There is nobody any more whom credits would help: nothing was booked. The sentence says why."""


def ask(user: User, sentence: str) -> bool:
    """Ask for more. False when the member waits for an answer already; ValidationError for who has no limit."""
    if not ledger.account_of(user).limited:
        raise ValidationError("You share the team's wallet: nothing limits you.")
    # The constraint makes a second click find the first one's row.
    _, new = CreditRequest.objects.get_or_create(
        user=user, answer=Answer.OPEN, defaults={"sentence": sentence}
    )
    return new


def waits(user: User) -> bool:
    """Whether a member waits for an answer."""
    return CreditRequest.objects.filter(user=user, answer=Answer.OPEN).exists()


def may_tell(user: User) -> bool:
    """Whether to write to the admins about what a member asks for now: not twice within the hour. It is noted."""
    now = timezone.now()
    if CreditRequest.objects.filter(user=user, told_at__gt=now - AGAIN).exists():
        return False
    return bool(CreditRequest.objects.filter(user=user, answer=Answer.OPEN).update(told_at=now))


def withdraw(user: User) -> bool:
    """Take back what nobody answered yet. False when there is nothing to take back."""
    now, rows = timezone.now(), CreditRequest.objects.filter(user=user, answer=Answer.OPEN)
    return bool(rows.update(answer=Answer.WITHDRAWN, answered_at=now, seen_at=now))


def answer_yes(request: CreditRequest, amount: int, *, by: User) -> None:
    """Give what was asked for, booked once. NotOpen when somebody else was first; Moot when it helps nobody now."""
    why = ledger.Why(actor=by, reason=Truncator(f"on request: {request.sentence}").chars(REASON_LENGTH))
    with transaction.atomic():
        _close(request, answer=Answer.YES, amount=amount, answered_by=by)
        if words := moot(_locked(ledger.account_of(request.user))):
            raise Moot(words)
        ledger.grant(request.user, amount, key=f"request:{request.pk}", why=why)


def moot(account: Account) -> str:
    """Why credits would not help whose account this is, in words; empty when they would."""
    if not account.user.is_active:
        return f"{account.user} is out of the team."
    if not account.limited:
        return f"{account.user} shares the team's wallet by now: nothing limits them."
    return ""


def _locked(account: Account) -> Account:
    """The account and whose it is as they stand: neither changes until the transaction ends."""
    # Weaker than a full lock: two admins who answer each other are named in entries, and must not wait in a circle.
    rows = Account.objects.select_for_update(of=("self", "user"), no_key=True).select_related("user")
    return rows.get(pk=account.pk)


def answer_no(request: CreditRequest, reason: str, *, by: User) -> None:
    """Say no, with a reason. NotOpen when somebody else was first."""
    _close(request, answer=Answer.NO, reason=reason, answered_by=by)


def _close(request: CreditRequest, **answer: Any) -> None:
    """Write the answer down if there is none yet: of two admins at once, one is first."""
    rows = CreditRequest.objects.filter(pk=request.pk, answer=Answer.OPEN)
    if not rows.update(answered_at=timezone.now(), **answer):
        raise NotOpen(
            in_words(CreditRequest.objects.select_related("answered_by", "user").get(pk=request.pk))
        )


def in_words(request: CreditRequest) -> str:
    """What was answered, and by whom: "Ada gave 100 credits."."""
    if request.answer == Answer.YES:
        return f"{request.answered_by} gave {request.amount:,} credits."
    if request.answer == Answer.WITHDRAWN:
        return f"{request.user} has withdrawn it."
    return f"{request.answered_by} said no: {request.reason}"


def open_requests() -> QuerySet[CreditRequest]:
    """What members wait for, the oldest first."""
    rows = CreditRequest.objects.filter(answer=Answer.OPEN, user__is_active=True)
    return rows.select_related("user").order_by("asked_at")


def answered() -> QuerySet[CreditRequest]:
    """What was answered or withdrawn, the newest first."""
    rows = CreditRequest.objects.exclude(answer=Answer.OPEN)
    return rows.select_related("user", "answered_by").order_by("-id")


def of(user: User) -> QuerySet[CreditRequest]:
    """All that a member ever asked for, the newest first."""
    return CreditRequest.objects.filter(user=user).select_related("answered_by").order_by("-id")


def seen(user: User, request_id: int) -> bool:
    """Write down that a member read an answer."""
    rows = CreditRequest.objects.filter(pk=request_id, user=user, seen_at=None).exclude(answer=Answer.OPEN)
    return bool(rows.update(seen_at=timezone.now()))


def unread_in_sql(user: User) -> Subquery:
    """The oldest answer that a member has not read, as a part of a query: a JSON object, or None."""
    rows = of(user).filter(seen_at=None).exclude(answer=Answer.OPEN).order_by("id")
    told = {name: name for name in ("id", "answer", "amount", "reason")}
    return Subquery(rows.values(told=JSONObject(**told, by="answered_by__name", at="answered_at"))[:1])
