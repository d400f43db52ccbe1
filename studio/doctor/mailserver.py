"""The mail server: does it let us in. Nothing is sent."""

from smtplib import SMTPAuthenticationError, SMTPException

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend

from studio.doctor.checkup import Problem
from studio.office import mail

SECONDS = 5


def look() -> str:
    """It takes our name and password; none is needed, but then nobody is mailed."""
    if not mail.set_up():
        return "None is set up, so alarms are on the pages only. EMAIL_URL names one."
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    connection = EmailBackend(timeout=SECONDS)
    try:
        connection.open()
    except SMTPAuthenticationError:
        raise Problem(f"{where} refuses the name or password of EMAIL_URL.") from None
    except (SMTPException, OSError, ValueError) as error:
        raise Problem(f"{where} can't be used ({type(error).__name__}): check EMAIL_URL.") from None
    finally:
        connection.close()
    return f"{where} lets us in; mails come from {settings.STUDIO_MAIL_FROM}."
