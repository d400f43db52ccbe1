"""gunicorn's configuration, what the command line can't say: `gunicorn -c python:studio.supervisor.web`."""

from django.urls import get_resolver

from studio import loaded
from studio.supervisor.guard import die_with_parent


def when_ready(_arbiter: object) -> None:
    """Once the studio is loaded, with what else the first page would load, and before it is forked."""
    _ = get_resolver().url_patterns
    loaded.keep()


def post_fork(_arbiter: object, _worker: object) -> None:
    """A worker would notice the death of its arbiter only after its requests in flight."""
    die_with_parent()
