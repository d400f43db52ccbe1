"""Where things are kept: is there room, and may we write there."""

import os
from pathlib import Path

from django.conf import settings

from gallery import files
from studio import diskspace
from studio.doctor.checkup import Problem

OTHERS_WRITE = 0o022


def disk() -> str:
    """There is room."""
    try:
        rooms = diskspace.rooms()
    except OSError as trouble:
        raise Problem(f"{trouble.filename} can't be looked at ({trouble.strerror}).") from None
    if tight := [room for room in rooms if room.level]:
        raise Problem(*(f"Make room for {room.holds}: only {room.words}." for room in tight))
    return "; ".join(f"{room.holds}: {room.words}" for room in rooms) + "."


def media() -> str:
    """Pictures can be written, and moved to their place in one step; nobody else may write there."""
    try:
        with files.incoming() as file:
            file.write(b"ready?")
            file.flush()
            os.fsync(file.fileno())
        # A new installation has none until its first picture.
        places = [files.folder(name) for name in ("incoming", "originals")]
    except OSError as trouble:
        raise Problem(
            f"Pictures can't be written to {settings.MEDIA_ROOT} ({trouble.strerror}): "
            "give the folder to the user the studio runs as."
        ) from None
    if len({place.stat().st_dev for place in places}) > 1:
        raise Problem(
            f"{places[0]} and {places[1]} are on different file systems: put all of {settings.MEDIA_ROOT} on one."
        )
    kept = (Path(settings.STUDIO_DATA_DIR), Path(settings.MEDIA_ROOT), *places)
    if open_ones := [folder for folder in kept if folder.stat().st_mode & OTHERS_WRITE]:
        raise Problem(*(f"Others may write to {folder}: chmod go-w {folder}" for folder in open_ones))
    return f"{settings.MEDIA_ROOT} can be written, on one file system."
