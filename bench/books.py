"""Books of years, written fast: members, projects, jobs, sealed entries, losses and readings of the wallet.

They hold what the ledger would have written, so that the audit agrees with them. Django is set up already.
"""

import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import SimpleNamespace

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from bench import paintings
from bench.rows import Table, quickly
from gallery.models import Project
from studio.accounts.models import User
from studio.credits import ledger, periods, seals
from studio.credits.models import (
    Account,
    ApiUsed,
    Entry,
    Loss,
    Price,
    WalletFinding,
    WalletReading,
)
from studio.imageapi import GEMINI_25_FLASH
from studio.jobs.models import Job
from studio.jobs.states import State

PASSWORD = "a bench needs no secrets"
ADMIN = "ada@example.com"
FIRST_NAMES = (
    "Ada Ben Carla David Elif Farid Greta Hugo Ines Jonas Kaya Lena Mateo Nora Omar Paula Rosa Sami Tilda"
)
LAST_NAMES = "Almeida Brandt Costa Demir Eriksen Fontana Girard Hoffmann Ivanova Jansen"
CLIENTS = "Nordlicht Bäckerei-Kern Velomax Alpenquell Stadtwerke Lumen Hofgut Kiosk-24 Meridian Atelier-Voss"
CAMPAIGNS = "Spring Summer Autumn Winter Launch Catalogue Website Packaging Social Fair"
PROMPTS = (
    "A lighthouse at dusk with waves breaking over the rocks, soft light, seen from a boat",
    "Fresh bread on a wooden table beside a window, morning sun, shallow depth of field",
    "A red bicycle leaning against a blue wall, summer afternoon, wide angle",
    "The packaging of an organic tea on white, front view, long soft shadows",
    "Rolling hills in autumn with mist in the valleys, seen from above, calm colours",
)
# A hold and a capture, or a release, for each order; less, as some members could not pay for it.
ENTRIES_AN_ORDER = 1.82
MOST_WAITING = 5
# Outcomes of an order and how many of a thousand end so.
OUTCOMES = {
    ("done", ""): 903,
    ("done", "partly"): 20,
    ("failed", "model"): 28,
    ("failed", "validation_failed"): 8,
    ("failed", "expired"): 1,
    ("cancelled", ""): 34,
    ("cancelled", "admin"): 2,
    ("unknown", "lost"): 3,
    ("done", "late"): 1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much there is. `months` end with the running one; `pictures` are in the gallery, with their files."""

    entries: int = 1_000_000
    members: int = 50
    projects: int = 100
    months: int = 36
    pictures: int = 0
    seed: int = 3


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


def build(size: Size = Size()) -> None:
    """Fill the empty, migrated database. Totals, statistics and statements are left to their own writers."""
    with quickly():
        ApiUsed.objects.get_or_create(name=settings.STUDIO_API_URL)
        chance = random.Random(size.seed)
        today = periods.today()
        first = periods.month_of(today)
        for _ in range(size.months - 1):
            first = periods.last_month(first)
        written = Written(purses(size, chance, first, today), chance)
        Price(start=first, amount="0.0090", currency="EUR", by=written.admin).save()
        live(written, size, first, today)
        written.flush()
        for purse in written.purses:
            Account.objects.filter(pk=purse.account.pk).update(
                available=purse.available,
                held=purse.held,
                seal=purse.seal,
                monthly=purse.monthly,
                renewed_for=purse.renewed_for,
            )
    if size.pictures:
        paintings.hang(size.pictures)


def purses(size: Size, chance: random.Random, first: date, today: date) -> list[Purse]:
    """Members with accounts: half share the wallet, most others have an allowance, a few get what is given."""
    users = members(size.members)
    everything = projects(size.projects, users[0])
    days = (today - first).days
    made = []
    for number, user in enumerate(users):
        share = number % 2 == 0
        monthly = None if share or number % 10 == 9 else chance.choice([200, 400, 800]) * scale(size)
        account = ledger.open_account(user, limited=not share)
        joined = (
            first if number <= 2 * size.members // 3 else first + timedelta(days=chance.randrange(days or 1))
        )
        gone = number and number % 17 == 0
        left = joined + timedelta(days=(today - joined).days // 2) if gone else today
        theirs = chance.sample(everything, min(len(everything), 8))
        made.append(Purse(account, joined, left, monthly, theirs))
        if gone:
            User.objects.filter(pk=user.pk).update(is_active=False)
    return made


def scale(size: Size) -> int:
    """How busy the team is: what a member spends a month, in hundreds of credits."""
    return max(1, round(size.entries / ENTRIES_AN_ORDER / size.months / size.members * 12 / 400))


def members(count: int) -> list[User]:
    """So many people of the team; the first is its admin. All have the same password."""
    names = [f"{one} {other}" for other in LAST_NAMES.split() for one in FIRST_NAMES.split()]
    secret = make_password(PASSWORD)
    made = []
    for name in names[:count]:
        admin = not made
        email = ADMIN if admin else f"{name.replace(' ', '.').lower()}@example.com"
        rights = {"is_staff": admin, "is_superuser": admin}
        made.append(User(email=email, name=name, password=secret, **rights))
    return User.objects.bulk_create(made)


def projects(count: int, by: User) -> list[Project]:
    """General and clients' campaigns."""
    names = [f"{client} {campaign}" for campaign in CAMPAIGNS.split() for client in CLIENTS.split()]
    Project.objects.bulk_create(Project(name=name, created_by=by) for name in names[: count - 1])
    return list(Project.objects.order_by("pk")[:count])


def live(written: Written, size: Size, first: date, today: date) -> None:
    """Day after day: months begin, people order, jobs end, the wallet is read."""
    days = [first + timedelta(days=number) for number in range((today - first).days + 1)]
    # The team grows and rests at weekends.
    weights = [
        (0.15 if day.weekday() > 4 else 1) * (0.6 + 0.8 * at / len(days)) for at, day in enumerate(days)
    ]
    orders, owed = size.entries / ENTRIES_AN_ORDER / sum(weights), 0.0
    for day, weight in zip(days, weights, strict=True):
        begin_day(written, day, begins=day == first)
        owed += orders * weight
        events = orders_of(written, day, int(owed), last=day == today)
        owed -= int(owed)
        events += readings_of(day, today)
        for at, happen, *rest in sorted(events, key=lambda event: event[0]):
            happen(written, at, *rest)


def moment(day: date, seconds: float) -> datetime:
    """So many seconds after six in the morning of a day; clocks change before that."""
    six = datetime.combine(day, time(6), tzinfo=timezone.get_default_timezone())
    return six.astimezone(UTC) + timedelta(seconds=seconds)


def begin_day(written: Written, day: date, *, begins: bool) -> None:
    """What is left expires and allowances are given on the first; now and then an admin corrects something."""
    at = moment(day, -5.9 * 3600)
    for purse in written.purses:
        if purse.left < day or purse.joined > day:
            continue
        new = day == purse.joined or (begins and purse.joined <= day)
        if purse.monthly and (day.day == 1 or new):
            renew(written, purse, at, day)
        elif purse.account.limited and not purse.monthly and purse.available < 100:
            give(written, purse, at, day)
    if written.chance.random() < 0.05:
        correct(written, written.chance.choice(written.purses), at, day)


def renew(written: Written, purse: Purse, at: datetime, day: date) -> None:
    month, key = periods.month_of(day), f"{purse.account.pk}:{day:%Y-%m}"
    if purse.available:
        reason = f"Left of {periods.last_month(day):%B %Y}"
        post(written, purse, "expire", (-purse.available, 0), at=at, key=f"expire:{key}", reason=reason)
    reason = f"Allowance of {day:%B %Y}"
    post(written, purse, "grant", (purse.monthly, 0), at=at, key=f"allowance:{key}", reason=reason)
    purse.renewed_for = month


def give(written: Written, purse: Purse, at: datetime, day: date) -> None:
    what = {"key": f"grant:{purse.account.pk}:{day}", "reason": "For the campaign", "actor": written.admin.pk}
    post(written, purse, "grant", (2000, 0), at=at, **what)


def correct(written: Written, purse: Purse, at: datetime, day: date) -> None:
    amount = written.chance.choice([-25, -10, -5, 5, 10, 50])
    if (purse.account.limited and purse.available + amount < 0) or purse.joined > day:
        return
    what = {"key": f"adjust:{purse.account.pk}:{day}", "reason": "A mistake", "actor": written.admin.pk}
    post(written, purse, "adjust", (amount, 0), at=at, **what)


def orders_of(written: Written, day: date, count: int, *, last: bool) -> list[tuple]:
    """The orders of a day and how each of them ends, as events; on the last day only what has happened."""
    chance, here = written.chance, [one for one in written.purses if one.joined <= day <= one.left]
    weights = [1 / (rank + 4) for rank in range(len(here))]
    ends = chance.choices(list(OUTCOMES), list(OUTCOMES.values()), k=count)
    now = timezone.now()
    latest = min(16 * 3600.0, (now - moment(day, 0)).total_seconds() - 700) if last else 16 * 3600.0
    if latest <= 0:
        return []
    events: list[tuple] = []
    for number, (purse, (state, code)) in enumerate(
        zip(chance.choices(here, weights, k=count), ends, strict=True)
    ):
        at = moment(day, min(chance.triangular(0, 16 * 3600, 7 * 3600), latest))
        job = order(purse, chance, at, state, code)
        events.append((at, hold, purse, job))
        if not last or number >= MOST_WAITING:
            events.append((job.finished_at, end, purse, job))
        else:
            job.state, job.reason_code, job.sent_at = State.WAITING, "", None
    return events


def order(purse: Purse, chance: random.Random, at: datetime, state: str, code: str) -> SimpleNamespace:
    """A job as it will be once it is at rest."""
    asked = chance.choice([1, 1, 2, 4, 4])
    sent = at + timedelta(seconds=chance.expovariate(1 / 40)) if state != "cancelled" else None
    took = chance.uniform(20, 90) if state != "cancelled" else chance.uniform(2, 60)
    ended = min((sent or at) + timedelta(seconds=took), at + timedelta(seconds=650))
    project = chance.choices(purse.projects, [1 / (rank + 1) for rank in range(len(purse.projects))])[0]
    delivered = {"done": asked if code != "partly" else max(1, asked - 1)}.get(state, 0)
    return SimpleNamespace(
        id=uuid.UUID(int=chance.getrandbits(128), version=4),
        made="edit" if chance.random() < 0.25 else "generate",
        project=project,
        asked=asked,
        delivered=delivered,
        state=State(state),
        reason_code=code if code != "partly" or delivered < asked else "",
        ordered_at=at,
        sent_at=min(sent, ended) if sent else None,
        finished_at=ended,
    )


def hold(written: Written, at: datetime, purse: Purse, job: SimpleNamespace) -> None:
    """Take the order, when its member can pay for it; with fewer pictures when only they fit."""
    price = GEMINI_25_FLASH.price
    if purse.account.limited and purse.available < price * job.asked:
        job.asked = purse.available // price
        job.delivered = min(job.delivered, job.asked)
        job.reason_code = job.reason_code.replace("partly", "")
    if not job.asked:
        return
    cost = price * job.asked
    post(written, purse, "hold", (-cost, cost), at=at, key=f"hold:{job.id}", job=job)
    written.wallet.open += cost
    if job.state == State.WAITING:
        add_job(written, purse, job, captured=0)


def end(written: Written, at: datetime, purse: Purse, job: SimpleNamespace) -> None:
    """Settle a job; what came late, expired or was lost costs the team."""
    if not job.asked:
        return
    cost, price = GEMINI_25_FLASH.price * job.asked, GEMINI_25_FLASH.price
    received = job.delivered if job.reason_code != "late" else 0
    captured = price * received
    written.wallet.open -= cost
    what = {"at": at, "job": job}
    if captured:
        post(written, purse, "capture", (0, -captured), key=f"capture:{job.id}", pictures=received, **what)
    if back := cost - captured:
        post(written, purse, "release", (back, -back), key=f"release:{job.id}", **what)
    written.wallet.spent += captured
    written.wallet.balance -= captured
    lose(written, at, job, price)
    add_job(written, purse, job, captured=captured)


def lose(written: Written, at: datetime, job: SimpleNamespace, price: int) -> None:
    why = {"late": Loss.Why.LATE, "expired": Loss.Why.EXPIRED}.get(job.reason_code)
    cost = price * (job.delivered if job.reason_code == "late" else job.asked)
    if why:
        day = timezone.localdate(at)
        written.losses.add(
            job=job.id, api=settings.STUDIO_API_URL, why=why.value, credits=cost, at=at, day=day
        )
        written.wallet.spent += cost
        written.wallet.balance -= cost
    elif job.state == State.UNKNOWN and written.chance.random() < 0.5:
        # Taken by the provider all the same: only the wallet shows it.
        written.wallet.balance -= cost


def add_job(written: Written, purse: Purse, job: SimpleNamespace, *, captured: int) -> None:
    """The job's row. None of them is counted yet."""
    waiting = job.state == State.WAITING
    ended = None if waiting else job.finished_at
    written.jobs.add(
        id=job.id,
        owner_id=purse.account.user_id,
        ordered_at=job.ordered_at,
        model_name=GEMINI_25_FLASH.name,
        made=job.made,
        prompt=PROMPTS[job.id.int % len(PROMPTS)],
        aspect_ratio="auto",
        output_format="png",
        asked=job.asked,
        price=GEMINI_25_FLASH.price,
        project_id=job.project.pk,
        project_name=job.project.name,
        state=job.state.value,
        state_at=ended or job.ordered_at,
        due_at=ended or job.ordered_at,
        api=settings.STUDIO_API_URL,
        sent_at=job.sent_at,
        remote_at=job.sent_at,
        task_id=f"task-{job.id}"
        if job.sent_at and job.reason_code not in {"lost", "validation_failed"}
        else "",
        delivered=job.delivered,
        captured=captured,
        reason_code=job.reason_code,
        settled_at=ended,
        finished_at=None if job.state == State.UNKNOWN else ended,
        dismissed_at=ended,
    )


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


def readings_of(day: date, today: date) -> list[tuple]:
    """When the wallet was read: in the evening, and in the last week every five minutes."""
    seconds = [17 * 3600.0]
    if (today - day).days < 7:
        seconds = [300.0 * number for number in range(17 * 12)]
    now = timezone.now()
    return [(at, read) for at in (moment(day, second) for second in seconds) if at < now]


def read(written: Written, at: datetime) -> None:
    """A reading; an empty wallet is topped up before it."""
    wallet = written.wallet
    if wallet.balance < 2000:
        wallet.balance += 100_000
    # The provider takes an order's price when it is sent.
    balance = wallet.balance - wallet.open
    what = {"balance": Decimal(balance), "spent": wallet.spent, "open": wallet.open}
    written.readings.add(api=settings.STUDIO_API_URL, at=at, **what)
    if not wallet.open:
        find(written, at, balance)


def find(written: Written, at: datetime, balance: int) -> None:
    """What the books don't explain between two readings with nothing under way; the newest nobody has looked at."""
    wallet = written.wallet
    since, before, spent = wallet.quiet or (at, balance, wallet.spent)
    wallet.quiet = at, balance, wallet.spent
    if not (amount := balance + wallet.spent - before - spent):
        return
    fresh = timezone.now() - at < timedelta(days=5)
    verdict = WalletFinding.Verdict.TOP_UP if amount > 0 else WalletFinding.Verdict.OUTSIDE
    decided = {} if fresh else {"verdict": verdict.value, "decided_by_id": written.admin.pk, "decided_at": at}
    written.findings.add(
        api=settings.STUDIO_API_URL,
        amount=Decimal(amount),
        since=since,
        until=at,
        balance_before=Decimal(before),
        balance_after=Decimal(balance),
        **decided,
    )
