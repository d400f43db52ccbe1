"""What an impatient hand does to the pages, over real HTTP."""

import threading

import pytest
import requests

from studio.credits import allowances, ledger
from studio.credits.models import Entry
from studio.credits.modes import Given
from studio.jobs.models import Job


@pytest.fixture
def click_twice(live_server, client):
    """Sends what a page's form holds twice at the same moment, as a signed-in browser."""

    def send(user, page: str, to: str, **fields) -> list[int]:
        client.force_login(user)
        fields["csrfmiddlewaretoken"] = client.get(page).context["csrf_token"]
        cookies = {name: morsel.value for name, morsel in client.cookies.items()}
        gate, said = threading.Barrier(2), list[int]()

        def click() -> None:
            gate.wait()
            answer = requests.post(
                live_server.url + to, data=fields, cookies=cookies, allow_redirects=False, timeout=30
            )
            said.append(answer.status_code)

        hands = [threading.Thread(target=click) for _ in range(2)]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        return said

    return send


def test_a_double_click_is_one_order(running, alice, client, click_twice):
    client.force_login(alice)
    nonce = client.get("/").context["composer"].nonce
    assert click_twice(alice, "/", "/jobs/", prompt="a red fox", num_images="2", nonce=nonce) == [303, 303]
    running.rest(Job.objects.get())
    assert len(running.world.truth()) == 1
    assert [entry.kind for entry in Entry.objects.order_by("pk")] == ["hold", "capture"]
    running.check()


@pytest.mark.django_db(transaction=True)
def test_a_double_click_gives_credits_once(admin, alice, client, click_twice):
    allowances.set_allowance(alice, Given(), by=admin)
    client.force_login(admin)
    address = f"/team/{alice.pk}/"
    nonce = client.get(address).context["form"]["nonce"].value()
    fields = {"amount": "100", "reason": "Spring", "nonce": nonce}
    assert click_twice(admin, address, f"{address}credits/", **fields) == [302, 302]
    assert ledger.account_of(alice).available == 100
