"""What an admin decides about the line: to start it after answers were lost in a row, to try it now."""

import pytest
from django.utils import timezone

from studio.jobs import line, steps
from studio.jobs.line import MOST_LOSSES, Stop
from studio.jobs.models import Line
from tests.jobs.cast import order, the_line

pytestmark = pytest.mark.django_db


def lose(times: int) -> None:
    """So many answers are lost in a row, each after the line had been started again."""
    for _ in range(times):
        Line.objects.update(stop="")
        line.stop(Stop.LOST, "No answer", "sandbox")


def test_after_the_fourth_lost_answer_in_a_row_nothing_is_tried_any_more(provider, alice):
    order(alice)
    lose(MOST_LOSSES)
    assert line.needs_admin(the_line())
    assert the_line().probe_at is None
    assert not steps.probe()
    assert the_line().stop == "lost"


def test_after_the_third_it_is_tried_again_by_itself(provider, alice):
    order(alice)
    lose(MOST_LOSSES - 1)
    Line.objects.update(probe_at=timezone.now())
    assert steps.probe()


def test_an_admin_starts_it_and_one_order_is_risked(alice, admin):
    job = order(alice)
    order(alice)
    lose(MOST_LOSSES)
    assert line.start_by_hand(admin)
    assert line.take() == job
    assert line.take() is None
    line.stop(Stop.LOST, "No answer", "sandbox")
    assert line.needs_admin(the_line())


def test_answers_that_are_lost_together_are_not_lost_in_a_row(provider, alice):
    order(alice)
    for _ in range(MOST_LOSSES + 1):
        line.stop(Stop.LOST, "No answer", "sandbox")
    assert the_line().losses == 1
    assert not line.needs_admin(the_line())
    Line.objects.update(probe_at=timezone.now())
    assert steps.probe()


def test_an_accepted_order_ends_the_row(alice, admin):
    order(alice)
    lose(MOST_LOSSES)
    line.start_by_hand(admin)
    line.accepted()
    line.stop(Stop.LOST, "No answer", "sandbox")
    assert not line.needs_admin(the_line())


@pytest.mark.parametrize("code", [Stop.KEY, Stop.WALLET, Stop.UNREACHABLE, Stop.REFUSED, Stop.BUDGET])
def test_a_cause_that_passes_takes_not_the_place_of_one_that_needs_an_admin(code):
    lose(MOST_LOSSES)
    line.stop(code, "Something else", "sandbox")
    assert the_line().stop == "lost"


def test_a_line_that_runs_or_starts_by_itself_needs_no_admin(admin):
    assert not line.start_by_hand(admin)
    line.stop(Stop.KEY, "Refused", "sandbox")
    assert not line.start_by_hand(admin)
    assert the_line().stop == "key"


@pytest.mark.parametrize("code", [Stop.KEY, Stop.WALLET, Stop.REFUSED])
def test_trying_now_does_not_wait_for_the_next_attempt(provider, alice, code):
    order(alice)
    line.stop(code, "Refused", "sandbox")
    assert not steps.probe()
    assert line.try_now()
    assert steps.probe()
    assert the_line().stop == ""


def test_a_running_line_has_nothing_to_try():
    assert not line.try_now()
