"""The member's own books as a page."""

import html

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from studio.credits import balances, ledger
from studio.credits.models import WalletReading
from studio.jobs.states import State
from tests.conftest import person
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
    assert tiles(client, poor)["You have"] == ("1,230", "10 more held for orders under way")
    assert 'data-balance="1230"' in page(client, poor)


def test_a_limited_member_at_nothing_sees_nothing_left(client, db):
    poor = person("Poor", credits=5)
    order(poor)
    assert tiles(client, poor)["You have"][0] == "0"
    assert "You <b>0</b>" in page(client, poor)


def test_an_unlimited_member_reads_what_was_used(client, alice):
    order(alice)
    assert tiles(client, alice)["You used"] == (
        "0",
        "from the shared wallet; 5 more held for orders under way",
    )


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
    assert "Held for an order: a lighthouse on a cliff" in page(client, alice)


def test_an_admin_does_not_read_there_what_others_ordered(client, alice, admin):
    order(alice, prompt="a lighthouse on a cliff")
    books = page(client, admin, f"/team/{alice.pk}/")
    assert "Held for an order" in books
    assert "cliff" not in books


def test_nobody_reads_the_books_of_others(client, alice, bob, admin):
    ledger.grant(bob, 77, key="g", why=ledger.Why(actor=admin, reason="For Bobs birthday"))
    assert "Bobs birthday" not in page(client, alice)
    assert "Bobs birthday" not in page(client, admin)


@pytest.mark.parametrize("before", ["abc", "", "-1", "9" * 30, "1.5"])
def test_nonsense_in_the_address_is_the_first_page(client, alice, before):
    in_state(alice, State.MAKING)
    assert "Held for an order" in page(client, alice, f"/credits/?before={before}")


def test_older_entries_are_a_link_away(client, alice, monkeypatch):
    monkeypatch.setattr(balances, "PAGE", 1)
    ledger.grant(alice, 1, key="a", why=ledger.Why(actor=None, reason="the first"))
    ledger.grant(alice, 1, key="b", why=ledger.Why(actor=None, reason="the second"))
    client.force_login(alice)
    first = client.get("/credits/")
    assert "the first" not in first.content.decode()
    assert "the first" in page(client, alice, f"/credits/{first.context['older_url']}")


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
