"""A gallery of years, as `manage.py makedata` writes it."""

from collections import Counter

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from gallery import audit, search
from gallery.models import Favourite, Image, Parent, Placed, Tagged
from studio import remote
from studio.accounts.models import User
from studio.jobs.models import Job, Source
from studio.office import audit as books
from tests.gallery import pictures


@pytest.fixture
def filled(media, db, capsys):
    """Three hundred pictures, and what the command said."""
    call_command("makedata", images=300, members=5)
    return capsys.readouterr().out


def test_a_studio_with_pictures_is_left_alone_unless_told(media, alice, capsys):
    pictures.made(alice)
    with pytest.raises(CommandError, match="There are pictures here already"):
        call_command("makedata", images=10)
    assert Image.objects.count() == 1
    call_command("makedata", images=10, members=1, anyway=True)
    assert Image.objects.count() == 11


@pytest.mark.parametrize("wrong", [{"images": 0}, {"images": 5, "members": 0}, {"images": 5, "members": 201}])
def test_none_and_too_many_are_refused_in_words(media, db, wrong):
    with pytest.raises(CommandError, match="At least one picture, and 1 to 200 members"):
        call_command("makedata", **wrong)
    assert not User.objects.exists()


def test_there_are_as_many_pictures_as_asked_each_with_its_file(filled):
    assert Image.objects.count() == 300
    assert list(audit.findings()) == []
    assert Image.objects.values("sha256").distinct().count() <= 6


def test_all_books_agree_and_nobody_has_paid(filled):
    assert books.look().found == ()
    assert not Image.objects.filter(credits__gt=0).exists()
    assert not Job.objects.exclude(api=remote.SANDBOX).exists()


def test_every_picture_but_an_upload_is_of_an_order_that_the_studio_knows(filled):
    orders = Counter(Image.objects.exclude(kind="upload").values_list("job", flat=True))
    assert orders == dict(Job.objects.values_list("pk", "delivered"))
    assert Source.objects.filter(job__made="edit").count() == Job.objects.filter(made="edit").count() > 0
    assert (
        Parent.objects.filter(child__job=F("child__job")).count() == Image.objects.filter(kind="edit").count()
    )


def test_they_are_spread_over_three_years_and_newer_ones_have_higher_numbers(filled):
    times = list(Image.objects.order_by("pk").values_list("created_at", flat=True))
    assert times == sorted(times)
    assert times[-1] < timezone.now()
    assert (times[-1] - times[0]).days > 900


def test_people_have_tagged_liked_and_sorted_them(filled):
    for marks in (Tagged, Favourite, Placed):
        assert marks.objects.exists()
    assert Image.objects.filter(kind="upload", prompt="").exclude(file_name="").exists()
    assert Image.objects.filter(private=True).exists()
    assert not Placed.objects.exclude(image__owner=F("album__owner")).exists()
    assert Image.objects.values("prompt").distinct().count() > 60


def test_they_are_found_by_what_is_said_of_them(filled):
    indexed = [
        list(Image.objects.filter(search.said_of(search.terms(typed))).order_by("pk"))
        for typed in ("sea", "no")
    ]
    search.index_all()
    again = [
        list(Image.objects.filter(search.said_of(search.terms(typed))).order_by("pk"))
        for typed in ("sea", "no")
    ]
    assert indexed == again
    assert all(indexed)


def test_the_new_can_sign_in_and_one_is_admin(client, filled):
    assert User.objects.count() == 5
    admin = User.objects.get(is_staff=True)
    password = filled.split("Their password: ")[1].strip()
    assert f"the admin is {admin.email}" in filled
    assert client.post("/accounts/login/", {"login": admin.email, "password": password})["Location"] == "/"
    assert client.get("/gallery/").status_code == 200


def test_who_is_here_takes_part_and_no_second_admin_comes(media, admin, bob):
    call_command("makedata", images=40, members=3)
    assert User.objects.count() == 3
    assert User.objects.get(is_staff=True) == admin
    assert Image.objects.filter(owner__in=[admin, bob]).exists()


def test_later_pictures_get_later_numbers(filled, alice):
    last = Image.objects.latest("pk").pk
    assert pictures.made(alice).pk > last
