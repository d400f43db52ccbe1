"""Many jobs at once and a wallet read at any moment: only what the books can't explain becomes a finding.

The provider is a model here, so that the wallet can be asked in the middle of anything.
"""

import os
import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from studio import remote
from studio.credits import findings, reconcile
from studio.credits.models import ApiUsed, Loss, WalletFinding
from studio.jobs import evidence, moves, outlay
from studio.jobs.models import Job, Output, Submit
from studio.jobs.states import State
from tests.conftest import person
from tests.jobs.cast import Clock, order

RUNS = int(os.environ.get("MACHINE_RUNS", "15"))
API = "https://api.example.com"
Verdict = WalletFinding.Verdict
nth = st.integers(0, 9)
events = st.sampled_from(
    ["order", "send", "arrive", "answer", "lose_the_answer", "give_back", "come_home", "fail"]
)


class Provider:
    """A wallet, what it has taken for each job, and what happens while somebody asks for its balance."""

    def __init__(self) -> None:
        self.opening = self.wallet = 1000
        self.unseen = 0
        self.taken: dict[uuid.UUID, int] = {}
        self.meanwhile: tuple[Callable[[], object], Callable[[], object]] = (bool, bool)
        self.constant = Decimal(self.opening)

    def charge(self, job: Job) -> None:
        self.taken[job.pk] = job.cost
        self.wallet -= job.cost

    def refund(self, job: Job) -> None:
        self.wallet += self.taken.pop(job.pk, 0)

    def move_unseen(self, credits: int) -> None:
        """A top-up, or somebody who spends beside the studio."""
        self.wallet += credits
        self.unseen += credits

    def balance(self) -> Decimal:
        """One GET: something happens before it is answered, and something while the answer is on its way."""
        self.meanwhile[0]()
        said, self.constant = Decimal(self.wallet), self.opening + self.unseen - self.beyond_the_books()
        self.meanwhile[1]()
        return said

    def beyond_the_books(self) -> int:
        """What it took and the books can't know of: answers lost for good, pictures ordered that it never named."""
        known = dict(Loss.objects.filter(finding=None).values_list("job", "credits"))
        return sum(
            self.taken[job.pk] - job.captured - known.get(job.pk, 0)
            for job in Job.objects.filter(pk__in=self.taken)
            if given_back(job) or (job.finished_at and job.reason_code != "model")
        )


def given_back(job: Job) -> bool:
    return bool(job.settled_at) and not (job.finished_at and job.settled_at >= job.finished_at)


class Team(RuleBasedStateMachine):
    """Jobs of two members in any order. What a step needs and is not there is brought about by the steps before it."""

    @initialize()
    def begin(self):
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.patch = pytest.MonkeyPatch()
        self.provider, self.clock, self.owed = Provider(), Clock(), []
        ApiUsed.objects.get_or_create(name=API)
        self.owners = person("Una"), person("Lim", credits=150)
        self.admin = person("Ada", is_staff=True, is_superuser=True)
        self.patch.setattr(remote, "named", {API: self.provider}.__getitem__)
        self.patch.setattr(timezone, "now", self.clock)
        self.quiet = outlay.read_wallet(API)

    def teardown(self) -> None:
        self.patch.undo()
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    def one(self, nth: int, before: Callable[[int], object], state: State, **fields) -> Job | None:
        jobs = Job.objects.filter(state=state, **fields).order_by("ordered_at")
        if not jobs.exists():
            before(nth)
        return jobs[nth % jobs.count()] if jobs.exists() else None

    @rule(nth=nth, asked=st.integers(1, 4))
    def order(self, nth=0, asked=1):
        limited = nth % 2 and Job.objects.filter(owner=self.owners[1]).count() < 7
        order(self.owners[bool(limited)], num_images=asked)

    @rule(nth=nth)
    def send(self, nth=0):
        if job := self.one(nth, self.order, State.WAITING):
            lease = {"lease_token": uuid.uuid4(), "lease_until": timezone.now()}
            assert moves.move(job, State.SENDING, sent_at=timezone.now(), **lease)
            Submit.objects.create(job=job, api=job.api, started_at=timezone.now())

    @rule(nth=nth)
    def arrive(self, nth=0):
        """An order reaches the provider, which takes its price; nobody has heard of it yet."""
        job = self.one(nth, self.send, State.SENDING)
        if job and job.pk not in self.provider.taken:
            self.provider.charge(job)

    @rule(nth=nth)
    def answer(self, nth=0):
        """A task, or when it never arrived a refusal, for this order or for now."""
        job = self.one(nth, self.arrive, State.SENDING)
        if job and job.pk in self.provider.taken:
            assert moves.move(job, State.MAKING, task_id=f"task-{job.pk}")
        elif job:
            moves.end(job, State.FAILED) if nth % 2 else moves.move(job, State.WAITING, sent_at=None)

    @rule(nth=nth)
    def answer_late(self, nth=0):
        job = self.one(nth, self.lose_the_answer, State.UNKNOWN)
        if job and job.pk in self.provider.taken:
            assert moves.move(job, State.MAKING, task_id=f"task-{job.pk}")

    @rule(nth=nth)
    def lose_the_answer(self, nth=0):
        if job := self.one(nth, self.arrive, State.SENDING):
            assert moves.move(job, State.UNKNOWN)

    @rule(nth=nth)
    def give_back(self, nth=0):
        if job := self.one(nth, self.lose_the_answer, State.UNKNOWN, settled_at=None):
            assert moves.give_back(job)

    @rule(nth=nth, named=st.integers(1, 4), home=st.integers(0, 4))
    def name_results(self, nth=0, named=4, home=4):
        """Maybe fewer than asked; some come home, and the others never do."""
        if job := self.one(nth, self.answer, State.MAKING):
            assert moves.move(job, State.SAVING)
            saving, named = Job.objects.get(pk=job.pk), min(named, job.asked)
            for position in range(named):
                saved = timezone.now() if position < home else None
                Output.objects.create(job=job, position=position, url="x", saved_at=saved, trouble="gone")
            assert moves.note(saving, delivered=min(named, home))

    @rule(nth=nth)
    def come_home(self, nth=0):
        if job := self.one(nth, self.name_results, State.SAVING):
            code = "" if job.delivered else "expired"
            assert moves.end(job, State.DONE if job.delivered else State.FAILED, reason_code=code)

    @rule(nth=nth)
    def expire(self, nth=0):
        if job := self.one(nth, self.answer, State.MAKING):
            assert moves.end(job, State.FAILED, reason_code="expired")

    @rule(nth=nth, at_once=st.booleans())
    def fail(self, nth=0, at_once=True):
        """The provider fails and refunds; the studio may hear of it before."""
        if job := self.one(nth, self.answer, State.MAKING, settled_at=None):
            self.owed.append(job)
            if at_once:
                self.wait(0)
            assert moves.end(job, State.FAILED, reason_code="model")

    @rule(seconds=st.integers(0, 290))
    def wait(self, seconds):
        """What the provider owes is refunded within five minutes."""
        while self.owed:
            self.provider.refund(self.owed.pop())
        self.clock.forward(seconds)

    @rule(before=events, after=events)
    def read(self, before, after):
        """A quiet reading knows all that the books can know; any other says honestly how much it does not."""
        self.provider.meanwhile = getattr(self, before), getattr(self, after)
        reading = outlay.read_wallet(API)
        constant, known = self.provider.constant, findings.total(reading)
        assert known <= constant <= known + reading.open
        seen = findings.provisional(API)
        changed = constant - findings.total(self.quiet)
        assert seen is None or 0 < seen.least <= changed or 0 > seen.least >= changed
        found = WalletFinding.objects.filter(until=reading.at).first()
        assert (found.amount if found else 0) == (0 if reading.open else changed)
        self.quiet = self.quiet if reading.open else reading

    @rule()
    def come_to_rest(self):
        """Once nothing is under way and all refunds had their time, the wallet can be compared."""
        for state, step in ((State.SENDING, self.lose_the_answer), (State.MAKING, self.name_results),
                            (State.SAVING, self.come_home)):  # fmt: skip
            while Job.objects.filter(state=state).exists():
                step()
        while Job.objects.filter(state=State.UNKNOWN, settled_at=None).exists():
            self.give_back()
        self.wait(301)
        self.provider.meanwhile = bool, bool
        assert outlay.standing(API).open == 0

    @invariant()
    def nothing_is_missed(self):
        assert findings.missed(API) == []

    @invariant()
    def a_verdict_is_true_of_what_is_left(self):
        for finding in WalletFinding.objects.exclude(verdict=""):
            rest = findings.rest(finding)
            right = {0: {"lost"}, -1: {"outside"}, 1: {"top-up", "refund"}}[(rest > 0) - (rest < 0)]
            assert finding.verdict in right or (finding.verdict == "outside" and rest == 0)


class Alone(Team):
    """Nobody else spends: every finding is about the studio's own jobs, and what it decides by itself is so."""

    @invariant()
    def nothing_ever_comes_from_nowhere(self):
        assert not WalletFinding.objects.filter(amount__gt=0).exists()

    @invariant()
    def what_was_taken_for_lost_answers_was_taken(self):
        for loss in Loss.objects.all():
            assert loss.credits <= self.provider.taken[loss.job]


class Crowd(Team):
    """Others top up and spend too, at any moment, and an admin decides."""

    @rule(credits=st.sampled_from([5, 10, 100, -3, -5, -20]), midway=st.booleans())
    def move_unseen(self, credits, midway):
        if midway:
            self.provider.meanwhile = (lambda: self.provider.move_unseen(credits)), bool
            outlay_reading = outlay.read_wallet(API)
            self.quiet = self.quiet if outlay_reading.open else outlay_reading
        else:
            self.provider.move_unseen(credits)

    @rule(nth=nth, ticked=st.integers(0, 7), refund=st.booleans())
    def decide(self, nth, ticked, refund):
        undecided = list(WalletFinding.objects.filter(verdict=""))
        if not undecided:
            return
        finding = undecided[nth % len(undecided)]
        costs, missing = evidence.of(finding).costs, -findings.rest(finding)
        proposed = reconcile.proposal(missing, costs)
        assert proposed is None or sum(costs[job] for job in proposed) == missing
        lost = {job: cost for place, (job, cost) in enumerate(costs.items()) if ticked & 1 << place}
        decision = reconcile.Decision(lost=lost, refund=refund)
        if finding.amount < 0 and sum(lost.values()) > missing:
            with pytest.raises(reconcile.TooMuch):
                reconcile.decide(finding.pk, decision, by=self.admin)
            return
        reconcile.decide(finding.pk, decision, by=self.admin)
        with pytest.raises(reconcile.Decided):
            reconcile.decide(finding.pk, decision, by=None)


@pytest.mark.django_db
@pytest.mark.parametrize("machine", [Alone, Crowd])
def test_a_busy_wallet_shows_what_the_books_can_not_know_and_nothing_else(machine, settings, request):
    settings.STUDIO_API_URL, settings.STUDIO_API_KEY = API, "sk-a-key-of-the-team"
    run_state_machine_as_test(machine, settings=quick())


def quick() -> settings:
    return settings(
        max_examples=RUNS,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
