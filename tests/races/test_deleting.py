"""A picture is deleted for good, and its file removed, at the moment when somebody adds the same bytes."""

import os
import time
from functools import partial

from django.core.files.uploadedfile import SimpleUploadedFile

from gallery import files, library
from gallery.models import Image, Project
from studio.accounts.models import User
from tests.gallery.pictures import drawing, encoded
from tests.races.cast import member

ROUNDS = 12


def bring(owner: int, width: int) -> int:
    """Add a picture; its number."""
    file = SimpleUploadedFile("photo.png", encoded(drawing((width, 20))))
    by, project = User.objects.get(pk=owner), Project.objects.get(pk=1)
    return library.bring(owner=by, project=project, file=file, private=False).image.pk


def bring_old(owner: int, width: int) -> int:
    """Add a picture yesterday and put it into the trash."""
    number = bring(owner, width)
    yesterday = time.time() - 24 * 3600
    os.utime(files.original(Image.objects.get(pk=number)), (yesterday, yesterday))
    return library.trash([number], by=User.objects.get(pk=owner))[0]


def delete_and_free(owner: int, number: int) -> int:
    """Delete it for good, and remove the file as the clock does."""
    library.delete([number], by=User.objects.get(pk=owner))
    return library.free(most=100)


def free() -> int:
    """What another clock does."""
    return library.free(most=100)


def missing() -> list[int]:
    """The pictures that are there and have no file."""
    return [image.pk for image in Image.objects.filter(deleted_at=None) if not files.original(image).exists()]


def left_aside() -> int:
    """Files that nobody put back or removed."""
    return len(list(files.folder("leaving").iterdir()))


def deleted(number: int) -> bool:
    """Whether a picture is gone for good."""
    return Image.objects.get(pk=number).deleted_at is not None


def test_who_adds_a_picture_has_it_with_its_file_whoever_deletes_the_same_bytes(processes):
    maya, milo = (processes.alone(member, name=name) for name in ("Maya", "Milo"))
    for width in range(30, 30 + ROUNDS):
        old = processes.alone(bring_old, owner=maya, width=width)
        again, other = partial(bring, owner=maya, width=width), partial(bring, owner=milo, width=width)
        race = [partial(delete_and_free, owner=maya, number=old), again, partial(free), other]
        _freed, mine, _freed_too, theirs = processes.at_once(race)
        assert not processes.alone(deleted, number=mine)
        assert not processes.alone(deleted, number=theirs)
        assert processes.alone(missing) == []
        assert processes.alone(left_aside) == 0
