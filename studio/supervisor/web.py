"""gunicorn's configuration, what the command line can't say: `gunicorn -c python:studio.supervisor.web`."""

from studio.supervisor.guard import die_with_parent


def post_fork(_arbiter: object, _worker: object) -> None:
    """A worker would notice the death of its arbiter only after its requests in flight."""
    die_with_parent()
