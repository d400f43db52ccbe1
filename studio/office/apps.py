from django.apps import AppConfig


class OfficeConfig(AppConfig):
    """The studio's office."""

    name = "studio.office"
    label = "office"
