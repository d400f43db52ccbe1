"""Many at once, on the real database file: nothing is taken, held or paid twice."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connection

from studio.credits import audit, ledger
from studio.credits.models import Entry
from studio.jobs import line, moves, orders
from studio.jobs.models import Job, Submit
from studio.jobs.states import State
from tests.conftest import person
from tests.jobs.cast import in_state, order

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def at_once(work: Callable[[], object], times: int, threads: int = 10) -> list[object]:
    """What `work` gave or raised, done so many times by threads that start together."""
    gate, lock, left, results = threading.Barrier(threads), threading.Lock(), iter(range(times)), []

    def run() -> None:
        gate.wait()
        while True:
            with lock:
                if next(left, None) is None:
                    break
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - what went wrong is the result
                result = error
            results.append(result)
        connection.close()

    workers = [threading.Thread(target=run) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return results


def test_a_hundred_orders_with_credit_for_three_are_three_jobs():
    poor = person("Poor", credits=15)
    results = Counter(type(result) for result in at_once(lambda: order(poor), 100, threads=20))
    assert results == {Job: 3, ledger.NotEnough: 97}
    account = ledger.account_of(poor)
    assert (account.available, account.held, Job.objects.count()) == (0, 15, 3)
    assert not audit.drift().exists()


def test_ten_clicks_at_once_are_one_order_with_one_hold(alice):
    jobs = at_once(lambda: order(alice, nonce="click"), 10)
    assert len({job.pk for job in jobs}) == 1
    assert Entry.objects.filter(kind="hold").count() == 1
    assert ledger.account_of(alice).held == 5


def test_ten_clicks_with_credit_for_one_are_one_order_and_no_complaint():
    poor = person("Poor", credits=5)
    assert {type(result) for result in at_once(lambda: order(poor, nonce="click"), 10)} == {Job}


def test_settling_ten_times_at_once_settles_once(alice):
    job = in_state(alice, State.UNKNOWN)
    assert sorted(at_once(lambda: moves.give_back(job), 10)) == [False] * 9 + [True]
    assert Entry.objects.filter(kind="release").count() == 1
    assert not audit.drift().exists()


def test_ten_different_settlements_at_once_keep_to_the_first(alice):
    job = order(alice, num_images=4)
    other = order(alice, num_images=4)
    booking = moves.booking(job)

    def settle(captured: int) -> bool:
        return ledger.settle(held=20, captured=captured, pictures=captured // 5, booking=booking)

    captures = iter([0, 5, 10, 15, 20] * 2)
    at_once(lambda: settle(next(captures)), 10)
    entries = Entry.objects.filter(job=job.pk).exclude(kind="hold")
    assert -sum(entry.d_held for entry in entries) == 20
    assert ledger.account_of(alice).held == other.cost


def test_two_takers_never_take_the_same_job_or_the_same_slot(alice, bob, settings):
    settings.STUDIO_SUBMITS_PER_MINUTE = 6
    earlier = in_state(alice, State.MAKING)
    Submit.objects.create(job=earlier, api="sandbox", started_at=earlier.sent_at, answered_at=earlier.sent_at)
    for owner in (alice, bob) * 10:
        order(owner)
    taken = [result for result in at_once(line.take, 30) if result is not None]
    assert all(isinstance(job, Job) for job in taken)
    assert len(taken) == len({job.pk for job in taken}) == 5
    assert Submit.objects.count() == 6
    assert Counter(job.owner for job in taken) in ({alice: 2, bob: 3}, {alice: 3, bob: 2})


def test_until_the_api_answered_ten_takers_take_one_job(alice):
    for _ in range(10):
        order(alice)
    assert sum(result is not None for result in at_once(line.take, 20)) == 1


def test_a_job_is_claimed_by_one_of_ten(alice):
    job = in_state(alice, State.MAKING)
    claims = at_once(lambda: moves.claim(job.pk, State.MAKING), 10)
    assert sum(claim is not None for claim in claims) == 1


def test_cancelling_and_taking_at_once_is_one_of_both(alice):
    for _ in range(5):
        job = order(alice)
        race = iter([line.take, lambda job=job: orders.cancel(alice, job.pk)])
        results = at_once(lambda race=race: next(race)(), 2, threads=2)
        assert all(not isinstance(result, Exception) for result in results)
        job.refresh_from_db()
        assert (job.state == State.CANCELLED) == (True in results) == (job not in results)
        Job.objects.filter(state=State.SENDING).update(
            state=State.UNKNOWN, lease_token=None, lease_until=None
        )
    assert not audit.drift().exists()


def test_only_one_of_ten_probes_a_stopped_line():
    line.stop(line.Stop.LOST, "No answer", "sandbox")
    line.Line.objects.update(probe_at=None)
    claims = at_once(line.claim_probe, 10)
    assert sum(claim is not None for claim in claims) == 1
