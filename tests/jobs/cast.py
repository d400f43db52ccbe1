"""What the tests of the making side order, and the moments they do it at."""

from datetime import datetime, timedelta

from django.utils import timezone

from gallery.models import Project
from studio.jobs import moves, orders, rounds
from studio.jobs.models import Job, Line, Submit
from studio.jobs.states import State


class Clock:
    """The studio's clock, which tests put forward and back."""

    def __init__(self) -> None:
        self.real = timezone.now
        self.shift = timedelta()

    def __call__(self) -> datetime:
        return self.real() + self.shift

    def forward(self, seconds: float) -> None:
        self.shift += timedelta(seconds=seconds)


def order(owner, prompt="a lighthouse", **fields) -> Job:
    """An order as the composer makes it."""
    return orders.ask(owner, orders.Ask(prompt=prompt, project=Project.objects.first(), **fields))


def in_state(owner, state: State, **fields) -> Job:
    """A job with its price held, put into a state with what that state needs."""
    job = order(owner, num_images=fields.pop("num_images", 1))
    now = timezone.now()
    if state == State.SENDING:
        fields |= {"lease_until": fields.get("lease_until", now + moves.lease_length())}
        fields |= {"lease_token": fields.get("lease_token", job.pk)}
        Submit.objects.create(job=job, api="sandbox", started_at=now)
    if state in {State.MAKING, State.SAVING, State.DONE}:
        fields |= {"task_id": fields.get("task_id", f"task-{job.pk}")}
    if state not in {State.WAITING, State.CANCELLED}:
        fields |= {"sent_at": fields.get("sent_at", now), "api": "sandbox"}
    Job.objects.filter(pk=job.pk).update(state=state, **fields)
    job.refresh_from_db()
    return job


def work(job: Job) -> None:
    """What a worker's rounds do with a job that is due: look at it, and save it if that is due by then."""
    for state, step in ((State.MAKING, rounds.look), (State.SAVING, rounds.save)):
        if claimed := moves.claim(job.pk, state):
            step(claimed)


def the_line() -> Line:
    """The line as it stands now."""
    return Line.objects.get()
