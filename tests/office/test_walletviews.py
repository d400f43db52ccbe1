"""The page of the wallet beside the books, and what admins decide there."""

import csv
import html
import io
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from studio.credits.models import ApiUsed, Loss, WalletFinding, WalletReading
from studio.jobs import evidence, moves
from studio.jobs.models import Job
from studio.jobs.states import State
from tests.credits.readings import API, read
from tests.jobs.cast import in_state, order

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _real(settings, media):
    settings.STUDIO_API_URL, settings.STUDIO_API_KEY = API, "live-key-0123456789"
    settings.STUDIO_REFUND_SECONDS = 0.001


@pytest.fixture
def shown(client, admin):
    """The page as an admin sees it, as text without white space between words."""

    def get(**query) -> str:
        client.force_login(admin)
        response = client.get(reverse("wallet"), {"period": "30-days"} | query)
        assert response.status_code == 200
        return " ".join(html.unescape(response.content.decode()).split())

    return get


def lost(owner, prompt="a lighthouse", pictures=1, **fields) -> Job:
    """An order whose answer was lost, and whose credits went back."""
    job = in_state(owner, State.UNKNOWN, num_images=pictures)
    Job.objects.filter(pk=job.pk).update(api=API, prompt=prompt, **fields)
    job.refresh_from_db()
    assert moves.give_back(job)
    job.refresh_from_db()
    return job


def decide(client, admin, **said):
    client.force_login(admin)
    finding = WalletFinding.objects.latest("pk")
    response = client.post(reverse("decide_finding", args=[finding.pk]), said, follow=True)
    finding.refresh_from_db()
    return finding, " ".join(str(message) for message in response.context["messages"])


class TestStanding:
    def test_in_the_sandbox_there_is_nothing_to_compare(self, shown, settings):
        settings.STUDIO_API_KEY = ""
        ApiUsed.objects.all().delete()
        said = shown()
        assert "its credits are play money and stand in no report" in said
        assert "By the books" not in said

    def test_before_the_first_comparison_it_says_so(self, shown):
        assert "Wallet and books were not compared yet." in shown()
        read(1000, 0, 10)
        assert "Wallet and books were not compared yet." in shown()

    def test_books_and_wallet_that_agree_do_so_to_the_credit(self, shown):
        read(1000, 0, hours=2)
        read(985, 15)
        said = shown()
        assert "<dd>985</dd>" in said
        assert "they agree to the credit since" in said

    def test_what_is_not_explained_is_the_difference_since_then(self, shown):
        first = read(1000, hours=2)
        read(990, hours=1)
        read(985, 5)
        said = shown()
        assert "<dt>By the books</dt><dd>995</dd>" in said
        assert f"<dd>−10</dd><dd>since {timezone.localtime(first.at):%-d %b %Y, %H:%M}</dd>" in said

    def test_once_it_is_explained_they_agree_again(self, shown, client, admin):
        read(1000, hours=2)
        read(990)
        decide(client, admin)
        said = shown()
        assert "<dt>By the books</dt><dd>990</dd>" in said
        assert "they agree to the credit" in said

    def test_while_orders_are_under_way_the_books_say_from_and_to(self, shown):
        read(1000, hours=2)
        read(990, 0, 20)
        said = shown()
        assert "<dd>980 – 1,000</dd><dd>20 may be taken for orders under way</dd>" in said
        assert "they agree since" in said
        assert "provisional" not in said

    @pytest.mark.parametrize(
        ("balance", "words"), [(1480, "At least 480 credits came in"), (979, "At least 1 credit is missing")]
    )
    def test_what_they_can_not_explain_is_shown_as_provisional(self, shown, balance, words):
        read(1000, hours=2)
        read(balance, 0, 20)
        assert words in shown()
        assert not WalletFinding.objects.exists()


class TestDeciding:
    def test_a_top_up(self, shown, client, admin):
        read(1000, hours=2)
        read(1500)
        assert "500 credits came in" in shown()
        finding, said = decide(client, admin, note="Invoice 7")
        assert (finding.verdict, finding.note, finding.decided_by) == ("top-up", "Invoice 7", admin)
        assert said == "Topped up with 500."
        page = shown()
        assert "To be decided" not in page
        assert "Topped up with 500<br><span" in page
        assert "Invoice 7" in page

    def test_a_late_refund_of_what_was_missing_before(self, shown, client, admin):
        for hours, balance in ((3, 1000), (2, 995), (1, 1000)):
            read(balance, hours=hours)
        assert "Just as much was missing on" in shown()
        finding, said = decide(client, admin, refund="on")
        assert (finding.verdict, said) == ("refund", "Refunded late: 5.")

    def test_what_was_spent_outside(self, shown, client, admin):
        read(1000, hours=2)
        read("989.50", 10)
        said = shown()
        assert "0.50 credits are missing" in said
        assert "The wallet went from 1,000 to 989.50, and the books know of 10 that left it" in said
        assert "No answer was lost in that time." in said
        assert decide(client, admin)[1] == "Spent outside the studio, or not refunded: 0.50."

    def test_lost_answers_that_cost_just_what_is_missing_are_ticked(self, shown, client, admin, alice):
        read(1000, hours=2)
        one, two = lost(alice, "a fox"), lost(alice, "an owl", 2)
        read(990)
        said = shown()
        assert f'value="{two.pk}" checked' in said
        assert f'value="{one.pk}">' in said
        assert "The ticked ones cost just what is missing." in said
        assert "We can't know whether the provider took an order whose answer was lost." in said
        finding, said = decide(client, admin, lost=[str(two.pk)])
        assert (finding.verdict, said) == ("lost", "Paid for answers that were lost: 10.")
        assert Loss.objects.values_list("job", "credits", "why", "finding").get() == (
            two.pk, 10, "unknown", finding.pk,
        )  # fmt: skip
        assert "Paid for, and lost to the team." in shown()

    def test_more_than_is_missing_is_refused_in_words(self, client, admin, alice):
        read(1000, hours=2)
        job = lost(alice, pictures=2)
        read(995)
        finding, said = decide(client, admin, lost=[str(job.pk)])
        assert finding.verdict == ""
        assert said == "These orders cost 10 credits, and only 5 are missing. Tick fewer."

    def test_an_order_that_has_nothing_to_do_with_it_can_not_be_booked(self, client, admin):
        read(1000, hours=2)
        read(995)
        for job in (str(uuid.uuid4()), "x" * 400):
            finding, said = decide(client, admin, lost=[job])
            assert (finding.verdict, said) == ("", "One of these orders is explained by now. Look again.")
        assert not Loss.objects.exists()

    def test_a_note_that_is_too_long_is_refused(self, client, admin):
        read(1000, hours=2)
        read(995)
        finding, said = decide(client, admin, note="x" * 301)
        assert finding.verdict == ""
        assert "300" in said

    def test_who_comes_second_is_told_so(self, client, admin):
        read(1000, hours=2)
        read(1500)
        decide(client, admin)
        finding, said = decide(client, admin, refund="on")
        assert (finding.verdict, said) == ("top-up", "Somebody else decided this a moment ago.")

    def test_what_the_studio_decided_by_itself_is_shown_as_such(self, shown, alice):
        read(1000, hours=2)
        lost(alice)
        read(995)
        evidence.explain(API)
        said = shown()
        assert "To be decided" not in said
        assert "Paid for answers that were lost: 5" in said
        assert "the studio, " in said

    def test_orders_that_came_home_short_are_named(self, shown, alice):
        read(1000, hours=2)
        job = in_state(alice, State.SAVING, num_images=2)
        Job.objects.filter(pk=job.pk).update(api=API, prompt="two herons")
        job.refresh_from_db()
        moves.note(job, delivered=1)
        moves.end(job, State.DONE, reason_code="partly")
        read(990, 5)
        said = shown()
        assert "Came home short in that time" in said
        assert "“two herons” of Alice: 5" in said

    def test_a_late_answer_that_is_on_its_way_asks_for_patience(self, shown, alice):
        read(1000, hours=2)
        job = lost(alice, "a slow heron")
        read(995)
        assert moves.move(job, State.MAKING, task_id="late")
        said = shown()
        assert "The answer to “a slow heron” came late and its pictures are on their way" in said
        assert "The answer came late; its pictures are on their way." in said

    def test_what_an_address_left_behind_can_still_be_decided(self, shown, client, admin, settings):
        read(1000, hours=2)
        read(1500)
        settings.STUDIO_API_URL = "https://new.example.com"
        assert f"In the wallet at {API}, which is not in use any more." in shown()
        assert decide(client, admin)[0].verdict == "top-up"

    def test_a_long_heap_is_taken_from_the_oldest(self, shown):
        for number in range(24):
            read(1000 + number % 2, hours=24 - number)
        assert "3 more wait behind these." in shown()


class TestLostAnswers:
    def test_each_has_the_wallet_before_and_after_and_what_it_shows(self, shown, alice):
        read(1000, hours=2)
        first = lost(alice, "never taken")
        Job.objects.filter(pk=first.pk).update(
            settled_at=timezone.now() - timedelta(minutes=30), sent_at=timezone.now() - timedelta(minutes=45)
        )
        read(980, 20, hours=0.1)
        lost(alice, "not read since")
        said = shown()
        assert "Not paid for: nothing was missing." in said
        assert "The wallet went from 1,000 to 980 with 20 paid for others." in said
        assert "Not known yet: the wallet is compared once nothing is under way." in said

    def test_one_that_may_still_come_says_until_when(self, shown, alice):
        read(1000, hours=2)
        job = in_state(alice, State.UNKNOWN)
        Job.objects.filter(pk=job.pk).update(api=API)
        until = timezone.localtime(job.state_at + timedelta(minutes=15))
        assert f"The answer may still come, until {until:%H:%M}." in shown()

    def test_what_was_decided_to_be_something_else_is_not_counted(self, shown, client, admin, alice):
        read(1000, hours=2)
        lost(alice)
        read(980)
        assert "We can't know yet: see what is to be decided." in shown()
        decide(client, admin)
        assert "Not counted as paid for." in shown()

    def test_a_private_prompt_is_its_owners_alone(self, shown, alice):
        read(1000, hours=2)
        lost(alice, "a secret product", private=True)
        read(980)
        said = shown()
        assert "a secret product" not in said
        assert "<b>Private</b>" in said

    def test_a_prompt_is_shown_as_it_was_written_and_does_nothing(self, client, admin, alice):
        read(1000, hours=2)
        lost(alice, "<script>alert(1)</script>")
        read(980)
        client.force_login(admin)
        assert b"<script>alert(1)" not in client.get(reverse("wallet")).content

    def test_the_sandboxs_lost_answers_are_not_among_them(self, shown, alice):
        lost(alice, "play money")
        Job.objects.update(api="sandbox")
        assert "No answer was lost in this time." in shown()


class TestDays:
    @pytest.fixture(autouse=True)
    def _story(self):
        """Three days: a quiet one, one with everything, and today."""
        read(1000, 0, hours=72)
        read(970, 30, hours=48)
        read(1450, 40, hours=48)
        read(1445, 40, hours=24)
        finding = WalletFinding.objects.order_by("pk").first()
        WalletFinding.objects.filter(pk=finding.pk).update(verdict="top-up")
        read(1420, 60)

    def rows(self, client, admin, table="days", **query) -> list[list[str]]:
        client.force_login(admin)
        response = client.get(reverse("wallet_csv", args=[table]), {"period": "30-days"} | query)
        assert response.status_code == 200
        text = b"".join(response.streaming_content).decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text)))

    def test_every_row_leads_from_one_balance_to_the_next(self, client, admin):
        head, *rows = self.rows(client, admin)
        assert head == ["Day", "Paid for pictures", "Lost", "Outside", "Topped up", "Refunded late",
                        "Not explained", "Wallet"]  # fmt: skip
        balances = [float(row[-1]) for row in rows]
        for before, row in zip(balances, rows[1:], strict=False):
            assert before + sum(float(figure) for figure in row[1:-1]) == float(row[-1])
        assert balances[0] == 1000
        assert balances[-1] == 1420

    def test_what_the_books_and_the_findings_say_stands_in_its_column(self, client, admin):
        rows = self.rows(client, admin)[2:]
        paid, _lost, _outside, topped_up, _refunded, unexplained = (
            sum(float(row[column]) for row in rows) for column in range(1, 7)
        )
        assert (paid, topped_up, unexplained) == (-60, 490, -10)

    def test_the_page_says_the_same_with_a_line_over_time(self, shown):
        said = shown()
        assert '<td class="num">+490</td>' in said
        assert "Topped up with 490." in said
        assert '<tfoot><tr><th scope="row">Total</th><td class="num">−60</td>' in said

    def test_losses_are_a_column_of_their_own(self, client, admin, alice):
        job = lost(alice, pictures=3)
        Loss(job=job.pk, api=API, why="expired", credits=15, day=timezone.localdate()).save()
        read(1405, 75)
        rows = self.rows(client, admin)[2:]
        assert sum(float(row[2]) for row in rows) == -15
        assert sum(float(row[1]) for row in rows) == -60

    def test_a_span_of_many_days_has_months(self, shown, client, admin):
        year = {"from": f"{timezone.localdate() - timedelta(days=200)}", "to": f"{timezone.localdate()}"}
        head, *rows = self.rows(client, admin, **year)
        assert head[0] == "Month"
        assert len(rows) <= 3
        assert '<th scope="col">Month</th>' in shown(**year)

    def test_a_month_is_told_by_its_first_day_as_in_the_files_of_the_reports(self, client, admin):
        WalletFinding.objects.all().delete()
        WalletReading.objects.all().delete()
        for days, spent in ((140, 0), (100, 10), (60, 20), (0, 30)):
            read(1000 - spent, spent, hours=24 * days)
        year = {"from": f"{timezone.localdate() - timedelta(days=200)}", "to": f"{timezone.localdate()}"}
        _head, _opening, *rows = self.rows(client, admin, **year)
        assert [day[-2:] for day, *_figures in rows] == ["01"] * 3
        assert rows[-1][0] == f"{timezone.localdate():%Y-%m}-01"

    def test_the_changes_are_a_table_too(self, client, admin):
        head, row = self.rows(client, admin, "changes")
        assert head[:5] == ["Since", "Until", "Wallet before", "Wallet after", "Amount"]
        assert row[2:6] == ["970.00", "1450.00", "490.00", "Topped up with 490"]

    def test_lost_answers_are_a_table_too_in_which_nothing_runs(self, client, admin, alice):
        job = lost(alice, "=1+1")
        head, row = self.rows(client, admin, "lost-answers")
        assert head[:3] == ["Order", "Title", "Member"]
        assert row[:3] == [str(job.pk), "'=1+1", "Alice"]

    def test_a_table_that_does_not_exist_is_not_there(self, client, admin):
        client.force_login(admin)
        assert client.get(reverse("wallet_csv", args=["secrets"])).status_code == 404

    def test_days_that_make_no_sense_are_told_on_the_page(self, client, admin):
        client.force_login(admin)
        query = {"from": "2026-11-02", "to": "2026-11-01"}
        assert client.get(reverse("wallet"), query).status_code == 422
        response = client.get(reverse("wallet_csv", args=["days"]), query)
        assert (response.status_code, response["Location"]) == (
            302,
            "/reports/wallet/?from=2026-11-02&to=2026-11-01",
        )


def queries(shown) -> int:
    with CaptureQueriesContext(connection) as captured:
        shown()
    return len(captured)


def test_the_page_asks_no_more_when_there_is_more_to_show(shown, alice):
    read(1000, hours=100)
    read(990, hours=60)
    WalletFinding.objects.update(verdict="outside")
    lost(alice)
    shown()
    few = queries(shown)
    for hours in range(50, 0, -1):
        read(990 - hours % 2, hours=hours)
    WalletFinding.objects.update(verdict="outside")
    for _ in range(5):
        lost(alice)
    assert queries(shown) == few


def test_an_order_that_waits_is_no_matter(shown, alice):
    order(alice)
    assert "No answer was lost in this time." in shown()


def test_the_tab_says_how_many_wait_for_a_decision(shown):
    read(1000, hours=2)
    read(1500)
    assert 'Wallet <span class="badge">1</span>' in shown()


def test_when_the_wallet_will_be_empty_stands_here_and_on_the_overview(shown, client, admin):
    for ago in range(10):
        read(1000 + 20 * ago, 20 * (10 - ago), hours=24 * ago)
    words = "At the pace of the last 9 days, about 20 credits a day, the wallet is empty on"
    assert words in shown()
    client.force_login(admin)
    assert words in client.get(reverse("reports")).content.decode()
    WalletFinding.objects.all().delete()
