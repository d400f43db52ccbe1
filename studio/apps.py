"""The project itself as an app, so that its commands and checks are found."""

from django.apps import AppConfig

from studio.celery import app as celery_app

__all__ = ["StudioConfig", "celery_app"]


class StudioConfig(AppConfig):
    """Loads the Celery app with Django, so that `shared_task` finds it; `imageapi` and `sandbox` import without it."""

    name = "studio"
