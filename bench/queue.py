"""The Queue page and its poll with 2,000 orders in line: time on the server, queries, bytes."""

import gzip
import os
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import spread

WAITING, DONE, MEMBERS = 2_000, 20_000, 20
REPEATS = 40


def run(_folder: Path) -> Iterator[str]:
    """Measure and yield the rows of the table."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "studio.settings"
    import django

    django.setup()
    from django.core.management import call_command

    from studio import housekeeping
    from studio.supervisor import web

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    people = [member(number) for number in range(MEMBERS)]
    add_jobs(people)
    housekeeping.look_at_the_tables()
    web.when_ready(None)
    for words, user in (("an admin", people[0]), ("a member", people[1])):
        yield from measure(words, user)


def member(number: int):
    from studio.accounts.models import User
    from studio.credits import ledger

    fields = {"name": f"Member {number}", "is_staff": number == 0, "is_superuser": number == 0}
    user = User.objects.create_user(f"member{number}@example.com", "a bench needs no secrets", **fields)
    ledger.open_account(user, limited=False)
    return user


def add_jobs(people: list) -> None:
    """Those that wait, each member with a hundred, and those that are over."""
    from datetime import timedelta

    from django.utils import timezone

    from gallery.models import Project
    from studio.imageapi import GEMINI_25_FLASH
    from studio.jobs.models import Job, Line, Submit
    from studio.jobs.states import State

    project, now = Project.objects.get(), timezone.now()

    def job(number: int, ago: timedelta, **fields) -> Job:
        at = now - ago
        return Job(
            owner=people[number % MEMBERS],
            api="sandbox",
            model_name=GEMINI_25_FLASH.name,
            made="generate",
            prompt=f"A lighthouse at dusk with waves breaking over the rocks, number {number}",
            aspect_ratio="auto",
            output_format="png",
            asked=1 + number % 4,
            price=GEMINI_25_FLASH.price,
            project_id=project.pk,
            project_name=project.name,
            ordered_at=at,
            queued_at=at,
            **fields,
        )

    over = {"state": State.DONE, "task_id": "t", "delivered": 1, "captured": 5, "took": 44.0}
    over |= {"settled_at": now, "finished_at": now, "dismissed_at": now}
    done = [
        job(
            number,
            timedelta(minutes=DONE - number + 60),
            sent_at=now - timedelta(minutes=DONE - number),
            **over,
        )
        for number in range(DONE)
    ]
    waiting = [job(number, timedelta(seconds=WAITING - number)) for number in range(WAITING)]
    Job.objects.bulk_create(done + waiting, batch_size=500)
    for number in range(3):
        at = now - timedelta(seconds=10 * number)
        Submit.objects.create(job=done[number], api="sandbox", started_at=at, answered_at=at)
    # Nobody works here: the line waits, and is not stopped.
    assert not Line.objects.get().stop


def measure(words: str, user) -> Iterator[str]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    known = client.get("/live/?page=queue")["HX-PTag"]
    asked = {
        "the Queue page": ("/queue/", {}, 200),
        "the poll of who knows nothing yet": ("/live/?page=queue", {}, 200),
        "the poll when nothing changed": ("/live/?page=queue", {"HTTP_HX_PTAG": known}, 304),
        "the Studio page": ("/", {}, 200),
        "the composer's estimate": ("/jobs/estimate/?num_images=2", {}, 200),
    }
    for what, (address, headers, status) in asked.items():
        times = []
        for _ in range(REPEATS):
            begun = time.perf_counter()
            page = client.get(address, **headers)
            times.append((time.perf_counter() - begun) * 1000)
        assert page.status_code in {status, 200}, page.status_code
        with CaptureQueriesContext(connection) as queries:
            client.get(address, **headers)
        weight = len(gzip.compress(page.content)) / 1000
        yield f"| {words}, {what}: time p50 / p95 / max | {spread(times, 'ms', 1)} |"
        yield f"| {words}, {what}: queries, gzipped | {len(queries)}, {weight:.1f} kB |"
