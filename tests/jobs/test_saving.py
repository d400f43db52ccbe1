"""Bringing pictures home: each once, whatever is in the way."""

import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image as Pixels

from gallery import files, library
from gallery.models import Image, Parent, Project
from studio.credits import ledger
from studio.imageapi import ImageAPI, KeyRefused
from studio.jobs import line, looks, moves, saving, steps
from studio.jobs.models import Job, Output, RefusedOption
from studio.jobs.states import State
from tests.jobs.cast import order

pytestmark = pytest.mark.django_db


def fetched(job: Job) -> Job:
    """The job after one more attempt to save it."""
    Job.objects.filter(pk=job.pk).update(due_at=timezone.now())
    saving.save(moves.claim(job.pk, State.SAVING))
    return Job.objects.get(pk=job.pk)


@pytest.fixture
def ready(provider, alice):
    """Makes jobs whose results only have to be fetched."""

    def make(**fields) -> Job:
        order(alice, **fields)
        job = line.take()
        steps.send(job)
        Job.objects.filter(pk=job.pk).update(due_at=timezone.now())
        looks.look(moves.claim(job.pk, State.MAKING))
        return Job.objects.get(pk=job.pk, state=State.SAVING)

    return make


def books(owner) -> tuple[int, int]:
    account = ledger.account_of(owner)
    return account.available, account.held


def test_every_picture_comes_home_and_is_paid_for(ready, alice):
    job = fetched(ready(num_images=4))
    assert (job.state, job.delivered, job.captured, job.reason_code) == (State.DONE, 4, 20, "")
    assert sorted(Image.objects.values_list("position", flat=True)) == [0, 1, 2, 3]
    assert all(files.original(image).stat().st_size == image.size for image in Image.objects.all())
    assert not Output.objects.filter(image=None).exists()
    assert books(alice) == (-20, 0)


PASSING = ["missing", "error_500", "drop", "truncated", "empty", "html", "svg", "gzip", "bomb"]


@pytest.mark.parametrize("fault", PASSING)
def test_a_picture_that_can_not_be_had_now_is_tried_again(provider, ready, fault, alice):
    provider.faults.add(f"asset.{fault}", times=1)
    job = fetched(ready())
    output = job.outputs.get()
    assert (job.state, output.attempts, bool(output.problem)) == (State.SAVING, 1, True)
    assert timezone.now() < job.due_at < timezone.now() + timedelta(seconds=5)
    assert books(alice) == (-5, 5)
    job = fetched(job)
    assert (job.state, job.delivered, job.captured, job.outputs.get().problem) == (State.DONE, 1, 5, "")


def test_attempts_are_further_and_further_apart(provider, ready):
    provider.faults.add("asset.error_500")
    job, waits = ready(), []
    for _ in range(4):
        job = fetched(job)
        waits.append(round((job.due_at - timezone.now()).total_seconds()))
    assert waits == [2, 4, 8, 16]


def test_the_good_pictures_are_there_while_the_broken_one_is_tried(provider, ready, alice):
    provider.faults.add("asset.missing", nth=2)
    job = fetched(ready(num_images=3))
    assert (job.state, job.delivered) == (State.SAVING, 2)
    assert set(Image.objects.values_list("position", flat=True)) == {0, 2}
    job = fetched(job)
    assert (job.delivered, Image.objects.count()) == (2, 2)


NEVER = ["missing", "html", "bomb", "svg", "gzip"]


@pytest.mark.parametrize("fault", NEVER)
def test_nothing_that_was_paid_for_is_given_up_before_it_expires(provider, ready, clock, fault):
    provider.faults.add(f"asset.{fault}")
    job = ready()
    for _ in range(12):
        job = fetched(job)
    assert job.due_at - timezone.now() > timedelta(seconds=299)
    clock.forward(23 * 3600)
    job = fetched(job)
    assert job.state == State.SAVING
    provider.faults.clear()
    assert fetched(job).state == State.DONE


@pytest.mark.parametrize("fault", NEVER)
def test_what_is_never_a_picture_is_given_up_when_it_expired_and_not_paid_for(
    provider, ready, alice, clock, fault
):
    provider.faults.add(f"asset.{fault}", nth=3)
    job = fetched(ready(num_images=4))
    assert (job.state, job.delivered) == (State.SAVING, 3)
    clock.forward(24 * 3600 + 1)
    job = fetched(job)
    assert (job.state, job.delivered, job.captured, job.reason_code) == (State.DONE, 3, 15, "partly")
    assert books(alice) == (-15, 0)


ENDS = [
    ("missing", "expired", "The pictures expired"),
    ("html", "unusable", "What the provider sent was not a picture. "),
    ("gzip", "unfetched", "The pictures were made but could not be fetched. The picture can't be taken"),
]


@pytest.mark.parametrize(("fault", "code", "words"), ENDS)
def test_a_job_without_any_picture_failed_costs_nothing_and_says_why(
    provider, ready, alice, clock, fault, code, words
):
    provider.faults.add(f"asset.{fault}")
    job = ready()
    clock.forward(24 * 3600 + 1)
    job = fetched(job)
    assert (job.state, job.reason_code, books(alice)) == (State.FAILED, code, (0, 0))
    assert job.reason.startswith(words)


def test_what_may_pass_is_tried_for_another_day(provider, ready, clock):
    provider.faults.add("asset.error_500")
    job = ready()
    clock.forward(24 * 3600 + 1)
    job = fetched(job)
    assert job.state == State.SAVING
    clock.forward(24 * 3600)
    assert fetched(job).reason_code == "expired"


def test_a_result_that_appears_while_others_are_saved_is_fetched_too(provider, ready):
    job = ready(num_images=3)
    job.outputs.last().delete()  # as if two had been listed when patience ended
    provider.faults.add("status.fewer", times=1)
    provider.faults.add("asset.missing", times=1)
    job = fetched(job)
    assert (job.state, job.delivered, job.outputs.count()) == (State.SAVING, 1, 2)
    job = fetched(job)
    assert (job.state, job.delivered, Image.objects.count()) == (State.DONE, 3, 3)


def test_addresses_in_another_order_give_each_picture_once(ready, provider, monkeypatch):
    job = ready(num_images=3)
    provider.faults.add("asset.missing", nth=3, times=1)
    job = fetched(job)
    progress = saving.remote.named("sandbox").progress(job.task_id)
    turned = replace(progress, assets=progress.assets[::-1])
    monkeypatch.setattr(ImageAPI, "progress", lambda *_: turned)
    job = fetched(job)
    assert (job.state, job.delivered) == (State.DONE, 3)
    assert Image.objects.values("sha256").distinct().count() == 3


def test_pictures_come_home_while_the_key_is_away(ready, monkeypatch):
    job = ready()
    monkeypatch.setattr(saving.remote, "named", lambda _api: (_ for _ in ()).throw(KeyRefused("No key.")))
    assert fetched(job).state == State.DONE


def test_results_that_expired_are_given_up_and_what_is_there_is_paid(provider, ready, clock, alice):
    provider.faults.add("asset.missing", nth=2)
    job = fetched(ready(num_images=2))
    clock.forward(24 * 3600 + 1)
    job = fetched(job)
    assert (job.state, job.delivered, job.captured) == (State.DONE, 1, 5)
    assert books(alice) == (-5, 0)


def test_nothing_home_after_a_day_is_expired(provider, ready, clock, alice):
    provider.faults.add("asset.missing")
    job = fetched(ready())
    clock.forward(24 * 3600 + 1)
    job = fetched(job)
    assert (job.state, job.reason_code, books(alice)) == (State.FAILED, "expired", (0, 0))


def test_results_are_fetched_even_when_our_clock_says_they_expired(ready, clock):
    job = ready()
    clock.forward(25 * 3600)
    assert fetched(job).state == State.DONE


def test_an_address_that_changed_is_asked_for_again(ready):
    job = ready()
    Output.objects.filter(job=job).update(url="http://127.0.0.1:9/gone.png")
    job = fetched(job)
    assert job.state == State.SAVING
    assert fetched(job).state == State.DONE


def test_another_format_than_asked_is_converted_here(provider, ready):
    provider.faults.add("asset.wrong_type")
    fetched(ready(output_format="webp"))
    image = Image.objects.get()
    assert image.format == "webp"
    with Pixels.open(files.original(image)) as pixels:
        assert pixels.format == "WEBP"


def test_a_refused_ratio_is_cropped_here(provider, ready):
    RefusedOption.objects.create(api="sandbox", model_name="gemini-2.5-flash", option="aspect_ratio")
    fetched(ready(aspect_ratio="16:9"))
    image = Image.objects.get()
    assert image.width / image.height == pytest.approx(16 / 9, rel=0.03)


def test_where_ratios_are_refused_an_order_of_any_ratio_still_comes_home(ready):
    RefusedOption.objects.create(api="sandbox", model_name="gemini-2.5-flash", option="aspect_ratio")
    assert fetched(ready(aspect_ratio="auto")).state == State.DONE


def test_a_picture_nobody_foresaw_does_not_hold_up_the_others(ready, monkeypatch):
    examine, seen = files.examine, []

    def odd(path):
        seen.append(path)
        if len(seen) == 1:
            raise ZeroDivisionError
        return examine(path)

    monkeypatch.setattr(saving.files, "examine", odd)
    job = fetched(ready(num_images=2))
    assert (job.state, job.delivered, job.lease_token) == (State.SAVING, 1, None)
    assert fetched(job).state == State.DONE


def test_a_full_disk_loses_nothing(ready, monkeypatch):
    with monkeypatch.context() as full:
        full.setattr(
            saving.files, "store", lambda _picture: (_ for _ in ()).throw(OSError(28, "No space left"))
        )
        job = ready()
        for _ in range(8):
            job = fetched(job)
        assert (job.state, Image.objects.count()) == (State.SAVING, 0)
    assert fetched(job).state == State.DONE


def test_a_worker_that_lost_its_lease_keeps_no_second_picture(ready, clock, monkeypatch, alice):
    job = ready(num_images=2)
    slow = moves.claim(job.pk, State.SAVING)
    store = files.store

    def succeeded_meanwhile(picture):
        monkeypatch.setattr(saving.files, "store", store)
        store(picture)
        clock.forward(181)
        fetched(job)

    monkeypatch.setattr(saving.files, "store", succeeded_meanwhile)
    saving.save(slow)
    job.refresh_from_db()
    assert (job.state, job.delivered, job.captured) == (State.DONE, 2, 10)
    assert Image.objects.count() == 2
    assert books(alice) == (-10, 0)


def test_a_worker_killed_between_file_and_row_leaves_the_picture_to_the_next(ready, monkeypatch):
    job = ready()
    with monkeypatch.context() as killed:
        killed.setattr(saving.library, "keep", lambda **_fields: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            saving.save(moves.claim(job.pk, State.SAVING))
    assert Job.objects.get(pk=job.pk).delivered == 0
    Job.objects.update(lease_until=timezone.now())
    assert (fetched(job).delivered, Image.objects.count()) == (1, 1)


def test_nothing_half_loaded_stays_behind(provider, ready, settings):
    provider.faults.add("asset.truncated", times=1)
    fetched(fetched(ready()))
    assert list((Path(settings.MEDIA_ROOT) / "incoming").glob("*")) == []


def test_an_edit_remembers_its_parents_in_order(ready, alice):
    parents = tuple(upload(alice, colour) for colour in ("red", "blue"))
    fetched(ready(sources=parents))
    child = Image.objects.get(kind="edit")
    assert tuple(link.parent for link in Parent.objects.filter(child=child)) == parents
    assert child.credits == 5


def upload(owner, colour: str) -> Image:
    file = io.BytesIO()
    Pixels.new("RGB", (64, 48), colour).save(file, "PNG")
    picture = SimpleUploadedFile(f"{colour}.png", file.getvalue(), "image/png")
    return library.upload(owner=owner, project=Project.objects.first(), file=picture, private=False)


def test_a_private_order_stays_private_and_in_its_project(ready, alice):
    project = library.add_project(name="Spring", by=alice)
    order_in = Project.objects.first()
    fetched(ready(private=True))
    image = Image.objects.get()
    assert (image.private, image.project, image.owner) == (True, order_in, alice)
    assert image.project != project
