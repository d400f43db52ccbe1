"""`python -m tests.e2e.ledgers`: fills the database of a studio that is set up with what reports tell of."""

from datetime import date, timedelta

import django


def fill() -> None:
    """Three members, two projects, and orders of the real API on ten days of last month and today."""
    from studio.accounts.models import User
    from studio.credits import ledger, periods, statements
    from studio.credits.models import ApiUsed, Loss
    from tests.credits.books import made

    ApiUsed.objects.create(name="https://api.example")
    ada = User.objects.get(email="ada@example.com")
    members = [ada, named("Ben", "Ben Brandt"), named("Cleo", "<b>Cleo</b>")]
    today = periods.today()
    first = periods.last_month(today)
    for day in [*(first + timedelta(days=number) for number in range(10)), today]:
        as_on(day)
        for place, user in enumerate(members):
            for _ in range(1 + place):
                made(user, 2, (1 + place % 2, "General" if place != 1 else "Alba"), delivered=2 - place % 2)
    ledger.adjust(ada, -7, key="a", why=ledger.Why(actor=ada, reason="Counted twice"))
    Loss(job=made(ada).job, api="https://api.example", why="late", credits=5, day=today).save()
    statements.close_past_months()


def named(first: str, name: str):
    """A member who is called something else than their address tells."""
    from tests.conftest import person

    user = person(first)
    user.name = name
    user.save()
    return user


def as_on(day: date) -> None:
    """Let it be another day, for the books."""
    from studio.credits import periods

    periods.today = lambda *_at: day


if __name__ == "__main__":
    django.setup()
    fill()
