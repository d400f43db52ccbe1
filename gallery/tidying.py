"""What the gallery does by the clock, each hour: it is safe twice, and nothing is lost when it is late."""

from collections.abc import Callable, Mapping

import structlog
from celery import shared_task

from gallery import acts, library

log = structlog.get_logger(__name__)
# An hour's share: a table of millions must not be held up.
MOST_DELETED = 500
MOST_ALBUMS = 50
# Each is a transaction of its own: as many as can be deleted at once.
MOST_FREED = 10_000
# Each says how much it has done.
PARTS: Mapping[str, Callable[[], int]] = {
    "deleted": lambda: len(library.delete_overdue(most=MOST_DELETED)),
    "albums": lambda: library.delete_overdue_albums(most=MOST_ALBUMS),
    "freed": lambda: library.free(most=MOST_FREED),
    "forgotten": acts.forget,
}


@shared_task
def tidy() -> None:
    """Delete for good what lay in the trash for its days, albums too; free files, forget undo steps.

    One part that fails holds up no other.
    """
    done = {}
    for name, do in PARTS.items():
        try:
            done[name] = do()
        except Exception:
            log.exception("gallery.not_tidied", part=name)
    log.info("gallery.tidied", **done)
