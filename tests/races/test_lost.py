"""A lost answer that comes after all, at the moment in which the clock gives it up."""

from functools import partial
from uuid import UUID

import pytest
from django.utils import timezone

from studio.accounts.models import User
from studio.jobs import steps
from studio.jobs.models import Job, Line
from studio.jobs.states import State
from tests.jobs.cast import in_state
from tests.races.cast import books, jobs, member

NUMBER = 25


def sending(owner: int) -> list[str]:
    """Orders that were sent, and nobody has an answer yet."""
    return [str(in_state(User.objects.get(pk=owner), State.SENDING).pk) for _ in range(NUMBER)]


def answered(names: list[str]) -> None:
    """Their answers come."""
    for name in names:
        # Only with something to take back do answers write to the line.
        Line.objects.update(throttled=1)
        steps._keep_task(Job.objects.get(pk=UUID(name)), {"task_id": name, "due_at": timezone.now()})


def given_up(names: list[str]) -> None:
    """Their lease has run out."""
    for name in names:
        steps.abandon(Job.objects.get(pk=UUID(name)))


def turned_away(names: list[str]) -> None:
    """The API took none of them."""
    for name in names:
        steps._back_to_the_line(Job.objects.get(pk=UUID(name)))


@pytest.mark.parametrize("comes", [answered, turned_away])
def test_an_order_that_is_given_up_while_its_answer_comes_waits_in_no_circle(processes, comes):
    maya = processes.alone(member, credits=5 * NUMBER)
    names = processes.alone(sending, owner=maya)
    processes.at_once([partial(comes, names=names), partial(given_up, names=names)] * 2)
    states = processes.alone(jobs, owner=maya)
    assert sum(states.values()) == NUMBER
    assert set(states) <= {"making", "unknown", "waiting"}
    assert processes.alone(books, owner=maya) == {
        "available": 0,
        "held": 5 * NUMBER,
        "grant": 1,
        "hold": NUMBER,
    }
