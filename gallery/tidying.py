"""What the gallery does by the clock, each hour: it is safe twice, and nothing is lost when it is late."""

import structlog
from celery import shared_task

from gallery import acts, library

log = structlog.get_logger(__name__)
# An hour's share: a table of millions must not be held up.
MOST_DELETED = 500
MOST_ALBUMS = 50
MOST_FREED = 2000


@shared_task
def tidy() -> None:
    """Delete for good what lay in the trash for its days, albums too; free files, forget undo steps."""
    deleted = library.delete_overdue(most=MOST_DELETED)
    albums = library.delete_overdue_albums(most=MOST_ALBUMS)
    freed = library.free(most=MOST_FREED)
    log.info("gallery.tidied", deleted=len(deleted), albums=albums, freed=freed, forgotten=acts.forget())
