"""A million entries over three years: what the audit and each page of the reports take, on both databases."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from bench.figures import percentile

ROOT = Path(__file__).resolve().parent.parent
REPEATS = 5
# Whole months come from totals of months, odd days from those of days.
PERIODS = {
    "this month": "?period=this-month",
    "a month long ago": "?from={long}&to={ago}",
    "three years": "?from={first}&to={today}",
    "three years less a day at each end": "?from={second}&to={yesterday}",
}
# What is asked for behind the days of a period.
PAGES = (
    "/reports/{days}",
    "/reports/days.csv{days}",
    "/reports/members.csv{days}",
    "/reports/projects.csv{days}",
    "/reports/ends.csv{days}",
    "/reports/entries/{days}",
    "/reports/entries/{days}&member=3",
    "/reports/entries/{days}&project=5",
    "/reports/entries/{days}&member=3&project=5",
    "/reports/entries/{days}&kind=adjust",
    "/reports/entries/{days}&kind=release",
    "/reports/entries/{days}&kind=edit",
    "/reports/entries.csv{days}",
    "/reports/orders/{days}&state=failed",
    "/reports/orders/{days}&state=cancelled&reason=admin",
    "/reports/orders.csv{days}&state=failed",
    "/reports/losses/{days}",
    "/reports/lost-orders.csv{days}",
)
OTHERS = ("/reports/wallet/", "/reports/budget/", "/statements/", "/statements.csv", "/credits/")


def run(folder: Path) -> Iterator[str]:
    """Measure each database in a process of its own and yield the rows of the table."""
    from tests.postgres import Cluster

    yield from _measured(folder, "SQLite", f"sqlite:///{folder / 'studio.sqlite3'}")
    cluster = Cluster()
    try:
        yield from _measured(folder, "PostgreSQL", cluster.url(cluster.create()))
    finally:
        cluster.stop()


def _measured(folder: Path, name: str, url: str) -> Iterator[str]:
    given = os.environ | {"DATABASE_URL": url, "STUDIO_DATA_DIR": str(folder)}
    measured = subprocess.run(
        [sys.executable, "-m", "bench.reports"],
        cwd=ROOT,
        env=given,
        check=True,
        capture_output=True,
        text=True,
    )
    for line in measured.stdout.splitlines():
        yield f"| {name} | {line} |"


def main() -> None:
    """Fill the database that is named, and measure."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "studio.settings"
    import django

    django.setup()
    from django.core.management import call_command

    from bench import books
    from studio.credits import statements, totals
    from studio.jobs import statistics

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    size = books.Size(entries=int(os.environ.get("BENCH_ENTRIES", "1000000")))
    for words, work in (
        ("entries, jobs and readings written past the studio", lambda: books.build(size)),
        ("all entries added to the totals", totals.fold),
        ("all orders counted", statistics.fold),
        ("35 months closed with their statements", statements.close_past_months),
    ):
        print(f"{words} | {_seconds(work):.1f} s")
    _analyze()
    print(_audit())
    for line in _pages():
        print(line)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _analyze() -> None:
    """What the studio does once a day, and PostgreSQL by itself, once the tables have grown."""
    from django.db import connection

    from studio import housekeeping

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    housekeeping.look_at_the_tables()


def _audit() -> str:
    """The command as an admin runs it."""
    begun = time.perf_counter()
    audit = subprocess.run(
        [sys.executable, "manage.py", "audit"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    seconds = time.perf_counter() - begun
    megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return f"`manage.py audit`: {audit.stdout.strip()} | {seconds:.1f} s, {megabytes:,.0f} MB at most"


def _pages() -> Iterator[str]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from studio.accounts.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.filter(is_staff=True).first())
    for address in _addresses():
        times = []
        for _ in range(REPEATS):
            begun = time.perf_counter()
            page = client.get(address)
            # Of a file that is sent while it is read, the first rows count.
            next(iter(page))
            times.append((time.perf_counter() - begun) * 1000)
            assert page.status_code == 200, (address, page.status_code)
            page.close()
        with CaptureQueriesContext(connection) as queries:
            client.get(address).close()
        figures = f"{percentile(times, 50):.0f} / {max(times):.0f} ms"
        yield f"`{address}`: time p50 / max, queries | {figures}, {len(queries)}"


def _addresses() -> Iterator[str]:
    from studio.credits import periods
    from studio.credits.models import Statement

    today = periods.today()
    first = Statement.objects.earliest("month").month
    day = timedelta(days=1)
    long = periods.month(periods.next_month(periods.next_month(first)))
    dates = {"first": first, "today": today, "second": first + day, "yesterday": today - day}
    dates |= {"long": long.first, "ago": long.last}
    for page in PAGES:
        yield from (page.format(days=query.format(**dates)) for query in PERIODS.values())
    yield from OTHERS
    yield from (
        f"/statements/{row.number}/" for row in Statement.objects.filter(month=periods.last_month(today))[:3]
    )


if __name__ == "__main__":
    main()
