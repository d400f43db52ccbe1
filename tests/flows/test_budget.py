"""A month's budget that stops the line, and the ways on."""

import pytest

from studio.credits import budgets
from studio.jobs import orders
from studio.jobs.models import Job, Line
from tests.installation import until

pytestmark = pytest.mark.flow
KEY = "real-key-1234567"


@pytest.fixture
def real(studio, settings):
    """A running studio that works with the real API, which here is the sandbox's server with a key.

    Its orders are looked after as calmly: the first look comes after 15 seconds.
    """
    studio.world.set_keys(accepted=[KEY])
    studio.extra = {"STUDIO_API_URL": studio.server.url, "STUDIO_API_KEY": KEY}
    settings.STUDIO_API_URL, settings.STUDIO_API_KEY = studio.server.url, KEY
    studio.start()
    return studio


@pytest.mark.long
def test_not_one_credit_more_than_the_budget_is_sent_and_raising_it_lets_the_line_go_on(
    real, alice, bob, admin
):
    budgets.set_team_budget(25, hard=True, under_way=0, by=admin)
    jobs = [real.ask(owner, num_images=2) for owner in (alice, bob, alice, bob)]
    until(lambda: Line.objects.get().stop == "budget", 90)
    until(lambda: Job.objects.filter(state="done").count() == 2, 90)
    assert Line.objects.get().words.startswith(
        "The team's budget is 25 credits a month: 20 are spent, the next order needs 10."
    )
    assert [real.state(job) for job in jobs] == ["done", "done", "waiting", "waiting"]
    budgets.set_team_budget(30, hard=True, under_way=0, by=admin)
    until(lambda: Job.objects.filter(state="done").count() == 3, 90)
    until(lambda: Line.objects.get().stop == "budget", 90)
    orders.cancel(bob, jobs[3].pk)
    until(lambda: Line.objects.get().stop == "")
    assert len(real.world.submits()) == 3
    real.check()
