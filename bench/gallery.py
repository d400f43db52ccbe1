"""The gallery page at 1,000 and 10,000 pictures: time on the server, queries, bytes."""

import gzip
import os
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import spread

SIZES = (1_000, 10_000)
REPEATS = 40


def run(_folder: Path) -> Iterator[str]:
    """Measure and yield the rows of the table."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "studio.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    owner = member()
    made = 0
    for size in SIZES:
        add_pictures(owner, made, size)
        made = size
        yield from measure(owner, size)


def member():
    from studio.accounts.models import User
    from studio.credits import ledger

    user = User.objects.create_user("bench@example.com", "a bench needs no secrets", name="Bench")
    ledger.open_account(user, limited=False)
    return user


def add_pictures(owner, first: int, last: int) -> None:
    """Rows of pictures over many days, four of an order; the page shows only their previews' addresses."""
    import uuid
    from datetime import timedelta

    from django.utils import timezone

    from gallery.models import Image, Project

    project, now = Project.objects.get(), timezone.now()
    ratios = ["1-1", "16-9", "3-2", "9-16", "4-5"]
    orders = [uuid.uuid4() for _ in range((last - first) // 4 + 1)]
    Image.objects.bulk_create(
        [
            Image(
                owner=owner,
                project=project,
                kind="generate",
                prompt=f"A lighthouse at dusk with waves breaking over the rocks, number {number}",
                options={"model": "gemini-2.5-flash", "aspect_ratio": "auto", "output_format": "png"},
                job=orders[(number - first) // 4],
                position=(number - first) % 4,
                format="png",
                width=1024,
                height=1024,
                size=1_500_000,
                sha256=f"{number:064x}",
                ratio=ratios[number % 5],
                colour=number % 64,
                credits=5,
                created_at=now - timedelta(minutes=20 * (last - number)),
            )
            for number in range(first, last)
        ],
        batch_size=1000,
    )


def measure(owner, size: int) -> Iterator[str]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "localhost"})
    client.force_login(owner)
    deep = f"/gallery/?before={size // 2}"
    for words, address in (("first page", "/gallery/"), ("a page from the middle", deep)):
        client.get(address)
        times = []
        for _ in range(REPEATS):
            begun = time.perf_counter()
            page = client.get(address)
            times.append((time.perf_counter() - begun) * 1000)
            assert page.status_code == 200
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = client.get(address)
        weight = len(gzip.compress(page.content)) / 1000
        yield f"| {size:,} pictures, {words}: time p50 / p95 / max | {spread(times, 'ms', 1)} |"
        yield f"| {size:,} pictures, {words}: queries, gzipped | {len(queries)}, {weight:.1f} kB |"
