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
    library.trash([image.pk], by=alice)
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


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_archive_the_last_two_at_once_leave_one_open(admin):
    last_two = [pictures.general(), library.add_project(name="Spring", by=admin)]
    refused, start = [], threading.Barrier(2)

    def archive(project):
        start.wait()
        try:
            library.archive_project(project=project, by=admin)
        except ValidationError as error:
            refused.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=archive, args=(project,)) for project in last_two]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (len(refused), access.open_projects().count()) == (1, 1)


def change(project, by, **names):
    names = {"name": project.name, "code": project.code, "client": project.client} | names
    library.change_project(project=project, by=by, **names)


@pytest.mark.parametrize(
    "names", [{"name": "GENERAL"}, {"name": " "}, {"code": "äu-1"}, {"code": "x" * 13}, {"client": "x" * 81}]
)
def test_a_project_that_can_not_be_called_so_keeps_all_its_names(admin, names):
    pictures.general()
    library.add_project(name="Winter", code="ÄU-1", by=admin)
    spring = library.add_project(name="Spring", by=admin)
    with pytest.raises(ValidationError):
        change(spring, admin, **names)
    spring.refresh_from_db()
    assert (spring.name, spring.code, spring.client) == ("Spring", "", "")


def test_only_an_active_admin_changes_and_reopens_a_project(alice, admin):
    spring = library.add_project(name="Spring", by=alice)
    admin.is_active = False
    for person in (alice, admin):
        for act in (library.archive_project, library.reopen_project):
            with pytest.raises(PermissionDenied):
                act(project=spring, by=person)
        with pytest.raises(PermissionDenied):
            change(spring, person, name="Mine")


def test_a_project_is_called_something_else_and_may_keep_its_own_code(admin):
    spring = library.add_project(name="Spring", code=" NW-7 ", client="Nordwind  Energie", by=admin)
    assert (spring.code, spring.client) == ("NW-7", "Nordwind Energie")
    change(spring, admin, name="spring", code="nw-7", client="")
    assert (spring.name, spring.code, spring.client) == ("spring", "nw-7", "")


def test_any_number_of_projects_have_no_code(admin):
    for name in ("Spring", "Summer"):
        library.add_project(name=name, by=admin)
    assert Project.objects.filter(code="").count() == Project.objects.count() >= 2


def test_a_project_that_was_archived_takes_pictures_again(admin):
    spring = library.add_project(name="Spring", by=admin)
    library.archive_project(project=spring, by=admin)
    library.reopen_project(project=spring, by=admin)
    assert spring in access.open_projects()


@pytest.fixture
def alba(admin):
    return library.add_project(name="Alba", by=admin)


def places(job):
    """The projects that the pictures of an order stand in and were booked on."""
    return {(image.project, image.booked_on) for image in Image.objects.filter(job=job)}


def test_nobody_else_moves_a_picture_to_another_project(alice, bob, charlie, alba):
    (image,) = pictures.rows(alice, 1)
    for person in (bob, charlie):
        assert library.move([image.pk], project=alba, by=person) == {}
    assert places(image.job) == {(pictures.general(), None)}


def test_an_archived_project_takes_no_picture_from_another(alice, admin, alba):
    (image,) = pictures.rows(alice, 1)
    library.archive_project(project=alba, by=admin)
    with pytest.raises(ValidationError, match="Alba"):
        library.move([image.pk], project=alba, by=alice)


def test_an_order_moves_as_a_whole_its_trash_too_and_remembers_who_paid(alice, admin, alba):
    job = uuid.uuid4()
    first, *others = pictures.rows(alice, 4, job=job)
    library.trash([others[-1].pk], by=alice)
    (moved,) = library.move([first.pk], project=alba, by=admin).values()
    assert moved == [first.pk, *(other.pk for other in others[:-1])]
    assert places(job) == {(alba, pictures.general())}
    assert library.move([first.pk], project=alba, by=admin) == {}


def test_an_order_that_moves_on_and_back_was_paid_by_its_first_project(alice, admin, alba):
    (image,) = pictures.rows(alice, 1)
    berg = library.add_project(name="Berg", by=admin)
    for project, paid_by in [
        (alba, pictures.general()),
        (berg, pictures.general()),
        (pictures.general(), None),
    ]:
        library.move([image.pk], project=project, by=alice)
        assert places(image.job) == {(project, paid_by)}


def test_an_upload_moves_alone_and_was_booked_nowhere(media, alice, alba):
    image, other = upload(alice), upload(alice, private=True)
    assert library.move([image.pk], project=alba, by=alice) == {pictures.general().pk: [image.pk]}
    image.refresh_from_db()
    other.refresh_from_db()
    assert (image.project, image.booked_on, other.project) == (alba, None, pictures.general())


def test_a_picture_that_comes_home_after_its_order_was_moved_joins_the_others(media, alice, alba):
    job = uuid.uuid4()
    first = pictures.made(alice, job=job)
    library.move([first.pk], project=alba, by=alice)
    pictures.made(alice, job=job, position=1)
    assert places(job) == {(alba, pictures.general())}


def test_trash_takes_a_picture_out_of_sight_and_keeps_its_file(media, alice, bob, admin):
    image = pictures.made(alice)
    assert library.trash([image.pk], by=bob) == []
    assert library.trash([image.pk], by=alice) == [image.pk]
    assert not access.visible_to(alice).exists()
    assert files.original(image).exists()
    assert library.restore([image.pk], by=bob) == []
    assert library.restore([image.pk], by=admin) == [image.pk]
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


@pytest.fixture
def three(media, alice):
    """Three pictures of an order of four, shown to the team."""
    job = uuid.uuid4()
    return [pictures.made(alice, job=job, position=position) for position in range(3)]


def fourth(three, *, private=False) -> Image:
    return pictures.made(three[0].owner, job=three[0].job, position=3, private=private)


def test_the_last_picture_of_an_order_that_was_hidden_meanwhile_arrives_hidden(three, alice):
    library.hide([image.pk for image in three], by=alice)
    assert fourth(three).private


def test_the_last_picture_of_a_private_order_that_was_shown_meanwhile_is_shown(media, alice):
    job = uuid.uuid4()
    first = pictures.made(alice, job=job, private=True)
    library.show([first.pk], by=alice)
    assert not pictures.made(alice, job=job, position=1, private=True).private


def test_where_the_others_differ_it_is_as_it_was_ordered(three, alice):
    library.hide([three[0].pk], by=alice)
    assert not fourth(three).private


def test_what_is_in_the_trash_counts_and_what_is_deleted_does_not(three, alice):
    library.trash([three[0].pk], by=alice)
    library.delete([three[0].pk], by=alice)
    library.hide([image.pk for image in three], by=alice)
    library.trash([three[1].pk], by=alice)
    assert fourth(three).private


def test_when_all_others_are_deleted_it_is_hidden_as_they_were(three, alice):
    numbers = [image.pk for image in three]
    library.hide(numbers, by=alice)
    library.trash(numbers, by=alice)
    library.delete(numbers, by=alice)
    assert fourth(three).private
