"""The line from a shell: said, parked, started, cancelled."""

import pytest
from django.core.management import CommandError, call_command

from studio.jobs import line
from studio.jobs.models import Job
from studio.jobs.states import State
from tests.jobs.cast import order, the_line

pytestmark = pytest.mark.django_db


def run(*words: str, **options: str) -> None:
    call_command("line", *words, **options)


@pytest.mark.parametrize("by", [None, "alice@example.com", "nobody@example.com"])
def test_only_an_admin_starts_it(alice, by):
    line.park()
    with pytest.raises(CommandError, match="an active admin"):
        run("start", by=by)
    assert the_line().stop == "restored"


def test_a_line_that_runs_can_not_be_started(admin):
    with pytest.raises(CommandError, match="does not wait for anybody"):
        run("start", by="ada@example.com")


def test_parked_before_the_start_it_sends_nothing_until_an_admin_says_so(alice, admin, capsys):
    job = order(alice)
    run("park")
    assert "It waits for you." in capsys.readouterr().out
    assert line.take() is None
    run("start", by="ADA@example.com")
    assert line.take() == job


def test_what_waited_in_a_backup_is_cancelled(alice, admin):
    job = order(alice)
    run("park")
    run("cancel", by="ada@example.com")
    assert Job.objects.get(pk=job.pk).state == State.CANCELLED
    assert the_line().stop == ""


def test_it_says_how_it_is(capsys):
    run()
    assert capsys.readouterr().out == "Orders go out as slots get free.\n"
