from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The studio's accounts."""

    name = "studio.accounts"
    label = "accounts"
