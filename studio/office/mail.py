"""Mails to admins and members, when a server for them is set up: rows until it took them, so that none is forgotten."""

from datetime import datetime, timedelta
from functools import partial
from smtplib import SMTPException

import structlog
from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from studio.accounts.models import User
from studio.jobs.tasks import wake
from studio.office.models import Mail

log = structlog.get_logger(__name__)
# How long after each attempt to try again; after one more a mail is given up.
AGAIN = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
# Nobody else tries a mail meanwhile: longer than the server may take for it.
SENDING = timedelta(minutes=5)
# What could not be sent for so long, as there was no server for it, is no news any more.
STALE = timedelta(days=1)


def set_up() -> bool:
    """Whether there is a mail server."""
    return bool(settings.EMAIL_HOST)


def tell_admins(subject: str, text: str) -> None:
    """Write to every admin. Never put a prompt into it: mails are read by others than those who may see a picture."""
    for admin in User.objects.filter(is_staff=True, is_active=True).order_by("pk"):
        tell(admin, subject, text)


def tell(user: User, subject: str, text: str) -> None:
    """Write to a member, with the studio's address below; once the caller's transaction is in the books."""
    if not set_up() or not user.is_active:
        return
    subject = " ".join(f"Studio: {subject}".split())[:200]
    Mail.objects.create(to=user.email, subject=subject, text=f"{text}\n\n{settings.STUDIO_URL}\n")
    transaction.on_commit(partial(wake, send), robust=True)


@shared_task
def send() -> None:
    """Send what is due. A server that takes one of them not is left alone until the next time."""
    Mail.objects.filter(written_at__lt=timezone.now() - STALE).delete()
    while set_up() and (mail := _claim(timezone.now())):
        if not _sent(mail):
            break


def _claim(now: datetime) -> Mail | None:
    """The next mail that is due, which nobody else tries for a while.

    One that is due impossibly far ahead was put off before the clock went back.
    """
    due = Q(due_at__lte=now) | Q(due_at__gt=now + AGAIN[-1])
    for mail in Mail.objects.filter(due).order_by("due_at"):
        ours = Mail.objects.filter(pk=mail.pk, due_at=mail.due_at)
        if ours.update(due_at=now + SENDING, attempts=F("attempts") + 1):
            mail.attempts += 1
            return mail
    return None


def _sent(mail: Mail) -> bool:
    """Whether the server took it; if not, it is put off or given up."""
    message = EmailMessage(mail.subject, mail.text, settings.STUDIO_MAIL_FROM, [mail.to])
    try:
        message.send()
    except (SMTPException, OSError, ValueError) as error:
        _put_off(mail, error)
        return False
    mail.delete()
    return True


def _put_off(mail: Mail, error: Exception) -> None:
    """Say when to try again; who was tried often enough is given up, and the log says so."""
    told = {"mail": mail.pk, "subject": mail.subject, "attempts": mail.attempts, "error": str(error)[:200]}
    if mail.attempts > len(AGAIN):
        mail.delete()
        log.error("a mail can't be sent and is given up", **told)
        return
    Mail.objects.filter(pk=mail.pk).update(due_at=timezone.now() + AGAIN[mail.attempts - 1])
    log.warning("a mail can't be sent yet", **told)
