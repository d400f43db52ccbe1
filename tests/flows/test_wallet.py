"""The provider's wallet beside the books, with real processes and a provider that charges when it accepts."""

from decimal import Decimal

import pytest

from studio.credits import findings, reconcile, wallet
from studio.credits.models import Loss, WalletFinding, WalletReading
from studio.jobs import evidence, outlay
from studio.jobs.models import Job, Line
from tests.installation import until

pytestmark = [pytest.mark.flow, pytest.mark.alike]
KEY = "live-key-0123456789"
# The pictures of many orders at once are drawn by one process, here beside the test.
PATIENT = {"STUDIO_LEASE_SECONDS": "30", "STUDIO_POST_SECONDS": "20"}


@pytest.fixture
def team(studio, settings):
    """A studio whose API is the real one, as far as it can tell: an address and a key."""
    key_file = studio.folder / "key"
    key_file.write_text(KEY)
    studio.world.set_keys(accepted=[KEY])
    studio.extra = {"STUDIO_API_URL": studio.server.url, "STUDIO_API_KEY_FILE": str(key_file)} | PATIENT
    settings.STUDIO_API_URL, settings.STUDIO_API_KEY_FILE = studio.server.url, key_file
    settings.STUDIO_REFUND_SECONDS = 0.1
    studio.start()
    assert read(studio).open == 0
    return studio


def read(team) -> WalletReading:
    """A reading by this process, or one that the worker makes at the same time."""
    return outlay.read_wallet(team.server.url)


def compared(team) -> WalletReading:
    """A reading with nothing under way, of now."""
    before = WalletReading.objects.order_by("pk").last()
    return until(lambda: (reading := read(team)).open == 0 and reading.pk != before.pk and reading, 60)


def found() -> list[tuple[Decimal, str]]:
    return list(WalletFinding.objects.order_by("pk").values_list("amount", "verdict"))


@pytest.mark.long
def test_orders_failures_and_pictures_that_are_paid_for_leave_nothing_to_explain(team, alice, bob):
    team.world.faults.add("status.fail", times=2, reason="Blocked by the safety filter")
    team.world.faults.add("asset.missing", times=1)
    jobs = [team.ask(owner, num_images=1 + number % 4) for number in range(3) for owner in (alice, bob)]
    readings = []
    until(lambda: readings.append(read(team)) or len(readings) >= 10)
    team.rest(*jobs, seconds=120)
    reading = compared(team)
    assert {job.state for job in jobs} == {"done", "failed"}
    assert reading.balance == team.opening - sum(job.captured for job in Job.objects.all())
    assert any(one.open for one in WalletReading.objects.all())
    assert found() == []
    assert findings.missed(team.server.url) == []
    team.check()


@pytest.mark.parametrize("charged", [True, False])
def test_a_lost_answer_is_the_teams_loss_if_the_wallet_paid_for_it(team, alice, charged):
    team.world.faults.add("submit.drop" if charged else "submit.drop_uncharged", times=1)
    lost, other = team.ask(alice, num_images=3), team.ask(alice)
    team.rest(lost, other)
    compared(team)
    assert {lost.state, other.state} == {"unknown", "done"}
    assert found() == ([(-15, "lost")] if charged else [])
    booked = Loss.objects.values_list("job", "credits", "why", "finding__decided_by")
    assert list(booked) == ([(lost.pk, 15, "unknown", None)] if charged else [])
    team.check()


def test_of_two_lost_answers_one_was_paid_for_and_only_a_person_can_say_which(team, alice, admin):
    team.world.faults.add("submit.drop", times=1)
    team.world.faults.add("submit.drop_uncharged", times=1)
    jobs = team.ask(alice, num_images=2), team.ask(alice, num_images=2)
    team.rest(*jobs)
    compared(team)
    assert found() == [(-10, "")]
    finding = WalletFinding.objects.get()
    proof = evidence.of(finding)
    assert {job.pk for job in proof.lost} == {job.pk for job in jobs}
    assert reconcile.proposal(Decimal(10), proof.costs) is None
    decision = reconcile.Decision(lost={jobs[0].pk: 10}, note="It was the first")
    assert reconcile.decide(finding.pk, decision, by=admin).verdict == "lost"
    compared(team)
    assert found() == [(-10, "lost")]
    team.check()


@pytest.mark.long
def test_a_top_up_and_what_is_spent_outside_are_found_to_the_credit(team, alice, admin):
    team.rest(team.ask(alice, num_images=2))
    compared(team)
    team.world.top_up("500.50")
    team.rest(team.ask(alice))
    compared(team)
    assert found() == [(Decimal("500.50"), "")]
    team.world.set_balance(team.world.balance() - 35)
    compared(team)
    assert found() == [(Decimal("500.50"), ""), (-35, "")]
    for finding in WalletFinding.objects.all():
        reconcile.decide(finding.pk, reconcile.Decision(), by=admin)
    team.rest(team.ask(alice, num_images=4))
    compared(team)
    assert found() == [(Decimal("500.50"), "top-up"), (-35, "outside")]


@pytest.mark.long
def test_a_top_up_while_orders_are_under_way_is_seen_at_once_and_found_when_they_are_done(team, alice):
    team.world.faults.add("status.late", times=1, seconds=4)
    job = team.ask(alice, num_images=2)
    until(lambda: team.state(job) == "making")
    team.world.top_up(300)
    until(lambda: read(team).balance > team.opening)
    assert findings.provisional(team.server.url).least == 290
    assert found() == []
    team.rest(job)
    compared(team)
    assert found() == [(300, "")]
    assert findings.provisional(team.server.url) is None


def test_an_empty_wallet_that_is_topped_up_is_read_and_the_line_goes_on(team, alice):
    team.world.set_balance(7)
    compared(team)
    jobs = [team.ask(alice), team.ask(alice)]
    until(lambda: Line.objects.get().stop == "wallet")
    team.world.top_up(100)
    team.rest(*jobs)
    compared(team)
    assert [amount for amount, _ in found()] == [7 - team.opening, 100]
    assert {job.state for job in jobs} == {"done"}


@pytest.mark.long
def test_readings_at_any_moment_of_a_busy_hour_with_every_trouble_find_only_what_is_so(team, alice, bob):
    """Two processes read as fast as they can, while answers are lost and paid for, orders fail and are refunded."""
    team.world.faults.add("submit.drop", times=2, word="lost")
    team.world.faults.add("status.fail", word="refused")
    team.world.faults.add("status.gap", times=3)
    team.world.faults.add("asset.truncated", times=2)
    prompts = ["a fox", "an owl, refused", "a heron", "a lake, lost", "a hill"] * 2
    jobs = [
        team.ask((alice, bob)[number % 2], prompt, num_images=1 + number % 3)
        for number, prompt in enumerate(prompts)
    ]
    resting = {"done", "failed", "cancelled"}

    def at_rest() -> bool:
        read(team)
        rows = Job.objects.values_list("state", "settled_at")
        return all(state in resting or settled for state, settled in rows)

    until(at_rest, seconds=240)
    compared(team)
    for job in jobs:
        job.refresh_from_db()
    paid = {task.idempotency_key for task in team.world.truth() if task.charged > task.refunded}
    lost = [job for job in jobs if job.state == "unknown"]
    assert sum(amount for amount, _ in found()) == -sum(job.cost for job in lost if str(job.pk) in paid)
    assert all(amount < 0 for amount, _ in found())
    assert set(Loss.objects.values_list("job", flat=True)) <= {job.pk for job in lost if str(job.pk) in paid}
    assert WalletReading.objects.count() >= 20
    assert findings.missed(team.server.url) == []
    assert wallet.latest(team.server.url).balance == team.world.balance()
    team.check()
