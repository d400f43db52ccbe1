"""Ordering, cancelling and putting away through the pages, as browsers, htmx and scripts do it."""

import html
import json
import re
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from structlog.testing import capture_logs

from gallery.models import Image, Project
from studio.credits import budgets, ledger, requests
from studio.credits.models import WalletReading
from studio.jobs import making, turns
from studio.jobs.models import Job, Line
from studio.jobs.states import State
from tests.conftest import person
from tests.gallery import pictures
from tests.jobs.cast import in_state, order

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def studio(client, alice):
    """Alice, signed in."""
    client.force_login(alice)
    return client


@pytest.fixture
def poor(client, db):
    """A member with 12 credits, signed in."""
    user = person("Poor", credits=12)
    client.force_login(user)
    return client


def post(client, headers=(), **fields):
    return client.post("/jobs/", {"prompt": "a red fox"} | fields, **dict(headers))


def text(response) -> str:
    return html.unescape(response.content.decode())


# What is wrong


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"prompt": ""}, "Say what it shall be."),
        ({"prompt": " \n\t "}, "Say what it shall be."),
        ({"prompt": "x" * 4001}, "at most 4000 characters"),
        ({"prompt": "a\0b"}, "Null characters are not allowed."),
        ({"nonce": "n" * 65}, "at most 64 characters"),
        ({"num_images": "0"}, "At least one picture."),
        ({"num_images": "-1"}, "At least one picture."),
        ({"num_images": "5"}, "At most 4 pictures an order."),
        ({"num_images": "400"}, "At most 4 pictures an order."),
        ({"num_images": "abc"}, "Enter a whole number."),
        ({"num_images": "1.5"}, "Enter a whole number."),
        ({"fewer": "9"}, "less than or equal to 4"),
        ({"aspect_ratio": "7:5"}, "7:5 is not a ratio this model makes."),
        ({"output_format": "gif"}, "gif is not a format this model makes."),
        ({"project": "999"}, "There is no such project."),
        ({"project": "9" * 30}, "There is no such project."),
        ({"sources": "999"}, "not there any more"),
        ({"sources": "9" * 30}, "not there any more"),
        ({"sources": "-1"}, "not there any more"),
        ({"sources": "x"}, "not there any more"),
        ({"sources": ""}, "not there any more"),
    ],
)
def test_a_wrong_order_is_refused_in_words_and_costs_nothing(studio, alice, fields, words):
    response = post(studio, **fields)
    assert response.status_code == 422
    assert words in text(response)
    assert "Nothing was charged." in text(response)
    assert not Job.objects.exists()
    assert ledger.account_of(alice).held == 0


def test_a_body_that_is_no_form_is_a_wrong_order(studio):
    response = studio.post("/jobs/", json.dumps({"prompt": "a fox"}), content_type="application/json")
    assert response.status_code == 422


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_project_archived_meanwhile_is_named_and_the_next_one_offered(studio, headers):
    old = Project.objects.create(name="HR", archived_at=timezone.now())
    general = Project.objects.get(name="General")
    response = post(studio, headers, project=old.pk)
    assert response.status_code == 422
    page = text(response)
    assert "“HR” was archived. It takes no new pictures." in page
    assert f'name="instead" value="{general.pk}">Use General</button>' in page
    assert f'<option value="{general.pk}" selected>General' in page
    assert ">HR" not in page
    assert post(studio, project=old.pk, instead=general.pk).status_code == 303
    assert Job.objects.get().project_name == "General"


def test_a_picker_that_needs_no_change_stays_as_it_is(studio):
    assert "<option" not in text(post(studio, HTMX, prompt=""))


def test_a_project_at_its_cap_offers_another_with_room(studio, admin):
    general = Project.objects.get()
    full, roomy = (Project.objects.create(name=name) for name in ("Full", "Roomy"))
    for project in (general, full):
        budgets.set_cap(project.pk, 5, by=admin)
        assert post(studio, project=project.pk).status_code == 303
    page = text(post(studio, project=general.pk))
    assert "or ask Ada to raise it." in page
    assert f'name="instead" value="{roomy.pk}">Use Roomy</button>' in page


def test_without_an_open_project_nothing_is_taken(studio, media):
    Project.objects.update(archived_at=timezone.now())
    response = post(studio, images=[pictures.file()])
    assert response.status_code == 422
    assert "Every project is archived." in text(response)


def test_what_was_typed_is_kept_beside_what_is_wrong(studio, alice, media):
    spring, picture = Project.objects.create(name="Spring"), pictures.made(alice)
    fields = {"prompt": "x" * 4001, "num_images": "3", "aspect_ratio": "16:9", "output_format": "webp"}
    fields |= {"project": spring.pk, "private": "1", "sources": picture.pk, "nonce": "n1"}
    kept = post(studio, **fields).context["composer"]
    assert (kept.prompt, kept.num_images, kept.aspect_ratio) == ("x" * 4001, 3, "16:9")
    assert (kept.output_format, kept.project_id, kept.private) == ("webp", spring.pk, True)
    assert [picture.id for picture in kept.tray] == [picture.pk]
    assert (kept.nonce, kept.open) == ("n1", True)


def test_what_makes_no_sense_falls_back_to_the_usual_choice(studio):
    kept = post(studio, num_images="400", aspect_ratio="7:5", output_format="gif").context["composer"]
    assert (kept.num_images, kept.aspect_ratio, kept.output_format) == (1, "auto", "png")


def test_a_picture_that_is_gone_leaves_the_tray_and_the_others_stay(studio, alice, media):
    here = pictures.made(alice)
    response = post(studio, sources=[here.pk, 999])
    assert response.status_code == 422
    assert [picture.id for picture in response.context["composer"].tray] == [here.pk]


def test_a_private_picture_of_somebody_else_does_not_exist(studio, bob, media):
    secret = pictures.made(bob, private=True, prompt="a secret surprise")
    hidden, absent = post(studio, sources=secret.pk), post(studio, sources=999)
    assert (hidden.status_code, absent.status_code) == (422, 422)
    assert hidden.context["composer"].problem == absent.context["composer"].problem
    assert "a secret surprise" not in text(hidden)
    assert f"/media/{secret.pk}/" not in text(hidden)
    assert not Job.objects.exists()


def test_a_limited_member_is_told_what_it_needs_and_what_fits(poor):
    response = post(poor, num_images="4", prompt="four foxes", nonce="n1")
    assert response.status_code == 402
    assert "This needs 20, you have 12. Nothing was charged." in text(response)
    assert '<button class="btn" type="submit" name="fewer" value="2">Make 2</button>' in text(response)
    assert '<a class="btn" href="/credits/#ask">Ask for more</a>' in text(response)
    assert response.context["composer"].prompt == "four foxes"
    assert not Job.objects.exists()


def test_make_two_orders_two_although_the_four_is_still_chosen(poor):
    post(poor, num_images="4", nonce="n1")
    assert post(poor, num_images="4", fewer="2", nonce="n1").status_code == 303
    assert Job.objects.get().asked == 2


def test_who_has_less_than_one_picture_costs_is_offered_none(client):
    client.force_login(person("Broke", credits=3))
    response = post(client)
    assert response.status_code == 402
    assert response.context["composer"].problem.action is None


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_project_at_its_cap_says_so_with_the_ways_out(studio, admin, headers):
    general = Project.objects.get()
    budgets.set_cap(general.pk, 12, by=admin)
    response = post(studio, headers, num_images="4", nonce="n1")
    assert response.status_code == 402
    assert "General may take 12 credits a month: 12 are left until" in text(response)
    assert "this needs 20. Nothing was charged. Choose another project" in text(response)
    assert '<button class="btn" type="submit" name="fewer" value="2">Make 2</button>' in text(response)
    assert '<a class="btn" href="/credits/#ask">' not in text(response)
    assert not Job.objects.exists()
    assert post(studio, num_images="4", fewer="2", nonce="n1").status_code == 303
    assert post(studio, project=Project.objects.create(name="Spring").pk).status_code == 303


def test_of_two_limits_the_offer_fits_both(poor, admin):
    budgets.set_cap(Project.objects.get().pk, 8, by=admin)
    offered = text(post(poor, num_images="3"))
    assert ">Make 1</button>" in offered
    assert ">Make 2</button>" not in offered


def test_a_short_wallet_takes_the_order_all_the_same(studio):
    WalletReading.objects.create(api="sandbox", balance="3")
    assert post(studio).status_code == 303
    assert Job.objects.exists()


# The price before sending


def price(page) -> str:
    """What the composer of a page says of the price, and what it offers."""
    box = page.split('id="composer-price">')[1].split("</div>")[0]
    offers = re.findall(r"<(?:a|button)(?![^>]* hidden)[^>]*>([^<]+)<", box)
    return " | ".join([re.sub("<[^>]+>", "", box.split("</output>")[0]).strip(), *offers])


def test_the_composer_tells_the_price_and_what_is_left_before_anything_is_sent(poor):
    assert price(text(poor.get("/"))) == "5 credits · 7 left"


def test_who_shares_the_wallet_is_told_the_price_alone(studio):
    assert price(text(studio.get("/gallery/"))) == "5 credits"


def test_what_does_not_fit_is_said_before_it_is_sent_with_the_way_out(poor, client):
    assert price(text(post(poor, num_images="3"))) == (
        "15 credits · you have 12, enough for 2 | Make 2 | Ask for more"
    )
    client.force_login(person("Broke", credits=3))
    assert price(text(client.get("/"))) == "5 credits · you have 3 | Ask for more"


def test_who_has_asked_already_is_told_that_it_waits(client):
    broke = person("Broke", credits=3)
    requests.ask(broke, "Twenty posters")
    client.force_login(broke)
    assert price(text(client.get("/"))) == "5 credits · you have 3 | Asked, waiting for an admin"
    assert client.get("/jobs/estimate/").json()["ask"] == "Asked, waiting for an admin"
    refusal = text(post(client))
    assert refusal.count("Asked, waiting for an admin") == 2
    assert "Ask for more" not in refusal


def test_a_short_wallet_is_told_before_sending(studio):
    WalletReading.objects.create(api="sandbox", balance="3")
    assert price(text(studio.get("/"))) == "5 credits · the team's wallet has 3, so it will wait"


# Files


def test_a_form_with_files_becomes_an_edit_of_them_in_their_order(studio, alice, media):
    mine = pictures.made(alice)
    files = [pictures.file(pictures.encoded(pictures.drawing((40 + at, 30))), f"{at}.png") for at in range(2)]
    assert post(studio, images=files, sources=mine.pk).status_code == 303
    sources = [source.image for source in Job.objects.get().sources.select_related("image")]
    assert [image.file_name for image in sources] == ["", "0.png", "1.png"]
    assert sources[0] == mine


def test_uploads_stay_even_when_the_rest_is_wrong(studio, alice, media):
    response = post(studio, prompt="", images=[pictures.file()])
    upload = Image.objects.get(owner=alice, kind="upload")
    assert response.status_code == 422
    assert [picture.id for picture in response.context["composer"].tray] == [upload.pk]


def test_good_files_stay_when_one_of_them_is_no_picture(studio, alice, media):
    files = [pictures.file(b"nonsense", "a.txt"), pictures.file(name="b.png")]
    response = post(studio, images=files)
    assert response.status_code == 422
    assert "a.txt: " in text(response)
    assert [picture.name for picture in response.context["composer"].tray] == ["b.png"]


def test_uploads_stay_when_the_credits_are_too_few(poor, media):
    response = post(poor, num_images="4", images=[pictures.file()])
    assert response.status_code == 402
    assert [picture.id for picture in response.context["composer"].tray] == [Image.objects.get().pk]


def test_a_private_order_keeps_its_uploads_private(studio, media):
    post(studio, private="1", images=[pictures.file()])
    assert Image.objects.get().private


def test_a_file_that_is_too_big_is_413_with_the_form_and_the_tray(studio, alice, settings, media):
    settings.STUDIO_UPLOAD_MB = 1
    mine = pictures.made(alice)
    response = post(
        studio, prompt="with a hat", sources=mine.pk, images=[pictures.file(b"x" * (2**20 + 1), "big.png")]
    )
    assert response.status_code == 413
    assert "A picture may have up to 1 MB." in text(response)
    kept = response.context["composer"]
    assert (kept.prompt, [picture.id for picture in kept.tray]) == ("with a hat", [mine.pk])
    assert not Job.objects.exists()


def test_a_body_that_is_too_big_as_a_whole_is_cut(studio, settings, media):
    settings.STUDIO_UPLOAD_MB = 1
    response = studio.post(
        "/jobs/",
        b"--x",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(2 * 2**30),
    )
    assert response.status_code == 413


def test_a_form_without_files_may_not_be_endless_either(studio):
    long = "prompt=" + "x" * 3_000_000
    response = studio.post("/jobs/", long, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 413


def test_fifteen_files_are_one_too_many(studio, media):
    response = post(studio, images=[pictures.file(name=f"{at}.png") for at in range(15)])
    assert response.status_code == 413
    assert "No more than 14 at a time." in text(response)


def test_pictures_and_files_together_are_fourteen_at_most_and_stay(studio, alice, media):
    rows = [image.pk for image in pictures.rows(alice, 14)]
    response = post(studio, sources=rows, images=[pictures.file()])
    assert response.status_code == 422
    assert "At most 14 pictures can be edited at once." in text(response)
    assert len(response.context["composer"].tray) == 15
    assert post(studio, sources=rows).status_code == 303


def test_a_full_disk_is_said_and_nothing_is_ordered(studio, media, monkeypatch):
    def full(_picture):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gallery.files.store", full)
    response = post(studio, images=[pictures.file()])
    assert response.status_code == 507
    assert "The server's disk is full." in text(response)
    assert not Job.objects.exists()


# What is right


def test_a_script_is_sent_to_the_queue(studio, alice):
    response = post(
        studio, num_images="4", aspect_ratio="16:9", output_format="jpeg", project=Project.objects.get().pk
    )
    assert (response.status_code, response["Location"]) == (303, "/queue/")
    job = Job.objects.get()
    assert (job.owner, job.asked, job.aspect_ratio, job.output_format) == (alice, 4, "16:9", "jpeg")
    assert ledger.account_of(alice).held == 20


def test_only_the_prompt_is_needed(studio):
    assert post(studio).status_code == 303
    job = Job.objects.get()
    assert (job.asked, job.aspect_ratio, job.output_format, job.private) == (1, "auto", "png", False)


@pytest.mark.django_db(transaction=True)
def test_an_order_is_taken_while_the_broker_is_dead(studio):
    began = time.monotonic()
    assert post(studio).status_code == 303
    assert time.monotonic() - began < 3


def test_a_double_click_is_one_order(studio, alice):
    assert [post(studio, nonce="n1").status_code for _ in range(2)] == [303, 303]
    assert Job.objects.count() == 1
    assert ledger.account_of(alice).held == 5


def test_another_prompt_with_an_old_nonce_is_another_order(studio):
    post(studio, nonce="n1")
    post(studio, nonce="n1", prompt="a blue fox")
    assert set(Job.objects.values_list("prompt", flat=True)) == {"a red fox", "a blue fox"}


def test_the_same_nonce_of_two_people_is_two_orders(studio, bob):
    post(studio, nonce="n1")
    studio.force_login(bob)
    post(studio, nonce="n1")
    assert Job.objects.count() == 2


def test_htmx_is_told_of_the_order_and_gets_a_new_nonce(studio):
    response = post(studio, HTMX.items(), nonce="n1")
    told = json.loads(response["HX-Trigger"])["ordered"]
    assert (response.status_code, response.content) == (204, b"")
    assert told["id"] == str(Job.objects.get().pk)
    assert told["nonce"] not in {"", "n1"}


@pytest.mark.parametrize(("fields", "status"), [({"prompt": ""}, 422), ({"num_images": "4"}, 402)])
def test_htmx_gets_what_is_wrong_as_a_piece_with_its_status(poor, fields, status):
    response = post(poor, HTMX.items(), **fields)
    assert response.status_code == status
    assert response.content.startswith(b'<div class="note bad">')


# The Studio page


def test_an_empty_studio_says_what_to_do(studio):
    response = studio.get("/")
    assert "What would you like to make?" in text(response)
    assert response.context["composer"].open


def test_again_fills_the_composer_with_ones_own_order(studio, alice, media):
    spring, source = Project.objects.create(name="Spring"), pictures.made(alice)
    post(studio, prompt="a hat", num_images="3", aspect_ratio="3:2", project=spring.pk, sources=source.pk)
    post(studio)
    filled = studio.get("/", {"again": Job.objects.get(prompt="a hat").pk}).context["composer"]
    assert (filled.prompt, filled.num_images, filled.aspect_ratio) == ("a hat", 3, "3:2")
    assert (filled.project_id, [one.id for one in filled.tray]) == (spring.pk, [source.pk])
    assert Job.objects.count() == 2


def test_again_leaves_out_a_source_that_became_hidden(studio, alice, bob, media):
    source = pictures.made(bob)
    post(studio, sources=source.pk)
    Image.objects.filter(pk=source.pk).update(private=True)
    assert studio.get("/", {"again": Job.objects.get().pk}).context["composer"].tray == ()


@pytest.mark.parametrize("wanted", ["foreign", "absent", "nonsense"])
def test_again_of_what_is_not_ones_own_is_an_empty_composer(studio, bob, wanted):
    job_id = {"foreign": order(bob, prompt="Bob's own words").pk, "absent": uuid4(), "nonsense": "x'"}[wanted]
    response = studio.get("/", {"again": job_id})
    assert response.status_code == 200
    assert response.context["composer"].prompt == ""
    assert "Bob's own words" not in text(response)


def test_edit_puts_a_picture_into_the_tray(studio, bob, media):
    picture = pictures.made(bob)
    composer = studio.get("/", {"edit": picture.pk}).context["composer"]
    assert [one.id for one in composer.tray] == [picture.pk]


def test_edit_of_what_one_may_not_see_is_404(studio, bob, media):
    assert studio.get("/", {"edit": pictures.made(bob, private=True).pk}).status_code == 404
    assert studio.get("/", {"edit": "9" * 25}).status_code == 404


@pytest.mark.parametrize("nonsense", ["abc", "-1", "1.5", "9" * 30, "²", ""])
def test_nonsense_in_the_address_is_the_first_page(studio, alice, nonsense):
    pictures.rows(alice, 1)
    assert studio.get("/", {"before": nonsense}).status_code == 200
    assert studio.get("/", {"edit": nonsense if nonsense == "abc" else ""}).status_code == 200


def test_ones_own_orders_stand_by_order_and_page_on(studio, alice, bob):
    pictures.rows(bob, 1, prompt="Bob's")
    rows = pictures.rows(alice, 14, prompt="mine")
    first = studio.get("/")
    assert [one["id"] for one in first.context["orders"]] == [image.pk for image in rows[:1:-1]]
    second = studio.get(f"/{first.context['older_url']}")
    assert [one["id"] for one in second.context["orders"]] == [rows[1].pk, rows[0].pk]
    assert second.context["older_url"] == ""
    assert "Bob's" not in text(first)


# Cancelling and putting away


def test_cancelling_gives_the_credits_back(studio, alice):
    job = order(alice)
    assert studio.post(f"/jobs/{job.pk}/cancel/")["Location"] == "/queue/"
    assert Job.objects.get().state == State.CANCELLED
    assert ledger.account_of(alice).held == 0
    assert "Cancelled; the credits are back." in text(studio.get("/queue/"))


def test_cancelling_twice_does_not_say_that_it_was_sent(studio, alice):
    job = order(alice)
    answers = [studio.post(f"/jobs/{job.pk}/cancel/", **HTMX) for _ in range(2)]
    assert [json.loads(answer["HX-Trigger"])["toast"]["text"] for answer in answers] == [
        "Cancelled; the credits are back."
    ] * 2


def test_cancelling_what_was_sent_says_that_it_is_too_late(studio, alice):
    job = in_state(alice, State.MAKING)
    response = studio.post(f"/jobs/{job.pk}/cancel/", **HTMX)
    assert response.status_code == 204
    assert json.loads(response["HX-Trigger"])["toast"]["text"] == "Too late: it was sent already."
    assert Job.objects.get().state == State.MAKING


@pytest.mark.parametrize("what", ["cancel", "dismiss"])
def test_a_job_of_somebody_else_does_not_exist(studio, bob, what):
    job = in_state(bob, State.FAILED) if what == "dismiss" else order(bob)
    assert studio.post(f"/jobs/{job.pk}/{what}/").status_code == 404
    assert studio.post(f"/jobs/{uuid4()}/{what}/").status_code == 404
    job.refresh_from_db()
    assert (job.state, job.dismissed_at) == (job.state, None)


def test_an_admin_cancels_what_waits_and_its_owner_is_told_and_has_the_credits(client, alice, admin):
    job = order(alice)
    client.force_login(admin)
    with capture_logs() as logs:
        assert client.post(f"/jobs/{job.pk}/cancel/")["Location"] == "/queue/"
    job.refresh_from_db()
    assert (job.state, job.reason_code, ledger.account_of(alice).held) == (State.CANCELLED, "admin", 0)
    assert {"job": str(job.pk), "owner": alice.pk, "by": admin.pk}.items() <= logs[0].items()
    client.force_login(alice)
    assert "Ada cancelled this order. Nothing was charged." in text(client.get("/"))


def test_an_admins_own_cancelled_order_is_no_news_to_them(client, admin):
    job = order(admin)
    client.force_login(admin)
    client.post(f"/jobs/{job.pk}/cancel/")
    assert Job.objects.get().reason == ""


# Moving


def move(client, job, where="reorder", headers=(), **fields):
    return client.post(f"/jobs/{job.pk}/{where}/", fields, **dict(headers))


@pytest.mark.parametrize("to", ["", "first", "SOONER", "0"])
def test_a_move_to_nowhere_is_refused_and_moves_nothing(studio, alice, to):
    first, second = order(alice), order(alice)
    assert move(studio, second, to=to).status_code == 422
    assert turns.order() == [first.pk, second.pk]


def test_what_was_sent_meanwhile_is_said_kindly(studio, alice, admin, client):
    sent = in_state(alice, State.MAKING)
    response = move(studio, sent, to="top", headers=HTMX)
    assert json.loads(response["HX-Trigger"])["toast"]["text"] == "Too late: it was sent already."
    cancelled = in_state(alice, State.CANCELLED)
    page = studio.get(move(studio, cancelled, to="top")["Location"])
    assert "It was cancelled meanwhile." in text(page)
    client.force_login(admin)
    for where in ("first", "back"):
        response = move(client, sent, where, headers=HTMX)
        assert "Too late" in response["HX-Trigger"]


def test_one_moves_ones_own_and_hears_where_it_stands_now(studio, alice):
    first, second = order(alice, prompt="a fox"), order(alice, prompt="a hen")
    response = move(studio, second, to="sooner", headers=HTMX)
    assert response.status_code == 204
    said = json.loads(response["HX-Trigger"])
    assert said == {"changed": {}, "said": {"text": "Next in line: a hen"}}
    assert turns.order() == [second.pk, first.pk]


def test_without_script_the_move_is_said_on_the_queue_page(studio, alice):
    order(alice, prompt="a fox")
    second = order(alice, prompt="a hen")
    response = move(studio, second, to="top")
    assert (response.status_code, response["Location"]) == (303, "/queue/")
    assert "Next in line: a hen" in text(studio.get("/queue/"))


def test_nobody_moves_what_is_anothers_and_only_admins_move_first(studio, alice, bob):
    theirs, mine = order(bob), order(alice)
    assert move(studio, theirs, to="later").status_code == 404
    for job in (theirs, mine):
        assert move(studio, job, "first").status_code == move(studio, job, "back").status_code == 404
    assert turns.order() == [theirs.pk, mine.pk]


def test_an_admin_moves_one_first_and_puts_it_back(client, alice, bob, admin):
    first, second = order(alice), order(bob, prompt="a secret", private=True)
    client.force_login(admin)
    response = move(client, second, "first", headers=HTMX)
    assert json.loads(response["HX-Trigger"])["said"] == {"text": "Next in line: Bob: private"}
    assert turns.order() == [second.pk, first.pk]
    move(client, second, "back")
    assert turns.order() == [first.pk, second.pk]


def test_an_admin_may_put_a_members_orders_in_order(client, alice, admin):
    first, second = order(alice), order(alice)
    client.force_login(admin)
    move(client, first, to="later")
    assert turns.order() == [second.pk, first.pk]


def test_the_estimate_knows_the_turn_the_count_and_whether_it_is_an_edit(studio, alice, bob):
    for _ in range(3):
        order(bob)
    words = studio.get("/jobs/estimate/", {"num_images": "2"}).json()["words"]
    assert words.startswith("2nd in line · starts in under a minute · ready about ")
    for number in range(10):
        done = in_state(bob, State.DONE, num_images=2)
        Job.objects.filter(pk=done.pk).update(took=500.0 + number, made="edit")
    making.forget()
    assert "usually" in studio.get("/jobs/estimate/", {"num_images": "2"}).json()["words"]
    assert "usually" not in studio.get("/jobs/estimate/", {"num_images": "2", "edit": "1"}).json()["words"]


def test_all_ready_jobs_of_ones_own_are_put_away_at_once(studio, alice, bob):
    ready = [in_state(alice, State.DONE) for _ in range(2)]
    kept = [in_state(alice, State.FAILED), in_state(alice, State.MAKING), in_state(bob, State.DONE)]
    response = studio.post("/jobs/dismiss-ready/", **HTMX)
    assert (response.status_code, json.loads(response["HX-Trigger"])) == (204, {"changed": {}})
    away = Job.objects.exclude(dismissed_at=None)
    assert {job.pk for job in away} == {job.pk for job in ready}
    assert not away.filter(pk__in=[job.pk for job in kept]).exists()


def test_an_admin_puts_away_no_card_of_others(client, alice, admin):
    job = in_state(alice, State.FAILED)
    client.force_login(admin)
    assert client.post(f"/jobs/{job.pk}/dismiss/").status_code == 404


def test_prompts_are_not_to_be_read_or_found_among_the_raw_rows(client, alice, admin):
    job = order(alice, prompt="my secret idea", private=True)
    Job.objects.update(reason="The API said: my secret idea is blocked.")
    client.force_login(admin)
    for address in ("", "?q=secret", f"{job.pk}/change/"):
        answer = client.get(f"/admin/jobs/job/{address}")
        assert answer.status_code == 200
        assert "secret idea" not in text(answer)
    found = [
        client.get(f"/admin/jobs/job/?q={word}").context["cl"].result_count for word in ("idea", "alice@")
    ]
    assert found == [0, 1]


def test_a_finished_job_can_be_put_away_and_one_under_way_can_not(studio, alice):
    done, making = in_state(alice, State.DONE), in_state(alice, State.MAKING)
    for job in (done, making):
        assert studio.post(f"/jobs/{job.pk}/dismiss/", **HTMX).status_code == 204
    assert Job.objects.filter(dismissed_at=None).get() == making


# Where an entry of the books leads


def test_the_address_of_a_job_is_its_first_picture(studio, alice):
    job = in_state(alice, State.DONE)
    first, _second = pictures.rows(alice, 2, job=job.pk)
    assert studio.get(f"/jobs/{job.pk}/")["Location"] == f"/images/{first.pk}/"


def test_the_address_of_a_job_without_pictures_is_the_queue(studio, alice, bob):
    assert studio.get(f"/jobs/{in_state(alice, State.FAILED).pk}/")["Location"] == "/queue/"
    assert studio.get(f"/jobs/{in_state(bob, State.DONE).pk}/").status_code == 404


# The estimate


def estimate(client, **choices) -> dict:
    response = client.get("/jobs/estimate/", choices)
    assert response.status_code == 200
    return response.json()


def test_the_estimate_is_a_time_of_day_or_nothing(studio):
    assert estimate(studio)["words"].startswith("ready about ")
    Line.objects.update(stop=Line.Stop.WALLET)
    assert estimate(studio)["words"] == ""


def test_the_estimate_is_of_what_was_chosen(poor, admin):
    spring = Project.objects.create(name="Spring")
    budgets.set_cap(spring.pk, 8, by=admin)
    assert estimate(poor, num_images=2)["words"].startswith("2 left · ready about ")
    assert estimate(poor, num_images=4) == {
        "cost": 20, "words": "you have 12, enough for 2", "fits": False, "fewer": 2, "waits": False,
        "ask": "Ask for more",
    }  # fmt: skip
    assert estimate(poor, num_images=2, project=spring.pk) == {
        "cost": 10, "words": "this month the project has 8, enough for 1", "fits": False, "fewer": 1,
        "waits": False, "ask": "",
    }  # fmt: skip


@pytest.mark.parametrize("number", ["0", "5", "-1", "abc", "", "9" * 30])
def test_an_estimate_of_nonsense_is_that_of_one_picture(studio, number):
    assert estimate(studio, num_images=number, project=number)["cost"] == 5


def test_the_studio_gives_the_date_of_older_orders_only(studio, alice):
    now = timezone.localtime()
    (older,) = pictures.rows(alice, 1, created_at=now - timedelta(days=3))
    pictures.rows(alice, 1, created_at=now)
    today, before = (order["words"] for order in studio.get("/").context["orders"])
    assert today.endswith(f"· {now:%H:%M}")
    assert before.endswith(f"· {timezone.localtime(older.created_at):%-d %b, %H:%M}")


class TestTheTray:
    """The composer of an address that names pictures."""

    def tray(self, client, asked: str) -> list[int]:
        page = client.get(f"/?edit={asked}")
        return [picture.id for picture in page.context["composer"].tray] if page.status_code == 200 else []

    def test_it_has_the_pictures_in_their_order_each_once(self, studio, alice):
        first, second = pictures.rows(alice, 2)
        assert self.tray(studio, f"{second.pk},{first.pk},{second.pk}") == [second.pk, first.pk]

    def test_a_picture_that_is_not_seen_is_none_for_the_tray_either(self, studio, bob):
        hidden = pictures.rows(bob, 1, private=True)[0]
        assert studio.get(f"/?edit={hidden.pk}").status_code == 404

    def test_what_is_not_there_any_more_and_what_has_no_room_is_left_out_and_said(self, studio, alice):
        some = pictures.rows(alice, 16)
        page = studio.get("/", {"edit": ",".join(str(image.pk) for image in some) + ",999999"})
        assert len(page.context["composer"].tray) == 14
        assert "3 pictures are left out." in text(page)
        assert "Some are not there any more. At most 14 can be edited at once." in text(page)

    @pytest.mark.parametrize("asked", ["", "x", "1,,2", "-1", "²"])
    def test_nonsense_is_an_empty_tray(self, studio, asked):
        assert studio.get("/", {"edit": asked}).context["composer"].tray == ()
