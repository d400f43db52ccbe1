"""Mails: to a real server on loopback, once it is named; what it does not take is tried again."""

import base64
import socket
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from structlog.testing import capture_logs

from studio import environment
from studio.office import mail
from studio.office.models import Mail
from tests.conftest import person
from tests.office.smtp import MailServer

pytestmark = pytest.mark.django_db
SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def server():
    """A mail server."""
    server = MailServer()
    yield server
    server.stop()


@pytest.fixture
def named(server, settings, monkeypatch):
    """The studio's settings name it."""
    monkeypatch.setenv("EMAIL_URL", f"smtp://post:se%40cret@127.0.0.1:{server.port}")
    for name, value in environment.mail("EMAIL_URL").items():
        setattr(settings, name, value)
    settings.EMAIL_BACKEND, settings.STUDIO_MAIL_FROM = SMTP, "Studio <studio@example.com>"
    return server


def due_again() -> None:
    """Time passes until the next attempt."""
    Mail.objects.update(due_at=timezone.now())


def waits() -> timedelta:
    """How long the only mail there is waits for its next attempt."""
    return Mail.objects.get().due_at - timezone.now()


def test_without_a_server_nothing_is_written_and_nothing_is_sent(admin, server):
    mail.tell_admins("Nobody reads this", "…")
    mail.send()
    assert not mail.set_up()
    assert (Mail.objects.count(), server.mails) == (0, [])


def test_every_active_admin_gets_one_of_their_own(named, admin, alice):
    person("Otto", is_staff=True, is_superuser=True)
    person("Gone", is_staff=True, is_superuser=True, is_active=False)
    mail.tell_admins("Half of the budget is spent", "5,000 of 10,000 credits.")
    mail.send()
    assert [one["To"] for one in named.mails] == ["ada@example.com", "otto@example.com"]
    assert Mail.objects.count() == 0


def test_it_says_who_writes_about_what_and_where_the_studio_is(named, alice, settings):
    mail.tell(alice, "Äpfel,\r\nBcc: eve@example.com", "Ten credits für dich.")
    mail.send()
    (got,) = named.mails
    assert (got["From"], got["Subject"]) == (
        "Studio <studio@example.com>",
        "Studio: Äpfel, Bcc: eve@example.com",
    )
    assert got["Bcc"] is None
    assert got.get_content().splitlines() == ["Ten credits für dich.", "", settings.STUDIO_URL]


def test_the_name_and_password_of_the_address_open_the_server(named, alice):
    mail.tell(alice, "Hello", "…")
    mail.send()
    (said,) = named.said
    assert base64.b64decode(said.split()[-1]) == b"\0post\0se@cret"


def test_the_password_is_shown_by_no_repr(named, settings):
    assert "se@cret" not in repr(settings.EMAIL_HOST_PASSWORD)


def test_who_left_the_team_is_written_nothing(named, charlie):
    mail.tell(charlie, "Hello", "…")
    assert Mail.objects.count() == 0


def test_what_is_undone_is_not_mailed(named, alice):
    with transaction.atomic():
        mail.tell(alice, "You have more credits", "…")
        transaction.set_rollback(True)
    mail.send()
    assert named.mails == []


def test_a_server_that_is_away_is_asked_again_later_and_later_and_then_no_more(alice, settings):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_BACKEND = "127.0.0.1", port, SMTP
    settings.STUDIO_MAIL_FROM = "studio@example.com"
    mail.tell(alice, "Hello", "…")
    for after in mail.AGAIN:
        mail.send()
        assert after - timedelta(seconds=5) < waits() <= after
        mail.send()
        assert Mail.objects.count() == 1
        due_again()
    with capture_logs() as said:
        mail.send()
    assert Mail.objects.count() == 0
    assert "a mail can't be sent and is given up" in [line["event"] for line in said]


def test_a_busy_server_gets_it_the_next_time_once(named, alice):
    named.busy = True
    mail.tell(alice, "Hello", "…")
    mail.send()
    named.busy = False
    due_again()
    mail.send()
    mail.send()
    assert len(named.mails) == 1


def test_an_address_nobody_has_keeps_nobody_elses_mail(named, alice, bob):
    named.unknown = {"alice"}
    mail.tell(alice, "Hello", "…")
    mail.tell(bob, "Hello", "…")
    mail.send()
    mail.send()
    assert [one["To"] for one in named.mails] == ["bob@example.com"]
    assert Mail.objects.get().to == "alice@example.com"


def test_one_that_is_being_sent_is_sent_by_nobody_else(named, alice):
    mail.tell(alice, "Hello", "…")
    assert mail._claim(timezone.now())
    assert mail._claim(timezone.now()) is None
    mail.send()
    assert named.mails == []


def test_a_mail_put_off_before_the_clock_went_back_is_sent(named, alice):
    mail.tell(alice, "Hello", "…")
    Mail.objects.update(due_at=timezone.now() + timedelta(hours=30))
    mail.send()
    assert len(named.mails) == 1


def test_yesterdays_news_is_not_sent_once_a_server_is_named_again(named, alice):
    mail.tell(alice, "Hello", "…")
    Mail.objects.update(written_at=timezone.now() - timedelta(hours=25))
    mail.send()
    assert (named.mails, Mail.objects.count()) == ([], 0)
