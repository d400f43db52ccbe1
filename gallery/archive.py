"""Many pictures as one ZIP, sent while it is made: nothing is kept, and whoever loses the right loses the rest."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import structlog
from django.db.models import QuerySet
from django.utils import timezone

from gallery import access, exports
from gallery.access import Person
from gallery.exports import Leaving, Wanted
from gallery.manifest import Manifest, told
from gallery.models import Image
from gallery.pixels import NotAPicture

log = structlog.get_logger(__name__)
# No new picture begins after this; one that has begun gets a little longer.
MOST_SECONDS, LAST_SECONDS = 300, 60
AT_ONCE = 200
# Nothing in an archive is older than the format.
FIRST_YEAR = 1980
LATE = (
    "A download ends after five minutes. Not all of the pictures are in this archive: "
    "it goes down to picture {last}. Select the older ones and download them in a second one."
)
GONE = "You were signed out, or are not in the team any more, while this was sent. It ends here."


@dataclass(slots=True)
class _Sink:
    """What the ZIP is written into: it can't be sought in, and is emptied after each write."""

    written: list[bytes] = field(default_factory=list)

    def write(self, data: bytes) -> int:
        """Take it."""
        self.written.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        """What was written since the last time."""
        data = b"".join(self.written)
        self.written.clear()
        return data


@dataclass(slots=True, kw_only=True)
class _Run:
    """One archive in the making; `reader` says anew each time who is asking."""

    images: QuerySet[Image]
    wanted: Wanted
    reader: Callable[[], Person]
    manifest: Manifest = field(default_factory=Manifest)
    until: float = field(default_factory=lambda: time.monotonic() + MOST_SECONDS)
    note: str = ""


def stream(images: QuerySet[Image], *, wanted: Wanted, reader: Callable[[], Person]) -> Iterator[bytes]:
    """The bytes of a ZIP of these pictures, newest first, that `reader` may still see when each one's turn comes.

    At its end stand manifest.csv and manifest.json, unless metadata is to be stripped.
    """
    run, sink = _Run(images=images, wanted=wanted, reader=reader), _Sink()
    try:
        with ZipFile(cast("IO[bytes]", sink), "w") as archive:
            for image, leaving in _leaving(run):
                yield from _add(archive, sink, _entry(leaving, image), _in_time(run, leaving))
            yield from _close(run, archive, sink)
        yield sink.take()
    finally:
        run.manifest.close()


def _leaving(run: _Run) -> Iterator[tuple[Image, Leaving]]:
    """Each picture that is still the reader's to see and still there, on its way out."""
    last = 0
    for number in _numbers(run.images):
        if time.monotonic() > run.until:
            run.note = LATE.format(last=last)
            return
        who = run.reader()
        if not who.is_active:
            run.note = GONE
            return
        image = access.visible_to(who).select_related("owner", "project").filter(pk=number).first()
        if image is None:
            continue
        try:
            leaving = exports.leaving(image, run.wanted)
        except (NotAPicture, OSError):
            log.exception("gallery.file_unreadable", image=number)
            run.manifest.missing.append(number)
            continue
        run.manifest.add(told(image, leaving.name, who))
        yield image, leaving
        last = number


def _numbers(images: QuerySet[Image]) -> Iterator[int]:
    """The numbers of all, newest first, a few at a time: there may be very many."""
    found = images.order_by("-pk").values_list("pk", flat=True)
    some = list(found[:AT_ONCE])
    while some:
        yield from some
        some = list(found.filter(pk__lt=some[-1])[:AT_ONCE])


def _in_time(run: _Run, leaving: Leaving) -> Iterator[bytes]:
    """The bytes of a picture; whoever reads them as slowly as that does not hold a thread for ever."""
    for chunk in leaving.chunks():
        if time.monotonic() > run.until + LAST_SECONDS:
            raise TimeoutError("This download took too long.")
        yield chunk


def _entry(leaving: Leaving, image: Image) -> ZipInfo:
    """A picture's place in the archive. It is compressed already."""
    info = _info(leaving.name, *timezone.localtime(image.created_at).timetuple()[:6])
    info.file_size = leaving.size
    return info


def _info(name: str, year: int, *rest: int) -> ZipInfo:
    info = ZipInfo(name, (max(year, FIRST_YEAR), *rest))  # type: ignore[arg-type]  # it can't count them
    info.external_attr = 0o644 << 16
    return info


def _add(archive: ZipFile, sink: _Sink, entry: ZipInfo, content: Iterable[bytes]) -> Iterator[bytes]:
    """Put a file into the archive and give on what came of it."""
    with archive.open(entry, "w") as file:
        for chunk in content:
            file.write(chunk)
            yield sink.take()


def _close(run: _Run, archive: ZipFile, sink: _Sink) -> Iterator[bytes]:
    """What stands at the end: a word to people if not all is there, and what the pictures are."""
    now = timezone.localtime().timetuple()[:6]
    texts = [("NOT-ALL.txt", iter([run.note.encode()]))] if run.note else []
    if not run.wanted.strip:
        texts += run.manifest.files(run.note)
    for name, content in texts:
        entry = _info(name, *now)
        entry.compress_type = ZIP_DEFLATED
        yield from _add(archive, sink, entry, content)
