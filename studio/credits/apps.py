from django.apps import AppConfig


class CreditsConfig(AppConfig):
    """The studio's credits."""

    name = "studio.credits"
    label = "credits"
