"""The files of pictures that are deleted for good go. Bytes are shared by hash, and nobody may lose theirs by it.

Somebody may be storing the same bytes at this moment, with a row still to come (`files.store` comes first). So an
original is moved aside before it is removed: a file that is fresh, or that a row has by now, is put back. Who stores
it after that puts it there anew. Whatever dies on the way, the next round finds it.
"""

import re
import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import structlog
from django.utils import timezone

from gallery import files
from gallery.models import Image

log = structlog.get_logger(__name__)
# Between a file and its row lie seconds.
FRESH = 3600.0
# Nobody holds a file aside for longer than this, unless they were killed.
LEFT = 600.0
LEAVING = "leaving"
ASIDE = re.compile(r"([0-9a-f]{64})(\.[a-z]+)\.[0-9a-f]{32}")
# Folders of what was made from originals; the names begin with the hashes of those.
MADE_FROM_IT = ("previews", "sources")


def free(*, most: int) -> int:
    """Remove the files of pictures that are deleted for good, unless another picture has the same. How many are done.

    Safe at any time and twice: what can't be removed yet is tried again in the next round.
    """
    _put_back_what_was_left()
    rows = Image.objects.filter(deleted_at__isnull=False, freed_at=None).order_by("deleted_at", "pk")
    owed: dict[tuple[str, str], list[int]] = {}
    for pk, sha256, encoding in rows.values_list("pk", "sha256", "format")[:most]:
        owed.setdefault((sha256, encoding), []).append(pk)
    done = 0
    for (sha256, encoding), numbers in owed.items():
        if _gone(sha256, files.place("originals", sha256, f".{files.EXTENSIONS[encoding]}")):
            # These alone: one that was deleted meanwhile may have been who the file was kept for.
            done += Image.objects.filter(pk__in=numbers).update(freed_at=timezone.now())
    return done


def _gone(sha256: str, original: Path) -> bool:
    """Whether nothing is left of a file, or it is no longer these pictures' to remove."""
    try:
        if _needed(sha256):
            return True
        if original.exists() and not _removed(sha256, original):
            return False
        _remove_what_was_made_from_it(sha256)
    except OSError:
        log.exception("gallery.not_freed", sha256=sha256)
        return False
    return True


def _needed(sha256: str) -> bool:
    return Image.objects.filter(sha256=sha256, deleted_at=None).exists()


def _removed(sha256: str, original: Path) -> bool:
    """Whether the original could be removed."""
    if _fresh(original):
        return False
    # A name of its own, so that two who do this never remove what the other one holds.
    aside = files.folder(LEAVING) / f"{original.name}.{uuid4().hex}"
    original.rename(aside)
    # Only now is it sure which file was taken, and that nobody's row can come to it any more.
    if _fresh(aside) or _needed(sha256):
        _put_back(aside, original)
        return False
    aside.unlink()
    return True


def _fresh(path: Path) -> bool:
    # Also what a clock that ran ahead wrote stays no longer than that.
    return abs(time.time() - path.stat().st_mtime) < FRESH


def _put_back(aside: Path, original: Path) -> None:
    """Back to its name, unless somebody stored the same bytes there by now: theirs is the fresher one."""
    with suppress(FileExistsError):
        original.hardlink_to(aside)
    aside.unlink()


def _put_back_what_was_left() -> None:
    """What somebody held aside who was killed stands at its name again, and is judged anew."""
    for aside in files.folder(LEAVING).iterdir():
        # Servers of files and desktops leave others there.
        if not (held := ASIDE.fullmatch(aside.name)):
            continue
        try:
            if aside.stat().st_ctime < time.time() - LEFT:
                _put_back(aside, files.place("originals", held[1], held[2]))
        except FileNotFoundError:
            pass  # whoever held it was not killed
        except OSError:
            log.exception("gallery.not_put_back", name=aside.name)


def _remove_what_was_made_from_it(sha256: str) -> None:
    """Previews, copies that left, and what was sent to an API."""
    for kind in MADE_FROM_IT:
        for path in files.place(kind, sha256, "").parent.glob(f"{sha256}*"):
            path.unlink(missing_ok=True)
