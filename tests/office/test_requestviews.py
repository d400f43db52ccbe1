"""Asking for more through the pages: the member's side and the admins'."""

import html
import re

import pytest
from django.core import mail as outbox
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from studio.credits import allowances, balances, ledger, modes, periods, requests
from studio.credits.models import Account, CreditRequest, Entry
from studio.office.models import Mail
from tests.conftest import person
from tests.credits.test_balances import done

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def ann(client, db):
    """A member with three credits, signed in."""
    user = person("Ann", credits=3)
    client.force_login(user)
    return user


@pytest.fixture
def grace(db):
    """A second admin."""
    return person("Grace", is_staff=True, is_superuser=True)


def as_(client, user):
    client.force_login(user)
    return client


def ask(client, sentence="Posters for Aurora"):
    return client.post(reverse("ask"), {"sentence": sentence}, follow=True)


def answer(client, admin, what, **fields):
    row = CreditRequest.objects.latest("id")
    return told(as_(client, admin).post(reverse(f"answer_{what}", args=[row.pk]), fields, follow=True))


def told(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def text(client, address="/credits/") -> str:
    return html.unescape(client.get(address).content.decode())


def badge(client) -> str:
    return re.search(r'id="badge-chart-column">(\d*)<', text(client, "/gallery/"))[1]


# Asking


def test_a_sentence_asks_and_the_page_says_that_it_waits(client, ann):
    ask(client)
    page = text(client)
    assert "“Posters for Aurora”" in page
    assert "waiting for an admin" in page
    assert 'name="sentence"' not in page


@pytest.mark.parametrize("sentence", ["", "  ", "x" * 301, "a\0b"])
def test_without_a_sentence_nothing_is_asked(client, ann, sentence):
    assert told(ask(client, sentence))
    assert not CreditRequest.objects.exists()


def test_a_second_click_asks_once_and_writes_once(client, ann, admin, settings):
    settings.EMAIL_HOST = "mail.example"
    ask(client)
    ask(client)
    assert CreditRequest.objects.count() == 1
    assert Mail.objects.count() == 1


def test_admins_get_a_mail_when_there_is_a_server(client, ann, admin, grace, settings):
    settings.EMAIL_HOST = "mail.example"
    ask(client)
    letter = Mail.objects.get(to=grace.email)
    assert (letter.subject, Mail.objects.count()) == ("Studio: Ann asks for more credits", 2)
    assert "“Posters for Aurora”" in letter.text


def test_without_a_server_nobody_writes(client, ann, admin):
    ask(client)
    assert (Mail.objects.count(), outbox.outbox) == (0, [])


def test_who_shares_the_wallet_is_not_offered_it_and_told_so(client, alice):
    client.force_login(alice)
    assert 'id="ask"' not in text(client)
    assert told(ask(client)) == ["You share the team's wallet: nothing limits you."]


def test_what_nobody_answered_can_be_withdrawn(client, ann):
    ask(client)
    assert told(client.post(reverse("withdraw"), follow=True)) == ["Nobody is asked any more."]
    assert told(client.post(reverse("withdraw"), follow=True)) == []
    assert 'name="sentence"' in text(client)


def test_who_withdraws_and_asks_again_at_once_writes_to_nobody_twice(client, ann, admin, settings):
    settings.EMAIL_HOST = "mail.example.com"
    ask(client)
    first = Mail.objects.count()
    client.post(reverse("withdraw"))
    ask(client)
    assert (Mail.objects.count(), CreditRequest.objects.count()) == (first, 2)
    client.post(reverse("withdraw"))
    CreditRequest.objects.filter(told_at__isnull=False).update(told_at=timezone.now() - requests.AGAIN)
    ask(client)
    assert Mail.objects.count() == 2 * first > 0


def test_what_was_withdrawn_stays_with_its_time(client, ann, admin):
    ask(client)
    client.post(reverse("withdraw"))
    assert "Withdrawn" in text(client)
    said = as_(client, admin).get(reverse("requests")).content.decode()
    assert "Nobody waits for an answer" in said
    assert "Withdrawn" in said
    assert "None" not in said


def test_who_gets_an_allowance_is_told_when_the_next_one_comes(client, ann, admin):
    allowances.set_allowance(ann, modes.Monthly(300), by=admin)
    assert "Your next 300 come by themselves on 1 " in text(client)


# Answering


def test_every_admin_sees_who_waits_with_what_helps_to_answer(client, ann, admin):
    ledger.grant(ann, 57, key="g", why=ledger.NOBODY)
    done(ann, asked=4, delivered=4)
    done(ann, asked=4, delivered=4)
    done(ann, asked=3, delivered=3)
    ask(client)
    client.force_login(admin)
    assert badge(client) == "1"
    page = text(client, "/team/requests/")
    assert "“Posters for Aurora”" in page
    assert "Has 5 · only what is given · used 55 in the last 30 days" in page
    assert 'name="amount" type="number" min="1" max="1000000" required placeholder="e.g. 100"' in page
    assert "What is given lasts until it is spent." in page


def test_yes_gives_and_both_see_it(client, ann, admin):
    ask(client)
    assert answer(client, admin, "yes", amount="100") == ["Ann is told: Ada gave 100 credits."]
    assert balances.of(ann).available == 103
    assert badge(client) == ""
    page = text(client, "/team/requests/")
    assert "Nobody waits for an answer" in page
    assert '<span class="chip ok">+100</span>' in page
    client.force_login(ann)
    page = text(client)
    assert "Given by Ada: on request: Posters for Aurora" in page
    assert "Ada gave you 100 credits." in page


def test_no_says_why_and_gives_nothing(client, ann, admin):
    ask(client)
    assert answer(client, admin, "no", reason="Not this month") == [
        "Ann is told: Ada said no: Not this month"
    ]
    assert balances.of(ann).available == 3
    client.force_login(ann)
    assert "Ada gave no more credits:" in text(client, "/gallery/")
    assert "Not this month · " in text(client, "/gallery/")


@pytest.mark.parametrize(
    ("what", "fields"),
    [
        ("yes", {}), ("yes", {"amount": "0"}), ("yes", {"amount": "-5"}), ("yes", {"amount": "1.5"}),
        ("yes", {"amount": "1000001"}), ("yes", {"amount": "many"}), ("no", {}), ("no", {"reason": " "}),
        ("no", {"reason": "x" * 301}),
    ],
)  # fmt: skip
def test_half_an_answer_is_none(client, ann, admin, what, fields):
    ask(client)
    assert answer(client, admin, what, **fields)
    assert requests.open_requests().exists()
    assert Entry.objects.count() == 1


def test_a_double_click_on_yes_books_once(client, ann, admin):
    ask(client)
    answer(client, admin, "yes", amount="100")
    assert answer(client, admin, "yes", amount="100") == ["Answered before: Ada gave 100 credits."]
    assert balances.of(ann).available == 103


def test_the_second_of_two_admins_is_told_who_was_first_and_with_what(client, ann, admin, grace):
    ask(client)
    answer(client, grace, "no", reason="Not this month")
    assert answer(client, admin, "yes", amount="5") == ["Answered before: Grace said no: Not this month"]
    assert balances.of(ann).available == 3


def test_who_answers_what_was_withdrawn_is_told(client, ann, admin):
    ask(client)
    number = CreditRequest.objects.get().pk
    requests.withdraw(ann)
    late = as_(client, admin).post(reverse("answer_yes", args=[number]), {"amount": "5"}, follow=True)
    assert told(late) == ["It was withdrawn."]
    assert balances.of(ann).available == 3


def test_who_asked_gets_the_answer_by_mail_too(client, ann, admin, settings):
    ask(client)
    settings.EMAIL_HOST = "mail.example"
    answer(client, admin, "yes", amount="100")
    assert Mail.objects.get().to == ann.email
    assert "Ada gave 100 credits." in Mail.objects.get().text


def test_answers_are_kept_with_names_and_times_page_by_page(client, ann, admin, monkeypatch):
    monkeypatch.setattr("studio.office.requestviews.HISTORY", 2)
    for number in range(3):
        requests.ask(ann, f"Reason {number}")
        requests.answer_no(CreditRequest.objects.latest("id"), f"No {number}", by=admin)
    client.force_login(admin)
    page = text(client, "/team/requests/")
    assert re.findall(r"Reason \d", page) == ["Reason 2", "Reason 1"]
    older = re.search(r'href="(\?before=\d+)">Older answers', page)[1]
    page = text(client, f"/team/requests/{older}")
    assert re.findall(r"Reason \d", page) == ["Reason 0"]
    assert "Older answers" not in page


def test_the_page_costs_the_same_however_much_was_answered(client, ann, admin, django_assert_max_num_queries):
    for number in range(30):
        requests.ask(ann, f"Reason {number}")
        requests.answer_no(CreditRequest.objects.latest("id"), "No", by=admin)
    client.force_login(admin)
    with django_assert_max_num_queries(10):
        client.get("/team/requests/")


def test_who_shares_the_wallet_by_now_is_not_offered_credits_but_an_answer(client, ann, admin):
    ask(client)
    allowances.set_allowance(ann, modes.SHARES, by=admin)
    page = text(as_(client, admin), "/team/requests/")
    assert "Ann shares the team's wallet by now: nothing limits them. Say so, and it is answered." in page
    assert ("/yes/" in page, "/no/" in page) == (False, True)
    assert 'value="You share the team\'s wallet: nothing limits you."' in page
    assert answer(client, admin, "yes", amount="100") == [
        "Nothing was given: Ann shares the team's wallet by now: nothing limits them."
    ]
    assert balances.of(ann).available == 0


def test_the_page_costs_the_same_however_many_wait_and_books_nothing(client, admin):
    client.force_login(admin)
    counts = []
    for number in range(3):
        for name in "XYZ":
            user = person(f"{name}{number}")
            allowances.set_allowance(user, modes.Monthly(300), by=admin)
            done(user, asked=2, delivered=1)
            requests.ask(user, "Posters")
        Account.objects.update(renewed_for=periods.today() - 40 * periods.DAY)
        rows = Entry.objects.count()
        with CaptureQueriesContext(connection) as asked:
            page = client.get("/team/requests/").content.decode()
        counts.append(len(asked))
        assert page.count("Has 300 · 300 credits a month") == 3 * (number + 1)
        assert Entry.objects.count() == rows
    assert len(set(counts)) == 1


def test_what_is_told_is_of_the_account_in_use(client, ann, admin, settings):
    ask(client)
    settings.STUDIO_API_KEY = "live-key-0123456789"
    page = text(as_(client, admin), "/team/requests/")
    assert "Has 3 · only what is given" in page
    assert not ann.accounts.filter(sandbox=False).exists()
    ledger.grant(ann, 40, key="g", why=ledger.NOBODY)
    assert "Has 43 · only what is given" in text(client, "/team/requests/")


# Reading the answer


def test_an_answer_is_a_notice_on_every_page_until_it_is_put_away(client, ann, admin):
    ask(client)
    answer(client, admin, "yes", amount="100")
    client.force_login(ann)
    number = CreditRequest.objects.get().pk
    assert f'action="/credits/answers/{number}/seen/"' in text(client, "/gallery/")
    response = client.post(reverse("answer_seen", args=[number]), **HTMX)
    assert (response.status_code, response["HX-Trigger"]) == (204, "changed")
    assert "Ada gave you" not in text(client, "/gallery/")
    assert "Ada gave you" not in text(client, "/credits/")


def test_the_answers_of_others_are_theirs(client, ann, admin, alice):
    ask(client)
    answer(client, admin, "yes", amount="100")
    client.force_login(alice)
    assert "Ada gave you" not in text(client, "/gallery/")
    assert client.post(reverse("answer_seen", args=[CreditRequest.objects.get().pk])).status_code == 404


def test_two_answers_are_read_one_after_the_other(client, ann, admin):
    for _ in range(2):
        ask(as_(client, ann))
        answer(client, admin, "yes", amount="7")
    client.force_login(ann)
    for left in (1, 1, 0):
        numbers = re.findall(r"/credits/answers/(\d+)/seen/\" method", text(client, "/gallery/"))
        assert len(numbers) == left
        for number in numbers:
            client.post(reverse("answer_seen", args=[number]))
