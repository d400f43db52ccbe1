import threading
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from gallery import access, files, library, tasks
from gallery.models import Image, Parent, Project
from tests.gallery import pictures


@pytest.fixture
def asked(monkeypatch):
    """The pictures that previews were asked for."""
    found = []
    monkeypatch.setattr(tasks, "ask_for_previews", found.append)
    return found


def upload(owner, file=None, **fields):
    fields = {"project": pictures.general(), "private": False} | fields
    return library.upload(owner=owner, file=file or pictures.file(), **fields)


def test_a_kept_picture_knows_where_it_came_from(media, alice, asked, django_capture_on_commit_callbacks):
    first, second = pictures.made(alice), pictures.made(alice)
    job = uuid.uuid4()
    with django_capture_on_commit_callbacks(execute=True):
        image = pictures.made(alice, job=job, position=2, kind="edit", parents=[second, first], private=True)
    image.refresh_from_db()
    assert (image.owner, image.job, image.position, image.kind, image.private) == (
        alice,
        job,
        2,
        "edit",
        True,
    )
    assert [link.parent for link in image.parent_links.all()] == [second, first]
    assert (image.format, image.width, image.height, image.ratio) == ("png", 96, 64, "3-2")
    assert asked == [image.pk]


def test_keeping_the_same_place_twice_gives_the_same_row(media, alice):
    job, parent = uuid.uuid4(), pictures.made(alice)
    first = pictures.made(alice, job=job, parents=[parent])
    assert pictures.made(alice, job=job, parents=[parent]) == first
    assert Parent.objects.filter(child=first).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_keep_the_same_place_at_once_make_one_row(media, alice):
    picture, project = pictures.stored(), pictures.general()
    fields = {"owner": alice, "project": project, "kind": "generate", "prompt": "", "options": {}}
    fields |= {"job": uuid.uuid4(), "position": 0, "credits": 5, "private": False}
    found, start = [], threading.Barrier(4)

    def keep():
        start.wait()
        try:
            found.append(library.keep(picture=picture, **fields).pk)
        finally:
            connection.close()

    workers = [threading.Thread(target=keep) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == [Image.objects.get().pk] * 4


@pytest.mark.django_db(transaction=True)
def test_another_was_first_between_the_look_and_the_insert(media, alice, monkeypatch):
    job = uuid.uuid4()
    first = pictures.made(alice, job=job)
    monkeypatch.setattr(type(Image.objects.all()), "first", lambda _query: None)
    assert pictures.made(alice, job=job) == first


def test_a_picture_paid_for_comes_home_though_its_owner_was_deactivated(media, charlie):
    assert pictures.made(charlie).owner == charlie


def test_a_row_that_breaks_a_rule_is_an_error_and_not_passed_over(media, alice):
    with pytest.raises(IntegrityError):
        pictures.made(alice, kind="drawn")


def test_an_upload_becomes_a_picture_byte_for_byte(media, alice, asked, django_capture_on_commit_callbacks):
    data = pictures.with_markers("JPEG")
    with django_capture_on_commit_callbacks(execute=True):
        image = upload(alice, pictures.file(data, "../../etc/<b>Ärger.JPG"))
    assert files.original(image).read_bytes() == data
    assert (image.kind, image.job, image.credits, image.format) == ("upload", None, 0, "jpeg")
    assert image.file_name == "<b>Ärger.JPG"
    assert asked == [image.pk]


def test_a_file_name_is_never_used_on_disk(media, alice):
    upload(alice, pictures.file(name="x" * 400 + ".png"))
    names = {path.name for path in media.rglob("*") if path.is_file()}
    assert names == {f"{Image.objects.get().sha256}.png"}
    assert len(Image.objects.get().file_name) == 255


def test_the_same_bytes_again_are_the_same_picture(media, alice, bob):
    first = upload(alice)
    assert upload(alice, pictures.file(name="other.png")) == first
    assert upload(bob) != first
    assert upload(alice, private=True) != first
    assert Image.objects.count() == 3


def test_an_upload_that_lies_in_the_trash_comes_back(media, alice):
    image = upload(alice)
    library.trash(image=image, by=alice)
    assert upload(alice).trashed_at is None
    assert access.visible_to(alice).get() == image


def test_a_bad_upload_leaves_nothing(media, alice):
    with pytest.raises(files.NotAPicture):
        upload(alice, pictures.file(b"<html>"))
    assert not Image.objects.exists()
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_a_stranger_adds_nothing(media, charlie):
    with pytest.raises(PermissionDenied):
        upload(charlie)
    assert not Image.objects.exists()


def test_a_project_has_a_name_of_its_own(alice):
    library.add_project(name="  Spring   Äpfel ", by=alice)
    assert Project.objects.filter(name="Spring Äpfel", created_by=alice).exists()
    for name in ("spring äpfel", "SPRING ÄPFEL", "general", "", "  ", "x" * 81):
        with pytest.raises(ValidationError):
            library.add_project(name=name, by=alice)
    assert Project.objects.count() == 2


def test_a_stranger_adds_no_project(charlie):
    with pytest.raises(PermissionDenied):
        library.add_project(name="Mine", by=charlie)


def test_only_an_admin_archives_a_project(alice, admin):
    project = library.add_project(name="Spring", by=alice)
    with pytest.raises(PermissionDenied):
        library.archive_project(project=project, by=alice)
    library.archive_project(project=project, by=admin)
    assert project.archived_at is not None
    assert list(access.open_projects()) == [pictures.general()]


def test_the_last_open_project_stays_open(admin):
    with pytest.raises(ValidationError):
        library.archive_project(project=pictures.general(), by=admin)


def test_trash_takes_a_picture_out_of_sight_and_keeps_its_file(media, alice, bob, admin):
    image = pictures.made(alice)
    with pytest.raises(PermissionDenied):
        library.trash(image=image, by=bob)
    library.trash(image=image, by=alice)
    assert not access.visible_to(alice).exists()
    assert files.original(image).exists()
    with pytest.raises(PermissionDenied):
        library.restore(image=image, by=bob)
    library.restore(image=image, by=admin)
    assert access.visible_to(bob).get() == image


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "drawn"}, {"format": "gif"}, {"width": 0}, {"height": 0}, {"size": 0}, {"position": -1},
        {"credits": -1}, {"sha256": "abc"}, {"sha256": "0" * 63}, {"ratio": "7-3"}, {"colour": 64},
        {"colour": -1}, {"kind": "upload"},
    ],
)  # fmt: skip
def test_what_must_never_be_is_refused_by_the_database(alice, change):
    (row,) = pictures.rows(alice, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Image.objects.filter(pk=row.pk).update(**change)


def test_the_database_holds_a_place_of_an_order_once(alice):
    job = uuid.uuid4()
    pictures.rows(alice, 4, job=job)
    with pytest.raises(IntegrityError), transaction.atomic():
        pictures.rows(alice, 1, job=job)


def test_a_picture_is_not_its_own_parent_and_no_parent_is_deleted(alice):
    child, parent = pictures.rows(alice, 2)
    with pytest.raises(IntegrityError), transaction.atomic():
        Parent.objects.create(child=child, parent=child, position=0)
    Parent.objects.create(child=child, parent=parent, position=0)
    with pytest.raises(ProtectedError):
        parent.delete()
    with pytest.raises(ProtectedError):
        alice.delete()
