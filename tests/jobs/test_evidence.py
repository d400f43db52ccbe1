"""Which orders may have to do with a change of the wallet, and when they explain it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from studio.credits import findings, wallet
from studio.credits.models import Loss, WalletFinding, WalletReading
from studio.jobs import evidence, moves, outlay
from studio.jobs.models import Job, Output
from studio.jobs.states import State
from tests.jobs.cast import in_state

pytestmark = pytest.mark.django_db
API = "https://api.example.com"


@pytest.fixture(autouse=True)
def _real(settings):
    settings.STUDIO_API_URL, settings.STUDIO_API_KEY = API, "live-key-0123456789"
    settings.STUDIO_REFUND_SECONDS = 0.000001
    assert wallet.api_in_use() == API


def read(balance: int) -> WalletReading:
    """A reading beside the books as they stand."""
    standing = outlay.standing(API)
    at = timezone.now()
    reading = WalletReading.objects.create(
        api=API, balance=balance, spent=standing.spent, open=standing.open, at=at
    )
    findings.look(reading)
    return reading


def job(owner, state: State, pictures: int = 1, **fields) -> Job:
    made = in_state(owner, state, num_images=pictures, **fields)
    Job.objects.filter(pk=made.pk).update(api=API)
    made.refresh_from_db()
    return made


def lost(owner, pictures: int = 1) -> Job:
    """An order whose answer was lost, and whose credits went back."""
    made = job(owner, State.UNKNOWN, pictures)
    assert moves.give_back(made)
    made.refresh_from_db()
    return made


def explained() -> WalletFinding:
    evidence.explain(API)
    return WalletFinding.objects.get()


def test_a_fall_that_lost_answers_explain_to_the_credit_is_theirs(alice):
    read(1000)
    orders = lost(alice), lost(alice, 3)
    read(980)
    finding = explained()
    assert (finding.verdict, finding.decided_by) == ("lost", None)
    assert finding.decided_at
    assert set(Loss.objects.values_list("job", "credits")) == {(orders[0].pk, 5), (orders[1].pk, 15)}


@pytest.mark.parametrize("balance", [995, 985, 970])
def test_a_fall_that_only_some_of_them_or_more_than_they_explain_is_asked_about(alice, balance):
    read(1000)
    lost(alice), lost(alice, 3)
    read(balance)
    assert explained().verdict == ""
    assert not Loss.objects.exists()


def test_lost_answers_that_were_not_taken_make_no_finding(alice):
    read(1000)
    lost(alice)
    read(1000)
    evidence.explain(API)
    assert not WalletFinding.objects.exists()


@pytest.mark.parametrize("pictures_home", [0, 1])
def test_an_order_that_came_home_short_may_explain_it_as_well_so_people_decide(alice, pictures_home):
    read(1000)
    lost(alice)
    short = job(alice, State.SAVING if pictures_home else State.MAKING, 1 + pictures_home)
    moves.note(short, delivered=pictures_home)
    moves.end(short, State.DONE if pictures_home else State.FAILED, reason_code="model")
    read(995 - 5 * pictures_home)
    finding = explained()
    found = evidence.of(finding)
    assert finding.verdict == ""
    assert [one.pk for one in found.short] == [short.pk]


def test_only_the_orders_of_its_own_time_have_to_do_with_it(alice):
    read(1000)
    lost(alice)
    read(1000)
    second = lost(alice)
    read(995)
    assert [one.pk for one in evidence.of(WalletFinding.objects.get()).lost] == [second.pk]
    read(995)
    lost(alice)
    assert [one.pk for one in evidence.of(WalletFinding.objects.get()).lost] == [second.pk]


def test_orders_of_another_api_or_the_sandbox_have_nothing_to_do_with_it(alice):
    read(1000)
    for api in ("sandbox", "https://old.example.com"):
        Job.objects.filter(pk=lost(alice).pk).update(api=api)
    read(995)
    assert evidence.of(WalletFinding.objects.get()).lost == ()


def test_an_answer_that_comes_late_is_waited_for_and_then_explains_itself(alice):
    read(1000)
    late = lost(alice, 2)
    read(990)
    assert moves.move(late, State.MAKING, task_id="late")
    assert explained().verdict == ""
    assert [one.pk for one in evidence.of(explained()).coming] == [late.pk]
    late.refresh_from_db()
    assert moves.move(late, State.SAVING)
    late.refresh_from_db()
    moves.note(late, delivered=2)
    late.refresh_from_db()
    assert moves.end(late, State.DONE)
    assert Loss.objects.get().finding == explained()
    assert explained().verdict == "lost"
    read(990)
    assert WalletFinding.objects.count() == 1


def test_a_late_picture_that_explains_a_fall_leaves_the_other_lost_answers_unpaid_for(alice):
    read(1000)
    late, _never = lost(alice), lost(alice)
    read(995)
    assert explained().verdict == ""
    for state, more in ((State.MAKING, {"task_id": "late"}), (State.SAVING, {})):
        assert moves.move(late, state, **more)
        late.refresh_from_db()
    moves.note(late, delivered=1)
    late.refresh_from_db()
    assert moves.end(late, State.DONE)
    assert explained().verdict == "lost"
    assert Loss.objects.get().job == late.pk


def test_all_that_was_made_for_a_late_order_is_lost_also_what_never_came_home(alice):
    read(1000)
    late = lost(alice, 3)
    read(985)
    assert moves.move(late, State.SAVING, task_id="late") is False
    assert moves.move(late, State.MAKING, task_id="late")
    late.refresh_from_db()
    assert moves.move(late, State.SAVING)
    late.refresh_from_db()
    for position, trouble in enumerate(["", "", "gone"]):
        Output.objects.create(
            job=late, position=position, url="x", saved_at=None if trouble else timezone.now()
        )
    moves.note(late, delivered=2)
    late.refresh_from_db()
    assert moves.end(late, State.DONE)
    assert Loss.objects.values_list("credits", "why").get() == (15, "late")
    assert explained().verdict == "lost"


def test_a_late_order_that_has_expired_is_lost_too(alice):
    late = lost(alice, 2)
    assert moves.move(late, State.MAKING, task_id="late")
    late.refresh_from_db()
    assert moves.end(late, State.FAILED, reason_code="expired")
    assert Loss.objects.values_list("credits", "why").get() == (10, "expired")


def test_what_was_booked_as_lost_is_not_evidence_for_another_fall(alice, admin):
    read(1000)
    lost(alice)
    read(995)
    finding = explained()
    assert finding.verdict == "lost"
    assert evidence.of(finding).lost == ()


def test_reading_the_wallet_explains_what_can_be(alice, monkeypatch):
    class Provider:
        balance = staticmethod(lambda: wallet.CENT * 100 * 995)

    monkeypatch.setattr(wallet.remote, "named", {API: Provider}.__getitem__)
    read(1000)
    lost(alice)
    outlay.read_wallet(API)
    assert WalletFinding.objects.get().verdict == "lost"


def test_a_decision_that_somebody_else_makes_meanwhile_stands(alice, admin, monkeypatch):
    read(1000)
    lost(alice)
    read(995)
    decide = evidence.reconcile.decide

    def slower(finding_id, decision, *, by):
        decide(finding_id, evidence.reconcile.Decision(), by=admin)
        return decide(finding_id, decision, by=by)

    monkeypatch.setattr(evidence.reconcile, "decide", slower)
    assert explained().verdict == "outside"
    assert explained().decided_by == admin
    assert not Loss.objects.exists()


def test_the_window_reaches_back_for_as_long_as_refunds_may_take(alice, settings):
    settings.STUDIO_REFUND_SECONDS = 300
    failed = job(alice, State.MAKING)
    moves.end(failed, State.FAILED, reason_code="model")
    Job.objects.update(due_at=timezone.now() - timedelta(seconds=310))
    WalletReading.objects.create(
        api=API, balance=1000, spent=0, open=0, at=timezone.now() - timedelta(seconds=200)
    )
    read(995)
    assert [one.pk for one in evidence.of(WalletFinding.objects.get()).short] == [failed.pk]
