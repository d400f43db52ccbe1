"""Books of years, written fast: members, projects, jobs, sealed entries, losses and readings of the wallet.

They hold what the ledger would have written, so that the audit agrees with them. Django is set up already.
"""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password

from bench import paintings
from bench.orders import orders_of
from bench.wallets import readings_of
from bench.written import Purse, Written, moment, post
from gallery.models import Project
from studio.accounts.models import User
from studio.credits import ledger, periods
from studio.credits.models import Account, ApiUsed, Price
from studio.sampledata.bulk import quickly

PASSWORD = "a bench needs no secrets"
ADMIN = "ada@example.com"
FIRST_NAMES = (
    "Ada Ben Carla David Elif Farid Greta Hugo Ines Jonas Kaya Lena Mateo Nora Omar Paula Rosa Sami Tilda"
)
LAST_NAMES = "Almeida Brandt Costa Demir Eriksen Fontana Girard Hoffmann Ivanova Jansen"
CLIENTS = "Nordlicht Bäckerei-Kern Velomax Alpenquell Stadtwerke Lumen Hofgut Kiosk-24 Meridian Atelier-Voss"
CAMPAIGNS = "Spring Summer Autumn Winter Launch Catalogue Website Packaging Social Fair"
# A hold and a capture, or a release, for each order; less, as some members could not pay for it.
ENTRIES_AN_ORDER = 1.82


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much there is. `months` end with the running one; `pictures` are in the gallery, with their files."""

    entries: int = 1_000_000
    members: int = 50
    projects: int = 100
    months: int = 36
    pictures: int = 0
    seed: int = 3


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
    campaigns = [(client, campaign) for campaign in CAMPAIGNS.split() for client in CLIENTS.split()]
    Project.objects.bulk_create(
        Project(
            name=f"{client} {campaign}", client=client, code=f"{client[:2].upper()}-{number}", created_by=by
        )
        for number, (client, campaign) in enumerate(campaigns[: count - 1], 100)
    )
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
