"""What is being written, and how an entry is: after the one before it, sealed."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from gallery.models import Project
from studio.accounts.models import User
from studio.credits import seals
from studio.credits.models import Account, Entry, Loss, WalletFinding, WalletReading
from studio.imageapi import GEMINI_25_FLASH
from studio.jobs.models import Job
from studio.sampledata.bulk import Table


@dataclass(slots=True)
class Purse:
    """An account as it stands while its entries are written."""

    account: Account
    joined: date
    left: date
    monthly: int | None
    projects: list[Project]
    available: int = 0
    held: int = 0
    seal: str = ""
    renewed_for: date | None = None


@dataclass(slots=True)
class Wallet:
    """What the provider and the books say."""

    balance: int = 0
    spent: int = 0
    open: int = 0
    quiet: tuple[datetime, int, int] | None = None


@dataclass(slots=True)
class Written:
    """The tables, and whose entries they are."""

    purses: list[Purse]
    chance: random.Random
    wallet: Wallet = field(default_factory=Wallet)
    entries: Table = field(default_factory=lambda: Table(Entry))
    jobs: Table = field(default_factory=lambda: Table(Job))
    losses: Table = field(default_factory=lambda: Table(Loss))
    readings: Table = field(default_factory=lambda: Table(WalletReading))
    findings: Table = field(default_factory=lambda: Table(WalletFinding))

    @property
    def admin(self) -> User:
        """Who gives and corrects."""
        return self.purses[0].account.user

    def flush(self) -> None:
        """Write what was gathered."""
        for table in (self.entries, self.jobs, self.losses, self.readings, self.findings):
            table.flush()


def moment(day: date, seconds: float) -> datetime:
    """So many seconds after six in the morning of a day; clocks change before that."""
    six = datetime.combine(day, time(6), tzinfo=timezone.get_default_timezone())
    return six.astimezone(UTC) + timedelta(seconds=seconds)


def post(written: Written, purse: Purse, kind: str, moves: tuple[int, int], *, at: datetime, **said) -> None:
    """One entry, sealed after the one before it."""
    job, actor = said.pop("job", None), said.pop("actor", None)
    fields = {"account_id": purse.account.pk, "kind": kind, "d_available": moves[0], "d_held": moves[1]}
    fields |= {"job": None, "project_id": None, "project_name": "", "made": "", "model_name": ""}
    fields |= {"pictures": 0, "reason": "", "actor_id": actor, "at": at, "day": timezone.localdate(at)} | said
    if job:
        fields |= {"job": job.id, "project_id": job.project.pk, "project_name": job.project.name}
        fields |= {"made": job.made, "model_name": GEMINI_25_FLASH.name}
    purse.seal = seals.seal(purse.seal, [fields[name] for name in seals.SEALED])
    written.entries.add(seal=purse.seal, **fields)
    purse.available += moves[0]
    purse.held += moves[1]
