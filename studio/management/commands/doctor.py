"""`manage.py doctor`: looks at everything the studio needs, and says what to do."""

import logging
import sys
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand

from studio import remote
from studio.doctor import checkup, trial
from studio.doctor.checks import ROUND, checks

# A shorter secret might be an ordinary word, and hiding it would garble what is said.
SHORTEST_SECRET = 6


class Command(BaseCommand):
    """Changes nothing, and works while half of it is down."""

    help = "Look at everything the studio needs: each line says ok, or what to do. Exits with 1 on a problem."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--round` takes some seconds more."""
        parser.add_argument(
            "--round", action="store_true", help="make a picture too, in a sandbox that is thrown away"
        )
        parser.add_argument("--as-trial", action="store_true", help=SUPPRESS)

    def handle(self, *_args: object, **options: Any) -> None:
        """A line a check."""
        if options["as_trial"]:
            self.stdout.write(trial.make())
            return
        with _quiet():
            results = list(map(self._told, checkup.run(checks())))
            if options["round"]:
                results += map(self._told, checkup.run([ROUND]))
        if bad := results.count(False):
            sys.exit(f"{bad} of {len(results)} need a look.")

    def _told(self, result: checkup.Result) -> bool:
        """Say what a check found."""
        mark = "ok  " if result.fine else "LOOK"
        for words in result.words:
            self.stdout.write(f"{mark}  {result.name:10}  {without_secrets(words)}")
        self.stdout.flush()
        return result.fine


@contextmanager
def _quiet() -> Iterator[None]:
    """What the code below has to say for a log is no answer to whoever asks here."""
    logger = logging.getLogger("studio")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def without_secrets(words: str) -> str:
    """The same, should a server or a library have repeated one."""
    for secret in _secrets():
        words = words.replace(secret, "***")
    return words


def _secrets() -> list[str]:
    database = settings.DATABASES["default"].get("PASSWORD")
    broker = urlsplit(settings.REDIS_URL).password
    known = (remote.key(), settings.SECRET_KEY, database, broker, settings.EMAIL_HOST_PASSWORD)
    return [str(secret) for secret in known if secret and len(secret) >= SHORTEST_SECRET]
