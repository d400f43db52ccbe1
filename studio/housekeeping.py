"""What is thrown away once a day, so that an installation that runs for years grows by its pictures only."""

import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.db.models import Max, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from gallery import files
from studio.credits.models import WalletFinding, WalletReading

DAY = 24 * 3600.0
ALL_READINGS_FOR = timedelta(days=7)
AT_ONCE = 500


@shared_task
def clean_up() -> None:
    """Forget what nobody asks for any more."""
    SessionStore.clear_expired()
    for folder in (files.folder("incoming"), Path(settings.FILE_UPLOAD_TEMP_DIR)):
        remove_old_files(folder)
    thin_readings()
    look_at_the_tables()


def look_at_the_tables() -> None:
    """Let SQLite see how its tables grew, or it chooses indexes as if they were empty. PostgreSQL does it itself."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # A sample of each index: milliseconds, whatever the size.
            cursor.execute("PRAGMA analysis_limit=400")
            cursor.execute("ANALYZE")


def remove_old_files(folder: Path) -> None:
    """Remove files older than a day: whoever wrote them was killed."""
    for path in folder.iterdir():
        # One that is gone by now is what was wanted.
        with suppress(FileNotFoundError):
            if path.is_file() and path.stat().st_mtime < time.time() - DAY:
                path.unlink()


def thin_readings() -> None:
    """Keep every reading of the wallet for seven days, then of each day the last and the last quiet one.

    The quiet ones that findings begin and end with are kept as well: they are the evidence.
    """
    old = WalletReading.objects.filter(at__lt=timezone.now() - ALL_READINGS_FOR)
    days = old.values("api", day=TruncDate("at")).annotate(last=Max("pk"), quiet=Max("pk", filter=Q(open=0)))
    kept = {pk for pair in days.values_list("last", "quiet") for pk in pair}
    told = {at for pair in WalletFinding.objects.values_list("since", "until") for at in pair}
    # Read before, since the table is changed while it is asked.
    rest = [pk for pk, at in old.values_list("pk", "at") if pk not in kept and at not in told]
    for first in range(0, len(rest), AT_ONCE):
        old.filter(pk__in=rest[first : first + AT_ONCE]).delete()
