"""Small copies of a picture for the pages: WebP of 320, 640 and 1280 pixels, with nothing but the pixels."""

from functools import partial
from pathlib import Path

from django.urls import reverse

from gallery import files, pixels
from gallery.models import Image

WIDTHS = (320, 640, 1280)
QUALITY = 80
# A strip of 1 × 40,000,000 pixels would be higher than WebP can hold.
MOST_TIMES_AS_HIGH = 4


def path(image: Image, width: int) -> Path:
    """Where the preview of one of the WIDTHS stands, made already or not."""
    return files.place("previews", image.sha256, f"-{width}.webp")


def url(image: Image, width: int) -> str:
    """The address of the preview of one of the WIDTHS."""
    return reverse("gallery:preview", args=[image.pk, width])


def find(image: Image, width: int) -> Path:
    """The preview of one of the WIDTHS, made now if it is missing.

    NotAPicture or FileNotFoundError if the original is damaged or missing.
    """
    wanted = path(image, width)
    if not wanted.exists():
        make(image)
    return wanted


def make(image: Image) -> None:
    """Make all previews that are missing, from one decoding; a picture that is smaller keeps its size."""
    missing = [width for width in sorted(WIDTHS, reverse=True) if not path(image, width).exists()]
    if not missing:
        return
    with pixels.opened(files.original(image)) as opened:
        small = pixels.plain(pixels.shrink(opened, missing[0], missing[0] * MOST_TIMES_AS_HIGH))
    for width in missing:
        copy = small.copy()
        copy.thumbnail((width, width * MOST_TIMES_AS_HIGH))
        files.write_whole(path(image, width), partial(pixels.write, copy, encoding="webp", quality=QUALITY))
