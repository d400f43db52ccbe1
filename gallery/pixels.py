"""Pixels in memory: opening what nobody vouches for, turning it upright, and writing it anew without anything else."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageCms, ImageOps

MOST_PIXELS = 40_000_000
FORMATS = {"PNG": "png", "JPEG": "jpeg", "MPO": "jpeg", "WEBP": "webp"}
SRGB = ImageCms.createProfile("sRGB")
ORIENTATION, SIDEWAYS = 0x0112, {5, 6, 7, 8}
QUALITY = {"jpeg": 95, "webp": 92}

# One decoding at a time in a process: 40 megapixels take up to 500 MB, and workers have many threads.
DECODING = threading.Lock()
Image.MAX_IMAGE_PIXELS = MOST_PIXELS


class NotAPicture(Exception):
    """A file that can't be kept as a picture. Its text is a sentence for people."""


TOO_MANY_PIXELS = "This picture has more than 40 megapixels. Make it smaller and try again."
DAMAGED = "This picture is damaged."
UNREADABLE = "{} can't be read here. PNG, JPEG and WebP can."


def _foreign(head: bytes) -> str:
    """The name of what a file is that begins like this, as people call it."""
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return (
            "AVIF"
            if brand in {b"avif", b"avis"}
            else "HEIC"
            if brand[:2] in {b"he", b"mi", b"ms"}
            else "Video"
        )
    names = {b"GIF8": "GIF", b"BM": "BMP", b"II*\0": "TIFF", b"MM\0*": "TIFF", b"%PDF": "PDF", b"<svg": "SVG"}
    return next((name for start, name in names.items() if head.startswith(start)), "This file")


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """A picture whose header was believed as far as its size; its pixels are not read yet.

    Only PNG, JPEG and WebP, at most 40 megapixels, one frame. Whatever goes wrong inside the block because of the
    file's content is NotAPicture as well.
    """
    with path.open("rb") as file, DECODING:
        head = file.read(16)
        file.seek(0)
        try:
            with Image.open(file, formats=("PNG", "JPEG", "WEBP")) as image:
                _refuse_what_is_too_much(image)
                yield image
        except Image.UnidentifiedImageError:
            raise NotAPicture(
                "This file is empty." if not head else UNREADABLE.format(_foreign(head))
            ) from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise NotAPicture(TOO_MANY_PIXELS) from None
        except (
            OSError,
            SyntaxError,
            ValueError,
            EOFError,
            OverflowError,
            MemoryError,
            KeyError,
            IndexError,
        ) as error:
            if isinstance(error, OSError) and error.errno:
                raise  # the disk's fault, not the picture's
            raise NotAPicture(DAMAGED) from None


def _refuse_what_is_too_much(image: Image.Image) -> None:
    """What the header promises must be affordable before a pixel is decoded."""
    if image.width * image.height > MOST_PIXELS:
        raise NotAPicture(TOO_MANY_PIXELS)
    # A phone's JPEG may carry a second picture (a depth or gain map): its first is what people see.
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise NotAPicture("Moving pictures can't be kept here. Send a single frame.")


def sideways(image: Image.Image) -> bool:
    """Whether the camera was held so that width and height change places when it is seen."""
    return image.getexif().get(ORIENTATION) in SIDEWAYS


def seen_size(image: Image.Image) -> tuple[int, int]:
    """Width and height of the picture as it is seen."""
    return (image.height, image.width) if sideways(image) else (image.width, image.height)


def mean_colour(image: Image.Image) -> tuple[int, int, int]:
    """The mean of the picture's pixels, seen on white."""
    # 64 × 64 samples do for a placeholder, and need no second copy of 40 megapixels.
    few = image.resize((64, 64), Image.Resampling.NEAREST)
    red, green, blue = on_white(few).resize((1, 1), Image.Resampling.BOX).getdata()[0]
    return red, green, blue


def has_alpha(image: Image.Image) -> bool:
    """Whether any pixel lets something through."""
    return "A" in image.getbands() and image.getchannel("A").getextrema() != (255, 255)


def shrink(image: Image.Image, width: int, height: int) -> Image.Image:
    """The picture made to fit a box as it is seen, never larger; a JPEG is decoded no larger than it must be."""
    box = (height, width) if sideways(image) else (width, height)
    if image.mode in {"P", "1", "PA"}:
        image = _keeping_info(image, image.convert("RGBA" if image.has_transparency_data else "RGB"))
    image.thumbnail(box, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return image


def _keeping_info(old: Image.Image, new: Image.Image) -> Image.Image:
    """The new picture with the old one's profile and orientation, which the next steps need."""
    new.info |= old.info
    return new


def plain(image: Image.Image) -> Image.Image:
    """The picture upright, in sRGB, as RGB or RGBA, on a fresh canvas: of the file nothing but pixels is left."""
    upright = ImageOps.exif_transpose(image)
    profile = upright.info.get("icc_profile")
    colours = _to_srgb(upright, profile) if profile else None
    if colours is None:
        colours = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    if colours.mode == "RGBA" and not has_alpha(colours):
        colours = colours.convert("RGB")
    fresh = Image.new(colours.mode, colours.size)
    fresh.paste(colours)
    return fresh


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image | None:
    """The colours as their profile means them; nothing if it can't be used, for many files carry a broken one."""
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        base = image if image.mode in {"RGB", "CMYK", "L"} else image.convert("RGB")
        colours = ImageCms.profileToProfile(base, source, SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    if colours is not None and alpha is not None:
        colours.putalpha(alpha)
    return colours


def on_white(image: Image.Image) -> Image.Image:
    """The picture as RGB; what lets something through is laid on white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    white = Image.new("RGBA", clear.size, "white")
    white.alpha_composite(clear)
    return white.convert("RGB")


def write(image: Image.Image, file: BinaryIO, format: str, *, quality: int = 0) -> None:
    """Encode as "png", "jpeg" or "webp", with nothing but the pixels."""
    if format == "png":
        image.save(file, "PNG")
    elif format == "jpeg":
        on_white(image).save(file, "JPEG", quality=quality or QUALITY["jpeg"], optimize=True)
    else:
        image.save(file, "WEBP", quality=quality or QUALITY["webp"], method=4)
