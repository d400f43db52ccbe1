"""Closed months on pages: who reads which, what adds up, and what is on paper."""

import csv
import io
import re
from datetime import date
from decimal import Decimal

import pytest

from gallery import library
from studio.credits import allowances, ledger, periods, prices, statements
from studio.credits.models import Loss, Price, Scope, Statement
from studio.credits.modes import SHARES, Given
from studio.jobs import moves
from studio.office import papers
from tests.conftest import person
from tests.credits.books import it_is, made, settled
from tests.gallery import pictures
from tests.jobs.cast import order

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 1)
ALBA, NORD = (2, "Alba & <b>Söhne</b>"), (3, "=NORD()")


@pytest.fixture(autouse=True)
def real(settings, monkeypatch, media):
    settings.STUDIO_API_KEY = "live-key-0123456789"
    it_is(monkeypatch, "2026-10-12")


@pytest.fixture
def october(alice, bob, monkeypatch):
    """A closed month in which Alice ordered for two projects and Bob for one."""
    job = made(alice, 4, ALBA)
    made(alice, 2, NORD, delivered=0)
    made(bob, 1, ALBA)
    it_is(monkeypatch, "2026-11-01")
    statements.close_past_months()
    return job


def table(client, user, where: str) -> list[dict[str, str]]:
    """A file for spreadsheets."""
    client.force_login(user)
    said = b"".join(client.get(where).streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(said)))


def text(html: str) -> str:
    """What people read of it."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def page(client, user, where: str) -> str:
    client.force_login(user)
    response = client.get(where)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(
    "number", ["2026-13-T", "2026-10", "2026-10-T1", "2026-10-M", "2026-10-M0", "x", "2026-10-t"]
)
def test_what_is_no_number_is_no_page(client, admin, october, number):
    client.force_login(admin)
    assert client.get(f"/statements/{number}/").status_code == 404


def test_a_member_reads_their_own_statement_and_no_other(client, alice, bob, october):
    client.force_login(bob)
    assert client.get(f"/statements/2026-10-M{bob.pk}/").status_code == 200
    for number in (f"2026-10-M{alice.pk}", "2026-10-T", f"2026-10-P{ALBA[0]}"):
        assert client.get(f"/statements/{number}/").status_code == 404
        assert client.get(f"/statements/{number}.csv").status_code == 404


def test_a_member_s_list_has_only_their_own(client, alice, bob, october):
    said = page(client, bob, "/statements/")
    assert f"/statements/2026-10-M{bob.pk}/" in said
    assert re.findall(r"/statements/[\w-]+/", said) == [f"/statements/2026-10-M{bob.pk}/"]


def test_the_list_is_a_file_too_of_everyone_for_admins_and_of_oneself_for_members(
    client, alice, admin, october
):
    rows = table(client, admin, "/statements.csv?month=2026-10")
    assert [row["Whose"] for row in rows] == ["team", "member", "member", "project", "project"]
    for whose in ("team", "member", "project"):
        assert sum(int(row["Used"]) for row in rows if row["Whose"] == whose) == 25
    assert {row["Name"] for row in rows} >= {"'=NORD()"}
    assert {row["Month"] for row in rows} == {"2026-10-01"}
    assert [row["Number"] for row in table(client, alice, "/statements.csv")] == [f"2026-10-M{alice.pk}"]


def test_an_admin_reads_them_all(client, admin, alice, october):
    said = page(client, admin, "/statements/")
    for number in ("2026-10-T", f"2026-10-M{alice.pk}", f"2026-10-P{ALBA[0]}", f"2026-10-P{NORD[0]}"):
        assert f"/statements/{number}/" in said
        assert page(client, admin, f"/statements/{number}/")


def test_the_paper_adds_up(alice, admin, october):
    subject = papers.Subject(OCTOBER, Scope.MEMBER, alice.pk)
    paper = papers.paper(subject, admin)
    *moves, (_words, closing) = paper.sums
    assert sum(credits for _said, credits in moves) == closing == 20
    assert sum(order.used for order in paper.orders) == paper.body["figures"]["used"]
    assert sum(order.released for order in paper.orders) == paper.body["figures"]["released"]
    assert sum(part["used"] for part in paper.body["projects"]) == paper.body["figures"]["used"]


def test_who_has_a_balance_reads_where_it_began_and_ended(bob, admin, monkeypatch):
    allowances.set_allowance(bob, Given(), by=admin)
    ledger.grant(bob, 100, key="g", why=ledger.Why(actor=admin))
    made(bob, 2, ALBA)
    paper = papers.paper(papers.Subject(OCTOBER, Scope.MEMBER, bob.pk), admin)
    assert paper.sums[0] == ("Opening balance", 0)
    assert paper.sums[-1] == ("Closing balance", 90)
    assert sum(credits for _words, credits in paper.sums[:-1]) == 90


def test_who_began_with_a_balance_and_shares_the_wallet_since_reads_what_became_of_it(
    bob, admin, monkeypatch
):
    allowances.set_allowance(bob, Given(), by=admin)
    ledger.grant(bob, 100, key="g", why=ledger.Why(actor=admin))
    it_is(monkeypatch, "2026-11-01")
    allowances.set_allowance(bob, SHARES, by=admin)
    made(bob, 2, ALBA)
    paper = papers.paper(papers.Subject(date(2026, 11, 1), Scope.MEMBER, bob.pk), admin)
    assert {words: credits for words, credits in paper.sums if credits} == {
        "Opening balance": 100,
        "Used for pictures": -10,
        "Expired": -100,
        "Closing balance": -10,
    }


def test_an_order_says_what_of_it_was_given_back_also_beside_its_title(client, alice, monkeypatch):
    failed, short, _waits = (order(alice, prompt=prompt, num_images=2) for prompt in ("fox", "owl", "elk"))
    for job, delivered in ((failed, 0), (short, 1)):
        settled(moves.booking(job), of=2, delivered=delivered)
    month = f"{periods.today():%Y-%m}"
    said = page(client, alice, f"/statements/{month}-M{alice.pk}/")
    told = {title: text(row) for row in said.split("<tr>") for title in ("fox", "owl", "elk") if title in row}
    assert {title: words.split(title)[1].split("12 Oct")[0].strip() for title, words in told.items()} == {
        "fox": "Not delivered; 10 given back",
        "owl": "5 given back",
        "elk": "Under way",
    }


def test_the_title_of_an_order_is_told_to_whom_may_read_it(client, alice, bob, admin, monkeypatch):
    """Whether or not its pictures are in the gallery still."""
    job, secret = (
        order(alice, prompt="a lighthouse for all"),
        order(alice, prompt="my own garden", private=True),
    )
    month = f"{periods.today():%Y-%m}"
    for reader, told in (
        (alice, {"a lighthouse for all", "my own garden"}),
        (admin, {"a lighthouse for all"}),
    ):
        said = page(client, reader, f"/statements/{month}-M{alice.pk}/")
        assert {words for words in ("a lighthouse for all", "my own garden") if words in said} == told
    assert job.pk != secret.pk


def test_its_number_and_hash_are_on_the_paper(client, admin, october):
    said = page(client, admin, "/statements/2026-10-T/")
    closed = Statement.objects.get(number="2026-10-T")
    for words in (f">{closed.sha256}<", "<dd>2026-10-T</dd>", "<dt>Closed</dt>"):
        assert words in said


def test_small_pictures_and_prompts_are_those_the_reader_may_see(client, alice, admin, october):
    mine = pictures.made(alice, job=october.job, prompt="a lighthouse for Alba", private=True)
    where = f"/statements/2026-10-M{alice.pk}/"
    assert "a lighthouse for Alba" in page(client, alice, where)
    said = page(client, admin, where)
    assert "a lighthouse for Alba" not in said
    assert f"/media/{mine.pk}/" not in said
    assert "A private picture" in said


def test_a_trashed_picture_leaves_the_figures_alone(client, alice, october):
    image = pictures.made(alice, job=october.job, prompt="gone now")
    where = f"/statements/2026-10-M{alice.pk}/"
    before = Statement.objects.get(number=f"2026-10-M{alice.pk}").sha256
    library.trash([image.pk], by=alice)
    said = page(client, alice, where)
    assert "gone now" not in said
    assert before in said


def test_names_are_shown_as_text(client, admin, october):
    said = page(client, admin, "/statements/2026-10-T/")
    assert "Alba &amp; &lt;b&gt;Söhne&lt;/b&gt;" in said
    assert "<b>Söhne" not in said


def test_the_table_for_spreadsheets_runs_nothing_and_adds_up(client, alice, admin, october):
    rows = table(client, admin, f"/statements/2026-10-M{alice.pk}.csv")
    assert not any(value.startswith(("=", "+", "@")) for row in rows for value in row.values())
    orders = [row for row in rows if row["what"] == "order"]
    used = next(int(row["credits"]) for row in rows if row["what"] == "Used this month")
    assert used == 20
    for parts in (orders, [row for row in rows if row["what"] == "project"]):
        assert sum(int(row["credits"]) for row in parts) == used
        assert sum(int(row["given back"]) for row in parts) == 10
    assert {row["name"] for row in rows} >= {"'=NORD()"}


def test_the_team_s_table_for_spreadsheets_has_its_losses_too(client, alice, admin, monkeypatch):
    job = made(alice, 1, ALBA, delivered=0)
    ledger.lose(job.job, 5, api="https://api.test", why=Loss.Why.EXPIRED)
    made(alice, 2, ALBA)
    it_is(monkeypatch, "2026-11-01")
    rows = table(client, admin, "/statements/2026-10-T.csv")
    assert [int(row["credits"]) for row in rows if row["what"] == "loss"] == [5]
    used = [int(row["credits"]) for row in rows if row["what"] in {"Used for pictures", "member", "project"}]
    assert used == [-10, -10, -10]


def test_an_open_month_says_that_it_is_not_closed(client, alice, october, monkeypatch):
    made(alice, 1, ALBA)
    said = page(client, alice, f"/statements/2026-11-M{alice.pk}/")
    assert "Open: as it is so far" in said
    assert not Statement.objects.filter(month=date(2026, 11, 1)).exists()


def test_a_month_without_entries_says_so(client, admin, october):
    client.force_login(admin)
    response = client.get("/statements/2025-01-T/")
    assert response.status_code == 404
    assert "Nothing was booked in January 2025" in response.content.decode()


def test_losses_are_a_line_of_the_team_s_statement(client, admin, alice, monkeypatch):
    job = made(alice, 1, ALBA, delivered=0)
    ledger.lose(job.job, 5, api="https://api.test", why=Loss.Why.EXPIRED)
    it_is(monkeypatch, "2026-11-01")
    assert "No member and no project pays it" in page(client, admin, "/statements/2026-10-T/")


def test_before_the_first_month_is_over_the_list_says_when(client, admin, alice):
    made(alice)
    assert "A month is closed when it is over" in page(client, admin, "/statements/")
    assert "A month is closed when it is over" in page(client, alice, "/statements/")


def test_the_sandbox_stands_in_no_statement(client, settings):
    settings.STUDIO_API_KEY = ""
    said = page(client, person("Eve", is_staff=True, is_superuser=True), "/statements/")
    assert "play money" in said


def test_a_page_asks_no_more_the_more_orders_there_are(client, alice, october, django_assert_max_num_queries):
    client.force_login(alice)
    for _ in range(20):
        made(alice, 1, ALBA)
    with django_assert_max_num_queries(22):
        client.get(f"/statements/2026-11-M{alice.pk}/")


@pytest.mark.usefixtures("october")
class TestPriceOfOpenMonths:
    def test_a_price_is_set_and_shown_beside_credits(self, client, admin):
        client.force_login(admin)
        answer = client.post(
            "/reports/price/", {"amount": "0.0125", "currency": "eur", "start": "2026-11-01"}
        )
        assert answer.status_code == 302
        price = Price.objects.get()
        assert (price.amount, price.currency, price.by) == (Decimal("0.0125"), "EUR", admin)
        assert "0.0125 EUR" in page(client, admin, "/reports/price/")

    def test_what_a_credit_costs_now_is_said_above_the_prices(self, client, admin):
        Price.objects.create(start=date(2026, 11, 1), amount="10", currency="EUR")
        told = page(client, admin, "/reports/price/")
        assert "Now <b>10.00 EUR</b> a credit, since 1 November 2026." in told
        assert ">10.0000 EUR</td>" in told
        assert "Changes of the price" not in told

    def test_a_price_that_begins_later_is_not_the_one_of_now(self, client, admin):
        Price.objects.create(start=date(2099, 1, 1), amount="0.5", currency="EUR")
        assert "Nothing yet: the first price begins later." in page(client, admin, "/reports/price/")

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"start": "2026-10-31"}, "October 2026 is closed and keeps its price"),
            ({"amount": "0"}, "greater than or equal to"),
            ({"amount": "x"}, "Enter a number"),
            ({"currency": "EURO"}, "three letters"),
            ({"start": "tomorrow"}, "Enter a valid date"),
            ({"start": "0001-01-01"}, "Give a day from 2000 to 2099"),
            ({"start": "9999-12-31"}, "Give a day from 2000 to 2099"),
        ],
    )
    def test_a_price_that_is_none_is_refused_beside_what_was_typed(self, client, admin, fields, words):
        client.force_login(admin)
        typed = {"amount": "0.01", "currency": "EUR", "start": "2026-11-01"} | fields
        response = client.post("/reports/price/", typed)
        assert response.status_code == 422
        said = response.content.decode()
        assert words in said
        assert all(f'value="{value}"' in said for value in typed.values())
        assert not Price.objects.exists()

    def test_one_that_was_set_by_mistake_is_removed_and_that_is_kept(self, client, admin):
        price = prices.set_price(start=date(2026, 11, 1), amount=Decimal("12.5"), currency="EUR", by=admin)
        client.force_login(admin)
        said = client.post(f"/reports/price/{price.pk}/remove/", follow=True).content.decode()
        assert "The price from 1 November 2026 is removed." in said
        assert not Price.objects.exists()
        assert "<td>12.50 EUR a credit from 1 November 2026</td><td>Removed</td>" in said
        assert client.post(f"/reports/price/{price.pk}/remove/").status_code == 404

    def test_one_of_a_closed_month_stays(self, client, admin):
        price = Price.objects.create(start=OCTOBER, amount="10", currency="EUR")
        assert f"/reports/price/{price.pk}/remove/" not in page(client, admin, "/reports/price/")
        said = client.post(f"/reports/price/{price.pk}/remove/", follow=True).content.decode()
        assert "October 2026 is closed and keeps its price." in said
        assert Price.objects.get() == price


def test_money_stands_beside_credits_on_the_paper(client, alice, admin, monkeypatch):
    prices.set_price(start=OCTOBER, amount=Decimal("0.0125"), currency="EUR", by=admin)
    made(alice, 4, ALBA)
    it_is(monkeypatch, "2026-11-01")
    assert "0.25 EUR" in page(client, admin, "/statements/2026-10-T/")
