"""What the gallery does by the clock, each hour: it is safe twice, and nothing is lost when it is late."""

import structlog
from celery import shared_task

from gallery import acts, library

log = structlog.get_logger(__name__)
# An hour's share: a table of millions must not be held up.
MOST_DELETED = 500
MOST_FREED = 2000


@shared_task
def tidy() -> None:
    """Delete for good what lay in the trash for its days, remove files of what is deleted, forget what is undone."""
    deleted = library.delete_overdue(most=MOST_DELETED)
    freed = library.free(most=MOST_FREED)
    log.info("gallery.tidied", deleted=len(deleted), freed=freed, forgotten=acts.forget())
