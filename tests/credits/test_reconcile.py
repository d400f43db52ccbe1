"""What a change of the wallet was: decided once, with what it lost the team."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from studio.credits import findings, reconcile
from studio.credits.models import Loss, WalletFinding
from studio.credits.reconcile import Decision
from tests.credits import books
from tests.credits.readings import API, read

pytestmark = pytest.mark.django_db
LATE = Loss.Why.LATE


def found(*balances) -> WalletFinding:
    """The finding of the last of these quiet readings, an hour apart."""
    for hours, balance in zip(range(len(balances) - 1, -1, -1), balances, strict=True):
        read(balance, hours=hours)
    return WalletFinding.objects.latest("pk")


@pytest.fixture
def lost(alice):
    """Orders of Alice whose credits went back: of 1 picture, of 2, of 3."""
    return [books.made(alice, pictures, delivered=0).job for pictures in (1, 2, 3)]


def decided(finding, admin, *jobs, **said) -> WalletFinding:
    costs = dict(jobs)
    return reconcile.decide(finding.pk, Decision(lost=costs, **said), by=admin)


class TestDeciding:
    @pytest.mark.parametrize(
        ("balance", "refund", "verdict"),
        [(1500, False, "top-up"), (1005, True, "refund"), (990, False, "outside"), (990, True, "outside")],
    )
    def test_a_change_is_what_an_admin_says_it_is_with_name_and_note(self, admin, balance, refund, verdict):
        finding = decided(found(1000, balance), admin, refund=refund, note="From the dashboard")
        finding.refresh_from_db()
        assert (finding.verdict, finding.note, finding.decided_by) == (verdict, "From the dashboard", admin)
        assert finding.decided_at
        assert not Loss.objects.exists()

    def test_it_is_decided_once(self, admin, bob):
        finding = decided(found(1000, 1500), admin)
        with pytest.raises(reconcile.Decided):
            decided(finding, bob, refund=True)
        finding.refresh_from_db()
        assert (finding.verdict, finding.decided_by) == ("top-up", admin)

    def test_lost_answers_that_explain_it_become_losses_of_the_team(self, admin, lost):
        finding = decided(found(1000, 985), admin, (lost[0], 5), (lost[1], 10))
        assert finding.verdict == "lost"
        rows = Loss.objects.values_list("job", "credits", "why", "finding", "api")
        assert set(rows) == {
            (job, cost, "unknown", finding.pk, API) for job, cost in ((lost[0], 5), (lost[1], 10))
        }
        assert findings.rest(finding) == 0

    def test_what_they_leave_of_a_fall_went_elsewhere(self, admin, lost):
        finding = decided(found(1000, 970), admin, (lost[0], 5))
        assert (finding.verdict, findings.rest(finding)) == ("outside", -25)

    def test_a_top_up_may_hide_what_lost_answers_cost(self, admin, lost):
        finding = decided(found(1000, 1490), admin, (lost[1], 10))
        assert (finding.verdict, findings.rest(finding)) == ("top-up", 500)

    def test_more_than_is_missing_can_not_have_been_lost(self, admin, lost):
        finding = found(1000, 995)
        with pytest.raises(reconcile.TooMuch, match="cost 10 credits, and only 5 are missing"):
            decided(finding, admin, (lost[1], 10))
        finding.refresh_from_db()
        assert finding.verdict == ""
        assert not Loss.objects.exists()

    def test_an_order_is_lost_once(self, admin, lost):
        decided(found(1000, 995), admin, (lost[0], 5))
        second = decided(found(995, 990), admin, (lost[0], 5))
        assert (second.verdict, Loss.objects.count()) == ("outside", 1)

    def test_a_loss_moves_no_members_credits(self, admin, alice, lost):
        before = books.ledger.account_of(alice)
        decided(found(1000, 995), admin, (lost[0], 5))
        after = books.ledger.account_of(alice)
        assert (after.available, after.held) == (before.available, before.held)


class TestPicturesThatCameLate:
    """Their fall may have been found before, and must not be counted a second time."""

    def late(self, finding, job, credits=5) -> Loss | None:
        given_back = finding.since + (finding.until - finding.since) / 2
        reconcile.lose_late(job, credits, api=API, why=LATE, given_back=given_back)
        return Loss.objects.filter(job=job, why=LATE).first()

    def test_they_explain_the_fall_of_the_time_in_which_their_credits_went_back(self, lost):
        first, second = found(1000, 995), found(995, 990)
        assert self.late(first, lost[0]).finding == first
        assert findings.rest(first) == 0
        assert findings.rest(second) == -5

    def test_without_a_fall_found_they_are_paid_for_like_any_others(self, lost):
        read(1000, hours=1)
        reconcile.lose_late(lost[0], 5, api=API, why=LATE, given_back=timezone.now())
        read(995, 5)
        assert Loss.objects.get().finding is None
        assert not WalletFinding.objects.exists()

    def test_what_was_booked_as_lost_before_is_not_booked_again(self, admin, lost):
        finding = decided(found(1000, 995), admin, (lost[0], 5))
        assert self.late(finding, lost[0]) is None
        assert Loss.objects.count() == 1

    def test_a_fall_that_another_order_explains_has_no_room_for_them(self, admin, lost):
        finding = decided(found(1000, 995), admin, (lost[0], 5))
        assert self.late(finding, lost[1]).finding is None

    @pytest.mark.parametrize(("balance", "theirs"), [(995, True), (998, False)])
    def test_what_was_said_to_be_spent_outside_was_theirs_if_it_was_enough(
        self, admin, lost, balance, theirs
    ):
        finding = decided(found(1000, balance), admin)
        assert (self.late(finding, lost[0]).finding == finding) is theirs

    def test_a_top_up_was_more_than_it_seemed(self, admin, lost):
        finding = decided(found(1000, 1495), admin)
        assert self.late(finding, lost[0]).finding == finding
        assert findings.rest(finding) == 500


class TestProposals:
    """Which lost answers a fall may have paid for."""

    def jobs(self, *costs) -> dict[uuid.UUID, int]:
        return {uuid.UUID(int=number): cost for number, cost in enumerate(costs)}

    @pytest.mark.parametrize(
        ("missing", "costs", "places"),
        [
            (5, [5], {0}),
            (15, [5, 10], {0, 1}),
            (10, [5, 10, 20], {1}),
            (25, [5, 10, 20], {0, 2}),
            (60, [20, 20, 20], {0, 1, 2}),
        ],
    )
    def test_whole_orders_that_cost_just_what_is_missing_are_proposed(self, missing, costs, places):
        assert reconcile.proposal(Decimal(missing), self.jobs(*costs)) == {
            uuid.UUID(int=place) for place in places
        }

    @pytest.mark.parametrize(
        ("missing", "costs"),
        [
            (5, []),
            (5, [10]),
            (7, [5, 10]),
            (5, [5, 5]),
            (15, [5, 10, 15]),
            ("5.50", [5]),
            (0, [5]),
            (-5, [5]),
        ],
    )
    def test_none_that_fit_or_more_than_one_choice_is_no_proposal(self, missing, costs):
        assert reconcile.proposal(Decimal(missing), self.jobs(*costs)) is None

    def test_many_lost_answers_are_no_trouble(self):
        assert reconcile.proposal(Decimal(500), self.jobs(*[5] * 200)) is None
        assert len(reconcile.proposal(Decimal(1000), self.jobs(*[5] * 200))) == 200


class TestCertainty:
    """When the studio decides by itself."""

    def certainty(self, finding, *costs, others=False):
        return reconcile.certainty(
            finding, {uuid.UUID(int=place): cost for place, cost in enumerate(costs)}, others=others
        )

    @pytest.mark.parametrize(("balance", "costs"), [(990, [10]), (985, [5, 10])])
    def test_it_does_when_all_lost_answers_of_the_time_cost_just_what_is_missing(self, balance, costs):
        decision = self.certainty(found(1000, balance), *costs)
        assert sorted(decision.lost.values()) == costs

    @pytest.mark.parametrize(
        ("balance", "costs", "others"),
        [
            (990, [10], True),
            (990, [5], False),
            (990, [5, 10], False),
            (990, [10, 10], False),
            (990, [], False),
            (1010, [10], False),
        ],
    )
    def test_it_does_not_when_less_matches_or_something_else_may_be_the_reason(self, balance, costs, others):
        assert self.certainty(found(1000, balance), *costs, others=others) is None

    def test_pictures_that_came_late_are_proof_whatever_else_there_is(self, lost):
        finding = found(1000, 995)
        moment = finding.until - timedelta(microseconds=1)
        reconcile.lose_late(lost[0], 5, api=API, why=LATE, given_back=moment)
        assert self.certainty(finding, 10, 5, others=True) == Decision()

    def test_what_is_decided_stays_so(self, admin):
        finding = decided(found(1000, 990), admin)
        assert self.certainty(finding, 10) is None
