"""What is kept of decisions, as files."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from studio.credits import allowances, budgets, modes, prices, requests
from studio.credits.models import AuditRun, BudgetWarning, CreditRequest
from tests.conftest import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(client, admin):
    client.force_login(admin)

    def read(slug: str) -> list[dict[str, str]]:
        said = b"".join(client.get(f"/reports/records/{slug}.csv").streaming_content).decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(said)))

    return read


def test_there_is_no_other_record(client, admin):
    client.force_login(admin)
    assert client.get("/reports/records/secrets.csv").status_code == 404


def test_requests_stand_there_with_their_answers_and_nothing_in_them_runs(rows, admin):
    ann = person("Ann", credits=3)
    for sentence in ("=HYPERLINK()", "Posters", "More"):
        requests.ask(ann, sentence)
        if sentence == "Posters":
            requests.withdraw(ann)
        elif sentence.startswith("="):
            requests.answer_yes(CreditRequest.objects.get(answer=""), 50, by=admin)
    found = rows("requests")
    assert [row["Answer"] for row in found] == ["open", "withdrawn", "yes"]
    assert [found[-1][name] for name in ("Member", "Sentence", "Credits", "By")] == [
        "Ann", "'=HYPERLINK()", "50", "Ada",
    ]  # fmt: skip


def test_changes_say_whose_they_are(rows, admin):
    ann = person("Ann", credits=3)
    allowances.set_allowance(ann, modes.Monthly(300), by=admin)
    budgets.set_team_budget(1000, hard=False, under_way=0, by=admin)
    budget, allowance = rows("changes")
    assert (budget["Of"], budget["Name"], budget["By"]) == ("budget", "", "Ada")
    assert (allowance["Of"], allowance["Number"], allowance["Name"]) == ("allowance", str(ann.pk), "Ann")


def test_prices_warnings_and_audits_are_all_there_the_newest_first(rows, admin):
    for month, amount in ((11, "0.0125"), (12, "0.02")):
        prices.set_price(start=date(2099, month, 1), amount=Decimal(amount), currency="EUR", by=admin)
        BudgetWarning.objects.create(month=date(2026, month, 1), percent=50, spent=5, budget=10)
        AuditRun.objects.create(seconds=1, disagreements=month, words="One\nTwo")
    assert [(row["From"], row["A credit"]) for row in rows("prices")] == [
        ("2099-12-01", "0.0200"), ("2099-11-01", "0.0125"),
    ]  # fmt: skip
    assert [row["Month"] for row in rows("budget-warnings")] == ["2026-12", "2026-11"]
    assert [(row["Disagreements"], row["Words"]) for row in rows("audits")] == [
        ("12", "One\nTwo"), ("11", "One\nTwo"),
    ]  # fmt: skip
