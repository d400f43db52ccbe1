"""Who may read what was ordered: the prompt, and the API's words, which may quote it."""

from collections.abc import Iterable
from uuid import UUID

from gallery import access
from studio.accounts.models import User
from studio.jobs.models import Job


def told_to(reader: User, jobs: Iterable[Job]) -> frozenset[UUID]:
    """Those of these orders whose prompts a person may read, in one query.

    One's own, always: they are the titles of one's books. An admin, who answers for the books, also reads those of
    others, unless the order is private or one of its pictures was made private or deleted since.
    """
    jobs = list(jobs)
    own = {job.pk for job in jobs if job.owner_id == reader.pk}
    others = {job.pk for job in jobs if not job.private} - own if reader.is_staff else set()
    return frozenset(own | (others - access.kept_back(others) if others else others))


def is_told_to(reader: User, job: Job) -> bool:
    """The same of one order."""
    return job.pk in told_to(reader, [job])
