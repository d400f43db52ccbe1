"""From a prompt to pictures at home, and everything the API may answer on the way."""

import io
from itertools import pairwise

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image as Pixels

from gallery import library
from gallery.models import Image, Project
from studio.jobs.models import Job, Line, RefusedOption
from tests.installation import until

pytestmark = [pytest.mark.flow, pytest.mark.alike]


def upload(owner, colour: str) -> Image:
    file = io.BytesIO()
    Pixels.new("RGB", (640, 480), colour).save(file, "JPEG")
    picture = SimpleUploadedFile(f"{colour}.jpg", file.getvalue(), "image/jpeg")
    return library.upload(owner=owner, project=Project.objects.first(), file=picture, private=False)


@pytest.mark.parametrize(
    "output_format", ["jpeg", *(pytest.param(other, marks=pytest.mark.long) for other in ("png", "webp"))]
)
def test_four_pictures_come_home_in_the_format_asked_for(running, alice, output_format):
    job = running.ask(alice, num_images=4, output_format=output_format, aspect_ratio="16:9")
    running.rest(job)
    assert (job.state, job.delivered, job.captured) == ("done", 4, 20)
    pictures = Image.objects.filter(job=job.pk)
    assert {(image.format, image.width, image.height) for image in pictures} == {(output_format, 1344, 768)}
    running.check()


def test_an_edit_of_two_uploads_and_a_gallery_picture_remembers_its_parents_in_order(running, alice):
    first = running.ask(alice)
    running.rest(first)
    sources = (upload(alice, "red"), Image.objects.get(job=first.pk), upload(alice, "blue"))
    edit = running.ask(alice, "warmer", sources=sources)
    running.rest(edit)
    child = Image.objects.get(job=edit.pk)
    assert child.kind == "edit"
    assert tuple(link.parent for link in child.parent_links.all()) == sources
    assert len(running.world.truth()[-1].sources) == 3
    running.check()


def test_a_job_that_fails_at_the_provider_gives_its_credits_back(running, alice):
    running.world.faults.add("status.fail", reason="Blocked by the safety filter")
    job = running.ask(alice, num_images=2)
    running.rest(job)
    assert (job.state, job.captured) == ("failed", 0)
    assert "safety filter" in job.reason
    running.check()


def test_a_refused_format_is_left_out_from_then_on_and_made_good_here(running, alice):
    running.world.faults.add("submit.refuse", parameter="output_format")
    first, second = running.ask(alice, output_format="webp"), running.ask(alice, output_format="jpeg")
    running.rest(first, second)
    assert Image.objects.get(job=first.pk).format == "webp"
    assert Image.objects.get(job=second.pk).format == "jpeg"
    assert RefusedOption.objects.get().option == "output_format"
    assert len([submit for submit in running.world.submits() if submit.status == 400]) <= 2
    running.check()


def test_an_order_the_api_refuses_fails_with_its_own_words(running, alice):
    running.world.faults.add("submit.refuse", parameter="prompt")
    job = running.ask(alice)
    running.rest(job)
    assert (job.state, job.captured) == ("failed", 0)
    assert "prompt" in job.reason.lower()
    running.check()


def test_an_empty_wallet_stops_the_line_but_no_job_until_it_is_topped_up(running, alice, bob):
    running.world.set_balance(7)
    running.opening = running.world.balance()
    jobs = [running.ask(alice), running.ask(bob), running.ask(alice)]
    until(lambda: Line.objects.get().stop == "wallet")
    running.rest(jobs[0])
    assert not Job.objects.filter(state="failed").exists()
    running.world.top_up(100)
    running.opening += 100
    running.rest(*jobs)
    assert {job.state for job in jobs} == {"done"}
    assert Line.objects.get().stop == ""
    running.check()


def test_a_refused_key_stops_the_line_and_a_new_one_starts_it(studio, alice, settings):
    key_file = studio.folder / "key"
    key_file.write_text("old-key-1234567")
    studio.world.set_keys(accepted=["new-key-1234567"], revoked=["old-key-1234567"])
    studio.extra = {"STUDIO_API_URL": studio.server.url, "STUDIO_API_KEY_FILE": str(key_file)}
    # This process takes the orders, and with them the API they are for.
    settings.STUDIO_API_URL, settings.STUDIO_API_KEY_FILE = studio.server.url, key_file
    studio.start()
    jobs = [studio.ask(alice), studio.ask(alice)]
    until(lambda: Line.objects.get().stop == "key")
    until(lambda: {studio.state(job) for job in jobs} == {"waiting"})
    key_file.write_text("new-key-1234567")
    studio.rest(*jobs)
    assert {(job.state, job.api) for job in jobs} == {("done", studio.server.url)}
    studio.check()
    assert "key-1234567" not in studio.logs()


@pytest.mark.parametrize("charged", [True, False])
def test_a_dropped_answer_is_unknown_never_sent_again_and_the_credits_go_back(running, alice, charged):
    running.world.faults.add("submit.drop" if charged else "submit.drop_uncharged", times=1)
    lost, other = running.ask(alice), running.ask(alice)
    running.rest(lost, other)
    assert {lost.state, other.state} == {"unknown", "done"}
    assert len(running.world.submits()) == 2
    running.check()


@pytest.mark.parametrize(
    "fault", ["submit.error_500", "submit.error_502", "submit.garbage", "submit.no_task_id"]
)
def test_an_answer_nobody_can_read_is_unknown_too(running, alice, fault):
    running.world.faults.add(fault, times=1)
    job = running.ask(alice)
    running.rest(job)
    assert (job.state, job.captured) == ("unknown", 0)
    assert len(running.world.submits()) == 1
    running.check()


def test_one_lost_answer_pauses_the_line_until_the_wallet_can_be_read(running, alice):
    running.world.faults.add("submit.error_500", times=1)
    running.world.faults.add("wallet.error_500")
    jobs = [running.ask(alice) for _ in range(4)]
    until(lambda: Line.objects.get().probes >= 3)
    assert len(running.world.submits()) == 1
    running.world.faults.clear()
    running.rest(*jobs)
    assert sorted(job.state for job in jobs) == ["done", "done", "done", "unknown"]
    running.check()


def test_a_throttled_job_waits_as_long_as_it_was_told_and_costs_nothing_more(running, alice):
    running.world.faults.add("submit.throttle", times=2, seconds=1)
    job = running.ask(alice)
    running.rest(job)
    assert job.state == "done"
    times = [submit.arrived_at for submit in running.world.submits()]
    assert len(times) == 3
    assert all(later - earlier >= 1 for earlier, later in pairwise(times))
    running.check()


def test_an_answer_later_than_the_lease_is_still_a_picture(studio, alice):
    studio.extra = {
        "STUDIO_LATE_ANSWER_SECONDS": "60",
        "STUDIO_LEASE_SECONDS": "40",
        "STUDIO_POST_SECONDS": "30",
    }
    studio.start()
    studio.world.faults.add("submit.slow", times=1, seconds=10)
    job = studio.ask(alice)
    until(lambda: studio.state(job) == "sending" and studio.world.submits())
    # For a second worker with short leases the first one's is long since over.
    studio.processes["sender"] = studio.processes.pop("worker")
    studio.extra |= {"STUDIO_LEASE_SECONDS": "0.5", "STUDIO_POST_SECONDS": "0.4"}
    studio.start("worker")
    until(lambda: studio.state(job) == "unknown")
    studio.rest(job)
    assert (job.state, job.captured) == ("done", 5)
    studio.check()


@pytest.mark.parametrize(
    "fault", ["error_500", "html", "invalid_json", "drop", "odd_word", "pending", "not_found", "throttle"]
)
def test_looks_that_fail_for_a_while_lose_nothing(running, alice, fault):
    options = {"seconds": 0.3} if fault == "throttle" else {}
    running.world.faults.add(f"status.{fault}", times=3, **options)
    job = running.ask(alice)
    running.rest(job)
    assert (job.state, job.captured) == ("done", 5)
    running.check()


def test_results_that_come_a_beat_after_finished_are_waited_for(running, alice):
    running.world.faults.add("status.gap", times=4)
    job = running.ask(alice, num_images=2)
    running.rest(job)
    assert (job.state, job.delivered) == ("done", 2)
    running.check()


def test_fewer_results_than_asked_are_delivered_and_only_they_are_paid_for(running, alice):
    running.world.faults.add("status.fewer")
    job = running.ask(alice, num_images=3)
    running.rest(job)
    assert (job.state, job.delivered, job.captured) == ("done", 2, 10)
    running.check()


@pytest.mark.parametrize("fault", ["more", "doubled", "only_asset", "only_asset_url"])
def test_odd_lists_of_results_give_exactly_the_pictures_asked_for(running, alice, fault):
    running.world.faults.add(f"status.{fault}")
    job = running.ask(alice, num_images=2)
    running.rest(job)
    assert (job.delivered, job.captured) == (2, 10)
    running.check()


@pytest.mark.parametrize("fault", ["missing", "error_500", "truncated", "empty", "html", "gzip"])
def test_a_picture_that_can_not_be_fetched_at_first_is_tried_again(running, alice, fault):
    running.world.faults.add(f"asset.{fault}", times=2)
    job = running.ask(alice)
    running.rest(job)
    assert (job.state, job.delivered, job.captured) == ("done", 1, 5)
    running.check()


def test_one_broken_picture_of_four_is_not_paid_for_and_the_three_are_there_at_once(studio, alice):
    # Nothing is given up before it expires: here soon after it was made.
    studio.extra = {"STUDIO_RESULTS_SECONDS": "3"}
    studio.start()
    studio.world.faults.add("asset.bomb", nth=3)
    job = studio.ask(alice, num_images=4)
    until(lambda: Image.objects.filter(job=job.pk).count() == 3)
    studio.rest(job)
    assert (job.state, job.delivered, job.captured, job.reason_code) == ("done", 3, 15, "partly")
    assert job.outputs.get(image=None).problem
    studio.check()


def test_a_double_click_is_one_order(running, alice):
    first, second = running.ask(alice, nonce="abc"), running.ask(alice, nonce="abc")
    assert first == second
    running.rest(first)
    assert len(running.world.truth()) == 1
    running.check()


def test_the_line_is_fair_one_picture_does_not_wait_behind_forty(studio, alice, bob):
    studio.extra = {"STUDIO_SUBMITS_PER_MINUTE": "2", "STUDIO_WINDOW_SECONDS": "0.5"}
    jobs = [studio.ask(alice, f"number {number}") for number in range(8)]
    bobs = studio.ask(bob, "just one")
    studio.start()
    studio.rest(*jobs, bobs)
    prompts = [task.prompt for task in studio.world.truth()]
    assert prompts.index("just one") <= 2
    studio.check()
