from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The studio's jobs."""

    name = "studio.jobs"
    label = "jobs"
