"""The entries behind the figures, and the orders behind failures and losses."""

import csv
import html
import io
import re
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gallery.models import Project
from studio.credits import ledger, statements
from studio.credits.models import Entry, Loss
from studio.jobs.models import Job
from studio.jobs.states import State
from studio.office import entries, spans, troubles
from tests.conftest import person
from tests.credits.books import booking, it_is, made
from tests.gallery import pictures
from tests.jobs.cast import order
from tests.office.test_reports import ended

pytestmark = pytest.mark.django_db
DAYS = "from=2026-11-01&to=2026-11-30"
ENTRIES = f"/reports/entries/?{DAYS}"
ALBA, NORD = (2, "Alba"), (3, "Nordwind")


@pytest.fixture(autouse=True)
def real(settings, monkeypatch, media):
    settings.STUDIO_API_KEY = type(settings.STUDIO_API_KEY)("live-key-0123456789")
    it_is(monkeypatch, "2026-11-12")


@pytest.fixture
def books(alice, bob, admin, monkeypatch):
    """Entries of every kind, of two members for two projects, on two days; play money and another month beside them."""
    pictures.projects(ALBA, NORD)
    made(alice, 4, ALBA)
    ledger.grant(bob, 100, key="g", why=ledger.Why(actor=admin, reason="=HYPERLINK()"))
    ledger.adjust(bob, -10, key="a", why=ledger.Why(actor=admin, reason="Too many"))
    it_is(monkeypatch, "2026-11-13")
    ledger.expire(ledger.account_of(bob), 5, key="e", why=ledger.NOBODY)
    job = booking(NORD, made="edit")
    ledger.hold(bob, 20, job)
    ledger.settle(held=20, captured=15, pictures=3, booking=job)
    play = booking(ALBA)
    ledger.hold(alice, 500, play, sandbox=True)
    it_is(monkeypatch, "2026-12-01")
    made(alice, 1, NORD)


def page(client, admin, where=ENTRIES):
    client.force_login(admin)
    return client.get(where)


def table(client, admin, where) -> list[dict[str, str]]:
    """A file for spreadsheets."""
    said = b"".join(page(client, admin, where).streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(said)))


def words(response) -> list[str]:
    return [row.words for row in response.context["rows"]]


def sums(response) -> dict[str, int]:
    return {name: figure for name, figure in response.context["sums"] if figure}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("from=2026-11-31&to=2026-11-30", "Say from which day"),
        (DAYS + "&member=999", "There is no such member."),
        (DAYS + "&member=1%27--", "There is no such member."),
        (DAYS + "&project=999", "There is no such project."),
        (DAYS + "&kind=steal", "There is no such kind."),
        (DAYS + "&model=x", "There is no such model."),
    ],
)
def test_what_can_not_be_asked_is_told_and_nothing_is_shown(client, admin, books, asked, told):
    response = page(client, admin, f"/reports/entries/?{asked}")
    assert response.status_code == 422
    assert told in html.unescape(response.content.decode())
    assert b"<table" not in response.content
    assert client.get(f"/reports/entries.csv?{asked}").status_code == 302


def test_all_of_a_time_stand_there_newest_first_with_what_they_add_up_to(client, admin, books):
    response = page(client, admin)
    assert words(response) == [
        "Given back 5, not delivered",
        "Paid 15 for 3 pictures",
        "Held 20 for an order",
        "Expired",
        "Corrected by Ada: Too many",
        "Given by Ada: =HYPERLINK()",
        "Paid 20 for 4 pictures",
        "Held 20 for an order",
    ]
    assert sums(response) == {
        "Orders": 2, "Held for orders": 40, "Pictures": 7, "Used": 35, "Given back": 5, "Given": 100,
        "Corrected": -10, "Expired": 5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "count", "added"),
    [
        ("member={alice}", 2, {"Orders": 1, "Held for orders": 20, "Pictures": 4, "Used": 20}),
        ("project=3", 3, {"Orders": 1, "Held for orders": 20, "Pictures": 3, "Used": 15, "Given back": 5}),
        ("member={alice}&project=3", 0, {}),
        (
            "member={bob}&project=3",
            3,
            {"Orders": 1, "Held for orders": 20, "Pictures": 3, "Used": 15, "Given back": 5},
        ),
        ("kind=hold", 2, {"Orders": 2, "Held for orders": 40}),
        ("kind=capture", 2, {"Pictures": 7, "Used": 35}),
        ("kind=release", 1, {"Given back": 5}),
        ("kind=grant", 1, {"Given": 100}),
        ("kind=adjust", 1, {"Corrected": -10}),
        ("kind=expire&member={bob}", 1, {"Expired": 5}),
        ("kind=edit", 3, {"Orders": 1, "Held for orders": 20, "Pictures": 3, "Used": 15, "Given back": 5}),
        (
            "kind=generate&model=gemini-2.5-flash",
            2,
            {"Orders": 1, "Held for orders": 20, "Pictures": 4, "Used": 20},
        ),
    ],
)
def test_what_is_chosen_is_shown_and_added_up(client, admin, alice, bob, books, asked, count, added):
    response = page(client, admin, f"{ENTRIES}&{asked.format(alice=alice.pk, bob=bob.pk)}")
    assert (len(response.context["rows"]), sums(response)) == (count, added)


def test_without_days_it_is_this_month(client, admin, books):
    response = page(client, admin, "/reports/entries/?kind=capture")
    assert (response.context["span"].words, sums(response)) == ("December 2026", {"Pictures": 1, "Used": 5})


@pytest.mark.parametrize("asked", ["", "&project=3", "&kind=hold"])
def test_the_pages_hold_every_entry_once(client, admin, books, monkeypatch, asked):
    everything = words(page(client, admin, ENTRIES + asked))
    monkeypatch.setattr(entries, "PAGE", 2)
    found, place = [], ""
    for _ in range(9):
        response = page(client, admin, f"{ENTRIES}{asked}&before={place}")
        found += words(response)
        place = response.context["older"]
        if not place:
            break
        assert f"before={place}" in response.content.decode()
    assert found == everything


@pytest.mark.parametrize(
    "place", ["x", "2026-11-12", "2026-11-12.", "9999-99-99.1", "2026-11-12.99999999999999999999"]
)
def test_a_place_that_is_none_is_the_top(client, admin, books, place):
    assert len(words(page(client, admin, f"{ENTRIES}&before={place}"))) == 8


def test_the_file_has_all_that_is_chosen_and_nothing_in_it_runs(client, admin, bob, books, monkeypatch):
    monkeypatch.setattr(entries, "BATCH", 2)
    response = page(client, admin, f"/reports/entries.csv?{DAYS}&member={bob.pk}")
    assert response["Content-Disposition"] == 'attachment; filename="entries-2026-11-01-2026-11-30.csv"'
    head, *lines = csv.reader(io.StringIO(b"".join(response).decode("utf-8-sig")))
    assert len(lines) == 6
    rows = [dict(zip(head, line, strict=True)) for line in lines]
    assert [(row["Day"], row["Kind"], row["Credits"], row["Held"]) for row in rows[:3]] == [
        ("2026-11-13", "release", "5", "-5"),
        ("2026-11-13", "capture", "0", "-15"),
        ("2026-11-13", "hold", "-20", "20"),
    ]
    assert (rows[-1]["Reason"], rows[-1]["By"], rows[-1]["Member"]) == ("'=HYPERLINK()", "Ada", "Bob")


def test_an_admin_sees_what_private_pictures_cost_and_not_the_pictures(client, admin, alice, bob, books):
    jobs = list(
        Entry.objects.filter(kind="capture", day__month=11).order_by("id").values_list("job", flat=True)
    )
    open_one = pictures.made(bob, job=jobs[1], prompt="A lighthouse")
    hidden = pictures.made(alice, job=jobs[0], private=True, prompt="My own idea")
    text = page(client, admin).content.decode()
    assert open_one.get_absolute_url() in text
    assert hidden.get_absolute_url() not in text
    assert "My own idea" not in text
    assert "Paid 20 for 4 pictures" in text


def test_a_month_leads_to_its_statement_and_a_project_to_its_pictures(client, admin, alice, books):
    statements.close_past_months()
    text = page(client, admin, f"{ENTRIES}&member={alice.pk}").content.decode()
    assert f"/statements/2026-11-M{alice.pk}/" in text
    assert f"/team/{alice.pk}/" in text
    text = page(client, admin, f"{ENTRIES}&project=3").content.decode()
    assert "/statements/2026-11-P3/" in text
    assert "/gallery/?project=3" in text
    assert "/statements/2026-11-T/" in page(client, admin).content.decode()
    for more in ("&kind=hold", f"&member={alice.pk}&project=3"):
        assert "/statements/2026" not in page(client, admin, ENTRIES + more).content.decode()
    assert (
        "/statements/2026"
        not in page(client, admin, "/reports/entries/?from=2026-11-02&to=2026-11-30").content.decode()
    )


def test_every_statement_it_leads_to_is_there(client, admin, alice, books, monkeypatch):
    it_is(monkeypatch, "2026-12-02")
    statements.close_past_months()
    for days in (DAYS, "from=2026-12-01&to=2026-12-31"):
        for whose in ("", f"&member={alice.pk}", "&project=3"):
            text = page(client, admin, f"/reports/entries/?{days}{whose}").content.decode()
            for address in re.findall(r"/statements/2026[\w-]+/", text):
                assert client.get(address).status_code == 200, address


def test_the_number_of_queries_does_not_grow_with_the_entries(client, admin, books, monkeypatch):
    client.force_login(admin)
    counts = []
    for number in range(3):
        for other in range(1 + 2 * number):
            it_is(monkeypatch, f"2026-11-{14 + number}")
            project = Project.objects.create(name=f"P{number}-{other}")
            job = made(person(f"M{number}-{other}"), 2, (project.pk, project.name)).job
            pictures.made(admin, job=job)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(ENTRIES).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2] <= 20


class TestOrders:
    def test_other_states_have_no_list(self, client, admin):
        for state in ("done", "waiting", "x", ""):
            assert page(client, admin, f"/reports/orders/?{DAYS}&state={state}").status_code == 404

    def test_days_that_make_no_sense_lead_to_the_page_that_says_so(self, client, admin):
        for where in ("orders/", "losses/", "orders.csv", "lost-orders.csv"):
            back = page(client, admin, f"/reports/{where}?from=x&to=2026-11-30")
            assert back["Location"] == "/reports/?from=x&to=2026-11-30"

    def test_orders_that_failed_stand_there_with_their_reason(self, client, admin, alice, bob):
        job = ended(alice, State.FAILED, "model", prompt="A lighthouse at dusk")
        Job.objects.filter(pk=job.pk).update(reason="Too dark to see.")
        ended(bob, State.FAILED, "expired")
        ended(bob, State.FAILED, "model", at=datetime(2026, 12, 1, 0, 0, tzinfo=UTC))
        ended(bob, State.CANCELLED)
        response = page(client, admin, f"/reports/orders/?{DAYS}&state=failed")
        assert {(row.title, row.member, row.why) for row in response.context["rows"]} == {
            ("A lighthouse at dusk", "Alice", "Too dark to see."),
            ("a lighthouse", "Bob", "The pictures expired at the provider before they were fetched"),
        }
        one = page(client, admin, f"/reports/orders/?{DAYS}&state=failed&reason=model")
        assert [row.job for row in one.context["rows"]] == [job.pk]

    def test_private_orders_show_neither_their_prompt_nor_the_words_that_may_quote_it(
        self, client, admin, alice
    ):
        job = ended(alice, State.FAILED, "model", prompt="My own idea", private=True)
        Job.objects.filter(pk=job.pk).update(reason="Refused: My own idea")
        Loss(job=job.pk, api="x", why="late", credits=5, day=date(2026, 11, 9)).save()
        for where in (
            f"/reports/orders/?{DAYS}&state=failed",
            f"/reports/losses/?{DAYS}",
            f"/reports/?{DAYS}",
        ):
            response = page(client, admin, where)
            assert b"own idea" not in response.content
        assert response.status_code == 200
        row = page(client, admin, f"/reports/orders/?{DAYS}&state=failed").context["rows"][0]
        assert (row.title, row.member, row.why) == ("Private", "Alice", "The model could not make it")

    def test_what_the_sandbox_drew_is_in_no_list(self, client, admin, alice):
        for state in (State.FAILED, State.UNKNOWN):
            ended(alice, state)
        Job.objects.update(api="sandbox")
        for state in ("failed", "unknown"):
            assert page(client, admin, f"/reports/orders/?{DAYS}&state={state}").context["rows"] == []

    def test_the_pages_hold_every_order_once(self, client, admin, alice, monkeypatch):
        jobs = {
            ended(alice, State.FAILED, at=datetime(2026, 11, 9, 12 + number % 2, tzinfo=UTC)).pk
            for number in range(5)
        }
        monkeypatch.setattr(troubles, "PAGE", 2)
        found, place = [], ""
        for _ in range(4):
            context = page(client, admin, f"/reports/orders/?{DAYS}&state=failed&before={place}").context
            found += [row.job for row in context["rows"]]
            if not (place := context["older"]):
                break
        assert len(found) == 5
        assert set(found) == jobs

    def test_the_file_has_every_order_once_and_nothing_in_it_runs(
        self, client, admin, alice, bob, monkeypatch
    ):
        for number in range(5):
            ended(bob, State.FAILED, "expired", at=datetime(2026, 11, 9, 12 + number, tzinfo=UTC))
        ended(alice, State.FAILED, "expired", prompt="=HYPERLINK()")
        ended(alice, State.FAILED, "expired", prompt="My own idea", private=True)
        ended(alice, State.FAILED, "model")
        monkeypatch.setattr(troubles, "PAGE", 2)
        rows = table(client, admin, f"/reports/orders.csv?{DAYS}&state=failed&reason=expired")
        assert len({row["Job"] for row in rows}) == len(rows) == 7
        assert {row["Why"] for row in rows} == {
            "The pictures expired at the provider before they were fetched"
        }
        told = {row["Order"] for row in rows if row["Member"] == "Alice"}
        assert told == {"'=HYPERLINK()", "Private"}

    def test_they_stand_by_when_they_ended_not_by_when_they_were_ordered(self, client, admin, alice):
        for day, end in ((9, 12), (8, 14), (10, 13)):
            job = ended(alice, State.FAILED, at=datetime(2026, 11, end, 12, tzinfo=UTC))
            Job.objects.filter(pk=job.pk).update(ordered_at=datetime(2026, 11, day, 12, tzinfo=UTC))
        rows = page(client, admin, f"/reports/orders/?{DAYS}&state=failed").context["rows"]
        assert [row.at.day for row in rows] == [14, 13, 12]

    @pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's plan")
    @pytest.mark.parametrize("code", [None, "model"])
    def test_each_page_of_them_walks_an_index_and_sorts_nothing(self, admin, alice, code):
        last = ended(alice, State.FAILED, "model")
        span = spans.chosen({"from": "2026-11-01", "to": "2026-11-30"})[0]
        with CaptureQueriesContext(connection) as queries:
            troubles.orders(span, State.FAILED, code, admin, str(last.pk))
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {queries[1]['sql']}")
            plan = "\n".join(row[3] for row in cursor.fetchall())
        assert "jobs_job USING INDEX job_ended (state=? AND finished_at>? AND finished_at<?)" in plan
        assert "TEMP B-TREE" not in plan

    def test_the_list_leads_to_its_file(self, client, admin, alice):
        ended(alice, State.FAILED)
        said = page(client, admin, f"/reports/orders/?{DAYS}&state=failed").content.decode()
        assert f'href="/reports/orders.csv?{DAYS.replace("&", "&amp;")}&amp;state=failed"' in said

    def test_a_place_that_is_none_is_the_top(self, client, admin, alice):
        ended(alice, State.FAILED)
        for place in ("x", "00000000-0000-0000-0000-000000000000", "%00"):
            context = page(client, admin, f"/reports/orders/?{DAYS}&state=failed&before={place}").context
            assert len(context["rows"]) == 1


@pytest.mark.usefixtures("lost")
class TestLosses:
    @pytest.fixture
    def lost(self, alice):
        """Three losses for two reasons."""
        for number, why in enumerate((Loss.Why.LATE, Loss.Why.EXPIRED, Loss.Why.LATE)):
            job = order(alice, num_images=4)
            Loss(job=job.pk, api="https://api", why=why, credits=5 + number, day=date(2026, 11, 9)).save()

    def test_there_is_no_other_reason(self, client, admin):
        assert page(client, admin, f"/reports/losses/?{DAYS}&why=x").status_code == 404

    def test_they_stand_there_with_what_they_cost_the_team(self, client, admin):
        rows = page(client, admin, f"/reports/losses/?{DAYS}").context["rows"]
        assert [row.credits for row in rows] == [7, 6, 5]
        rows = page(client, admin, f"/reports/losses/?{DAYS}&why=late").context["rows"]
        assert [(row.credits, row.why) for row in rows] == [
            (7, "Came after the credits had been given back"),
            (5, "Came after the credits had been given back"),
        ]
        assert page(client, admin, "/reports/losses/?from=2026-11-10&to=2026-11-30").context["rows"] == []

    def test_a_loss_outlives_its_order(self, client, admin):
        Job.objects.all().delete()
        rows = page(client, admin, f"/reports/losses/?{DAYS}").context["rows"]
        assert [(row.title, row.credits) for row in rows] == [
            ("An order that is gone", credits) for credits in (7, 6, 5)
        ]

    def test_the_file_adds_up_to_the_total(self, client, admin, monkeypatch):
        monkeypatch.setattr(troubles, "PAGE", 2)
        for asked, total in ((DAYS, 18), (f"{DAYS}&why=late", 12)):
            rows = table(client, admin, f"/reports/lost-orders.csv?{asked}")
            assert sum(int(row["Credits"]) for row in rows) == total

    def test_they_add_up_on_every_page(self, client, admin, monkeypatch):
        monkeypatch.setattr(troubles, "PAGE", 2)
        for asked, total in ((DAYS, 18), (f"{DAYS}&why=late", 12)):
            assert page(client, admin, f"/reports/losses/?{asked}").context["total"] == total
        assert b"Total, on every page" in page(client, admin, f"/reports/losses/?{DAYS}").content

    def test_the_pages_hold_every_loss_once(self, client, admin, monkeypatch):
        monkeypatch.setattr(troubles, "PAGE", 2)
        first = page(client, admin, f"/reports/losses/?{DAYS}").context
        second = page(client, admin, f"/reports/losses/?{DAYS}&before={first['older']}").context
        assert [row.credits for row in (*first["rows"], *second["rows"])] == [7, 6, 5]
        assert second["older"] == ""


@pytest.mark.parametrize(
    "asked", ["entries/?before=2026-13-45.1", "entries/?before=x", "orders/?before=1", "losses/?before=9"]
)
def test_a_place_that_is_none_is_the_first_page(client, admin, asked):
    client.force_login(admin)
    assert client.get(f"/reports/{asked}").status_code == 200


def test_a_reason_that_nobody_can_write_is_no_page(client, admin):
    client.force_login(admin)
    assert client.get("/reports/orders/?reason=a%00b").status_code == 404
