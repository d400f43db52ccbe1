"""The one poll: 304 when nothing changed, else only what did."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio.credits import allowances, ledger
from studio.credits.modes import Given
from studio.jobs import making, moves, orders
from studio.jobs.models import Job, Line
from studio.jobs.states import State
from tests.gallery import pictures
from tests.jobs.cast import in_state, order

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def _known_for_long(monkeypatch):
    """How long making takes is asked for again every few seconds: no question of a poll's own."""
    monkeypatch.setattr(making, "KEPT_SECONDS", 1e9)
    making.forget()


class Page:
    """A page that is open and polls: it sends the tag it has and takes the one it gets."""

    def __init__(self, client, address="/"):
        self.client = client
        html = client.get(address).content.decode()
        live = re.search(r'hx-get="(/live/[^"]*)".*?hx-ptag="([^"]*)"', html)
        self.address, self.tag = live[1], live[2]

    def poll(self):
        response = self.client.get(self.address, HTTP_HX_PTAG=self.tag, **HTMX)
        self.tag = response["HX-PTag"]
        self.status, self.body = response.status_code, response.content.decode()
        self.targets = re.findall(r'hx-target="([^"]+)"', self.body)
        return self


@pytest.fixture
def signed_in(client, alice):
    """Alice, signed in."""
    client.force_login(alice)
    return client


@pytest.mark.parametrize("address", ["/", "/gallery/", "/queue/", "/credits/"])
def test_a_page_just_opened_has_nothing_to_learn(signed_in, alice, address):
    for state in (State.WAITING, State.MAKING, State.UNKNOWN, State.FAILED):
        in_state(alice, state)
    page = Page(signed_in, address).poll()
    assert (page.status, page.body) == (304, "")


def test_a_poll_is_never_kept(signed_in):
    assert signed_in.get("/live/", **HTMX)["Cache-Control"] == "no-store"


def test_who_has_no_tag_gets_everything(signed_in, alice):
    order(alice)
    response = signed_in.get("/live/?page=queue", **HTMX)
    assert re.findall(r'hx-target="([^"]+)"', response.content.decode()) == [
        "#strip", "#balance", "#banners", "#badge-list-ordered", "#queue",
    ]  # fmt: skip


@pytest.mark.parametrize("tag", ["x", "....", ".....", "a.b.c.d.e.f", "-.-.-", "\u00e9"])
def test_a_tag_that_makes_no_sense_gets_everything(signed_in, alice, tag):
    order(alice)
    response = signed_in.get("/live/", HTTP_HX_PTAG=tag, **HTMX)
    assert response.status_code == 200
    assert b"#strip" in response.content


def test_progress_is_patched_in_place_in_less_than_a_kilobyte(signed_in, alice):
    long = "a fox " * 100
    others = [in_state(alice, State.MAKING) for _ in range(3)]
    job = in_state(alice, State.MAKING)
    Job.objects.update(prompt=long)
    page = Page(signed_in)
    Job.objects.filter(pk=job.pk).update(progress=40)
    page.poll()
    assert page.targets == [f"#job-{job.pk} .state", f"#job-{job.pk} progress"]
    assert 'value="40"' in page.body
    assert len(page.body) <= 1024
    assert not any(str(other.pk) in page.body for other in others)
    assert page.poll().status == 304


def test_a_new_order_brings_its_card_and_the_badge(signed_in, alice):
    page = Page(signed_in)
    order(alice)
    page.poll()
    assert page.targets == ["#strip", "#balance", "#banners", "#badge-list-ordered"]
    assert page.poll().status == 304


def test_a_finished_job_brings_its_pictures(signed_in, alice, media):
    job = in_state(alice, State.SAVING)
    page = Page(signed_in)
    image = pictures.made(alice, job=job.pk)
    job.outputs.create(position=0, url="u", image=image, saved_at=timezone.now())
    Job.objects.filter(pk=job.pk).update(delivered=1)
    job.refresh_from_db()
    moves.end(job, State.DONE)
    page.poll()
    assert f"/images/{image.pk}/" in page.body
    assert "1 picture ready" in page.body


def test_a_card_that_is_put_away_leaves_every_open_page(signed_in, alice):
    job = in_state(alice, State.DONE)
    page = Page(signed_in)
    orders.dismiss(alice, job.pk)
    page.poll()
    assert "#strip" in page.targets
    assert str(job.pk) not in page.body


def test_credits_given_show_in_the_head(signed_in, alice):
    allowances.set_allowance(alice, Given(), by=None)
    page = Page(signed_in)
    ledger.grant(alice, 1240, key="g", why=ledger.NOBODY)
    page.poll()
    assert "#strip" not in page.targets
    assert '<span class="wide-only">You </span><b>1,240</b>' in page.body


def test_a_stopped_line_is_told_everywhere(signed_in):
    page = Page(signed_in, "/credits/")
    Line.objects.update(stop=Line.Stop.WALLET)
    page.poll()
    assert "The team's wallet is empty." in page.body.replace("&#x27;", "'")
    assert page.poll().status == 304


def test_what_happens_to_others_is_no_news_but_in_the_line(signed_in, bob):
    gallery, queue = Page(signed_in, "/gallery/"), Page(signed_in, "/queue/")
    order(bob)
    assert gallery.poll().status == 304
    assert queue.poll().targets == ["#queue"]


def test_the_words_of_the_queue_are_patched_without_replacing_its_buttons(signed_in, alice):
    job = in_state(alice, State.MAKING)
    page = Page(signed_in, "/queue/")
    Job.objects.filter(pk=job.pk).update(progress=40)
    page.poll()
    assert "#queue" not in page.targets
    assert f"#job-{job.pk} progress" in page.targets


def test_an_admin_sees_the_progress_of_others_in_the_queue(client, admin, alice):
    job = in_state(alice, State.MAKING)
    client.force_login(admin)
    page = Page(client, "/queue/")
    Job.objects.filter(pk=job.pk).update(progress=40)
    assert page.poll().targets == [f"#job-{job.pk} .state", f"#job-{job.pk} progress"]


def asked(page) -> int:
    with CaptureQueriesContext(connection) as queries:
        page.poll()
    assert page.status == 304
    return len(queries)


def test_a_poll_of_somebody_idle_costs_four_queries(signed_in, alice, bob):
    in_state(bob, State.MAKING)
    assert asked(Page(signed_in)) <= 4


def test_a_poll_costs_the_same_however_many_jobs_there_are(signed_in, alice, media):
    def with_results():
        for state in (State.MAKING, State.SAVING, State.DONE):
            job = in_state(alice, state)
            image = pictures.made(alice, job=job.pk)
            job.outputs.create(position=0, url="u", image=image, saved_at=timezone.now())
            job.outputs.create(position=1, url="u", attempts=2)

    with_results()
    few = asked(Page(signed_in))
    with_results()
    with_results()
    assert asked(Page(signed_in)) == few <= 5


def test_who_was_signed_out_is_sent_to_sign_in_and_back_to_their_page(client, db):
    response = client.get("/live/", HTTP_HX_CURRENT_URL="http://testserver/gallery/?by=me", **HTMX)
    assert (response.status_code, response.content) == (401, b"")
    assert response["HX-Redirect"] == "/accounts/login/?next=%2Fgallery%2F%3Fby%3Dme"


def test_who_was_signed_out_is_not_led_elsewhere(client, db):
    for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", ""):
        response = client.get("/live/", HTTP_HX_CURRENT_URL=elsewhere, **HTMX)
        assert response["HX-Redirect"] == "/accounts/login/?next=%2F"


def test_an_old_session_of_somebody_deactivated_is_a_signed_out_one(signed_in, alice):
    page = Page(signed_in)
    alice.is_active = False
    alice.save()
    assert signed_in.get(page.address, **HTMX).status_code == 401


def test_time_that_passes_changes_words(signed_in, alice):
    job = in_state(alice, State.MAKING)
    page = Page(signed_in)
    Job.objects.filter(pk=job.pk).update(sent_at=timezone.now() - timedelta(minutes=7))
    assert "No news from the API for 7 min. Still checking." in page.poll().body
