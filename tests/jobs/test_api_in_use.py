"""An order goes to the API it was made for, or nowhere: what was ordered in play never costs real money."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from studio.credits import audit, balances
from studio.credits.models import Account
from studio.jobs import cards, line, orders, queue, tasks, turns
from studio.jobs.models import Job
from studio.jobs.states import State
from tests.conftest import person
from tests.jobs.cast import in_state, order, work

pytestmark = pytest.mark.django_db
KEY = "live-key-0123456789"


def row(job) -> Job:
    return Job.objects.get(pk=job.pk)


@pytest.fixture
def real(settings):
    """A key arrives; nothing answers at the real API's address."""
    settings.STUDIO_API_URL = "http://127.0.0.1:9"

    def arrives() -> None:
        settings.STUDIO_API_KEY = KEY

    return arrives


def test_the_api_is_frozen_at_the_order(alice, real):
    played = order(alice)
    real()
    assert (row(played).api, order(alice).api) == ("sandbox", "http://127.0.0.1:9")


def test_what_was_ordered_in_the_sandbox_is_never_sent_to_the_real_api(alice, bob, real):
    played = order(alice, num_images=4)
    real()
    assert (line.take(), turns.order(), line.next_start()) == (None, [], None)
    meant = order(bob)
    assert (line.take().pk, row(played).state) == (meant.pk, State.WAITING)


def test_what_waits_for_an_api_not_in_use_any_more_ends_with_its_credits_back(real):
    poor = person("Poor", credits=20)
    played = order(poor, num_images=4)
    real()
    tasks.sweep()
    tasks.sweep()
    job, account = row(played), Account.objects.get(user=poor, sandbox=True)
    assert (job.state, job.reason_code, bool(job.settled_at)) == (State.CANCELLED, "api", True)
    assert (account.available, account.held) == (20, 0)
    assert not audit.drift().exists()


def test_its_owner_is_told_and_can_order_it_again(client, alice, real):
    played = order(alice)
    real()
    tasks.sweep()
    (shown,) = cards.strip(alice).cards
    assert shown.words == (
        "This was ordered in the sandbox, and the studio works with the real API now. "
        "Nothing was charged; order it again."
    )
    assert (shown.again_label, bool(shown.again_url), bool(shown.dismiss_url)) == ("Run again", True, True)
    assert [one.id for one in queue.content(alice)["attention"]] == [played.pk]
    orders.dismiss(alice, played.pk)
    assert cards.strip(alice).cards == queue.content(alice)["attention"] == []


def test_another_address_of_the_api_is_another_api(alice, settings, real):
    real()
    job = order(alice)
    settings.STUDIO_API_URL = "http://127.0.0.1:10"
    tasks.sweep()
    assert "another address" in row(job).reason


def test_what_the_sandbox_makes_comes_home_at_its_own_cost(provider, alice, real):
    job = order(alice)
    tasks.advance()
    real()
    Job.objects.update(due_at=timezone.now())
    tasks.sweep()
    work(job)
    assert (row(job).state, row(job).captured) == (State.DONE, 5)
    assert balances.of(alice) == balances.Balance(limited=False, available=0, held=0)
    assert Account.objects.get(user=alice, sandbox=True).available == -5


def test_nothing_that_waits_for_the_api_in_use_is_cleared_away(alice):
    waiting, sending = order(alice), in_state(alice, State.SENDING)
    tasks.sweep()
    assert (row(waiting).state, row(sending).state) == (State.WAITING, State.SENDING)


def test_an_order_for_no_api_can_not_be_written(alice):
    job = order(alice)
    with pytest.raises(IntegrityError, match="an_order_is_for_one_api"), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(api="")
