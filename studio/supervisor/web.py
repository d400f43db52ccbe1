"""gunicorn's configuration, what the command line can't say: `gunicorn -c python:studio.supervisor.web`."""

from django.apps import apps
from django.urls import get_resolver

from studio import loaded
from studio.supervisor.guard import die_with_parent


def when_ready(_arbiter: object) -> None:
    """With --preload all is loaded now, before the fork: what is kept here is memory that all workers share."""
    if apps.ready:
        _keep()


def post_fork(_arbiter: object, _worker: object) -> None:
    """A worker would notice the death of its arbiter only after its requests in flight."""
    die_with_parent()


def post_worker_init(_worker: object) -> None:
    """Without --preload all is loaded now."""
    _keep()


def _keep() -> None:
    """Load what else the first page would load, and keep it."""
    _ = get_resolver().url_patterns
    loaded.keep()
