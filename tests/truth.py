"""What the provider knows held against what the studio says: the verdict on every flow and every fault."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gallery import files
from gallery.models import Image
from studio.credits import audit as books
from studio.credits.models import Account, Entry
from studio.jobs.models import Job, Output
from studio.jobs.states import AT_REST, State
from studio.office import audit
from studio.sandbox.records import Submit, Task
from studio.sandbox.world import World

SURELY_NOT_ACCEPTED = frozenset({400, 401, 402, 403, 404, 405, 429})
# The answer came, and nobody can read from it what became of the order.
UNREADABLE = frozenset({"submit.garbage", "submit.no_task_id", "submit.slow"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What went wrong, each in a sentence, and the orders whose fate nobody can know, as the studio says itself."""

    lost: list[str]
    twice: list[str]
    wrong: list[str]
    stuck: list[str]
    unknown: frozenset[str]

    def all(self) -> list[str]:
        """All that may never be."""
        return [*self.stuck, *self.twice, *self.lost, *self.wrong]


def judge(world: World, must_come: Callable[[Job], bool] = lambda _: False) -> Verdict:
    """Hold the world against the books; a job that `must_come` has all of its pictures, unless its answer was lost."""
    jobs, tasks = list(Job.objects.all()), {task.idempotency_key: task for task in world.truth()}
    return Verdict(
        lost=[*_lost(jobs, tasks), *_never_came(jobs, must_come), *_broken_files()],
        twice=list(_twice(world)),
        wrong=[*_wrong(jobs, tasks), *_wrong_accounts(), *audit.look().found],
        stuck=[f"{job} is not at rest." for job in jobs if not at_rest(job)],
        unknown=frozenset(str(job.pk) for job in jobs if job.state == State.UNKNOWN),
    )


def at_rest(job: Job) -> bool:
    """Whether nothing more will happen to a job: it has ended, or is visibly unknown with its hold given back."""
    return job.state in AT_REST or (job.state == State.UNKNOWN and job.settled_at is not None)


def unanswered(world: World) -> frozenset[str]:
    """The orders whose answer was dropped, or said nothing that could be read."""
    return frozenset(submit.idempotency_key for submit in world.submits() if not _told(submit))


def captured(job: Job) -> int:
    """What the ledger took for a job."""
    entries = Entry.objects.filter(job=job.pk, kind=Entry.Kind.CAPTURE)
    return -sum(entry.d_held for entry in entries)


def fair_price(job: Job) -> int:
    """What its owner owes: pictures received in time."""
    return job.price * job.delivered if job.state == State.DONE and job.reason_code != "late" else 0


def _told(submit: Submit) -> bool:
    return submit.status is not None and submit.status < 500 and submit.fault not in UNREADABLE


def _twice(world: World) -> Iterator[str]:
    """Orders that were sent again though the POST before may have been accepted."""
    sent: dict[str, list[Submit]] = defaultdict(list)
    for submit in world.submits():
        sent[submit.idempotency_key].append(submit)
    for key, submits in sent.items():
        if sum(submit.accepted for submit in submits) > 1:
            yield f"{key} was accepted more than once."
        elif any(submit.status not in SURELY_NOT_ACCEPTED for submit in submits[:-1]):
            yield f"{key} was sent again though its fate was unclear."


def _lost(jobs: list[Job], tasks: dict[str, Task]) -> Iterator[str]:
    """Pictures that were handed over and are not there, and orders that nobody knows."""
    images: dict[str, int] = defaultdict(int)
    for pk in Image.objects.exclude(job=None).values_list("job", flat=True):
        images[str(pk)] += 1
    for job in jobs:
        task = tasks.get(str(job.pk))
        if images[str(job.pk)] != job.delivered:
            yield f"{job} says {job.delivered} pictures, the gallery has {images[str(job.pk)]}."
        if task and at_rest(job) and len(task.fetched) > job.delivered:
            yield f"{job} was handed {len(task.fetched)} whole pictures and has {job.delivered}."
    for key in tasks.keys() - {str(job.pk) for job in jobs}:
        yield f"{key} was made and the studio does not know it."


def _never_came(jobs: list[Job], must_come: Callable[[Job], bool]) -> Iterator[str]:
    for job in jobs:
        whole = job.state == State.DONE and job.delivered == job.asked
        if must_come(job) and at_rest(job) and not whole and job.state != State.UNKNOWN:
            yield f"{job} ended with {job.delivered} of {job.asked} pictures: {job.reason_code} {job.reason}"


def _broken_files() -> Iterator[str]:
    """Pictures without their file, and files that are not what their name says."""
    for image in Image.objects.all():
        if not files.original(image).exists():
            yield f"Picture {image.pk} has no file."
    for path in files.folder("originals").glob("*/*"):
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != path.stem:
                yield f"{path.name} is not whole."


def _wrong(jobs: list[Job], tasks: dict[str, Task]) -> Iterator[str]:
    """Jobs whose owner paid something else than pictures received, or that the provider tells otherwise."""
    for job in jobs:
        task, paid = tasks.get(str(job.pk)), captured(job)
        if at_rest(job) and not paid == job.captured == fair_price(job):
            yield f"{job} cost {paid}, says {job.captured} and should have cost {fair_price(job)}."
        net = task.charged - task.refunded if task else 0
        if task and job.task_id not in {"", task.task_id}:
            yield f"{job} names a task that is not its own."
        if job.state == State.DONE and net != job.price * job.asked:
            yield f"{job} is done and the provider took {net}."
        if job.reason_code == "model" and net:
            yield f"{job} failed at the provider, who kept {net}."


def _wrong_accounts() -> Iterator[str]:
    for account in books.drift():
        yield f"{account} is not the sum of its entries."
    for job, state in Job.objects.filter(settled_at=None, state__in=AT_REST).values_list("pk", "state"):
        yield f"{job} is {state} and not settled."
    open_jobs = [job for job in Job.objects.all() if not at_rest(job)]
    held = sum(account.held for account in Account.objects.all())
    if held != sum(job.cost for job in open_jobs if not job.settled_at):
        yield f"{held} credits are held for {len(open_jobs)} open orders."
    for output in Output.objects.filter(image=None, job__state=State.DONE, problem=""):
        yield f"{output} is missing and nobody says why."
