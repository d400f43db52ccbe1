"""What the books' jobs were: one's own titles, and the pictures one may still see."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.models import Image, Project
from studio.credits.entries import Ordered
from studio.jobs import ordered
from tests.gallery import pictures
from tests.jobs.cast import order

pytestmark = pytest.mark.django_db


def test_an_order_has_its_title_and_its_pictures_in_their_order(alice, media):
    job = order(alice, prompt="a red fox", num_images=2)
    second, first = (pictures.made(alice, job=job.pk, position=place) for place in (1, 0))
    told = ordered.by(alice, {job.pk})[job.pk]
    assert told.title == "a red fox"
    assert [(one.url, one.name) for one in told.pictures] == [
        (f"/images/{first.pk}/", "picture 1"),
        (f"/images/{second.pk}/", "picture 2"),
    ]


def test_what_others_ordered_is_told_to_admins_unless_it_is_private(alice, bob, admin):
    open_one, private = order(bob), order(bob, prompt="a secret", private=True)
    asked = {open_one.pk, private.pk}
    for told in (ordered.by, ordered.titles):
        assert told(alice, asked) == {}
        assert set(told(admin, asked)) == {open_one.pk}
        assert set(told(bob, asked)) == asked


def test_what_went_to_the_trash_is_not_shown(alice, media):
    job = order(alice)
    pictures.made(alice, job=job.pk)
    Image.objects.update(trashed_at=timezone.now())
    assert ordered.by(alice, {job.pk})[job.pk].pictures == ()


def test_it_costs_two_queries_however_many_jobs(alice, media):
    jobs = [order(alice) for _ in range(4)]
    for job in jobs:
        pictures.made(alice, job=job.pk)
    with CaptureQueriesContext(connection) as queries:
        assert len(ordered.by(alice, {job.pk for job in jobs})) == 4
    assert len(queries) == 2


def test_a_file_needs_the_titles_alone(alice, bob, media):
    job, other = order(alice, prompt="a red fox"), order(bob)
    pictures.made(alice, job=job.pk)
    assert ordered.titles(alice, {job.pk, other.pk}) == {job.pk: Ordered("a red fox")}


def test_the_books_know_archived_projects_too(db):
    old = Project.objects.create(name="Old", archived_at=timezone.now())
    assert ordered.projects() == {1: "General", old.pk: "Old"}
