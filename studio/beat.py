"""The clock process, which says that it is alive."""

import time
from typing import Any

from celery.beat import PersistentScheduler
from django.db import DatabaseError, close_old_connections

from studio.jobs.tasks import heard


class HeardScheduler(PersistentScheduler):
    """Celery's own scheduler; besides, it is heard of every ten seconds, broker or not."""

    HEARD_SECONDS = 10.0
    _heard_at = 0.0

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Celery's tick, at least every ten seconds."""
        self._say_so()
        return min(self.HEARD_SECONDS, float(super().tick(*args, **kwargs)))

    def _say_so(self) -> None:
        """Note in the database that beat lives; a database that is away must not stop the clock."""
        if time.monotonic() - self._heard_at < self.HEARD_SECONDS:
            return
        close_old_connections()
        try:
            heard("beat")
            self._heard_at = time.monotonic()
        except DatabaseError:
            self.logger.warning("the database does not answer")
