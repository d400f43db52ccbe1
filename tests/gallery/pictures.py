"""Small pictures of every kind, made with Pillow: good ones, odd ones and broken ones."""

import io
import struct
import uuid
import zlib
from functools import cache
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management.color import no_style
from django.db import connection
from PIL import Image as Pixels
from PIL import ImageCms, PngImagePlugin

from gallery import files, library, search
from gallery.models import Album, Guest, Image, Placed, Project

MARKERS = (
    b"SECRET-PLACE",
    b"SECRET-COMMENT",
    b"SECRET-TEXT",
    b"SECRET-XMP",
    b"SECRET-TAIL",
    b"sRGB built-in",
)
ORIENTATION, COPYRIGHT, GPS = 0x0112, 0x8298, 0x8825


def drawing(size=(96, 64), mode="RGB"):
    """A gradient with a red corner at the top left, so that turns and crops show."""
    picture = Pixels.linear_gradient("L").resize(size).convert("RGB")
    picture.paste((220, 20, 20), (0, 0, size[0] // 3, size[1] // 3))
    return picture.convert(mode)


def encoded(picture=None, encoding="PNG", **options) -> bytes:
    file = io.BytesIO()
    (picture or drawing()).save(file, encoding, **options)
    return file.getvalue()


def exif(orientation=1) -> Pixels.Exif:
    told = Pixels.Exif()
    told[ORIENTATION] = orientation
    told[COPYRIGHT] = "SECRET-PLACE"
    told.get_ifd(GPS)[1] = "SECRET-PLACE"
    return told


@cache
def with_markers(encoding: str) -> bytes:
    """A picture with something to tell in every place where a file can hold it; its profile says when it was made."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options = {"exif": exif(), "icc_profile": profile}
    if encoding == "PNG":
        told = PngImagePlugin.PngInfo()
        told.add_text("Comment", "SECRET-TEXT")
        told.add_itxt("XML:com.adobe.xmp", "SECRET-XMP")
        options["pnginfo"] = told
    else:
        options["xmp"] = b"<x:xmpmeta>SECRET-XMP</x:xmpmeta>"
    if encoding == "JPEG":
        options["comment"] = b"SECRET-COMMENT"
    return encoded(None, encoding, **options) + b"<script>SECRET-TAIL</script>"


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that promises many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


def file(data: bytes | None = None, name="photo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, encoded() if data is None else data)


def on_disk(folder: Path, data: bytes) -> Path:
    path = folder / uuid.uuid4().hex
    path.write_bytes(data)
    return path


def stored(data: bytes | None = None) -> files.Picture:
    """A picture that went the whole way of the write protocol."""
    with files.incoming() as incoming:
        incoming.write(encoded() if data is None else data)
        incoming.flush()
        picture = files.examine(Path(incoming.name))
        files.store(picture)
    return picture


def made(owner, *, data: bytes | None = None, **fields) -> Image:
    """A kept picture of the person's own, with a file."""
    fields = {"kind": "generate", "prompt": "a red fox", "options": {}, "position": 0, "credits": 5} | fields
    fields = {"project": general(), "job": uuid.uuid4(), "private": False, "parents": ()} | fields
    return library.keep(picture=stored(data), owner=owner, **fields)


def rows(owner, count: int, **fields) -> list[Image]:
    """Many pictures of orders of one, without files."""
    fields = {
        "kind": "generate",
        "format": "png",
        "width": 3,
        "height": 2,
        "size": 9,
        "colour": 0,
        "ratio": "3-2",
    } | fields
    fields = {"owner": owner, "sha256": "0" * 64} | fields
    project = fields.pop("project", None) or general()
    one_job = fields.pop("job", None)
    return Image.objects.bulk_create(
        Image(project=project, job=one_job or uuid.uuid4(), position=at if one_job else 0, **fields)
        for at in range(count)
    )


def said(owner, *prompts: str, **fields) -> list[Image]:
    """A picture of each of these prompts, in the index of the search."""
    made = [rows(owner, 1, prompt=prompt, **fields)[0] for prompt in prompts]
    search.index(*(image.pk for image in made))
    return made


def made_of(owner, **texts) -> Image:
    """A picture with these texts, in the index of the search."""
    (image,) = rows(owner, 1, **texts)
    search.index(image.pk)
    return image


def album(owner, *images: Image, name="Album", guests=(), by=None, **fields) -> Album:
    """An album of a person's pictures, for nobody else unless told otherwise."""
    made = Album.objects.create(owner=owner, name=name, **{"team": "", **fields})
    Placed.objects.bulk_create(
        Placed(album=made, image=image, position=at, by=by or owner) for at, image in enumerate(images)
    )
    Guest.objects.bulk_create(Guest(album=made, member=guest) for guest in guests)
    return made


def projects(*named: tuple[int, str]) -> None:
    """Projects of these numbers and names; those that follow get other numbers on PostgreSQL, too."""
    Project.objects.bulk_create(Project(pk=number, name=name) for number, name in named)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Project]):
            cursor.execute(statement)


def general() -> Project:
    return Project.objects.get_or_create(name="General")[0]  # a flush after a threaded test takes it away
