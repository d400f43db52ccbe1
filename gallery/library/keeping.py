"""Pictures come in: what was made, and what people bring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction

from gallery import files, search, tasks
from gallery.access import Person
from gallery.library.trash import restore
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
    fields = _of(picture) | _place(job, project, private=private)
    fields |= {
        "owner_id": owner.pk,
        "kind": kind,
        "prompt": prompt,
        "options": dict(options),
        "job": job,
        "position": position,
        "credits": credits,
    }
    return _add(fields, parents) or Image.objects.get(job=job, position=position)


def _place(job: UUID, project: Project, *, private: bool) -> dict[str, Any]:
    """The project of an order's next picture, and who sees it: as the others stand by now, if they agree.

    So an order is in one project, and its last picture is not shown to all after the owner has hidden the first ones.
    What is deleted for good has no say in it while others are there: nobody could hide or show it any more.
    """
    # Locked, so that it comes after those that are moved or hidden at this moment.
    order = Image.objects.select_for_update(of=("self",)).filter(job=job).order_by("pk")
    earlier = list(order.only("project_id", "private", "deleted_at"))
    here = earlier[0].project_id if earlier else project.pk
    standing = {image.private for image in [one for one in earlier if not one.deleted_at] or earlier}
    return {
        "project_id": here,
        "booked_on": None if here == project.pk else project,
        "private": standing.pop() if len(standing) == 1 else private,
    }


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
    # Locked, so that nobody deletes it for good while it comes back.
    earlier = same.select_for_update(of=("self",)).first()
    image = earlier or _add(fields | {"file_name": name[-FILE_NAME_LENGTH:]}) or same.get()
    if image.trashed_at:
        restore([image.pk], by=owner)
        image.refresh_from_db()
    return Brought(image, known=earlier is not None)
