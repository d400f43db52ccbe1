"""What the clock asks of the office."""

import pytest

from studio.credits import budgets, periods
from studio.credits.models import BudgetWarning, Loss
from studio.office import mail
from studio.office.models import Mail
from studio.office.tasks import warn_of_budget

pytestmark = pytest.mark.django_db


@pytest.fixture
def spent(alice, admin, settings):
    """85 of a budget of 100 are spent, and mails can be written."""
    settings.EMAIL_HOST = "mail.example"
    budgets.set_team_budget(100, under_way=0, by=admin)
    Loss(job=alice.pk * 10**30, credits=85, api="x", why="late", day=periods.today()).save()


def told() -> list[str]:
    return list(Mail.objects.order_by("id").values_list("subject", flat=True))


def test_a_warning_whose_mails_can_not_be_written_is_told_the_next_time(spent, monkeypatch):
    def full(*_words: str) -> None:
        raise OSError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(mail, "tell_admins", full)
        with pytest.raises(OSError, match="full"):
            warn_of_budget()
    assert not BudgetWarning.objects.exists()
    warn_of_budget()
    assert len(told()) == 1


def test_of_shares_that_are_passed_together_the_highest_is_told_once(spent):
    for _ in range(2):
        warn_of_budget()
    assert told() == [f"Studio: 80 % of the budget of {periods.today():%B %Y} is spent"]
    assert "85 of 100 credits are spent" in Mail.objects.get().text
    assert set(BudgetWarning.objects.values_list("percent", flat=True)) == {50, 80}


def test_without_a_budget_nobody_is_written_to(admin, settings):
    settings.EMAIL_HOST = "mail.example"
    warn_of_budget()
    assert told() == []
