"""The table of moves, and the one function that keeps to it."""

import io
from itertools import product

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from studio.jobs import moves
from studio.jobs.models import Job
from studio.jobs.states import AT_REST, MOVES, WORKING, State, sources_of
from tests.jobs.cast import in_state


def reached_from(start: State) -> set[State]:
    found, new = {start}, {start}
    while new:
        new = {end for begin, end in MOVES if begin in new} - found
        found |= new
    return found


def test_every_state_can_be_reached():
    assert reached_from(State.WAITING) == set(State)


@pytest.mark.parametrize("state", sorted(set(State) - AT_REST))
def test_every_state_that_is_no_rest_leads_to_one(state):
    assert reached_from(state) & AT_REST


@pytest.mark.parametrize("state", sorted(AT_REST))
def test_rest_is_the_end(state):
    assert reached_from(state) == {state}


def test_what_was_sent_can_only_wait_again_from_sending():
    assert sources_of(State.WAITING) == {State.SENDING}
    assert sources_of(State.SENDING) == {State.WAITING}


def test_an_unknown_job_only_ever_becomes_one_whose_task_we_know():
    assert [end for start, end in MOVES if start == State.UNKNOWN] == [State.MAKING]


def test_only_a_waiting_job_can_be_cancelled():
    assert sources_of(State.CANCELLED) == {State.WAITING}


def test_working_states_are_the_ones_with_leases():
    assert set(State) - AT_REST - {State.WAITING, State.UNKNOWN} == WORKING


@pytest.mark.django_db
@pytest.mark.parametrize(("start", "end"), list(product(State, State)))
def test_a_job_moves_along_the_table_and_nowhere_else(alice, start, end):
    job = in_state(alice, start)
    task = {"task_id": "t"} if end in {State.MAKING, State.SAVING, State.DONE} else {}
    assert moves.move(job, end, **task) == ((start, end) in MOVES)
    job.refresh_from_db()
    assert job.state == (end if (start, end) in MOVES else start)


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.MAKING, State.SAVING, State.DONE])
def test_the_database_refuses_work_without_a_task(alice, state):
    job = in_state(alice, State.SENDING)
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(state=state)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "nonsense",
    [
        {"state": "lost"}, {"delivered": 3}, {"delivered": 1, "captured": 6}, {"asked": 0}, {"price": 0},
        {"lease_token": None},
    ],
)  # fmt: skip
def test_the_database_refuses_impossible_jobs(alice, nonsense):
    job = in_state(alice, State.SENDING, num_images=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(**nonsense)


def test_the_drawing_shows_every_state_and_every_move():
    said = io.StringIO()
    call_command("states", stdout=said)
    assert all(state in said.getvalue() for state in State)
    assert all(why in said.getvalue() for why in MOVES.values())
