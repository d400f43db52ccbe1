"""The Queue page: a numbered line with reasons, and nobody reads what is not theirs."""

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.models import Image
from studio.jobs import forecast, making, moves, orders, pace, queue, turns, words
from studio.jobs.models import Heard, Job, Line
from studio.jobs.states import State
from tests.gallery import pictures
from tests.jobs.cast import in_state, order

pytestmark = pytest.mark.django_db


def page(client, user) -> str:
    client.force_login(user)
    response = client.get("/queue/")
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def in_line(user) -> list[queue.TurnRow]:
    return queue.in_line(user, forecast.schedule())


def titles(rows) -> list[str]:
    return [row.title for row in rows]


def test_an_empty_queue_says_how_it_works(client, alice):
    assert "Nothing running" in page(client, alice)
    assert "60 a minute for the whole team" in page(client, alice)


def test_the_line_is_numbered_fair_and_gives_its_reasons(alice, bob):
    first, second, third = order(alice), order(alice), order(bob)
    rows = in_line(alice)
    assert [(row.place, row.id, row.owner) for row in rows] == [
        (1, first.pk, "You"),
        (2, third.pk, "Bob"),
        (3, second.pk, "You"),
    ]
    assert [row.why for row in rows] == [
        "Starts with the next free slot",
        "Whoever was served longest ago goes first",
        "2nd order of one member: all members take turns",
    ]
    assert all(row.start and row.ready for row in rows)


def test_who_stands_where_an_admin_put_it_reads_who_it_was(alice, bob, admin):
    first, moved = order(alice), order(bob)
    turns.move_first(moved.pk, by=admin)
    assert [row.why for row in in_line(alice)] == [
        "Ada moved it first",
        "After what was moved first, whoever was served longest ago goes first",
    ]
    assert in_line(admin)[0].why == "You moved it first"
    turns.put_back(moved.pk, by=admin)
    assert [row.id for row in in_line(alice)] == [first.pk, moved.pk]
    assert in_line(bob)[0].why == "Starts with the next free slot"


def test_while_the_worker_is_dead_no_time_is_promised(alice):
    order(alice)
    Heard.objects.create(name="worker", at=timezone.now() - timedelta(seconds=61))
    (row,) = in_line(alice)
    assert (row.start, row.ready) == ("", "")
    assert row.why == "Delayed; the order is kept"
    assert words.of(Job.objects.get(), forecast.schedule()) == (
        "Next in line · delayed, since the studio’s worker does not answer"
    )
    Heard.objects.update(at=timezone.now())
    assert in_line(alice)[0].start


def test_ones_own_can_go_where_there_is_somewhere_to_go(alice, bob, admin):
    mine = [order(alice) for _ in range(4)]
    order(bob)
    turns.move_first(mine[3].pk, by=admin)
    ways = {row.id: row.ways for row in in_line(alice)}
    top, sooner, later = turns.To.TOP, turns.To.SOONER, turns.To.LATER
    assert [ways[job.pk] for job in mine] == [(later,), (sooner, later), (top, sooner), ()]
    assert [row.ways for row in in_line(bob) if row.mine] == [()]


def test_only_admins_move_first_and_back(alice, bob, admin):
    order(alice), order(bob)
    moved = order(bob)
    turns.move_first(moved.pk, by=admin)
    for user in (alice, bob):
        assert {(row.may_go_first, row.may_go_back) for row in in_line(user)} == {(False, False)}
    assert [(row.may_go_first, row.may_go_back) for row in in_line(admin)] == [
        (False, True),
        (True, False),
        (True, False),
    ]


def test_of_a_long_line_its_head_and_ones_own_are_shown_and_how_many_more_there_are(
    client, alice, bob, monkeypatch
):
    monkeypatch.setattr(queue, "MOST_TURNS", 3)
    for _ in range(5):
        order(alice)
    late = [order(bob) for _ in range(2)]
    shown = in_line(bob)
    assert [row.place for row in shown] == [1, 2, 3, 4]
    assert [row.id for row in shown if row.mine] == [job.pk for job in late]
    assert "3 more wait that are not shown." in page(client, bob)
    assert [row.place for row in in_line(alice)] == [1, 2, 3, 5, 6, 7]


def test_every_button_says_what_it_does_to_which_order(client, alice, admin):
    for prompt in ("a fox", "a hen", "an owl"):
        order(alice, prompt=prompt)
    seen = page(client, alice)
    for name, to in (("Later: a fox", "later"), ("Sooner: a hen", "sooner"), ("Top of mine: an owl", "top")):
        assert name in " ".join(re.sub(r"<[^>]+>", "", seen).split())
        assert f'name="to" value="{to}"' in seen
    assert "Move first the order of Alice: a hen" in " ".join(
        re.sub(r"<[^>]+>", "", page(client, admin)).split()
    )


@pytest.mark.parametrize("waits", [True, False])
def test_that_the_api_takes_fewer_than_are_set_is_said(client, alice, waits):
    if waits:
        order(alice)
    now = timezone.now()
    Line.objects.update(paced_api="sandbox", narrowed_to=2, narrowed_at=now)
    assert "The API takes 2 a minute at the moment, 60 are set." in page(client, alice)
    Line.objects.update(narrowed_at=now - pace.RELEARN * pace.window())
    seen = page(client, alice)
    assert "at the moment" not in seen
    assert "60 a minute for the whole team" in seen


def test_admins_are_told_everywhere_that_the_api_takes_fewer_than_are_set(client, alice, admin):
    Line.objects.update(paced_api="sandbox", narrowed_to=2, narrowed_at=timezone.now())

    def banners(user) -> str:
        client.force_login(user)
        return html.unescape(client.get("/credits/").content.decode()).split('id="main"')[0]

    said = "The API takes 2 a minute at the moment, 60 are set."
    assert said not in banners(alice)
    assert said in banners(admin)
    Line.objects.update(per_minute=2)
    assert "at the moment" not in banners(admin)
    Line.objects.update(per_minute=None, paced_api="https://api.example.com")
    assert "at the moment" not in banners(admin)


@pytest.mark.parametrize("stop", [stop for stop in Line.Stop if stop])
def test_a_stopped_line_says_why_in_every_row_and_above_all(client, alice, stop):
    order(alice)
    Line.objects.update(stop=stop)
    (row,) = in_line(alice)
    assert (row.start, row.ready) == ("", "")
    told = {
        "key": "The API key was refused.",
        "wallet": "The team's wallet is empty.",
        "lost": "was lost",
        "unreachable": "reach",
        "refused": "takes no orders",
        "budget": "budget for this month",
        "restored": "backup",
    }[stop]
    assert told in row.why
    assert told in page(client, alice).split('id="queue"')[0]


def test_admins_read_the_apis_own_words_and_the_way_out(client, alice, admin):
    Line.objects.update(stop=Line.Stop.KEY, words="The key has expired.")
    assert "The key has expired." not in page(client, alice)
    assert "Admins see this too." in page(client, alice)
    seen = page(client, admin)
    assert "The key has expired." in seen
    assert "Open settings" in seen


@pytest.fixture
def bobs_words(bob):
    """Bob's jobs in every state, with words that are his."""
    for state in State:
        job = in_state(bob, state, reason="The reason has Bobs idea in it.")
        Job.objects.filter(pk=job.pk).update(prompt="Bobs idea")
        job = in_state(bob, state, private=True, reason="The reason has Bobs secret in it.")
        Job.objects.filter(pk=job.pk).update(prompt="Bobs secret")


def test_members_read_nothing_of_what_others_order(client, alice, bobs_words):
    seen = page(client, alice)
    assert "Bobs idea" not in seen
    assert "Bobs secret" not in seen
    assert "Bob" in seen


def test_admins_read_what_others_order_but_not_what_is_private(client, admin, bobs_words):
    seen = page(client, admin)
    assert "Bobs idea" in seen
    assert "Bobs secret" not in seen


def test_the_owner_reads_everything(client, bob, bobs_words):
    assert "Bobs secret" in page(client, bob)


def test_only_the_owner_and_admins_can_cancel(client, alice, bob, admin):
    order(alice, prompt="My secret", private=True)
    assert [[row.may_cancel for row in in_line(user)] for user in (alice, bob, admin)] == [
        [True],
        [False],
        [True],
    ]
    seen = page(client, admin)
    assert "the order of Alice: 1 picture" in seen
    assert "My secret" not in seen


def test_what_needs_a_look_is_ones_own_and_can_be_put_away(alice, bob):
    failed, unknown = in_state(alice, State.FAILED), in_state(alice, State.UNKNOWN)
    in_state(bob, State.FAILED)
    assert {card.id for card in queue.content(alice)["attention"]} == {failed.pk, unknown.pk}
    orders.dismiss(alice, failed.pk)
    assert [card.id for card in queue.content(alice)["attention"]] == [unknown.pk]


def end(job: Job, state: State, **facts) -> None:
    Job.objects.filter(pk=job.pk).update(**facts)
    job.refresh_from_db()
    moves.end(job, state)


def test_the_history_says_what_came_of_it_and_what_it_cost(alice):
    end(in_state(alice, State.SAVING, num_images=4), State.DONE, delivered=3)
    end(in_state(alice, State.SAVING), State.DONE, delivered=1)
    end(in_state(alice, State.MAKING), State.FAILED)
    orders.cancel(alice, order(alice).pk)
    rows = queue.history(alice)
    assert [(row.result, row.level, row.credits) for row in rows] == [
        ("cancelled", "", 0),
        ("failed", "bad", 0),
        ("1 picture", "ok", 5),
        ("3 of 4 saved", "warn", 15),
    ]


def test_the_history_says_why_it_failed_and_quotes_nobodys_private_words(alice, admin, client):
    job = in_state(alice, State.MAKING, reason="No “naked king” here.")
    end(job, State.FAILED)
    assert queue.history(alice)[0].reason == "No “naked king” here."
    assert "naked king” here." in page(client, alice)
    Job.objects.update(private=True)
    assert [row.reason for row in queue.history(admin)] == [""]


def test_an_unknown_job_is_history_once_its_credits_are_back(alice):
    job = in_state(alice, State.UNKNOWN)
    assert queue.history(alice) == []
    moves.give_back(job)
    assert [row.result for row in queue.history(alice)] == ["unclear"]


def test_a_row_of_history_leads_to_its_first_picture_there_is(alice, admin):
    job = in_state(alice, State.DONE, num_images=2)
    first, second = pictures.rows(alice, 2, job=job.pk)
    assert queue.history(alice)[0].url == first.get_absolute_url()
    Image.objects.filter(pk=first.pk).update(trashed_at=timezone.now())
    assert queue.history(alice)[0].url == second.get_absolute_url()
    Image.objects.filter(pk=second.pk).update(private=True)
    assert queue.history(admin)[0].url == ""


def test_the_page_costs_the_same_however_many_jobs_there_are(client, alice, bob, admin):
    client.force_login(admin)

    def jobs():
        for owner in (alice, bob, admin):
            for state in State:
                in_state(owner, state)

    def asked() -> int:
        making.forget()
        with CaptureQueriesContext(connection) as queries:
            client.get("/queue/")
        return len(queries)

    jobs()
    # A process asks SQLite once whether it knows JSON.
    client.get("/queue/")
    few = asked()
    jobs()
    jobs()
    assert asked() == few
