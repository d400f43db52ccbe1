"""Admins are mailed once of what can't wait."""

from datetime import timedelta

import pytest
from django.utils import timezone

from studio import notices
from studio.context import around
from studio.jobs import line
from studio.jobs.line import MOST_LOSSES, Stop
from studio.jobs.models import Line
from studio.jobs.states import State
from studio.office import mail, tasks
from studio.office.models import Mail
from tests.jobs.cast import Clock, in_state

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mail_server(settings):
    settings.EMAIL_HOST, settings.STUDIO_MAIL_FROM = "127.0.0.1", "studio@example.com"


def made(owner, hours: float):
    return in_state(owner, State.SAVING, prompt="secret", sent_at=timezone.now() - timedelta(hours=hours))


def subjects() -> list[str]:
    tasks.alarm()
    found = list(Mail.objects.order_by("pk").values_list("subject", flat=True))
    Mail.objects.all().delete()
    return found


def titles(user) -> list[str]:
    return [notice.title for notice in around(user)["notices"]]


def test_what_is_home_or_young_alarms_nobody(alice, admin):
    made(alice, 11.9)
    in_state(alice, State.DONE, sent_at=timezone.now() - timedelta(hours=30))
    assert subjects() == []
    assert titles(admin) == []


def test_after_twelve_hours_and_again_after_twenty_each_once(alice, admin, monkeypatch):
    made(alice, 12.1)
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    assert subjects() == ["Studio: An order is not home after 12 hours"]
    assert subjects() == []
    clock.forward(8 * 3600)
    assert subjects() == ["Studio: An order is not home after 20 hours"]
    assert subjects() == []


def test_several_are_one_mail_without_their_prompts(alice, bob, admin):
    made(alice, 13), made(bob, 14)
    tasks.alarm()
    (one,) = Mail.objects.all()
    assert one.subject == "Studio: 2 orders are not home after 12 hours"
    assert "1 picture of Bob, sent 14 h 0 min ago: 0 home; expires at the provider about" in one.text
    assert "secret" not in one.text


def test_mails_that_can_not_be_written_are_written_the_next_time(alice, admin, monkeypatch):
    def full(*_words: str) -> None:
        raise OSError("The disk is full.")

    made(alice, 13)
    with monkeypatch.context() as patch:
        patch.setattr(mail, "tell_admins", full)
        with pytest.raises(OSError, match="full"):
            tasks.alarm()
    assert len(subjects()) == 1


def test_a_line_that_waits_for_an_admin_says_so_once_a_stop(admin):
    for _ in range(MOST_LOSSES):
        Line.objects.update(stop="")
        line.stop(Stop.LOST, "No answer", "sandbox")
    assert subjects() == ["Studio: The line waits for you"]
    assert subjects() == []
    line.start_by_hand(admin)
    line.stop(Stop.LOST, "No answer", "sandbox")
    assert subjects() == ["Studio: The line waits for you"]


def test_a_line_that_starts_again_by_itself_mails_nobody(admin):
    line.stop(Stop.KEY, "Refused", "sandbox")
    assert subjects() == []


def test_admins_have_a_banner_and_members_have_none(alice, admin):
    made(alice, 13)
    assert titles(admin) == ["An order is not home 12 hours after being sent."]
    made(alice, 13)
    assert titles(admin) == ["2 orders are not home 12 hours after being sent."]
    assert titles(alice) == []


def test_everyone_reads_that_a_line_waits_for_an_admin_and_admins_where(alice, admin):
    line.park()
    for user in (alice, admin):
        assert titles(user) == ["The studio seems to come from a backup."]
    found = notices.line_notice(admin, Line.objects.get())
    assert found.action_url == "/operations/"
    assert notices.line_notice(alice, Line.objects.get()).action_url == ""
