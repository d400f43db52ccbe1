"""The clock process, which says that it is alive."""

import threading
from datetime import datetime, timedelta
from typing import Any

from celery.beat import PersistentScheduler, ScheduleEntry
from django.db import DatabaseError, InterfaceError, connection

from studio.jobs.tasks import heard

# So much may be the time between two questions; what ran later than that ran before the clock went back.
AHEAD = timedelta(seconds=1)


class HeardScheduler(PersistentScheduler):
    """Celery's own scheduler, which stands a clock set back; besides, it is heard of every ten seconds, broker or not.

    It says so by a thread of its own: the scheduler's waits for as long as the broker does not answer.
    """

    HEARD_SECONDS = 10.0

    def __init__(self, *args: object, **kwargs: object) -> None:
        self._closed = threading.Event()
        self.heard = threading.Thread(target=self._say_so, name="heard", daemon=True)
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Open the schedule; only the scheduler that is to run does."""
        super().setup_schedule()
        self.heard.start()

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due. Celery's own would send nothing, for an hour after the clock went back by an hour."""
        if ahead := [entry for entry in self.schedule.values() if _ran_ahead_of(entry.default_now(), entry)]:
            for entry in ahead:
                entry.last_run_at = entry.default_now()
            self._heap = None  # the moments in it are those of the clock before
        return float(super().tick(*args, **kwargs))

    def close(self) -> None:
        """Nothing more is said."""
        self._closed.set()
        super().close()

    def _say_so(self) -> None:
        """Note in the database that beat lives; a database that is away must not stop that."""
        while not self._closed.is_set():
            try:
                heard("beat")
            except (DatabaseError, InterfaceError):
                self.logger.warning("the database does not answer")
            finally:
                connection.close()
            self._closed.wait(self.HEARD_SECONDS)


def _ran_ahead_of(now: datetime, entry: ScheduleEntry) -> bool:
    return (entry.last_run_at or now) > now + AHEAD
