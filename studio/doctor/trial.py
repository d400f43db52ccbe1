"""One full round: a picture is ordered, sent, looked at, saved and paid, over real HTTP, by the studio's own code.

It happens in a data folder and at a provider of its own, both thrown away: no trace in the team's books and gallery.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from gallery import files
from gallery.models import Image, Project
from studio.accounts.models import User
from studio.credits import ledger
from studio.doctor.checkup import Problem
from studio.jobs import line, looks, moves, orders, saving, steps
from studio.jobs.models import Job
from studio.jobs.states import WORKING, State
from studio.sandbox import Pace, SandboxServer, World
from studio.supervisor import prepare

SECONDS = 90.0
# What would lead the trial to the team's own data, key or servers.
OURS = ("STUDIO_", "DATABASE_", "REDIS_", "EMAIL_")
MAKING_SECONDS = 0.5
DONE = "Trial: "


def look() -> str:
    """Have the round made by a process that has nothing of ours but the code and the disk."""
    with tempfile.TemporaryDirectory(prefix="doctor-", dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        pace = Pace(seconds=(MAKING_SECONDS, MAKING_SECONDS), per_minute=0)
        world = World(Path(folder) / "provider", pace=pace)
        try:
            with SandboxServer(world) as provider:
                said = _in_a_process_of_its_own(Path(folder) / "data", provider.url)
        finally:
            world.close()
    found = [words for words in said.splitlines() if words.startswith(DONE)]
    if not found:
        raise Problem("It ended without saying how.")
    return found[0].removeprefix(DONE)


def _in_a_process_of_its_own(data: Path, provider: str) -> str:
    """All that it says. Problem when it fails."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    own = {"STUDIO_DATA_DIR": str(data), "STUDIO_SANDBOX_URL": provider}
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "doctor", "--as-trial"]
    try:
        run = subprocess.run(  # noqa: S603 - the command is our own
            command, env=inherited | own, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise Problem(f"It was not done within {SECONDS:g} seconds: is this machine very busy?") from None
    if run.returncode:
        last = (run.stderr.strip() or run.stdout.strip()).splitlines()[-1:]
        raise Problem(f"A picture could not be made and saved: {''.join(last)[:300]}")
    return run.stdout


def make() -> str:
    """The round itself, in that process: what was done, in words. RuntimeError when it came to nothing."""
    prepare.database(_quietly)
    user = User.objects.create_user("doctor@example.com", None, name="Doctor")
    ledger.open_account(user, limited=False)
    began = time.monotonic()
    job = orders.ask(user, orders.Ask(prompt="a lighthouse at dusk", project=Project.objects.earliest("pk")))
    taken = line.take()
    if taken is None:
        raise RuntimeError("the line did not let it go")
    steps.send(taken)
    _bring_home(job)
    _hold(job)
    took = time.monotonic() - began
    looks_taken = f"{job.looks} look{'' if job.looks == 1 else 's'}"
    return (
        f"{DONE}A picture was ordered, sent, found ready with {looks_taken}, saved and paid in {took:.1f} s."
    )


def _quietly(_words: str) -> None:
    """Nobody is interested in how a throw-away database is made."""


def _bring_home(job: Job) -> None:
    """What the worker's rounds do, one step after the other, as long as there is something to do."""
    end = time.monotonic() + SECONDS / 2
    job.refresh_from_db()
    while job.state in WORKING and time.monotonic() < end:
        Job.objects.filter(pk=job.pk).update(due_at=timezone.now())
        for state, step in ((State.MAKING, looks.look), (State.SAVING, saving.save)):
            if claimed := moves.claim(job.pk, state):
                step(claimed)
        time.sleep(MAKING_SECONDS / 5)
        job.refresh_from_db()


def _hold(job: Job) -> None:
    """It is done, its file is whole, and the books took what it cost. RuntimeError when not."""
    if job.state != State.DONE:
        raise RuntimeError(f"the order is {job.state}: {job.reason or 'no reason was given'}")
    image = Image.objects.get(job=job.pk)
    files.examine(files.original(image))
    account = ledger.account_of(job.owner)
    if (account.available, account.held, job.captured) != (-job.cost, 0, job.cost):
        raise RuntimeError("the books did not take what it cost")
