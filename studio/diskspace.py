"""How much room is left where the studio keeps things."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

GIGABYTE = 1024**3
LITTLE, NONE = 5 * GIGABYTE, GIGABYTE // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One file system, for what is kept on it. `level` is "warn" when it gets full, "bad" when it is."""

    holds: str
    free: int
    total: int

    @property
    def level(self) -> str:
        """How urgent it is."""
        if self.free < NONE:
            return "bad"
        return "warn" if self.free < LITTLE else ""

    @property
    def words(self) -> str:
        """ "12.3 of 100.0 GB free"."""
        return f"{self.free / GIGABYTE:.1f} of {self.total / GIGABYTE:.1f} GB free"


def rooms() -> list[Room]:
    """Where data and pictures are kept; one when both are on the same file system. OSError when a folder is gone."""
    data, media = Path(settings.STUDIO_DATA_DIR), Path(settings.MEDIA_ROOT)
    media = media if media.exists() else data
    if data.stat().st_dev == media.stat().st_dev:
        return [_room("data and pictures", data)]
    return [_room("data", data), _room("pictures", media)]


def _room(holds: str, folder: Path) -> Room:
    usage = shutil.disk_usage(folder)
    return Room(holds=holds, free=usage.free, total=usage.total)
