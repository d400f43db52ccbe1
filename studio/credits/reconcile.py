"""What a change of the wallet was: lost answers, a top-up, or credits that went where the studio does not see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from studio.accounts.models import User
from studio.credits import findings, ledger
from studio.credits.models import Loss, WalletFinding

log = structlog.get_logger(__name__)
Verdict = WalletFinding.Verdict


class Decided(Exception):
    """Somebody has said already what it was. Nothing was changed."""


class TooMuch(Exception):
    """The orders cost more than is missing. Nothing was booked."""

    def __init__(self, *, cost: int, missing: Decimal) -> None:
        super().__init__(f"These orders cost {cost:,} credits, and only {missing:,.0f} are missing.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What somebody says of a finding.

    `lost` are the orders whose lost answers the wallet paid for, with their credits. What they leave of a fall
    was spent outside, or not refunded; what they leave of a rise is a top-up, or with `refund` a late refund.
    """

    lost: Mapping[UUID, int] = field(default_factory=dict)
    refund: bool = False
    note: str = ""


def decide(finding_id: int, decision: Decision, *, by: User | None) -> WalletFinding:
    """Say what a finding was, once, and book what was lost; `by` is None when the studio says it itself.

    Raises Decided or TooMuch. An order whose loss is in the books already is not booked a second time.
    """
    with transaction.atomic():
        finding = _locked(finding_id)
        if finding.verdict:
            raise Decided
        missing, cost = -findings.rest(finding), sum(decision.lost.values())
        if finding.amount < 0 and cost > max(missing, Decimal(0)):
            raise TooMuch(cost=cost, missing=missing)
        ledger.lock_of(decision.lost)
        for job, credits in decision.lost.items():
            ledger.lose(job, credits, api=finding.api, why=Loss.Why.UNKNOWN, finding=finding)
        finding.verdict = _verdict(findings.rest(finding), decision)
        finding.note, finding.decided_by, finding.decided_at = decision.note, by, timezone.now()
        finding.save(update_fields=["verdict", "note", "decided_by", "decided_at"])
    log.info("a change of the wallet is explained", finding=finding.pk, verdict=finding.verdict)
    return finding


def _locked(finding_id: int) -> WalletFinding:
    """A finding that nobody else decides meanwhile."""
    findings.lock(WalletFinding.objects.values_list("api", flat=True).get(pk=finding_id))
    return WalletFinding.objects.select_for_update().get(pk=finding_id)


def _verdict(rest: Decimal, decision: Decision) -> Verdict:
    if not rest:
        return Verdict.LOST
    if rest < 0:
        return Verdict.OUTSIDE
    return Verdict.REFUND if decision.refund else Verdict.TOP_UP


def lose_late(job: UUID, credits: int, *, api: str, why: Loss.Why, given_back: datetime) -> None:
    """Book what an order took whose answer came after its credits went back, in the caller's transaction.

    If the wallet was read with nothing under way since then, its fall was found at the time: the loss is booked
    on that finding and explains it, or else what was missing once would seem to come back now. A finding that
    others explain already leaves no room for it.
    """
    findings.lock(api)
    finding = WalletFinding.objects.filter(api=api, since__lt=given_back, until__gte=given_back).first()
    if finding and not _has_room(finding, credits):
        finding = None
    ledger.lose(job, credits, api=api, why=why, finding=finding)


def _has_room(finding: WalletFinding, credits: int) -> bool:
    """Whether a loss may be booked on a finding without making its verdict untrue."""
    if finding.verdict == Verdict.OUTSIDE:
        return findings.rest(finding) + credits <= 0
    return finding.verdict != Verdict.LOST


def proposal(missing: Decimal, costs: Mapping[UUID, int]) -> frozenset[UUID] | None:
    """The orders that together cost just what is missing; None when none do, or more than one choice of them does."""
    choices: dict[int, list[frozenset[UUID]]] = {0: [frozenset()]}
    for job, cost in costs.items():
        grown = {
            total + cost: [chosen | {job} for chosen in sets]
            for total, sets in choices.items()
            if total + cost <= missing
        }
        # Two ways to a sum are as good as many: a person has to choose.
        choices |= {total: (choices.get(total, []) + sets)[:2] for total, sets in grown.items()}
    exact = choices.get(int(missing), []) if missing == int(missing) else []
    return exact[0] if len(exact) == 1 and missing > 0 else None


def certainty(finding: WalletFinding, costs: Mapping[UUID, int], *, others: bool) -> Decision | None:
    """What the studio may decide by itself: that a fall was lost answers, which cost so much each; None if it may not.

    It may when what is missing is to the credit what all answers lost in that time cost, and no other order of
    that time fell short (`others`), or when pictures that came late explain all of it. Somebody may still have
    spent that very sum elsewhere while the provider charged none of the lost answers; the studio can't know. But
    then only the word for it is wrong: the team bears both, no member or project pays either, and an admin who
    was asked would have had nothing else to go by. Whatever matches less is asked.
    """
    missing = -findings.rest(finding)
    if finding.verdict or finding.amount > 0:
        return None
    if not missing:
        return Decision()
    exact = bool(costs) and sum(costs.values()) == missing
    return Decision(lost=costs) if exact and not others else None
