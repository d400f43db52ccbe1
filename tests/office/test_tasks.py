"""What the clock asks of the office: once, twice or late, with the same result."""

from datetime import date

import pytest

from studio.credits import budgets, ledger, proof
from studio.credits.models import Account, ApiUsed, BudgetWarning, Entry, MemberTotal, Statement
from studio.jobs.models import DayOfJobs, Job
from studio.jobs.states import State
from studio.office import mail, tasks
from studio.office.models import Mail
from tests.credits.books import it_is, made
from tests.jobs.cast import in_state

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def real(settings):
    """The real API is in use, and a mail server is named."""
    ApiUsed.objects.create(name=settings.STUDIO_API_URL)
    settings.EMAIL_HOST, settings.STUDIO_MAIL_FROM = "127.0.0.1", "studio@example.com"


def mails() -> list[tuple[str, str]]:
    return list(Mail.objects.order_by("pk").values_list("to", "subject"))


def test_admins_are_mailed_once_of_the_highest_share_of_the_budget_that_is_reached(alice, admin):
    budgets.set_team_budget(20, by=admin, under_way=0)
    made(alice, 2)
    tasks.warn_of_budget()
    tasks.warn_of_budget()
    (half,) = Mail.objects.all()
    assert half.to == "ada@example.com"
    assert half.subject.startswith("Studio: 50 % of the budget of")
    assert half.text.startswith("10 of 20 credits are spent or held by orders that were sent.")
    made(alice, 2)
    tasks.warn_of_budget()
    assert [subject.split(" % ")[0] for _to, subject in mails()] == ["Studio: 50", "Studio: 100"]
    assert BudgetWarning.objects.filter(dismissed_at=None).count() == 3


def test_a_warning_whose_mails_can_not_be_written_is_told_the_next_time(alice, admin, monkeypatch):
    def full(*_words: str) -> None:
        raise OSError("The disk is full.")

    budgets.set_team_budget(20, by=admin, under_way=0)
    made(alice, 2)
    with monkeypatch.context() as patch:
        patch.setattr(mail, "tell_admins", full)
        with pytest.raises(OSError, match="full"):
            tasks.warn_of_budget()
    assert not BudgetWarning.objects.exists()
    tasks.warn_of_budget()
    assert len(mails()) == 1


def test_what_was_sent_counts_before_it_is_paid(alice, admin):
    budgets.set_team_budget(20, by=admin, under_way=0)
    job = in_state(alice, State.MAKING, num_images=4)
    Job.objects.filter(pk=job.pk).update(api="https://api.example.com")
    tasks.warn_of_budget()
    assert BudgetWarning.objects.count() == 3


def test_without_a_budget_nobody_is_told_anything(alice, admin):
    made(alice, 4)
    tasks.warn_of_budget()
    assert mails() == []


def test_entries_are_folded_and_orders_counted_once(alice):
    made(alice, 2)
    job = in_state(alice, State.DONE)
    Job.objects.filter(pk=job.pk).update(api="https://api.example.com", finished_at=job.ordered_at)
    for _ in range(2):
        tasks.fold_entries()
        tasks.fold_orders()
    assert list(proof.disagreements()) == []
    assert MemberTotal.objects.filter(grain="day", used=10).count() == 1
    assert DayOfJobs.objects.get().orders == 1


def test_a_month_that_is_over_is_closed_once(alice, monkeypatch):
    it_is(monkeypatch, "2026-09-30")
    made(alice, 2)
    it_is(monkeypatch, "2026-10-01")
    tasks.close_months()
    tasks.close_months()
    assert set(Statement.objects.values_list("month", flat=True)) == {date(2026, 9, 1)}
    assert Statement.objects.filter(scope="team").count() == 1


def test_allowances_are_renewed_once(alice):
    account = ledger.account_of(alice)
    Account.objects.filter(pk=account.pk).update(limited=True, monthly=50)
    tasks.renew_allowances()
    tasks.renew_allowances()
    assert list(account.entries.values_list("kind", "d_available")) == [(Entry.Kind.GRANT, 50)]
