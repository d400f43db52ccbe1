"""What must be true before the gallery can keep anything; `manage.py check` says it in a sentence each."""

import os
from pathlib import Path

import PIL
from django.conf import settings
from django.core.checks import CheckMessage, Error
from PIL import features

# 13.0.0 has the fix of a critical fault in reading JPEGs.
OLDEST_PILLOW = 13


def pictures_can_be_read(**_options: object) -> list[CheckMessage]:
    """Pillow is new enough and was built with every format the gallery takes."""
    found: list[CheckMessage] = [
        Error(f"Pillow was built without {title}.", hint="Install Pillow's own wheel.", id="gallery.E001")
        for name, title in (
            ("jpg", "JPEG"),
            ("zlib", "PNG"),
            ("webp", "WebP"),
            ("littlecms2", "colour profiles"),
        )
        if not features.check(name)
    ]
    if int(PIL.__version__.split(".")[0]) < OLDEST_PILLOW:
        found.append(
            Error(f"Pillow {PIL.__version__} is too old.", hint="Install 13.0.0 or later.", id="gallery.E002")
        )
    return found


def media_can_be_written(**_options: object) -> list[CheckMessage]:
    """The folder of the pictures, or the nearest one above it that exists, can be written."""
    folder = Path(settings.MEDIA_ROOT).resolve()
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return []
    return [
        Error(
            f"Pictures can't be kept: {nearest} can't be written.",
            hint="Set STUDIO_DATA_DIR.",
            id="gallery.E003",
        )
    ]
