"""Sandbox credits buy nothing and never enter the real books."""

import uuid

import pytest
from django.db import IntegrityError, transaction
from structlog.testing import capture_logs

from studio.credits import allowances, audit, balances, entries, ledger
from studio.credits.models import Account, Entry
from studio.credits.modes import Given
from studio.office import team
from tests.conftest import person
from tests.jobs.cast import order

pytestmark = pytest.mark.django_db
KEY = "live-key-0123456789"


def booking() -> ledger.Booking:
    return ledger.Booking(
        job=uuid.uuid4(), project_id=1, project_name="General", made="generate", model_name="gemini-2.5-flash"
    )


def spend(user, amount: int) -> None:
    job = booking()
    ledger.hold(user, amount, job)
    ledger.settle(held=amount, captured=amount, pictures=amount // 5, booking=job)


@pytest.fixture
def tried(admin):
    """A member who was given 100, had 10 taken back and spent 30, all in the sandbox."""
    user = person("Tess", credits=100)
    ledger.adjust(user, -10, key="back", why=ledger.Why(actor=admin, reason="Too many"))
    spend(user, 30)
    return user


def test_what_was_spent_in_the_sandbox_is_not_on_the_real_account(alice, settings):
    spend(alice, 20)
    assert balances.of(alice).used == 20
    settings.STUDIO_API_KEY = KEY
    assert balances.of(alice) == balances.Balance(limited=False, available=0, held=0)
    assert balances.this_month(alice) == {"used": 0, "pictures": 0, "given": 0}
    assert entries.page(balances.account_of(alice), None)[0] == []


def test_the_real_account_takes_over_the_limit_and_what_was_given(tried, settings):
    settings.STUDIO_API_KEY = KEY
    assert balances.of(tried) == balances.Balance(limited=True, available=90, held=0)
    entry = Entry.objects.get(account__sandbox=False)
    assert (entry.kind, entry.d_available, entry.reason) == ("grant", 90, "Given while trying the sandbox")
    assert not audit.drift().exists()


def test_what_was_given_is_taken_over_once(tried, settings):
    settings.STUDIO_API_KEY = KEY
    spend(tried, 90)
    ledger.open_missing()
    assert ledger.account_of(tried).available == 0
    with pytest.raises(ledger.NotEnough):
        ledger.hold(tried, 1, booking())


def test_the_whole_team_has_real_accounts_once_the_key_is_there(tried, alice, bob, settings):
    settings.STUDIO_API_KEY = KEY
    ledger.open_missing()
    assert Account.objects.filter(sandbox=False).count() == 4
    assert ledger.account_of(tried).limited


def test_an_order_of_the_sandbox_is_settled_there_when_the_key_came_meanwhile(tried, settings):
    job = booking()
    ledger.hold(tried, 20, job)
    settings.STUDIO_API_KEY = KEY
    ledger.account_of(tried)
    assert ledger.settle(held=20, captured=5, pictures=1, booking=job)
    real, sandbox = Account.objects.filter(user=tried).order_by("sandbox")
    assert (sandbox.available, sandbox.held, real.available, real.held) == (55, 0, 90, 0)


def test_a_limit_is_set_on_the_account_in_use(alice, settings):
    settings.STUDIO_API_KEY = KEY
    allowances.set_allowance(alice, Given(), by=None)
    assert dict(Account.objects.filter(user=alice).values_list("sandbox", "limited")) == {
        True: False,
        False: True,
    }


def test_the_pages_show_the_account_in_use(client, tried, admin, settings):
    order(tried)
    settings.STUDIO_API_KEY = KEY
    client.force_login(tried)
    head = client.get("/credits/")
    assert (head.context["balance"], head.context["unlimited"]) == (90, False)
    seen = head.content.decode()
    assert "Given: Given while trying the sandbox" in seen
    assert "for an order" not in seen
    client.force_login(admin)
    assert client.get("/team/").status_code == 200
    row = team.members().get(pk=tried.pk)
    assert (row.limited, row.available, row.held, row.used) == (True, 90, 0, 0)


def test_a_member_has_one_account_of_a_kind(alice):
    with pytest.raises(IntegrityError, match=r"(?i)unique"), transaction.atomic():
        Account.objects.create(user=alice, sandbox=True)


def test_the_audit_covers_both_kinds(tried, settings):
    settings.STUDIO_API_KEY = KEY
    real = ledger.account_of(tried)
    Account.objects.filter(pk=real.pk).update(available=1)
    assert list(audit.drift()) == [real]


@pytest.mark.parametrize("loss", ["hold", "held"])
def test_what_the_books_do_not_hold_is_never_said_to_be_settled(alice, loss):
    job = booking()
    if loss == "held":
        ledger.hold(alice, 5, job)
        Account.objects.filter(user=alice).update(held=0)
    with capture_logs() as logs, pytest.raises(ledger.Unsettled, match=str(job.job)):
        ledger.settle(held=5, captured=5, pictures=1, booking=job)
    assert [line["log_level"] for line in logs] == ["critical"]
    assert not Entry.objects.exclude(kind="hold").exists()


def test_a_hold_that_covers_only_what_was_delivered_books_nothing_at_all(alice):
    job = booking()
    ledger.hold(alice, 10, job)
    Account.objects.filter(user=alice).update(held=5)
    with pytest.raises(ledger.Unsettled):
        ledger.settle(held=10, captured=5, pictures=1, booking=job)
    assert ledger.account_of(alice).held == 5
    assert not Entry.objects.filter(kind="capture").exists()
