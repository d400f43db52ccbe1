"""The wallet read, decided about and explained by several processes at the same moment."""

from functools import partial
from uuid import UUID

import pytest
from django.conf import settings
from django.utils import timezone

from studio.accounts.models import User
from studio.credits import findings, reconcile
from studio.credits.models import Loss, WalletFinding, WalletReading
from studio.jobs import moves, outlay
from studio.jobs.models import Job
from studio.jobs.states import State
from studio.sandbox import Pace, SandboxServer, World
from tests.jobs.cast import in_state
from tests.races.cast import member

KEY = "live-key-0123456789"
ROUNDS = 5


@pytest.fixture
def provider(processes, tmp_path):
    """The real API as far as the processes can tell, with 1,000 credits."""
    world = World(tmp_path / "world", pace=Pace(starting_balance="1000.00"))
    world.set_keys(accepted=[KEY])
    with SandboxServer(world) as server:
        processes.setting(STUDIO_API_URL=server.url, STUDIO_API_KEY=KEY, STUDIO_REFUND_SECONDS="0.001")
        yield world
    world.close()


def read() -> int:
    """The number of the reading that this process made, or found when another one was faster."""
    return outlay.read_wallet(settings.STUDIO_API_URL).pk


def found() -> list[list]:
    """The findings, and whether readings and findings agree."""
    assert findings.missed(settings.STUDIO_API_URL) == []
    rows = WalletFinding.objects.order_by("pk").values_list("amount", "verdict")
    return [[float(amount), verdict] for amount, verdict in rows]


def losses() -> list[list]:
    """What was lost, for which job and why."""
    return [[str(job), cost, why] for job, cost, why in Loss.objects.values_list("job", "credits", "why")]


def readings() -> int:
    """How many readings were kept."""
    return WalletReading.objects.count()


def lost(owner: int, number: int) -> list[str]:
    """Orders whose answers were lost, and whose credits went back."""
    jobs = [in_state(User.objects.get(pk=owner), State.UNKNOWN) for _ in range(number)]
    Job.objects.update(api=settings.STUDIO_API_URL)
    assert all(moves.give_back(Job.objects.get(pk=job.pk)) for job in jobs)
    return [str(job.pk) for job in jobs]


def decide(admin: int, jobs: list[str]) -> str:
    """Say that the newest finding was these orders; the verdict, or why not."""
    decision = reconcile.Decision(lost={UUID(job): 5 for job in jobs})
    try:
        latest = WalletFinding.objects.latest("pk").pk
        return str(reconcile.decide(latest, decision, by=User.objects.get(pk=admin)).verdict)
    except (reconcile.Decided, reconcile.TooMuch) as error:
        return type(error).__name__


def come_late(job: str) -> bool:
    """The picture of a lost order is home after all."""
    row = Job.objects.get(pk=UUID(job))
    assert moves.move(row, State.MAKING, task_id=job)
    row = Job.objects.get(pk=row.pk)
    assert moves.move(row, State.SAVING)
    row = Job.objects.get(pk=row.pk)
    assert moves.note(row, delivered=1, looks=timezone.now().microsecond % 7)
    return moves.end(Job.objects.get(pk=row.pk), State.DONE, reason_code="late")


def test_a_change_that_many_processes_see_at_once_is_found_once(processes, provider):
    processes.alone(read)
    for _ in range(ROUNDS):
        provider.top_up(100)
        processes.at_once([partial(read)] * 5)
    processes.alone(read)
    assert processes.alone(found) == [[100.0, ""]] * ROUNDS
    assert processes.alone(readings) <= 2 + 5 * ROUNDS


def test_what_two_admins_decide_at_once_is_decided_and_booked_once(processes, provider):
    maya, ada, grace = (processes.alone(member, name=name) for name in ("Maya", "Ada", "Grace"))
    processes.alone(read)
    for _ in range(ROUNDS):
        jobs = processes.alone(lost, owner=maya, number=2)
        provider.set_balance(provider.balance() - 5)
        processes.alone(read)
        calls = [
            partial(decide, admin=admin, jobs=[job]) for admin, job in zip((ada, grace), jobs, strict=True)
        ]
        assert sorted(processes.at_once(calls)) == ["Decided", "lost"]
    assert len(processes.alone(losses)) == ROUNDS


def test_a_fall_that_all_processes_can_explain_is_explained_once(processes, provider):
    maya = processes.alone(member)
    processes.alone(read)
    for _ in range(ROUNDS):
        processes.alone(lost, owner=maya, number=1)
        provider.set_balance(provider.balance() - 5)
        processes.at_once([partial(read)] * 4)
    assert processes.alone(found) == [[-5.0, "lost"]] * ROUNDS
    assert len(processes.alone(losses)) == ROUNDS


def test_a_picture_that_comes_while_it_is_booked_as_lost_is_not_counted_twice(processes, provider):
    maya, ada = processes.alone(member, name="Maya"), processes.alone(member, name="Ada")
    processes.alone(read)
    for number in range(1, ROUNDS + 1):
        jobs = processes.alone(lost, owner=maya, number=2)
        provider.set_balance(provider.balance() - 5)
        processes.alone(read)
        decided, came = processes.at_once(
            [partial(decide, admin=ada, jobs=jobs[:1]), partial(come_late, job=jobs[0])]
        )
        assert (decided in {"lost", "TooMuch"}, came) == (True, True)
        processes.alone(read)
        assert processes.alone(found) == [[-5.0, "lost"]] * number
        assert len(processes.alone(losses)) == number
