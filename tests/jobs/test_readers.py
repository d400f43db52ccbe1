"""Who may read what was ordered: whatever became of the order's pictures since."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gallery import library
from studio.jobs import ordered, readers
from studio.jobs.models import Job
from studio.jobs.states import State
from tests.gallery import pictures
from tests.jobs.cast import in_state

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(alice, media) -> Job:
    """An order of Alice's with two pictures."""
    made = in_state(alice, State.DONE, num_images=2, prompt="Alices own idea")
    for position in range(2):
        pictures.made(alice, job=made.pk, position=position, prompt=made.prompt)
    return made


def hide(job: Job) -> None:
    """One of its pictures."""
    library.hide([pictures.Image.objects.filter(job=job.pk).first().pk], by=job.owner)


def delete(job: Job) -> None:
    number = pictures.Image.objects.filter(job=job.pk).first().pk
    library.trash([number], by=job.owner)
    assert library.delete([number], by=job.owner)


def test_its_owner_and_an_admin_read_it_and_nobody_else(alice, bob, admin, job):
    assert [readers.is_told_to(one, job) for one in (alice, admin, bob)] == [True, True, False]


@pytest.mark.parametrize("change", [hide, delete])
def test_once_a_picture_is_private_or_deleted_it_is_the_owners_alone(alice, bob, admin, job, change):
    change(job)
    assert [readers.is_told_to(one, job) for one in (alice, admin, bob)] == [True, False, False]
    assert ordered.titles(admin, [job.pk]) == {}
    assert ordered.titles(alice, [job.pk])[job.pk].title == "Alices own idea"


def test_a_picture_in_the_trash_or_shown_again_hides_nothing(alice, admin, job):
    hide(job)
    library.show([image.pk for image in pictures.Image.objects.filter(job=job.pk)], by=alice)
    library.trash([pictures.Image.objects.filter(job=job.pk).first().pk], by=alice)
    assert readers.is_told_to(admin, job)


def test_an_order_that_was_private_stays_so_whatever_its_pictures_are(admin, job):
    Job.objects.filter(pk=job.pk).update(private=True)
    job.refresh_from_db()
    assert not readers.is_told_to(admin, job)


def test_many_orders_are_one_question_and_ones_own_none(alice, admin):
    jobs = [in_state(alice, State.DONE) for _ in range(5)]
    for reader, asked in ((admin, 1), (alice, 0)):
        with CaptureQueriesContext(connection) as queries:
            assert len(readers.told_to(reader, jobs)) == 5
        assert len(queries) == asked
