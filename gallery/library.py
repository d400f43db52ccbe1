"""The only writer of the gallery's tables."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from gallery import files, tasks
from gallery.access import Person
from gallery.models import Image, Parent, Project

FILE_NAME_LENGTH = 255


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
    fields = _of(picture) | {"owner_id": owner.pk, "project": project, "kind": kind, "prompt": prompt}
    fields |= {
        "options": dict(options),
        "job": job,
        "position": position,
        "credits": credits,
        "private": private,
    }
    return _add(fields, parents) or Image.objects.get(job=job, position=position)


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
    transaction.on_commit(partial(tasks.ask_for_previews, image.pk))
    return image


def upload(*, owner: Person, project: Project, file: "UploadedFile[bytes]", private: bool) -> Image:
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
) -> Image:
    same = Image.objects.filter(
        owner_id=owner.pk, sha256=picture.sha256, private=private, kind=Image.Kind.UPLOAD
    )
    fields = _of(picture) | {
        "owner_id": owner.pk,
        "project": project,
        "kind": Image.Kind.UPLOAD,
        "private": private,
    }
    image = same.first() or _add(fields | {"file_name": name[-FILE_NAME_LENGTH:]}) or same.get()
    if image.trashed_at:
        restore(image=image, by=owner)
    return image


@transaction.atomic
def add_project(*, name: str, by: AbstractBaseUser) -> Project:
    """A new project; ValidationError, with a sentence, for a name that is taken, empty or too long."""
    if not by.is_active:
        raise PermissionDenied("Only an active member can add a project.")
    project = Project(name=" ".join(name.split()), created_by_id=by.pk)
    # SQLite's LOWER knows only A to Z, so that the constraint would let "Äpfel" and "äpfel" both in.
    taken = {one.casefold() for one in Project.objects.values_list("name", flat=True)}
    if project.name.casefold() in taken:
        raise ValidationError({"name": "There is a project of this name."})
    project.full_clean(exclude=("created_by",))
    project.save(force_insert=True)
    return project


@transaction.atomic
def archive_project(*, project: Project, by: AbstractBaseUser) -> None:
    """Close a project for new pictures, by an admin; its pictures stay. The last open one can't be closed."""
    if not getattr(by, "is_staff", False):
        raise PermissionDenied("Only an admin can archive a project.")
    if not Project.objects.filter(archived_at=None).exclude(pk=project.pk).exists():
        raise ValidationError("This is the last open project. Add another one first.")
    Project.objects.filter(pk=project.pk, archived_at=None).update(archived_at=timezone.now())
    project.refresh_from_db()


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


def _answer_for(image: Image, by: Person) -> None:
    """Only its owner or an admin may take a picture away or bring it back."""
    if not by.is_active or (by.pk != image.owner_id and not getattr(by, "is_staff", False)):
        raise PermissionDenied("Only the owner or an admin can do this.")
