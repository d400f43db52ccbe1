"""What the books' jobs were: one's own titles, and the pictures one may still see."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.models import Image
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


def test_what_others_ordered_is_not_told(alice, bob, admin):
    job = order(bob, prompt="a secret")
    assert ordered.by(alice, {job.pk}) == ordered.by(admin, {job.pk}) == {}


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
