"""The admins' report: every table, every tile and the ledger say the same."""

import csv
import html
import io
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gallery.models import Project
from studio.accounts.models import User
from studio.credits import ledger, totals
from studio.credits.models import Account, ApiUsed, Entry, Loss, Price
from studio.credits.periods import Period
from studio.jobs import statistics
from studio.jobs.models import Job
from studio.jobs.states import State
from studio.office import outcomes, reports
from studio.office.spans import Span
from tests.conftest import person
from tests.credits.books import booking, it_is, made
from tests.gallery import pictures
from tests.jobs.cast import order
from tests.started import ROOT

pytestmark = pytest.mark.django_db
MONTH = "/reports/?from=2026-11-01&to=2026-11-30"
NOVEMBER = Span(Period(date(2026, 11, 1), date(2026, 11, 30)))
YEARS = Span(Period(date(2024, 1, 1), date(2026, 11, 30)))
ALBA, NORD = (2, "Alba & <b>Söhne</b>"), (3, "=NORD()")
CREDITS = {"orders", "pictures", "used", "released"}


@pytest.fixture(autouse=True)
def real(settings, monkeypatch, media):
    settings.STUDIO_API_KEY = type(settings.STUDIO_API_KEY)("live-key-0123456789")
    it_is(monkeypatch, "2026-11-12")


@pytest.fixture
def books(alice, bob, admin, monkeypatch):
    """Two members and two projects in three months, some of it folded, with play money beside it."""
    pictures.projects(ALBA, NORD)
    made(alice, 4, ALBA)
    ledger.grant(bob, 100, key="g", why=ledger.Why(actor=admin))
    ledger.adjust(bob, -10, key="a", why=ledger.Why(actor=admin, reason="Too many"))
    job = booking(NORD, made="edit")
    ledger.hold(bob, 20, job)
    ledger.settle(held=20, captured=15, pictures=3, booking=job)
    totals.fold()
    it_is(monkeypatch, "2026-11-20")
    made(bob, 2, ALBA, delivered=0)
    ledger.expire(ledger.account_of(bob), 5, key="e", why=ledger.NOBODY)
    play = booking(ALBA)
    ledger.hold(alice, 500, play, sandbox=True)
    ledger.settle(held=500, captured=500, pictures=100, booking=play)
    for day, user in (("2026-10-31", alice), ("2026-12-01", bob)):
        it_is(monkeypatch, day)
        made(user, 1, NORD)
    it_is(monkeypatch, "2026-12-01")


def page(client, admin, where=MONTH):
    client.force_login(admin)
    return client.get(where)


def said(response) -> str:
    return html.unescape(response.content.decode())


def row(table, name: str) -> dict:
    return next(row.sums for row in table.rows if row.name == name)


def ended(owner, state=State.FAILED, code="", *, at=datetime(2026, 11, 10, 12, tzinfo=UTC), **fields) -> Job:
    """An order of the real API that ended at noon, after a minute in the line and two in the making."""
    job = order(owner, num_images=2, **fields)
    sent = at - timedelta(minutes=2) if state != State.CANCELLED else None
    Job.objects.filter(pk=job.pk).update(
        state=state,
        reason_code=code,
        task_id="task",
        ordered_at=at - timedelta(minutes=3),
        sent_at=sent,
        **({"settled_at": at} if state == State.UNKNOWN else {"finished_at": at}),
    )
    return job


def test_days_that_make_no_sense_show_no_figures_and_what_was_typed(client, admin, books):
    response = page(client, admin, "/reports/?from=2026-11-31&to=2026-11-30")
    assert response.status_code == 422
    text = said(response)
    assert "Say from which day, like 2026-11-01." in text
    assert 'value="2026-11-31"' in text
    assert "<table" not in text
    back = client.get("/reports/members.csv?from=2026-11-31&to=2026-11-30")
    assert back["Location"] == "/reports/?from=2026-11-31&to=2026-11-30"


def test_there_is_no_other_table(client, admin, books):
    assert page(client, admin, "/reports/nonsense.csv").status_code == 404


def test_a_time_in_which_nothing_was_booked_says_so(client, admin, books):
    text = said(page(client, admin, "/reports/?from=2026-01-01&to=2026-01-31"))
    assert "Nothing was booked in this time" in text
    assert "<table" not in text


def test_play_money_stands_in_no_report(client, admin, alice, settings):
    settings.STUDIO_API_KEY = ""
    ApiUsed.objects.all().delete()
    Account.objects.all().delete()
    made(alice)
    text = said(page(client, admin))
    assert "its credits are play money and stand in no report" in text
    assert "Nothing was booked in this time" in text


def test_who_works_with_the_real_api_is_not_told_of_play_money(client, admin, books):
    assert "play money" not in said(page(client, admin))


def test_the_figures_are_those_of_the_ledger(alice, bob, books):
    found = reports.tables(NOVEMBER)
    assert row(found["members"], "Alice") | {"orders": 1, "pictures": 4, "used": 20, "released": 0} == row(
        found["members"], "Alice"
    )
    bobs = {
        "orders": 2,
        "pictures": 3,
        "used": 15,
        "released": 15,
        "granted": 100,
        "adjusted": -10,
        "expired": 5,
    }
    assert row(found["members"], "Bob") | bobs == row(found["members"], "Bob")
    assert [(one.name, one.sums["used"]) for one in found["projects"].ordered("-used")] == [
        (ALBA[1], 20),
        (NORD[1], 15),
    ]
    assert [(one.name, one.sums["used"]) for one in found["kinds"].ordered("name")] == [
        ("Edited pictures", 15),
        ("New pictures", 20),
    ]
    assert [(one.name, one.sums["released"]) for one in found["models"].rows] == [("Gemini 2.5 Flash", 15)]
    assert row(found["days"], "12 Nov 2026")["used"] == 35
    assert row(found["days"], "13 Nov 2026")["used"] == 0
    assert len(found["days"].rows) == 30


@pytest.mark.parametrize("span", [NOVEMBER, YEARS, Span(Period(date(2026, 10, 31), date(2026, 11, 12)))])
def test_all_tables_add_up_to_the_same_and_to_the_ledger(books, span):
    Price.objects.create(start=date(2026, 11, 15), amount="0.5", currency="EUR")
    Price.objects.create(start=date(2026, 10, 1), amount="0.25", currency="EUR")
    found = reports.tables(span)
    entries = Entry.objects.filter(account__sandbox=False, day__range=(span.period.first, span.period.last))
    used = -sum(entry.d_held for entry in entries if entry.kind == "capture")
    assert used > 0
    for slug in ("days", "members", "projects", "kinds", "models"):
        sums = found[slug].sums
        assert sums["used"] == used, slug
        assert {name: sums[name] for name in CREDITS | {"EUR"}} == {
            name: found["days"].sums[name] for name in CREDITS | {"EUR"}
        }, slug
        assert found[slug].shown({}).sums == [
            column.words(sum(column.value(one.sums) for one in found[slug].rows))
            for column in found[slug].columns
        ]
    assert found["members"].sums["granted"] == found["days"].sums["granted"]


def test_the_tiles_are_the_sums_of_the_tables(client, admin, books):
    response = page(client, admin)
    tiles = {tile["label"]: tile["figure"] for tile in response.context["tiles"]}
    assert tiles == {
        "Pictures": "7",
        "Credits used": "35",
        "Given back": "15",
        "Lost to the team": "0",
        "Failed": "0",
        "Wait in line": "—",
        "Making": "—",
    }
    feet = re.findall(r"<tfoot><tr>(.*?)</tr></tfoot>", response.content.decode(), re.DOTALL)
    assert len(feet) == 5
    for foot in feet:
        orders, pictures, used, released, *_ = re.findall(r'<td class="num">([^<]*)</td>', foot)
        assert (orders, pictures, used, released) == ("3", "7", "35", "15")


def test_a_month_of_many_has_its_own_line_from_the_first_that_has_entries(books):
    days = reports.tables(YEARS)["days"]
    assert [(one.name, one.sums["used"]) for one in days.rows] == [("October 2026", 5), ("November 2026", 35)]
    assert days.rows[0].url == "/reports/entries/?from=2026-10-01&to=2026-10-31"


def test_a_price_puts_money_beside_credits_day_by_day_and_no_currency_is_added_to_another(
    client, admin, alice, books, monkeypatch
):
    Price.objects.create(start=date(2026, 11, 1), amount="0.0125", currency="EUR")
    Price.objects.create(start=date(2026, 11, 15), amount="0.5", currency="USD")
    it_is(monkeypatch, "2026-11-16")
    made(alice, 2, ALBA)
    members = reports.tables(NOVEMBER)["members"]
    assert [column.title for column in members.columns][-2:] == ["EUR", "USD"]
    alices = row(members, "Alice")
    assert (alices["EUR"], alices["USD"]) == (Decimal("0.25"), Decimal(5))
    assert members.sums["EUR"] == Decimal("0.4375")
    text = said(page(client, admin))
    assert "0.4375 EUR + 5.00 USD" in text
    assert '<td class="num">0.2500</td>' in text


def test_without_a_price_no_money_is_told(client, admin, books):
    found = reports.tables(NOVEMBER)
    assert {column.title for column in found["members"].columns} == {
        "Orders", "Pictures", "Used", "Given back", "Given", "Corrected", "Expired",
    }  # fmt: skip


def test_names_are_shown_as_they_were_typed_and_run_nowhere(client, admin, books):
    raw = page(client, admin).content.decode()
    assert "Alba &amp; &lt;b&gt;Söhne&lt;/b&gt;" in raw
    assert "<b>Söhne" not in raw


def test_each_table_is_a_file_in_which_nothing_runs(client, admin, books):
    found = reports.tables(NOVEMBER)
    for slug, table in found.items():
        response = page(client, admin, f"/reports/{slug}.csv?from=2026-11-01&to=2026-11-30")
        assert response["Content-Disposition"] == f'attachment; filename="{slug}-2026-11-01-2026-11-30.csv"'
        lines = list(csv.reader(io.StringIO(b"".join(response).decode("utf-8-sig"))))
        heads, rows = table.sheet()
        assert lines[0] == heads
        assert len(lines) - 1 == len(list(rows)) == len(table.rows)
        assert not any(
            re.match(r"[=+\-@\t\r]", cell) and not re.match(r"-\d", cell) for line in lines for cell in line
        )
    lines = list(
        csv.reader(
            io.StringIO(
                b"".join(page(client, admin, "/reports/days.csv?from=2026-11-12&to=2026-11-12")).decode(
                    "utf-8-sig"
                )
            )
        )
    )
    assert lines[1][:4] == ["2026-11-12", "2", "7", "35"]
    assert next(
        line[:2]
        for line in csv.reader(
            io.StringIO(
                b"".join(page(client, admin, "/reports/projects.csv?from=2026-11-01&to=2026-11-30")).decode()
            )
        )
        if "NORD" in line[0]
    ) == ["'=NORD()", ""]


def test_failures_are_told_by_reason_in_words_and_the_rest_beside_them(alice, bob, monkeypatch):
    for code in ("model", "model", "expired", "", "odd\u202e_code"):
        ended(alice, State.FAILED, code)
    ended(bob, State.CANCELLED)
    ended(bob, State.CANCELLED, "admin")
    ended(bob, State.DONE)
    ended(bob, State.DONE, "late")
    ended(bob, State.UNKNOWN, "lost")
    ended(bob, State.FAILED, "model", at=datetime(2026, 12, 1, 0, 0, tzinfo=UTC))
    for folds in (int, statistics.fold):
        folds()
        table = reports.tables(NOVEMBER)["ends"]
        assert [(one.note, one.name, one.sums["orders"]) for one in table.ordered("name")] == [
            ("Done", "Came after the credits had been given back; the team paid", 1),
            ("Done", "Every picture came", 1),
            ("Failed", "The model could not make it", 2),
            ("Failed", "No reason was given", 1),
            ("Failed", "The API says: odd\\u202e_code", 1),
            ("Failed", "The pictures expired at the provider before they were fetched", 1),
            ("Cancelled", "By an admin", 1),
            ("Cancelled", "By the member who ordered", 1),
            ("Unclear", "No answer came; the credits were given back", 1),
        ]
        assert table.sums["orders"] == 10
        assert table.sums["failed"] == 5


def test_every_reason_the_studio_gives_has_words():
    source = "".join(path.read_text() for path in (ROOT / "studio" / "jobs").glob("*.py"))
    wrote = (
        r'reason_code"?[=:] ?"(\w+)"',
        r'_fail\(job, "(\w+)"',
        r'error\.code or "(\w+)"',
        r'return "(\w+)", f?"',
    )
    given = {code for one in wrote for code in re.findall(one, source)}
    assert given >= {"model", "expired", "late", "lost", "api", "admin", "source", "refused", "unusable"}
    assert given - {code for words in outcomes.WORDS.values() for code in words} == set()


def test_times_are_means_of_all_orders_and_none_is_invented(client, admin, alice):
    ended(alice, State.DONE)
    ended(alice, State.CANCELLED)
    ended(alice, State.FAILED, "model")
    table = reports.tables(NOVEMBER)["times"]
    assert table.shown({}).sums == ["2", "1 min 0 s", "1", "2 min 0 s"]
    tiles = {tile["label"]: tile["figure"] for tile in page(client, admin).context["tiles"]}
    assert (tiles["Wait in line"], tiles["Making"], tiles["Failed"]) == ("1 min 0 s", "2 min 0 s", "1")


def test_orders_that_did_not_end_yet_are_told_beside_those_that_did(client, admin, alice):
    ended(alice, State.DONE)
    job = order(alice, num_images=1)
    Job.objects.filter(pk=job.pk).update(ordered_at=datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    note = "of 1 that ended; 1 still in line or being made"
    assert note in [tile["note"] for tile in page(client, admin).context["tiles"]]
    Job.objects.filter(pk=job.pk).update(ordered_at=datetime(2026, 12, 1, tzinfo=UTC))
    assert "still in line" not in said(page(client, admin))


def test_losses_are_a_table_of_their_own_that_no_member_and_no_project_pays(client, admin, alice, books):
    Price.objects.create(start=date(2026, 11, 1), amount="0.1", currency="EUR")
    before = reports.tables(NOVEMBER)
    for why, credits in ((Loss.Why.LATE, 5), (Loss.Why.LATE, 10), (Loss.Why.EXPIRED, 20)):
        job = order(alice, num_images=4)
        Loss(job=job.pk, api="https://api", why=why, credits=credits, day=date(2026, 11, 9)).save()
    after = reports.tables(NOVEMBER)
    assert [
        (one.name, one.sums["orders"], one.sums["credits"], one.sums["EUR"])
        for one in after["losses"].ordered("-credits")
    ] == [
        ("Expired at the provider before they were fetched", 1, 20, Decimal(2)),
        ("Came after the credits had been given back", 2, 15, Decimal("1.5")),
    ]
    assert after["members"].sums["used"] == before["members"].sums["used"]
    tiles = {tile["label"]: tile["figure"] for tile in page(client, admin).context["tiles"]}
    assert tiles["Lost to the team"] == "35"


def test_the_number_of_queries_does_not_grow_with_what_was_booked(
    client, admin, alice, django_assert_num_queries, monkeypatch
):
    client.force_login(admin)
    counts = []
    for round_ in range(3):
        for number in range(1 + 3 * round_):
            user = person(f"M{round_}-{number}")
            project = Project.objects.create(name=f"P{round_}-{number}")
            it_is(monkeypatch, f"2026-11-{1 + number:02}")
            made(user, 1, (project.pk, project.name))
            ended(user, State.FAILED, f"code{number}")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(MONTH).status_code == 200
        counts.append(len(queries))
    assert counts[1] == counts[2] <= 23


def test_a_long_table_is_folded_until_it_is_sorted_and_a_short_one_never(client, admin, books, monkeypatch):
    assert "<details class=" not in said(page(client, admin))
    it_is(monkeypatch, "2026-11-20")
    for number in range(11):
        made(person(f"M{number}"), 1, ALBA)
    text = said(page(client, admin))
    assert text.count('<details class="fold"><summary') == 1
    assert "All 13 members" in text
    assert '<details class="fold" open><summary' in said(page(client, admin, MONTH + "&members=name"))


def test_addresses_tell_namesakes_apart_and_stand_nowhere_else_but_in_files(client, admin, alice, books):
    assert "bob@example.com" not in said(page(client, admin)).partition('id="members"')[2]
    User.objects.filter(email="bob@example.com").update(name="Alice")
    notes = {row.name: row.note for row in reports.tables(NOVEMBER)["members"].rows}
    assert notes["Alice"] in {"alice@example.com", "bob@example.com"}
    lines = b"".join(page(client, admin, "/reports/members.csv?from=2026-11-01&to=2026-11-30")).decode()
    assert "bob@example.com" in lines


def test_tables_sort_by_their_links_each_for_itself(client, admin, books):
    response = page(client, admin, MONTH + "&members=name&projects=used")
    tables = response.context["tables"]
    assert [line.row.name for line in tables["members"].lines] == ["Alice", "Bob"]
    assert [line.row.name for line in tables["projects"].lines] == [NORD[1], ALBA[1]]
    assert 'aria-sort="ascending"' in response.content.decode()
    assert "members=-name&amp;projects=used#members" in response.content.decode()


def test_the_report_leads_to_what_is_behind_its_figures(client, admin, alice, books):
    ended(alice, State.FAILED, "model")
    addresses = set(re.findall(r'href="(/reports/[^"?]+\?[^"]+)"', said(page(client, admin))))
    assert len(addresses) > 20
    for address in sorted(addresses):
        assert client.get(address).status_code == 200, address
