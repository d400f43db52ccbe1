"""Pixels in memory: opening what nobody vouches for, and writing it anew with nothing but the pixels."""

import io
import math
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageCms, UnidentifiedImageError

MOST_PIXELS = 40_000_000
MOST_SCANS = 100
# A phone's JPEG may carry a second picture (a depth or gain map) and is then called MPO.
FORMATS = {"PNG": "png", "JPEG": "jpeg", "MPO": "jpeg", "WEBP": "webp"}
QUALITY = {"jpeg": 95, "webp": 92}
SRGB = ImageCms.createProfile("sRGB")
ORIENTATION, SIDEWAYS = 0x0112, {5, 6, 7, 8}
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow was seen to raise over bytes that are not what they should be.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, OverflowError, MemoryError)
OURS = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")
FOREIGN = {b"GIF8": "GIF", b"BM": "BMP", b"II*\0": "TIFF", b"MM\0*": "TIFF", b"%PDF": "PDF", b"<svg": "SVG"}

# One decoding at a time in a process: 40 megapixels take hundreds of MB, and workers have many threads.
DECODING = threading.Lock()
Image.MAX_IMAGE_PIXELS = MOST_PIXELS


class NotAPicture(Exception):
    """A file that can't be kept as a picture. Its text is a sentence for people."""


DAMAGED = "This picture is damaged."
TOO_MANY_PIXELS = "More than 40 megapixels can't be kept here. Make this picture smaller."
MOVING = "Moving pictures can't be kept here. Pick a single frame."
EMPTY = "This file is empty."


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """A picture of which only the header was read, and found affordable: its size, its frames, its scans.

    Whatever is wrong with the content, here or inside the block, is NotAPicture. OSError is the disk's.
    """
    with DECODING, path.open("rb") as file:
        head = file.read(16)
        file.seek(0)
        try:
            with Image.open(file, formats=("PNG", "JPEG", "WEBP")) as image:
                _refuse_what_costs_too_much(image, file)
                yield image
        except UnidentifiedImageError:
            raise NotAPicture(_what_it_is(head)) from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise NotAPicture(TOO_MANY_PIXELS) from None
        except (*BROKEN, struct.error, zlib.error) as error:
            if isinstance(error, OSError) and error.errno:
                raise
            raise NotAPicture(DAMAGED) from None


def _what_it_is(head: bytes) -> str:
    """A sentence about a file that begins like this and is no picture to us."""
    if not head or head.startswith(OURS):
        return DAMAGED if head else EMPTY
    name = next((name for start, name in FOREIGN.items() if head.startswith(start)), "This file")
    if head[4:8] == b"ftyp":
        name = {b"av": "AVIF", b"he": "HEIC", b"mi": "HEIC", b"ms": "HEIC"}.get(head[8:10], "Video")
    return f"{name} can't be read here. PNG, JPEG and WebP can."


def _refuse_what_costs_too_much(image: Image.Image, file: BinaryIO) -> None:
    """What the header promises must be affordable before a pixel is decoded."""
    if image.width * image.height > MOST_PIXELS:
        raise NotAPicture(TOO_MANY_PIXELS)
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise NotAPicture(MOVING)
    if FORMATS[image.format or ""] == "jpeg" and _scans(file) > MOST_SCANS:
        raise NotAPicture(DAMAGED)


def _scans(file: BinaryIO) -> int:
    """How often a JPEG sends its decoder over all its pixels: a few times, or for minutes if it is evil."""
    place, found, last = file.tell(), 0, b""
    file.seek(0)
    while piece := file.read(2**20):
        found += (last + piece).count(b"\xff\xda")
        last = piece[-1:]
    file.seek(place)
    return found


def turn(image: Image.Image) -> int:
    """How the camera was held, 1 to 8 as EXIF counts; 1, upright, when nothing sensible is said."""
    try:
        said = image.getexif().get(ORIENTATION)
    except (*BROKEN, struct.error):
        return 1
    return said if isinstance(said, int) and said in UPRIGHT else 1


def seen_size(image: Image.Image) -> tuple[int, int]:
    """Width and height of the picture as it is seen."""
    return (image.height, image.width) if turn(image) in SIDEWAYS else (image.width, image.height)


def mean_colour(image: Image.Image) -> tuple[int, int, int]:
    """The mean of the picture's colours, seen on white."""
    # 64 × 64 samples do for a placeholder, and need no second copy of 40 megapixels.
    few = on_white(_eight_bits(image.resize((64, 64), Image.Resampling.NEAREST)))
    red, green, blue = few.resize((1, 1), Image.Resampling.BOX).tobytes()
    return red, green, blue


def shrink(image: Image.Image, width: int, height: int) -> Image.Image:
    """The picture fitted into a box as it is seen, never enlarged; a JPEG is decoded at the nearest size."""
    wide, high = seen_size(image)
    factor = min(width / wide, height / high, 1)
    box = math.ceil(image.width * factor), math.ceil(image.height * factor)
    image.draft("", box)
    image = _eight_bits(image)
    if image.mode in {"P", "1", "PA"}:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail(box, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return image


def plain(image: Image.Image) -> Image.Image:
    """The picture upright, in sRGB, as RGB or, if anything shows through, RGBA: nothing but pixels."""
    way, profile = UPRIGHT.get(turn(image)), image.info.get("icc_profile")
    image = _eight_bits(image)
    colours = (_to_srgb(image, profile) if profile else None) or image
    colours = colours.convert("RGBA" if colours.has_transparency_data else "RGB")
    if colours.mode == "RGBA" and colours.getchannel("A").getextrema() == (255, 255):
        colours = colours.convert("RGB")
    if way is not None:
        colours = colours.transpose(way)
    fresh = Image.new(colours.mode, colours.size)
    fresh.paste(colours)
    return fresh


def _eight_bits(image: Image.Image) -> Image.Image:
    """The picture with 8 bits a channel: a grey one of 16 would be cut off at white by `convert`."""
    return image.point(lambda value: value * (1 / 256)).convert("L") if image.mode.startswith("I") else image


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image | None:
    """The colours as their profile means them; None if it can't be used: many files carry a broken one."""
    base = (
        image if image.mode in {"RGB", "CMYK", "L"} else image.convert("L" if image.mode == "LA" else "RGB")
    )
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        colours = ImageCms.profileToProfile(base, source, SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, *BROKEN):
        return None
    if colours is not None and image.has_transparency_data:
        colours.putalpha(image.convert("RGBA").getchannel("A"))
    return colours


def on_white(image: Image.Image) -> Image.Image:
    """The picture as RGB; where something shows through, it is white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    white = Image.new("RGBA", clear.size, "white")
    white.alpha_composite(clear)
    return white.convert("RGB")


def write(image: Image.Image, file: BinaryIO, encoding: str, *, quality: int = 0) -> None:
    """Encode a `plain` picture as "png", "jpeg" or "webp"."""
    if encoding == "png":
        image.save(file, "PNG")
    elif encoding == "jpeg":
        on_white(image).save(file, "JPEG", quality=quality or QUALITY["jpeg"])
    else:
        image.save(file, "WEBP", quality=quality or QUALITY["webp"], method=4)
