"""Whose turn it is: fair between members, as each member likes among their own, and what an admin moved before all."""

import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from operator import itemgetter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from studio.jobs import line, moves, orders, pace, turns
from studio.jobs.models import Job
from studio.jobs.states import State
from studio.jobs.turns import To, Waiting
from tests.conftest import person
from tests.jobs.cast import in_state, order

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = {name: uuid.uuid5(uuid.NAMESPACE_DNS, name) for name in "abcdefgh"}
LETTERS = {job: name for name, job in NAMES.items()}


def at(seconds: float) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


def in_turn(*waiting: tuple[str, int, float], served: dict[int, float] | None = None, first: str = "") -> str:
    """The letters of the jobs in their order; those in `first` were moved first, one after the other."""
    moved = {name: at(1000 + place) for place, name in enumerate(first)}
    rows = [
        Waiting(NAMES[name], owner, moved.get(name))
        for name, owner, _when in sorted(waiting, key=itemgetter(2))
    ]
    order_of = turns.turns(rows, {owner: at(when) for owner, when in (served or {}).items()})
    return "".join(LETTERS[job.id] for job in order_of)


def test_nobody_waits():
    assert in_turn() == ""


def test_one_members_jobs_go_oldest_first():
    assert in_turn(("a", 1, 1), ("b", 1, 2), ("c", 1, 3)) == "abc"


def test_members_take_turns_whoever_ordered_more():
    assert in_turn(("a", 1, 1), ("b", 1, 2), ("c", 1, 3), ("d", 2, 4)) == "adbc"


def test_the_member_served_longest_ago_goes_first():
    assert in_turn(("a", 1, 1), ("b", 2, 2), served={1: 90, 2: 50}) == "ba"


def test_who_was_never_served_goes_before_everyone_who_was():
    assert in_turn(("a", 1, 1), ("b", 2, 9), served={1: 0.5}) == "ba"


def test_among_the_never_served_the_earliest_order_goes_first():
    assert in_turn(("a", 1, 1), ("b", 2, 2), ("c", 3, 3)) == "abc"


def test_what_was_moved_first_goes_before_everything_and_the_latest_such_move_before_the_others():
    assert in_turn(("a", 1, 1), ("b", 2, 2), ("c", 1, 3), ("d", 2, 4), first="cd") == "dcba"


def test_whose_job_was_moved_first_has_had_a_turn():
    assert in_turn(("a", 1, 1), ("b", 1, 2), ("c", 2, 3), first="a") == "acb"
    assert in_turn(("a", 1, 1), ("b", 1, 2), ("c", 2, 3), served={1: 10, 2: 20}, first="a") == "acb"


jobs = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 100)), max_size=40)
served_at = st.dictionaries(st.integers(1, 5), st.integers(0, 1000), max_size=5)


def queued(jobs) -> list[Waiting]:
    return [Waiting(uuid.uuid4(), owner) for owner, _when in sorted(jobs, key=itemgetter(1))]


def served_then(served) -> dict[int, datetime]:
    return {owner: at(when) for owner, when in served.items()}


@given(jobs=jobs, served=served_at)
def test_everyone_is_served_once_a_round_and_nobody_starves(jobs, served):
    waiting = queued(jobs)
    result = turns.turns(waiting, served_then(served))
    assert sorted(result) == sorted(waiting)
    queue = [job.owner_id for job in result]
    left = Counter(queue)
    while queue:
        in_this_round = len(left)
        this_round = queue[:in_this_round]
        assert set(this_round) == set(left)
        queue = queue[in_this_round:]
        left = Counter(queue)
    for owner in {job.owner_id for job in waiting}:
        own = [job for job in result if job.owner_id == owner]
        assert own == [job for job in waiting if job.owner_id == owner]


@given(jobs=jobs, served=served_at)
def test_nobody_waits_while_another_member_has_two_turns(jobs, served):
    owners = [job.owner_id for job in turns.turns(queued(jobs), served_then(served))]
    for place, owner in enumerate(owners):
        again = owners.index(owner, place + 1) if owner in owners[place + 1 :] else place
        between = Counter(owners[place + 1 : again])
        assert all(count == 1 for count in between.values())
    for owner in set(owners):
        before_the_first = Counter(owners[: owners.index(owner)])
        assert all(count == 1 for count in before_the_first.values())


@given(jobs=jobs, served=served_at, moved=st.integers(0, 40), chance=st.randoms(use_true_random=False))
def test_whatever_a_member_makes_of_their_own_nobody_elses_place_changes(jobs, served, moved, chance):
    waiting, then = queued(jobs), served_then(served)
    if not waiting:
        return
    me = waiting[moved % len(waiting)].owner_id
    own = [job for job in waiting if job.owner_id == me]
    shuffled = iter(chance.sample(own, len(own)))
    mine = [next(shuffled) if job.owner_id == me else job for job in waiting]
    before, after = turns.turns(waiting, then), turns.turns(mine, then)
    assert [job.owner_id for job in before] == [job.owner_id for job in after]
    assert [job for job in before if job.owner_id != me] == [job for job in after if job.owner_id != me]


@settings(max_examples=30)
@given(crowd=st.integers(1, 30))
def test_newcomers_wait_for_no_crowd(crowd):
    waiting = [Waiting(uuid.uuid4(), 1) for _ in range(crowd)]
    newcomer = Waiting(uuid.uuid4(), 2)
    assert newcomer in turns.turns([*waiting, newcomer], {1: at(0.5)})[:1]


@pytest.mark.django_db
class TestReordering:
    @pytest.fixture
    def four(self, alice, bob) -> list[Job]:
        """Three of Alice and one of Bob, which is second."""
        return [order(alice, prompt="a"), order(bob, prompt="b"), *(order(alice, prompt=p) for p in "cd")]

    def line(self) -> str:
        found = Job.objects.in_bulk(turns.order())
        return "".join(found[job].prompt for job in turns.order())

    @pytest.mark.parametrize("state", [state for state in State if state != State.WAITING])
    @pytest.mark.parametrize("to", To)
    def test_what_waits_no_more_is_moved_nowhere(self, alice, state, to):
        gone = in_state(alice, state)
        waiting = order(alice)
        before = list(Job.objects.order_by("pk").values_list("queued_at", "first_at"))
        assert not turns.reorder(gone.pk, to, by=alice)
        assert list(Job.objects.order_by("pk").values_list("queued_at", "first_at")) == before
        assert turns.order() == [waiting.pk]

    @pytest.mark.parametrize(
        ("which", "to", "then"),
        [
            (0, To.SOONER, "abcd"),
            (0, To.TOP, "abcd"),
            (0, To.LATER, "cbad"),
            (2, To.SOONER, "cbad"),
            (2, To.LATER, "abdc"),
            (3, To.SOONER, "abdc"),
            (3, To.TOP, "dbac"),
            (3, To.LATER, "abcd"),
            (1, To.TOP, "abcd"),
        ],
    )
    def test_one_goes_sooner_or_later_among_those_of_its_owner(self, four, which, to, then):
        assert self.line() == "abcd"
        assert turns.reorder(four[which].pk, to, by=four[which].owner)
        assert self.line() == then

    def test_only_the_moments_at_which_they_were_queued_are_swapped(self, four):
        before = set(Job.objects.values_list("queued_at", flat=True))
        ordered = dict(Job.objects.values_list("pk", "ordered_at"))
        turns.reorder(four[3].pk, To.TOP, by=four[3].owner)
        assert set(Job.objects.values_list("queued_at", flat=True)) == before
        assert dict(Job.objects.values_list("pk", "ordered_at")) == ordered

    def test_jobs_of_one_moment_can_be_told_apart_once_one_is_moved(self, alice):
        three = [order(alice, prompt=prompt) for prompt in "abc"]
        Job.objects.update(queued_at=EPOCH)
        last = Job.objects.get(pk=turns.order()[-1])
        assert turns.reorder(last.pk, To.TOP, by=alice)
        assert turns.order()[0] == last.pk
        assert Job.objects.values("queued_at").distinct().count() == len(three)

    def test_it_costs_the_same_however_many_of_ones_own_wait(self, alice):
        def asked(job: Job) -> int:
            with CaptureQueriesContext(connection) as queries:
                turns.reorder(job.pk, To.TOP, by=alice)
            return len(queries)

        few = [order(alice) for _ in range(3)]
        in_all = asked(few[-1])
        many = [order(alice) for _ in range(20)]
        assert asked(many[-1]) == in_all

    def test_who_moved_what_is_in_the_log(self, four, admin):
        with capture_logs() as said:
            turns.reorder(four[0].pk, To.LATER, by=four[0].owner)
            turns.move_first(four[3].pk, by=admin)
            turns.put_back(four[3].pk, by=admin)
        events = [(one["event"], one["job"], one["by"]) for one in said]
        assert events == [
            ("reordered", str(four[0].pk), four[0].owner_id),
            ("moved first", str(four[3].pk), admin.pk),
            ("put back", str(four[3].pk), admin.pk),
        ]

    def test_an_admin_moves_one_first_and_back_to_its_place(self, four, admin):
        assert turns.move_first(four[3].pk, by=admin)
        assert self.line() == "dbac"
        assert turns.move_first(four[2].pk, by=admin)
        assert self.line() == "cdba"
        assert turns.put_back(four[3].pk, by=admin)
        assert self.line() == "cbad"
        assert turns.put_back(four[2].pk, by=admin)
        assert self.line() == "abcd"
        assert not Job.objects.exclude(first_at=None, first_by=None).exists()

    def test_the_move_that_came_last_counts_also_when_the_clock_went_back(self, four, admin, clock):
        turns.move_first(four[2].pk, by=admin)
        clock.forward(-3600)
        turns.move_first(four[3].pk, by=admin)
        assert self.line() == "dcba"

    def test_who_was_served_before_the_clock_went_back_does_not_starve(self, alice, bob, clock):
        clock.forward(3600)
        in_state(alice, State.MAKING)
        clock.forward(-3600)
        in_state(bob, State.MAKING)
        _hers, _his = order(bob), order(alice)
        assert turns.order() == [_his.pk, _hers.pk]

    @pytest.mark.parametrize("state", [State.SENDING, State.MAKING, State.CANCELLED])
    def test_nothing_that_waits_no_more_is_moved_first_or_back(self, alice, admin, state):
        gone = in_state(alice, state)
        assert not turns.move_first(gone.pk, by=admin)
        assert not turns.put_back(gone.pk, by=admin)
        assert Job.objects.get().first_at is None

    def test_what_was_moved_first_stays_there_whatever_its_owner_moves(self, four, admin):
        alice = four[3].owner
        turns.move_first(four[3].pk, by=admin)
        assert turns.reorder(four[3].pk, To.LATER, by=alice)
        assert self.line() == "dbac"
        turns.reorder(four[2].pk, To.TOP, by=alice)
        assert self.line() == "dbca"
        turns.put_back(four[3].pk, by=admin)
        assert self.line() == "cbad"

    def test_what_was_moved_first_is_sent_first_and_its_owner_has_had_a_turn(self, alice, bob, admin):
        first, second, other = order(alice), order(alice), order(bob)
        turns.move_first(second.pk, by=admin)
        taken = line.take()
        assert taken == second
        pace.accepted(taken)
        assert turns.order() == [other.pk, first.pk]

    def test_one_that_the_api_had_no_room_for_is_first_again(self, alice, bob, admin):
        order(alice)
        moved = order(bob)
        turns.move_first(moved.pk, by=admin)
        taken = line.take()
        pace.not_counted(taken)
        moves.move(taken, State.WAITING, sent_at=None)
        assert turns.order()[0] == moved.pk

    def test_one_that_was_moved_can_still_be_cancelled(self, four, admin):
        turns.move_first(four[3].pk, by=admin)
        assert orders.cancel(four[3].owner, four[3].pk)
        assert self.line() == "abc"


@pytest.mark.django_db
def test_of_what_was_queued_at_once_it_does_not_matter_which_job_of_a_member_it_is(db):
    people = [person(name) for name in ("Ann", "Ben", "Cleo", "Dora", "Emil")]
    for owner in reversed(people * 2):
        order(owner)
    Job.objects.update(queued_at=EPOCH)
    owners = [job.owner_id for job in turns.in_turn()]
    assert owners == [owner.pk for owner in people] * 2


@pytest.mark.django_db
def test_the_order_costs_the_same_however_many_wait_and_were_ever_sent(alice, bob):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            turns.order()
        return len(queries)

    order(alice)
    few = asked()
    for owner in (alice, bob, person("Cleo")):
        in_state(owner, State.DONE)
        order(owner), order(owner)
    assert asked() == few


@pytest.mark.django_db
def test_what_would_be_ordered_now_has_a_place_among_the_others(alice, bob):
    waiting = [order(alice), order(alice)]
    asked = Waiting(uuid.uuid4(), bob.pk)
    assert [job.id for job in turns.in_turn(asked)] == [waiting[0].pk, asked.id, waiting[1].pk]
    assert turns.order() == [job.pk for job in waiting]
