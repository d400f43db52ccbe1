"""The audit as people meet it: the command, the nightly task, the page, the mail."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from studio.credits.models import Account, ApiUsed, AuditRun, WalletReading
from studio.office import audit, tasks
from studio.office.models import Mail
from tests.conftest import person
from tests.credits.books import made

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def real():
    """The real API is in use: play money is no matter of the audit's."""
    ApiUsed.objects.create(name="https://api.example.com")


@pytest.fixture
def tampered(alice):
    """Somebody gave Alice credits past the ledger."""
    made(alice, 4, delivered=3)
    Account.objects.filter(user=alice).update(available=500)
    return f"Account {Account.objects.get(user=alice).pk} of Alice has 500 and holds 0; its entries come to -15 and 0."


def command() -> str:
    out = io.StringIO()
    call_command("audit", stdout=out)
    return out.getvalue()


def test_nothing_at_all_agrees():
    assert command() == "0 entries, 0 accounts, 0 orders, 0 totals, 0 statements: all agree.\n"


def test_the_command_prints_each_disagreement_and_fails(tampered, admin):
    out = io.StringIO()
    with pytest.raises(CommandError, match=r"3 entries, 2 accounts, .*: \d+ disagreements\.") as failed:
        call_command("audit", stdout=out)
    assert failed.value.returncode == 1
    assert tampered in out.getvalue().splitlines()


def test_what_it_says_is_kept_and_told_to_the_admins_by_mail(tampered, admin, settings):
    settings.EMAIL_HOST, settings.STUDIO_MAIL_FROM = "127.0.0.1", "studio@example.com"
    tasks.audit_books()
    run, mail = AuditRun.objects.get(), Mail.objects.get()
    assert run.disagreements == len(run.words.splitlines())
    assert tampered in run.words
    assert (mail.to, mail.subject) == ("ada@example.com", "Studio: The books need a look")
    assert tampered in mail.text


def test_books_in_order_are_kept_and_mailed_to_nobody(alice, admin, settings):
    settings.EMAIL_HOST, settings.STUDIO_MAIL_FROM = "127.0.0.1", "studio@example.com"
    tasks.audit_books()
    assert (
        AuditRun.objects.get().words == "0 entries, 2 accounts, 0 orders, 0 totals, 0 statements: all agree."
    )
    assert Mail.objects.count() == 0


def test_an_audit_that_breaks_off_alarms_too(monkeypatch, admin):
    def breaks() -> None:
        raise KeyError("figures")

    monkeypatch.setattr(audit.entries, "read", breaks)
    tasks.audit_books()
    run = AuditRun.objects.get()
    assert run.disagreements == 1
    assert run.words == "The audit could not be finished: KeyError. The log says where."


def test_of_very_many_disagreements_the_first_are_kept():
    report = audit.Report(looked_at="1 entry", found=tuple("abc" * 50), seconds=1)
    lines = report.words().splitlines()
    assert (len(lines), lines[-1]) == (101, "And 50 more.")


def test_the_sandbox_is_left_out(alice):
    ApiUsed.objects.all().delete()
    made(person("Playing"), 4)
    Account.objects.update(available=500, sandbox=True)
    assert command().startswith("0 entries, 0 accounts")


def test_a_wallet_that_moved_without_a_finding_is_told():
    for balance in (100, 90):
        WalletReading.objects.create(
            api="https://api.example.com", balance=balance, spent=0, open=0, at=timezone.now()
        )
    (words,) = audit.look().found
    assert words.startswith("The wallet of https://api.example.com moved by -10 beside the books between")


def test_the_page_tells_admins_what_disagrees_and_how_it_was_before(client, admin, tampered):
    client.force_login(admin)
    assert "No audit yet" in client.get("/reports/audit/").content.decode()
    AuditRun.objects.create(seconds=1.25, disagreements=0, words="All agree, then.")
    tasks.audit_books()
    text = client.get("/reports/audit/").content.decode()
    assert tampered in text
    assert "All agree, then." not in text
    assert text.count("<tr") == 3


def test_an_admin_has_it_looked_through_at_once(client, admin, monkeypatch):
    woken = []
    monkeypatch.setattr("studio.office.auditviews.wake", woken.append)
    client.force_login(admin)
    assert client.post("/reports/audit/now/")["Location"] == "/reports/audit/"
    assert woken == [tasks.audit_books]
