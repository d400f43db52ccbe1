"""The Celery app: it wakes workers, it remembers nothing."""

import os

from celery import Celery
from celery.signals import worker_ready

from studio import brokerloss, loaded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
app = Celery("studio")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["studio"], related_name="housekeeping")
app.autodiscover_tasks(["gallery"], related_name="tidying")
app.autodiscover_tasks(["studio.jobs"], related_name="handover")
brokerloss.survive()
# Looks and savings need no message: the worker's own clock has them done.
app.steps["worker"].add("studio.jobs.rounds:RoundsStep")


@worker_ready.connect
def keep_what_is_loaded(**_told: object) -> None:
    """A pause of the collector would hold up every look and submit of the process."""
    loaded.keep()
