"""Where a picture comes from, as its file tells whoever gets it: that a model made it, of which words, for whom."""

from pathlib import Path

from django.db import connection

from gallery import containers, files, xmp
from gallery.models import Image

# The terms of the IPTC for what a model made from words alone, and for a photograph with a part that a model made.
MADE, PARTLY_MADE = "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"
MOST_STEPS = 12
# Whether anything that somebody brought is behind a picture; hidden and deleted ones count, for they are in it.
BROUGHT = """
    WITH RECURSIVE up(id, depth) AS (
        SELECT parent_id, 1 FROM gallery_parent WHERE child_id = %s
        UNION
        SELECT p.parent_id, up.depth + 1 FROM gallery_parent p JOIN up ON p.child_id = up.id WHERE up.depth < %s
    ) SELECT 1 FROM up JOIN gallery_image i ON i.id = up.id WHERE i.kind = 'upload' LIMIT 1
"""


def packet(image: Image) -> bytes:
    """The XMP of a picture that was made here; nothing for an upload, of which we know nothing."""
    if image.kind == Image.Kind.UPLOAD:
        return b""
    said = {name: str(image.options.get(name, "")) for name in ("model", "aspect_ratio", "output_format")}
    told = xmp.Told(
        source_type=source_type(image),
        creator=str(image.owner),
        model=said["model"],
        order=xmp.Order(image.prompt, said["aspect_ratio"] or "auto", said["output_format"] or image.format),
    )
    return xmp.packet(told)


def source_type(image: Image) -> str:
    """The IPTC's term for how a made picture came about."""
    if image.kind == Image.Kind.GENERATE:
        return MADE
    with connection.cursor() as cursor:
        cursor.execute(BROUGHT, [image.pk, MOST_STEPS])
        return PARTLY_MADE if cursor.fetchone() else MADE


def order_of(image: Image) -> xmp.Order | None:
    """What the file of an upload says it was ordered by, if a studio wrote it."""
    try:
        with Path(files.original(image)).open("rb") as file:
            return xmp.order(containers.xmp(file, image.format))
    except (containers.Scattered, OSError):
        return None
