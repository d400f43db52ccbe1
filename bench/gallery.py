"""The gallery page of small and large galleries, on both databases: time on the server, queries, bytes."""

import gzip
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import spread

ROOT = Path(__file__).resolve().parent.parent
# A hundred thousand take a minute to make, a million ten: BENCH_IMAGES=1000,100000,1000000 asks for them.
SIZES = "1000,10000"
REPEATS = 20
# What people look at; what is in braces is filled in from the rows.
PAGES = {
    "first page": "/gallery/",
    "from the middle": "/gallery/?before={middle}",
    "my own": "/gallery/?by=me",
    "a project": "/gallery/?project={project}",
    "a project, from the middle": "/gallery/?project={project}&before={middle}",
    "a month long ago": "/gallery/?at={month}",
    "a word": "/gallery/?q=lighthouse",
    "words that nothing has": "/gallery/?q=lighthouse+submarine",
    "a tag": "/gallery/?tag=sea",
    "my favourites": "/gallery/?fav=1",
    "edits of a word": "/gallery/?q=winter&kind=edit",
}


def run(folder: Path) -> Iterator[str]:
    """Measure each size on each database, in processes of their own, and yield the rows of the table."""
    from tests.postgres import Cluster

    sizes = os.environ.get("BENCH_IMAGES", SIZES).split(",")
    for size in sizes:
        data = folder / size
        data.mkdir()
        yield from _measured(data, "SQLite", size, f"sqlite:///{data / 'studio.sqlite3'}")
    cluster = Cluster()
    try:
        for size in sizes:
            data = folder / f"postgres-{size}"
            data.mkdir()
            name = cluster.create()
            yield from _measured(data, "PostgreSQL", size, cluster.url(name))
            cluster.drop(name)
    finally:
        cluster.stop()


def _measured(folder: Path, database: str, size: str, url: str) -> Iterator[str]:
    given = os.environ | {"DATABASE_URL": url, "STUDIO_DATA_DIR": str(folder)}
    command = [sys.executable, "-m", "bench.gallery", size]
    measured = subprocess.run(command, cwd=ROOT, env=given, check=True, stdout=subprocess.PIPE, text=True)
    for line in measured.stdout.splitlines():
        yield f"| {database} | {int(size):,} | {line} |"


def main() -> None:
    """Fill the database that is named with so many pictures, and measure."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "studio.settings"
    import django

    django.setup()
    from django.core.management import call_command

    from studio import housekeeping
    from studio.supervisor import web

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    begun = time.perf_counter()
    call_command("makedata", images=int(sys.argv[1]), stdout=sys.stderr)
    print(f"`manage.py makedata` | {time.perf_counter() - begun:.0f} s")
    housekeeping.look_at_the_tables()
    web.when_ready(None)
    for line in measure():
        print(line)


def measure() -> Iterator[str]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from studio.accounts.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.order_by("pk")[1])
    for words, address in addresses():
        client.get(address)
        times = []
        for _ in range(REPEATS):
            begun = time.perf_counter()
            page = client.get(address)
            times.append((time.perf_counter() - begun) * 1000)
            assert page.status_code == 200, (address, page.status_code)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(address)
        weight = len(gzip.compress(page.content)) / 1000
        figures = f"{spread(times, 'ms', 1)}, {len(queries)}, {weight:.1f} kB"
        yield f"{words}: time p50 / p95 / max, queries, gzipped | {figures}"


def addresses() -> Iterator[tuple[str, str]]:
    from gallery.models import Image

    middle = Image.objects.order_by("pk")[Image.objects.count() // 2]
    known = {"middle": middle.pk, "project": middle.project_id, "month": f"{middle.created_at:%Y-%m}"}
    for words, address in PAGES.items():
        yield words, address.format(**known)


if __name__ == "__main__":
    main()
