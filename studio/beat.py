"""The clock process, which says that it is alive."""

import threading

from celery.beat import PersistentScheduler
from django.db import DatabaseError, InterfaceError, connection

from studio.jobs.tasks import heard


class HeardScheduler(PersistentScheduler):
    """Celery's own scheduler; besides, it is heard of every ten seconds, broker or not.

    By a thread of its own: the scheduler's waits for as long as the broker does not answer.
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
