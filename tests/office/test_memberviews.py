"""The page of a member: how they get credits, giving and taking back, what they used, and letting go."""

import html
import re

import pytest
from django.test import Client

from gallery.models import Project
from studio.accounts.models import User
from studio.credits import allowances, balances, ledger, periods
from studio.credits.models import Change, Entry, WalletReading
from studio.credits.modes import SHARES, Given, Monthly
from studio.jobs import orders
from studio.office import members
from tests.conftest import person
from tests.jobs.cast import order
from tests.office.conftest import asked, settled

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client, admin):
    """The admin, signed in."""
    client.force_login(admin)
    return client


@pytest.fixture
def gus(db):
    """Has 100 credits that were given."""
    return person("Gus", credits=100)


def text(response) -> str:
    return html.unescape(response.content.decode())


def page(client, user) -> str:
    response = client.get(f"/team/{user.pk}/")
    assert response.status_code == 200
    return text(response)


# How they get credits


def terms(client, user, **fields):
    return client.post(f"/team/{user.pk}/allowance/", fields, follow=True)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "This field is required."),
        ({"sharing": "nonsense"}, "Select a valid choice."),
        ({"sharing": "monthly"}, "How many credits a month?"),
        ({"sharing": "monthly", "monthly": "4"}, "greater than or equal to 5"),
        ({"sharing": "monthly", "monthly": "x"}, "Enter a whole number."),
        ({"sharing": "given", "monthly": "30"}, "Choose this for the amount"),
    ],
)
def test_wrong_terms_are_refused_beside_their_field_and_change_nothing(office, alice, fields, words):
    response = terms(office, alice, **fields)
    assert response.status_code == 422
    assert words in text(response)
    assert not balances.of(alice).limited
    assert not Change.objects.exists()


def test_who_used_the_wallet_is_limited_at_once_and_starts_from_the_allowance(office, alice):
    settled(order(alice, num_images=4), received=4)
    said = text(terms(office, alice, sharing="monthly", monthly="30"))
    first = periods.next_month(periods.today())
    assert "Alice gets 30 credits a month now. 30 were given at once" in said
    assert re.search(rf"<dd>30</dd><dd>of 30 a month, anew on {first:%-d %B}</dd>", said)
    assert "Used this month</dt><dd>20</dd>" in said


def test_every_change_is_told_with_who_and_when_and_from_what_to_what(office, gus):
    terms(office, gus, sharing="monthly", monthly="200")
    told = text(terms(office, gus, sharing="wallet"))
    rows = re.findall(r"<td>Ada</td><td>([^<]+)</td><td>([^<]+)</td>", told)
    assert rows == [
        ("200 credits a month", "shares the wallet"),
        ("only what is given", "200 credits a month"),
    ]
    assert "The 300 credits that were left expired." in told


def test_the_same_again_changes_nothing(office, gus):
    assert "Nothing changed" in text(terms(office, gus, sharing="given"))
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (Given(), ["What they have left, 100, expires at once.", "The whole amount is given at once"]),
        (SHARES, ["The whole amount is given at once", "They begin with nothing."]),
        (
            Monthly(60),
            [
                "What they have left, 160, expires at once.",
                "More than 60 counts at once, less counts from",
                "They begin with what they have left, 160.",
            ],
        ),
    ],
)
def test_each_choice_says_what_it_changes_and_from_when(office, gus, admin, mode, words):
    allowances.set_allowance(gus, mode, by=admin)
    shown = page(office, gus)
    assert "Given on the 1st of every month at 0:00 (" in shown
    found = [said for said in words if said in shown]
    assert found == words


def test_allowances_that_the_wallet_does_not_cover_are_said_so(office, gus):
    WalletReading.objects.create(api="sandbox", balance="150")
    assert "in all" not in text(terms(office, gus, sharing="monthly", monthly="50"))
    said = text(terms(office, gus, sharing="monthly", monthly="60"))
    assert "Members have 160 credits in all, and the team's wallet has 150." in said


# Giving and taking back


def give(client, user, do="give", **fields):
    fields = {"amount": "40", "reason": "Spring", "do": do} | fields
    return client.post(f"/team/{user.pk}/credits/", fields, follow=True)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"amount": "0"}, "greater than or equal to 1"),
        ({"amount": "-5"}, "greater than or equal to 1"),
        ({"reason": ""}, "This field is required."),
        ({"reason": "  "}, "This field is required."),
        ({"amount": "1.5"}, "Enter a whole number."),
        ({"amount": "9" * 30}, "less than or equal to"),
    ],
)
@pytest.mark.parametrize("do", ["give", "take"])
def test_wrong_credits_are_refused_in_words_and_book_nothing(office, gus, do, fields, words):
    response = give(office, gus, do, **fields)
    assert response.status_code == 422
    assert words in text(response)
    assert Entry.objects.count() == 1


def test_who_shares_the_wallet_is_given_nothing(office, alice):
    assert "nothing limits them, so that there is nothing to give" in page(office, alice)
    response = give(office, alice)
    assert response.status_code == 422
    assert "Alice shares the wallet: nothing limits them. Choose otherwise first." in text(response)
    assert not Entry.objects.exists()


def test_credits_are_given_with_name_and_reason_and_the_page_says_what_that_makes(office, gus, admin):
    said = text(give(office, gus))
    assert "Gus has 140 credits now. They last until they are spent." in said
    assert "Given by Ada: Spring" in said
    assert Entry.objects.order_by("-pk")[0].actor == admin


def test_what_is_given_on_top_of_an_allowance_says_until_when_it_lasts(office, gus, admin):
    allowances.set_allowance(gus, Monthly(60), by=admin)
    first = periods.next_month(periods.today())
    assert "What is given lasts as long as this month's allowance." in page(office, gus)
    said = text(give(office, gus))
    assert f"Gus has 200 credits now. What is left of them on {first:%-d %B} expires." in said


def test_a_gift_that_the_wallet_does_not_cover_is_said_so(office, gus):
    WalletReading.objects.create(api="sandbox", balance="150")
    assert "in all" not in text(give(office, gus))
    assert "Members have 180 credits in all, and the team's wallet has 150." in text(give(office, gus))


def test_no_more_is_taken_back_than_there_is(office, gus):
    order(gus, num_images=2)
    assert "At most 90 can be taken back; what is held for orders stays." in page(office, gus)
    response = give(office, gus, "take", amount="91")
    assert response.status_code == 422
    assert "At most 90 can be taken back." in text(response)
    assert "Gus has 0 credits now." in text(give(office, gus, "take", amount="90"))
    assert "Corrected by Ada: Spring" in page(office, gus)


def gift(response, **fields) -> dict[str, str]:
    """What the form on a member's page sends."""
    return {"amount": "100", "reason": "Spring", "nonce": response.context["form"]["nonce"].value()} | fields


@pytest.mark.parametrize(("do", "left"), [("give", 200), ("take", 0)])
def test_a_double_click_counts_once(office, gus, do, left):
    sent = gift(office.get(f"/team/{gus.pk}/"), do=do)
    for _ in range(2):
        assert office.post(f"/team/{gus.pk}/credits/", sent).status_code == 302
    assert page(office, gus).count(f"Gus has {left} credits now.") == 1
    assert balances.of(gus).available == left


@pytest.mark.parametrize("other", [{"amount": "50"}, {"reason": "Summer"}])
def test_another_gift_with_an_old_nonce_is_another_gift(office, gus, other):
    sent = gift(office.get(f"/team/{gus.pk}/"))
    for fields in (sent, sent | other):
        office.post(f"/team/{gus.pk}/credits/", fields)
    assert Entry.objects.count() == 3


def test_the_same_again_on_a_fresh_page_is_meant(office, gus):
    for _ in range(2):
        office.post(f"/team/{gus.pk}/credits/", gift(office.get(f"/team/{gus.pk}/")))
    assert balances.of(gus).available == 300


# What was used


def test_months_and_projects_add_up_to_the_same(alice, monkeypatch):
    general, spring = Project.objects.get(), Project.objects.create(name="Spring")
    today = periods.today()
    for days, project, count in [(0, general, 1), (0, spring, 2), (70, spring, 4), (500, general, 4)]:
        day = today - days * periods.DAY
        with monkeypatch.context() as patched:
            patched.setattr(periods, "today", lambda day=day: day)
            job = orders.ask(alice, orders.Ask(prompt="a fox", project=project, num_images=count))
            settled(job, received=count)
    used = members.used(balances.account_of(alice))
    assert [(row.subject, row.used, row.pictures) for row in used.months] == [
        (periods.month_of(today), 15, 3),
        (periods.month_of(today - 70 * periods.DAY), 20, 4),
    ]
    assert [(row.subject.label, row.used, row.pictures) for row in used.projects] == [
        ("Spring", 30, 6),
        ("General", 5, 1),
    ]


def test_entries_are_told_with_what_was_ordered_but_for_what_is_private(office, alice):
    order(alice, prompt="A public lighthouse")
    order(alice, prompt="A secret garden", private=True)
    shown = page(office, alice)
    assert "A public lighthouse" in shown
    assert "secret garden" not in shown


def test_older_entries_are_a_page_away(office, gus):
    for number in range(60):
        ledger.grant(gus, 1, key=f"g{number}", why=ledger.Why(actor=None, reason=f"Gift {number}."))
    first = page(office, gus)
    assert "Gift 59." in first
    assert "Gift 5." not in first
    older = re.search(r'href="(\?before=\d+)">Older entries', first)[1]
    assert "Gift 5." in text(office.get(f"/team/{gus.pk}/{older}"))


def test_a_page_costs_the_same_however_much_was_used(office, alice):
    settled(order(alice), received=1)
    few = asked(office, f"/team/{alice.pk}/")
    for _ in range(20):
        project = Project.objects.create(name=f"P{_}")
        settled(orders.ask(alice, orders.Ask(prompt="a fox", project=project)), received=1)
    assert asked(office, f"/team/{alice.pk}/") == few


# Membership


def changed(client, user, what) -> str:
    response = client.post(f"/team/{user.pk}/change/", {"change": what}, follow=True)
    assert response.status_code == 200
    return text(response)


def test_somebody_deactivated_is_out_at_once_and_can_come_back(office, alice):
    session = Client()
    session.force_login(alice)
    assert "Alice is out of the team." in changed(office, alice, "deactivate")
    assert session.get("/gallery/").status_code == 302
    assert "Alice is back in the team." in changed(office, alice, "activate")
    assert session.get("/gallery/").status_code == 200


def test_an_admin_can_not_lock_everybody_out(office, admin):
    assert "You can't deactivate yourself." in changed(office, admin, "deactivate")
    assert User.objects.get(pk=admin.pk).is_active


def test_a_change_nobody_knows_changes_nothing(office, alice):
    assert "Nothing was changed." in changed(office, alice, "explode")
