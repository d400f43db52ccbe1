"""The member's own books as a page."""

import csv
import html
import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.models import Image
from studio.credits import allowances, entries, ledger, modes, periods
from studio.credits.models import Account, Entry, WalletReading
from studio.jobs.states import State
from tests.conftest import person
from tests.credits.test_balances import done, last_month
from tests.gallery import pictures
from tests.jobs.cast import in_state, order

pytestmark = pytest.mark.django_db


def page(client, user, address="/credits/") -> str:
    client.force_login(user)
    response = client.get(address)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def tiles(client, user) -> dict[str, tuple[str, str]]:
    client.force_login(user)
    return {
        tile["label"]: (tile["figure"], tile["note"]) for tile in client.get("/credits/").context["tiles"]
    }


def test_new_books_say_what_will_stand_there(client, alice):
    assert "No entries yet" in page(client, alice)


def test_a_limited_member_reads_what_is_left_and_held(client, db):
    poor = person("Poor", credits=1240)
    order(poor, num_images=2)
    assert tiles(client, poor)["You have"] == ("1,230", "given to you, until it is spent")
    assert tiles(client, poor)["Held"] == ("10", "for orders under way")
    assert 'data-balance="1230"' in page(client, poor)


def test_a_limited_member_at_nothing_sees_nothing_left(client, db):
    poor = person("Poor", credits=5)
    order(poor)
    assert tiles(client, poor)["You have"][0] == "0"
    assert '<span class="wide-only">You </span><b>0</b>' in page(client, poor)


def test_an_unlimited_member_reads_what_was_used(client, alice):
    done(alice, asked=2, delivered=2)
    order(alice)
    assert "You have" not in tiles(client, alice)
    assert tiles(client, alice)["Used this month"] == ("10", "2 pictures, from the shared wallet")
    assert tiles(client, alice)["Held"] == ("5", "for orders under way")


def test_a_member_with_an_allowance_reads_when_the_next_one_comes(client, alice, admin):
    allowances.set_allowance(alice, modes.Monthly(300), by=admin)
    done(alice)
    first = periods.next_month(periods.today())
    assert tiles(client, alice)["You have"] == ("295", f"300 credits a month, new on 1 {first:%B}")
    assert tiles(client, alice)["Used this month"] == ("5", "1 picture")


def test_what_expired_at_midnight_is_not_shown_as_left(client, alice, admin):
    allowances.set_allowance(alice, modes.Monthly(300), by=admin)
    done(alice)
    Account.objects.filter(user=alice).update(renewed_for=periods.last_month(periods.today()))
    last_month(alice)
    super(type(Entry.objects.all()), Entry.objects.filter(kind="grant")).update(key="of the month before")
    assert '<span class="wide-only">You </span><b>300</b>' in page(client, alice, "/gallery/")
    assert tiles(client, alice)["You have"][0] == "300"
    assert "Expired: The month is over" in page(client, alice)


def test_the_teams_wallet_stands_beside_with_its_time(client, alice):
    assert "Team wallet" not in tiles(client, alice)
    WalletReading.objects.create(api="sandbox", balance="1240.75")
    figure, note = tiles(client, alice)["Team wallet"]
    assert figure == "1,240"
    assert note.startswith("read at ")
    assert "team <b>1,240</b>" in page(client, alice)


def test_an_entry_leads_to_its_job(client, alice):
    job = order(alice)
    assert f"/jobs/{job.pk}/" in page(client, alice)


def test_an_entry_tells_what_was_ordered(client, alice):
    order(alice, prompt="a lighthouse on a cliff")
    assert "Held 5 for an order: a lighthouse on a cliff" in page(client, alice)


def test_an_admin_does_not_read_there_what_others_ordered_in_private(client, alice, admin):
    order(alice, prompt="a lighthouse on a cliff", private=True)
    order(alice, prompt="a bridge in the fog")
    books = page(client, admin, f"/team/{alice.pk}/")
    assert "Held 5 for an order: a bridge in the fog" in books
    assert "cliff" not in books


def test_nobody_reads_the_books_of_others(client, alice, bob, admin):
    ledger.grant(bob, 77, key="g", why=ledger.Why(actor=admin, reason="For Bobs birthday"))
    assert "Bobs birthday" not in page(client, alice)
    assert "Bobs birthday" not in page(client, admin)


@pytest.mark.parametrize("before", ["abc", "", "-1", "9" * 30, "1.5"])
def test_nonsense_in_the_address_is_the_first_page(client, alice, before):
    in_state(alice, State.MAKING)
    assert "Held 5 for an order" in page(client, alice, f"/credits/?before={before}")


def test_older_entries_are_a_link_away(client, alice, monkeypatch):
    monkeypatch.setattr(entries, "PAGE", 1)
    ledger.grant(alice, 1, key="a", why=ledger.Why(actor=None, reason="the first"))
    ledger.grant(alice, 1, key="b", why=ledger.Why(actor=None, reason="the second"))
    client.force_login(alice)
    first = client.get("/credits/")
    assert "the first" not in first.content.decode()
    assert "the first" in page(client, alice, f"/credits/?before={first.context['older']}")


def test_the_way_to_older_entries_keeps_what_was_chosen(client, alice, monkeypatch):
    monkeypatch.setattr(entries, "PAGE", 1)
    done(alice)
    done(alice)
    text = page(client, alice, "/credits/?kind=capture&project=1")
    assert re.search(r'href="\?kind=capture&project=1&before=\d+">Older entries', text)
    assert 'href="/credits/entries.csv?kind=capture&project=1"' in text
    assert text.count("Paid 5 for 1 picture") == 1
    assert "for an order" not in text
    assert '<option value="capture" selected>' in text


def test_the_sum_below_the_entries_is_what_one_has(client):
    ann = person("Ann", credits=30)
    done(ann, asked=2, delivered=1)
    order(ann)
    foot = page(client, ann).split("<tfoot>")[1].split("</tfoot>")[0]
    assert re.sub("<[^>]+>", " ", foot).split() == ["All", "entries", "+20", "+5"]
    assert tiles(client, ann)["You have"][0] == "20"
    assert tiles(client, ann)["Held"][0] == "5"


def test_a_choice_without_entries_says_so_and_leads_back(client, alice):
    done(alice)
    text = page(client, alice, "/credits/?kind=expire")
    assert "Nothing was booked like that" in text
    assert '<a class="btn" href="?">Show all entries</a>' in text


def test_pictures_stand_beside_what_was_paid_for_them_as_long_as_they_may_be_seen(client, alice, media):
    job = done(alice)
    picture = pictures.made(alice, job=job.pk)
    assert f'<a href="/images/{picture.pk}/"><img src="/media/{picture.pk}/320.webp' in page(client, alice)
    Image.objects.update(trashed_at=timezone.now())
    assert f"/images/{picture.pk}/" not in page(client, alice)


def test_the_file_has_what_was_chosen(client, alice, bob, admin):
    done(alice)
    done(bob)
    ledger.grant(alice, 7, key="g", why=ledger.Why(actor=admin, reason="=1+1"))
    client.force_login(alice)
    month = f"{periods.today():%Y-%m}"
    answer = client.get(f"/credits/entries.csv?kind=grant&month={month}")
    assert answer["Content-Disposition"] == f'attachment; filename="credits-{month}.csv"'
    header, row, *rest = csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig")))
    assert dict(zip(header, row, strict=True)) | {"When": ""} == {
        "When": "", "Day": f"{periods.today()}", "What": "Given", "Order": "", "Kind": "grant", "Made": "",
        "Model": "", "Project": "", "Pictures": "0", "Credits": "7", "Held": "0", "By": "Ada", "Reason": "'=1+1",
        "Job": "",
    }  # fmt: skip
    assert rest == []
    whole = b"".join(client.get("/credits/entries.csv")).decode()
    assert len(whole.splitlines()) == 4
    assert "a lighthouse" in whole


def test_the_page_costs_the_same_however_many_entries_there_are(client, alice, admin):
    client.force_login(alice)

    def grant(times: int, name: str):
        for number in range(times):
            ledger.grant(alice, 1, key=f"{name}{number}", why=ledger.Why(actor=admin, reason="x"))

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/credits/")
        return len(queries)

    grant(2, "a")
    few = asked()
    grant(20, "b")
    assert asked() == few
