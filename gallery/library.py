"""The only writer of the gallery's tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone

from gallery import access, files, search, tasks
from gallery.access import Person
from gallery.models import Image, Parent, Project

FILE_NAME_LENGTH = 255
TAKEN_NAME = "There is a project of this name."
TAKEN_CODE = "There is a project with this code."


@transaction.atomic
def keep(
    *,
    picture: files.Picture,
    owner: AbstractBaseUser,
    project: Project,
    kind: str,
    prompt: str,
    options: Mapping[str, Any],
    job: UUID,
    position: int,
    credits: int,
    private: bool,
    parents: Sequence[Image] = (),
) -> Image:
    """A stored picture's row, or the one that is there when this place of the job is filled.

    The file comes first (`files.store`), so that no row is ever without one. An owner who was deactivated
    meanwhile still gets the row: what was paid for comes home.
    """
    kept = Image.objects.filter(job=job, position=position).first()
    if kept:
        return kept
    fields = _of(picture) | _place(job, project) | {"owner_id": owner.pk, "kind": kind, "prompt": prompt}
    fields |= {
        "options": dict(options),
        "job": job,
        "position": position,
        "credits": credits,
        "private": private,
    }
    return _add(fields, parents) or Image.objects.get(job=job, position=position)


def _place(job: UUID, project: Project) -> dict[str, Any]:
    """The project of an order's next picture: where the others stand by now, so that an order is in one project."""
    earlier = Image.objects.select_for_update(of=("self",)).filter(job=job).order_by("pk").first()
    here = earlier.project_id if earlier else project.pk
    return {"project_id": here, "booked_on": None if here == project.pk else project}


def _of(picture: files.Picture) -> dict[str, Any]:
    """What the file itself says about an image."""
    names = ("format", "width", "height", "size", "sha256", "ratio", "colour")
    return {name: getattr(picture, name) for name in names}


def _add(fields: Mapping[str, Any], parents: Sequence[Image] = ()) -> Image | None:
    """A new image with its parents, its previews asked for; nothing if another was first in its place."""
    try:
        with transaction.atomic():
            image = Image.objects.create(**fields)
    except IntegrityError as error:
        # Only the rule that a place is filled once may be broken by a race; the others are ours to keep.
        if "unique" not in str(error).lower():
            raise
        return None
    Parent.objects.bulk_create(Parent(child=image, parent=one, position=at) for at, one in enumerate(parents))
    search.index(image.pk)
    transaction.on_commit(partial(tasks.ask_for_previews, image.pk))
    return image


def upload(*, owner: Person, project: Project, file: "UploadedFile[bytes]", private: bool) -> Image:
    """A person's own file as a picture of the gallery; the same bytes again give the row that is there."""
    return bring(owner=owner, project=project, file=file, private=private).image


@dataclass(frozen=True, slots=True)
class Brought:
    """A picture that somebody added, and whether it was here before."""

    image: Image
    known: bool


def bring(*, owner: Person, project: Project, file: "UploadedFile[bytes]", private: bool) -> Brought:
    """A person's own file as a picture of the gallery; the same bytes again give the row that is there.

    NotAPicture says in a sentence why a file can't be kept. It comes back from the trash when it lay there.
    """
    if not owner.is_active:
        raise PermissionDenied("Only an active member can add pictures.")
    with files.incoming() as incoming:
        for chunk in file.chunks():
            incoming.write(chunk)
        incoming.flush()
        picture = files.examine(Path(incoming.name))
        files.store(picture)
    return _keep_upload(picture, owner=owner, project=project, name=file.name or "", private=private)


@transaction.atomic
def _keep_upload(
    picture: files.Picture, *, owner: Person, project: Project, name: str, private: bool
) -> Brought:
    mine = Image.objects.filter(owner_id=owner.pk, kind=Image.Kind.UPLOAD, deleted_at=None)
    same = mine.filter(sha256=picture.sha256, private=private)
    fields = _of(picture) | {
        "owner_id": owner.pk,
        "project": project,
        "kind": Image.Kind.UPLOAD,
        "private": private,
    }
    earlier = same.first()
    image = earlier or _add(fields | {"file_name": name[-FILE_NAME_LENGTH:]}) or same.get()
    if image.trashed_at:
        restore(image=image, by=owner)
    return Brought(image, known=earlier is not None)


@transaction.atomic
def add_project(*, name: str, by: AbstractBaseUser, code: str = "", client: str = "") -> Project:
    """A new project; ValidationError, with a sentence, for a name or code that is taken, empty or too long."""
    if not by.is_active:
        raise PermissionDenied("Only an active member can add a project.")
    project = Project(created_by_id=by.pk)
    _call(project, name=name, code=code, client=client)
    return project


@transaction.atomic
def change_project(*, project: Project, by: AbstractBaseUser, name: str, code: str, client: str) -> None:
    """Give a project other names, by an admin; ValidationError as for a new one, and then nothing has changed."""
    _only_admins(by)
    _call(Project.objects.select_for_update().get(pk=project.pk), name=name, code=code, client=client)
    project.refresh_from_db()


def _call(project: Project, **names: str) -> None:
    """Write a project with these names, if they are its own."""
    for field, text in names.items():
        setattr(project, field, " ".join(text.split()))
    for field, words in (("name", TAKEN_NAME), ("code", TAKEN_CODE)):
        # SQLite's LOWER knows only A to Z, so that the constraint would let "Äpfel" and "äpfel" both in.
        others = Project.objects.exclude(pk=project.pk).values_list(field, flat=True)
        if getattr(project, field).casefold() in {one.casefold() for one in others if one}:
            raise ValidationError({field: words})
    project.full_clean(exclude=("created_by",))
    project.save()


@transaction.atomic
def archive_project(*, project: Project, by: AbstractBaseUser) -> None:
    """Close a project for new pictures, by an admin; its pictures stay. The last open one can't be closed."""
    _only_admins(by)
    # Two admins who close the last two at the same moment must not leave the team without one.
    still_open = set(access.open_projects().select_for_update().order_by("pk").values_list("pk", flat=True))
    if not still_open - {project.pk}:
        raise ValidationError("This is the last open project. Add another one first.")
    Project.objects.filter(pk=project.pk, archived_at=None).update(archived_at=timezone.now())
    project.refresh_from_db()


@transaction.atomic
def reopen_project(*, project: Project, by: AbstractBaseUser) -> None:
    """Let an archived project take new pictures again, by an admin."""
    _only_admins(by)
    Project.objects.filter(pk=project.pk).update(archived_at=None)
    project.refresh_from_db()


def _only_admins(by: AbstractBaseUser) -> None:
    if not by.is_active or not getattr(by, "is_staff", False):
        raise PermissionDenied("Only an admin can change a project.")


@transaction.atomic
def move_order(*, image: Image, project: Project, by: Person) -> int:
    """Put all pictures of an order, or an upload, into an open project, by their owner or an admin; how many moved.

    The credits stay where they were booked, and each picture of an order remembers where that is.
    """
    _answer_for(image, by)
    if not access.open_projects().filter(pk=project.pk).exists():
        raise ValidationError(f"“{project}” is archived and takes no pictures.")
    order = Image.objects.filter(job=image.job) if image.job else Image.objects.filter(pk=image.pk)
    # Locked first, so that a picture of the order that is kept meanwhile is moved too, or comes to where they are.
    list(order.select_for_update().order_by("pk").values_list("pk"))
    elsewhere = NullIf(Coalesce(F("booked_on_id"), F("project_id")), Value(project.pk))
    moved = order.exclude(project=project).update(project=project, booked_on=elsewhere if image.job else None)
    image.refresh_from_db()
    return moved


@transaction.atomic
def trash(*, image: Image, by: Person) -> None:
    """Take a picture out of sight, by its owner or an admin; its file stays."""
    _answer_for(image, by)
    Image.objects.filter(pk=image.pk, trashed_at=None).update(trashed_at=timezone.now())
    image.refresh_from_db()


@transaction.atomic
def restore(*, image: Image, by: Person) -> None:
    """Bring a picture back from the trash, by its owner or an admin."""
    _answer_for(image, by)
    Image.objects.filter(pk=image.pk).update(trashed_at=None)
    image.refresh_from_db()


def answers_for(image: Image, by: Person) -> bool:
    """Whether a person may take a picture away, bring it back or move it: its owner, or an admin."""
    return by.is_active and (by.pk == image.owner_id or bool(getattr(by, "is_staff", False)))


def _answer_for(image: Image, by: Person) -> None:
    if not answers_for(image, by):
        raise PermissionDenied("Only the owner or an admin can do this.")
