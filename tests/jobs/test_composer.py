"""The composer's fields: the last choices of the person, and nothing that is not there any more."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.models import Project
from studio.imageapi import GEMINI_25_FLASH
from studio.jobs import composer
from tests.gallery import pictures
from tests.jobs.cast import order

pytestmark = pytest.mark.django_db


def archive(project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(archived_at=timezone.now())


def ordered_for(owner, project: Project):
    job = order(owner)
    type(job).objects.filter(pk=job.pk).update(project_id=project.pk)
    return job


def test_the_first_composer_has_the_first_project_and_one_picture(alice):
    made = composer.fresh(alice)
    assert (made.project_id, made.num_images, made.quote.cost) == (Project.objects.get().pk, 1, 5)
    assert (made.aspect_ratio, made.output_format, list(made.counts)) == ("auto", "png", [1, 2, 3, 4])
    assert made.auto_words == "the model chooses"


def test_the_project_used_last_comes_first_then_those_used_lately_under_their_clients(alice, bob):
    clients = {"Autumn": "Nordwind", "Berg": "Alba", "Spring": "Nordwind", "Zoo": "Zürich"}
    made = {name: Project.objects.create(name=name, client=client) for name, client in clients.items()}
    for name in ("Zoo", "Spring"):
        ordered_for(alice, made[name])
    ordered_for(bob, made["Berg"])
    groups = composer.fresh(alice).groups
    assert [(group.label, [str(project) for project in group.projects]) for group in groups] == [
        ("Nordwind", ["Spring", "Autumn"]),
        ("Zürich", ["Zoo"]),
        ("Alba", ["Berg"]),
        ("No client", ["General"]),
    ]


def test_projects_of_one_client_need_no_groups(alice):
    Project.objects.create(name="Autumn")
    assert [group.label for group in composer.fresh(alice).groups] == [""]


def test_the_project_is_that_of_ones_own_last_order(alice, bob):
    spring, autumn = Project.objects.create(name="Spring"), Project.objects.create(name="Autumn")
    ordered_for(alice, autumn)
    ordered_for(alice, spring)
    ordered_for(bob, autumn)
    assert composer.fresh(alice).project_id == spring.pk


def test_an_archived_project_is_offered_no_more(alice):
    general, spring = Project.objects.get(), Project.objects.create(name="Spring")
    job = ordered_for(alice, spring)
    archive(spring)
    for made in (composer.fresh(alice), composer.again(alice, str(job.pk))):
        assert made.project_id == general.pk
        assert [project.pk for project in made.projects] == [general.pk]


def test_a_composer_costs_one_query(alice):
    order(alice)
    Project.objects.create(name="Spring")
    with CaptureQueriesContext(connection) as queries:
        composer.fresh(alice)
    assert len(queries) == 1


def test_each_composer_has_a_nonce_of_its_own(alice):
    assert composer.fresh(alice).nonce != composer.fresh(alice).nonce


def test_editing_takes_over_the_pictures_project_and_privacy(alice):
    spring = Project.objects.create(name="Spring")
    (picture,) = pictures.rows(alice, 1, project=spring, private=True, prompt="")
    made = composer.editing(alice, picture)
    assert (made.project_id, made.private, made.auto_words) == (spring.pk, True, "same as picture 1")
    archive(spring)
    assert composer.editing(alice, picture).project_id == Project.objects.get(archived_at=None).pk


def test_several_are_edited_at_once_as_many_as_there_is_room_for(alice):
    some = pictures.rows(alice, 16)
    pictures_private = pictures.rows(alice, 1, private=True)
    made = composer.editing(alice, *pictures_private, *some)
    assert (len(made.tray), made.private) == (14, True)


def test_it_offers_what_the_model_makes_and_no_more(alice):
    made = composer.fresh(alice)
    assert made.ratios == GEMINI_25_FLASH.ratios
    assert (made.price, made.most_sources) == (5, 14)
