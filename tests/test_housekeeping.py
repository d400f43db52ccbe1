"""What is thrown away once a day, and what stays."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as site
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from gallery import files
from studio.celery import app
from studio.credits import findings
from studio.credits.models import WalletFinding, WalletReading
from studio.housekeeping import clean_up

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folders(media, settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "tmp"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()


def session(*, days: int) -> str:
    store = SessionStore()
    store.set_expiry(timezone.now() + timedelta(days=days))
    store.create()
    return store.session_key


def file(folder: Path, name: str, *, hours: float) -> Path:
    path = folder / name
    path.write_bytes(b"half a picture")
    then = time.time() - 3600 * hours
    os.utime(path, (then, then))
    return path


def test_the_clock_asks_for_a_task_that_the_worker_knows():
    app.loader.import_default_modules()
    for entry in site.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in app.tasks
    assert site.CELERY_BEAT_SCHEDULE["clean up"]["schedule"] == 24 * 3600


def test_sessions_that_are_over_are_forgotten():
    kept, _ = session(days=1), session(days=-1)
    clean_up()
    assert list(Session.objects.values_list("session_key", flat=True)) == [kept]


def test_what_a_killed_process_left_half_written_is_removed_after_a_day(settings):
    for folder in (files.folder("incoming"), settings.FILE_UPLOAD_TEMP_DIR):
        old, fresh = file(folder, "old", hours=25), file(folder, "fresh", hours=23)
        clean_up()
        assert not old.exists()
        assert fresh.exists()


def test_originals_are_never_touched():
    original = file(files.folder("originals"), "ab.png", hours=10_000)
    clean_up()
    assert original.exists()


def test_after_seven_days_one_reading_a_day_is_kept_for_each_api():
    noon = timezone.now().replace(hour=12, minute=0)
    for api in ("sandbox", "https://api.example.com"):
        for days in (1, 9, 10):
            for minutes in range(3):
                at = noon - timedelta(days=days) + timedelta(minutes=minutes)
                WalletReading.objects.create(api=api, balance=minutes, at=at)
    clean_up()
    for api in ("sandbox", "https://api.example.com"):
        left = WalletReading.objects.filter(api=api).order_by("at").values_list("balance", flat=True)
        assert list(left) == [2, 2, 0, 1, 2]
    clean_up()
    assert WalletReading.objects.count() == 10


def test_the_last_quiet_reading_of_a_day_is_kept_and_what_findings_are_of():
    noon = (timezone.now() - timedelta(days=10)).replace(hour=12, minute=0)
    told = []
    for minute, (balance, going) in enumerate(
        [(50, 0), (40, 0), (40, 5), (40, 0), (40, 0), (40, 5), (35, 9)]
    ):
        at = noon + timedelta(minutes=minute)
        told.append(at)
        WalletReading.objects.create(api="a", balance=balance, spent=0, open=going, at=at)
    WalletFinding.objects.create(
        api="a", amount=-10, since=told[0], until=told[1], balance_before=50, balance_after=40
    )
    clean_up()
    left = WalletReading.objects.order_by("at").values_list("at", flat=True)
    assert list(left) == [told[0], told[1], told[4], told[6]]
    assert findings.missed("a") == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL looks at its tables by itself")
def test_the_database_knows_how_its_tables_have_grown(alice):
    clean_up()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'accounts_user'")
        assert cursor.fetchone()[0]
