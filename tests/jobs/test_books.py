"""Orders, ends, losses and late answers in any order: the books are right after each of them."""

import os
import uuid

import pytest
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from studio.credits import audit, ledger
from studio.credits.models import Account, Entry
from studio.jobs import moves, orders
from studio.jobs.models import Job
from studio.jobs.states import AT_REST, State
from tests.conftest import person
from tests.jobs.cast import order

RUNS = int(os.environ.get("MACHINE_RUNS", "60"))


class Books(RuleBasedStateMachine):
    """A limited and an unlimited member, an admin, and everything that can happen to their jobs."""

    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.limited, self.unlimited = person("Lim", credits=30), person("Una")
        self.admin = person("Ada", is_staff=True, is_superuser=True)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @rule(target=jobs, limited=st.booleans(), asked=st.integers(1, 4))
    def order(self, limited, asked):
        owner = self.limited if limited else self.unlimited
        available = ledger.account_of(owner).available
        try:
            return order(owner, num_images=asked).pk
        except ledger.NotEnough:
            assert limited
            assert available < 5 * asked
            return None

    @rule(amount=st.integers(1, 40))
    def grant(self, amount):
        ledger.grant(
            self.limited, amount, key=str(uuid.uuid4()), why=ledger.Why(actor=self.admin, reason="More")
        )

    @rule(amount=st.integers(-40, 40).filter(bool))
    def adjust(self, amount):
        had = ledger.account_of(self.limited).available
        why = ledger.Why(actor=self.admin, reason="Wrong before")
        assert ledger.adjust(self.limited, amount, key=str(uuid.uuid4()), why=why) == (had + amount >= 0)

    @rule(job=jobs)
    def cancel(self, job):
        if found := Job.objects.filter(pk=job).first():
            assert orders.cancel(found.owner, job) == (found.state == State.WAITING)

    @rule(job=jobs)
    def take(self, job):
        self.move(job, State.SENDING, lease_token=uuid.uuid4(), lease_until=timezone.now())

    @rule(job=jobs)
    def throttle(self, job):
        self.move(job, State.WAITING)

    @rule(job=jobs)
    def lose(self, job):
        self.move(job, State.UNKNOWN)

    @rule(job=jobs)
    def answer_maybe_late(self, job):
        self.move(job, State.MAKING, task_id="t")

    @rule(job=jobs)
    def give_back(self, job):
        if found := Job.objects.filter(pk=job).first():
            assert moves.give_back(found) == (found.state == State.UNKNOWN and not found.settled_at)

    @rule(job=jobs, delivered=st.integers(0, 4))
    def deliver(self, job, delivered):
        self.move(job, State.SAVING)
        if found := Job.objects.filter(pk=job, state=State.SAVING).first():
            moves.note(found, delivered=min(delivered, found.asked))

    @rule(job=jobs)
    def finish(self, job):
        if found := Job.objects.filter(pk=job).first():
            moves.end(found, State.DONE if found.delivered else State.FAILED)

    @rule(job=jobs)
    def fail(self, job):
        if found := Job.objects.filter(pk=job, delivered=0).first():
            moves.end(found, State.FAILED)

    def move(self, job, to, **changes) -> None:
        if found := Job.objects.filter(pk=job).first():
            moves.move(found, to, **changes)

    @invariant()
    def the_sums_are_those_of_the_entries(self):
        assert not audit.drift().exists()
        for account in Account.objects.all():
            assert account.held >= 0
            assert account.available >= 0 or not account.limited

    @invariant()
    def each_job_is_held_once_settled_once_and_pays_for_what_came(self):
        for job in Job.objects.all():
            booked = {entry.kind: entry for entry in Entry.objects.filter(job=job.pk)}
            assert Entry.objects.filter(job=job.pk).count() == len(booked)
            assert booked["hold"].d_held == job.cost
            closed = -sum(entry.d_held for kind, entry in booked.items() if kind != "hold")
            assert closed == (job.cost if job.settled_at else 0)
            captured = -booked["capture"].d_held if "capture" in booked else 0
            assert captured == job.captured
            given_back = job.settled_at and (not job.finished_at or job.settled_at < job.finished_at)
            if job.state in AT_REST and not given_back:
                assert captured == job.price * job.delivered
            if job.state in AT_REST:
                assert job.settled_at

    @invariant()
    def what_is_held_is_what_open_jobs_may_cost(self):
        open_jobs = Job.objects.filter(settled_at=None)
        held = Account.objects.aggregate(Sum("held"))["held__sum"] or 0
        assert held == sum(job.cost for job in open_jobs)


@pytest.mark.django_db
def test_the_books_are_right_whatever_happens_in_whatever_order():
    quick = settings(
        max_examples=RUNS,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(Books, settings=quick)
