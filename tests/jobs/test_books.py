"""Orders, ends, losses, late answers, gifts, allowances, budgets, months in any order: the books are always right."""

import os
import uuid
from datetime import timedelta

import pytest
from django.conf import settings as site
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from gallery.models import Project
from studio.credits import allowances, balances, budgets, ledger, periods, statements, totals
from studio.credits import audit as books
from studio.credits.models import Account, ApiUsed, Entry, Loss, Statement
from studio.credits.modes import Given, Monthly, Shares
from studio.jobs import line, moves, orders, statistics
from studio.jobs.models import Job, Line
from studio.jobs.states import AT_REST, State
from studio.office import audit
from tests.conftest import person

RUNS = int(os.environ.get("MACHINE_RUNS", "40"))
SOME = st.one_of(st.none(), st.integers(1, 60))


class Books(RuleBasedStateMachine):
    """Three members with credits of each kind, an admin, two projects, the real API, and a calendar."""

    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.shift, self.now = timedelta(), timezone.now
        timezone.now = lambda: self.now() + self.shift
        ApiUsed.objects.create(name=site.STUDIO_API_URL)
        self.admin = person("Ada", is_staff=True, is_superuser=True)
        self.members = [person("Lim", credits=30), person("Una"), person("Mo", credits=0)]
        allowances.set_allowance(self.members[2], Monthly(30), by=self.admin)
        self.projects = [Project.objects.get(), Project.objects.create(name="Another")]

    def teardown(self) -> None:
        try:
            self.nothing_disagrees()
        finally:
            timezone.now = self.now
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    def why(self) -> ledger.Why:
        return ledger.Why(actor=self.admin, reason="Asked for it")

    # What people do

    @rule(target=jobs, who=st.integers(0, 2), project=st.integers(0, 1), asked=st.integers(1, 4))
    def order(self, who, project, asked):
        owner, where = self.members[who], self.projects[project]
        try:
            return orders.ask(owner, orders.Ask(prompt="a fox", project=where, num_images=asked)).pk
        except ledger.NotEnough:
            account = balances.account_of(owner)
            assert account.limited
            assert account.available < 5 * asked
        except budgets.CapReached:
            assert budgets.left_of(where.pk) < 5 * asked

    @rule(who=st.integers(0, 2), amount=st.integers(1, 40))
    def grant(self, who, amount):
        assert ledger.grant(self.members[who], amount, key=str(uuid.uuid4()), why=self.why())

    @rule(who=st.integers(0, 2), amount=st.integers(-40, 40).filter(bool))
    def adjust(self, who, amount):
        account = ledger.account_of(self.members[who])
        covered = not account.limited or account.available + amount >= 0
        booked = ledger.adjust(self.members[who], amount, key=str(uuid.uuid4()), why=self.why())
        assert booked == (amount > 0 or covered)

    @rule(
        who=st.integers(0, 2),
        mode=st.one_of(st.just(Shares()), st.just(Given()), st.builds(Monthly, st.integers(1, 60))),
    )
    def change_the_allowance(self, who, mode):
        allowances.set_allowance(self.members[who], mode, by=self.admin)

    @rule(project=st.integers(0, 1), monthly=SOME)
    def cap(self, project, monthly):
        budgets.set_cap(self.projects[project].pk, monthly, by=self.admin)

    @rule(monthly=SOME, hard=st.booleans())
    def budget(self, monthly, hard):
        budgets.set_team_budget(monthly, hard=hard, under_way=0, by=self.admin)

    @rule(job=jobs)
    def cancel(self, job):
        if found := Job.objects.filter(pk=job).first():
            assert orders.cancel(found.owner, job) == (found.state == State.WAITING)

    # What time brings

    @rule(hours=st.one_of(st.integers(1, 30), st.integers(24 * 20, 24 * 70)))
    def time_passes(self, hours):
        self.shift += timedelta(hours=hours)

    @rule(hours=st.integers(0, 20), closed=st.booleans())
    def a_month_begins(self, hours, closed):
        begins = periods.next_month(timezone.localdate())
        self.shift += begins - timezone.localdate() + timedelta(hours=hours - timezone.localtime().hour)
        if closed:
            self.the_clock_comes_round()

    @rule(hours=st.integers(1, 40))
    def the_clock_goes_back(self, hours):
        self.shift -= timedelta(hours=hours)

    @rule()
    def the_clock_comes_round(self):
        allowances.renew_all()
        statements.close_past_months()
        budgets.warnings_due(line.under_way())

    @rule()
    def fold(self):
        totals.fold()
        statistics.fold()

    # What the line and the API do

    @rule()
    def take_the_next(self):
        Line.objects.update(stop="")
        job = line.take()
        budget = budgets.team_budget()
        if job and budget and budget.hard:
            assert budgets.spent_this_month(line.under_way()) <= budget.monthly

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
            late = {"reason_code": "late"} if found.settled_at and found.delivered else {}
            moves.end(found, State.DONE if found.delivered else State.FAILED, **late)

    @rule(job=jobs)
    def fail(self, job):
        if found := Job.objects.filter(pk=job, delivered=0).first():
            moves.end(found, State.FAILED)

    def move(self, job, to, **changes) -> None:
        if found := Job.objects.filter(pk=job).first():
            moves.move(found, to, **changes)

    # What holds whenever one looks

    @rule()
    def nothing_disagrees(self):
        assert audit.look().found == ()

    @invariant()
    def the_sums_are_those_of_the_entries(self):
        assert not books.drift().exists()
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
            if job.state in AT_REST:
                assert job.settled_at
                lost = Loss.objects.filter(job=job.pk, why=Loss.Why.LATE).aggregate(sum=Sum("credits"))["sum"]
                assert captured + (lost or 0) == job.price * job.delivered

    @invariant()
    def what_is_held_is_what_open_jobs_may_cost(self):
        open_jobs = Job.objects.filter(settled_at=None)
        held = Account.objects.aggregate(Sum("held"))["held__sum"] or 0
        assert held == sum(job.cost for job in open_jobs)

    @invariant()
    def every_statement_opens_where_the_last_one_closed(self):
        closed = {}
        for row in Statement.objects.order_by("month"):
            figures = row.body["figures"]
            assert figures["opening"] == closed.get((row.scope, row.subject_id), 0)
            closed[row.scope, row.subject_id] = figures["closing"]

    @invariant()
    def every_credit_that_was_paid_in_a_closed_month_is_on_one_member_and_one_project(self):
        used = {}
        for row in Statement.objects.all():
            month = used.setdefault(row.month, dict.fromkeys(("team", "member", "project"), 0))
            month[row.scope] += row.body["figures"]["used"]
        for month, sums in used.items():
            days = (month, periods.month(month).last)
            captured = Entry.objects.filter(kind="capture", day__range=days).aggregate(sum=Sum("d_held"))[
                "sum"
            ]
            assert set(sums.values()) == {-(captured or 0)}


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
