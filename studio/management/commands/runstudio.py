"""`manage.py runstudio`: the whole studio in one command."""

import os
import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connections

from studio import embedded, remote
from studio.credits import wallet
from studio.jobs.models import Job
from studio.jobs.states import WORKING
from studio.office import setup
from studio.supervisor import preflight, prepare, programs
from studio.supervisor.child import Child
from studio.supervisor.console import Console
from studio.supervisor.preflight import StartError
from studio.supervisor.supervise import Supervisor

INTERRUPTED = 130
"""What a shell answers for a program that Ctrl-C ended."""


class Command(BaseCommand):
    """Starts everything, watches it and stops it."""

    help = "Brings database and static files up to date, then runs Valkey, sandbox, worker, web and beat."

    def handle(self, *_args: object, **_options: object) -> None:
        """Exits with 0 after Ctrl-C or SIGTERM, else with 1 and one sentence."""
        os.umask(0o077)  # the database holds sessions and password hashes
        try:
            code = self._run()
        except (StartError, embedded.ValkeyMissingError) as refusal:
            sys.exit(str(refusal))
        except OSError as trouble:  # a disk that is full, a file of somebody else's
            sys.exit(f"The studio can't start: {trouble}.")
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        sys.exit(code)

    def _run(self) -> int:
        preflight.check_folder(settings.STUDIO_DATA_DIR)
        with preflight.locked(settings.STUDIO_DATA_DIR) as lock, preflight.runtime_folder(lock) as runtime:
            preflight.check_port(settings.STUDIO_BIND)
            preflight.check_key_file(settings.STUDIO_API_KEY_FILE)
            broker, redis_url = self._broker(runtime)
            prepare.database(self.stdout.write)
            prepare.static_files(self.stdout.write)
            children = [*broker, *_studio(runtime, redis_url)]
            console = Console(sys.stdout, sys.stderr, [child.name for child in children])
            return Supervisor(children, console, inherited=[lock]).run(lambda: _welcome(console))

    def _broker(self, runtime: Path) -> tuple[list[Child], str]:
        """Valkey and its address, or nothing to start and the address that is set."""
        if not settings.REDIS_URL:
            folder = settings.STUDIO_DATA_DIR / "valkey"
            server = embedded.Valkey(binary=embedded.find_binary(), runtime=runtime, folder=folder)
            return [programs.valkey(server)], server.url
        try:
            if not embedded.answers(settings.REDIS_URL):
                self.stderr.write(
                    "Nothing answers at REDIS_URL yet. The studio starts; jobs wait until it does."
                )
        except ValueError as trouble:
            raise StartError(f"REDIS_URL is not understood: {trouble}") from None
        return [], settings.REDIS_URL


def _studio(runtime: Path, redis_url: str) -> list[Child]:
    """What is started after the broker; it is stopped in the opposite order."""
    known = {"REDIS_URL": redis_url}
    api: list[Child] = []
    if _sandbox_wanted():
        port = preflight.steady_port(settings.STUDIO_DATA_DIR / "sandbox-port")
        known["STUDIO_SANDBOX_URL"] = f"http://127.0.0.1:{port}"
        api = [programs.sandbox(port)]
    studio = programs.environment(**known)
    return [*api, programs.worker(studio), programs.web(studio, runtime), programs.beat(studio)]


def _sandbox_wanted() -> bool:
    """Until a key is there, and as long as something is made in it that has to come home."""
    unfinished = Job.objects.filter(api=remote.SANDBOX, state__in=WORKING)
    return wallet.api_in_use() == remote.SANDBOX or unfinished.exists()


def _welcome(console: Console) -> None:
    console.say(f"Studio is ready at {settings.STUDIO_URL}/")
    if link := setup.first_admin_link():
        console.say(f"Nobody can sign in yet. Create the first admin here, the link works once: {link}")
    connections.close_all()
