"""Celery's side: an id wakes the work, and the work may be asked for twice, or never, without harm."""

from functools import partial

import structlog
from celery import shared_task
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from gallery import aside, previews
from gallery.models import Image
from gallery.pixels import NotAPicture

log = structlog.get_logger(__name__)


@shared_task
def preview(image_id: int) -> None:
    """Have the previews of a picture made, aside: two hundred of an upload must not stand before a submit."""
    aside.later(partial(make_previews, image_id))


def make_previews(image_id: int) -> None:
    """Make the previews of a picture, so that nobody waits for them on a page."""
    image = Image.objects.filter(pk=image_id).first()
    if image is None:
        return
    try:
        previews.make(image)
    except (NotAPicture, OSError):
        log.exception("gallery.preview_failed", image=image_id)


def ask_for_previews(image_id: int) -> None:
    """Wake a worker for the previews. Never raises: without a broker a page makes them when it needs them."""
    try:
        preview.apply_async((image_id,), retry=False, ignore_result=True)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("gallery.wake_failed", image=image_id, reason=type(error).__name__)
