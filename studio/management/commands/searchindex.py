"""`manage.py searchindex`: the index of the search, made anew."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from gallery import search


class Command(BaseCommand):
    """Writes what is said of every picture into the index of the search."""

    help = "Makes the search's index anew, for pictures whose rows were written past the studio."

    @transaction.atomic
    def handle(self, **_options: Any) -> None:
        """All of them, in one transaction."""
        self.stdout.write(f"{search.index_all():,} pictures can be found by what is said of them.")
