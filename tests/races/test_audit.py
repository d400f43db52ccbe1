"""An audit while people work: it sees one moment, alarms nobody, and nobody waits for it."""

from functools import partial
from pathlib import Path

from studio.accounts.models import User
from studio.credits import ledger, statements, totals
from studio.credits.models import ApiUsed, Entry
from studio.credits.snapshot import snapshot
from studio.jobs import moves, statistics
from studio.jobs.models import Job
from studio.jobs.states import State
from studio.office import audit
from tests.conftest import person
from tests.jobs.cast import order
from tests.started import wait_until

ORDERS, WRITERS, LOOKS = 20, 3, 12


def members() -> list[int]:
    """A team that works with the real API: play money is no matter of the audit's."""
    ApiUsed.objects.create(name="https://api.example")
    return [person(f"Member{number}", credits=1000 if number else None).pk for number in range(WRITERS)]


def work(owner: int) -> None:
    """Order, receive less than was ordered or cancel, be given credits; fold and close months between."""
    user = User.objects.get(pk=owner)
    for number in range(ORDERS):
        job = order(user, num_images=2)
        if number % 3:
            # Found saving: what happened before is not the books' matter.
            Job.objects.filter(pk=job.pk).update(state=State.SAVING, task_id=str(job.pk), delivered=1)
            assert moves.end(Job.objects.get(pk=job.pk), State.DONE)
        else:
            assert moves.end(job, State.CANCELLED)
        ledger.grant(user, 1, key=f"{owner}:{number}", why=ledger.NOBODY)
        totals.fold()
        statistics.fold()
        statements.close_past_months()


def look() -> list[str]:
    """Hold the books against each other again and again."""
    return [words for _ in range(LOOKS) for words in audit.look().found]


def test_no_audit_is_alarmed_by_people_who_work_meanwhile(processes):
    owners = processes.alone(members)
    calls = [*(partial(work, owner=owner) for owner in owners), partial(look), partial(look)]
    assert processes.at_once(calls)[-2:] == [[], []]
    assert processes.alone(look) == []


def watch(begun: str, written: str) -> list[int]:
    """How many entries there are at the beginning of a snapshot, in it after somebody has written, and after it."""
    with snapshot():
        before = Entry.objects.count()
        Path(begun).touch()
        wait_until(Path(written).exists, 60)
        during = Entry.objects.count()
    return [before, during, Entry.objects.count()]


def write(owner: int, begun: str, written: str) -> None:
    """Book something while the other one looks."""
    wait_until(Path(begun).exists, 60)
    ledger.grant(User.objects.get(pk=owner), 5, key="meanwhile", why=ledger.NOBODY)
    Path(written).touch()


def test_nobody_waits_for_an_audit_and_it_sees_one_moment(processes, tmp_path):
    owner, *_others = processes.alone(members)
    marks = {"begun": str(tmp_path / "begun"), "written": str(tmp_path / "written")}
    seen, _ = processes.at_once([partial(watch, **marks), partial(write, owner=owner, **marks)])
    before, during, after = seen
    assert (during, after) == (before, before + 1)
