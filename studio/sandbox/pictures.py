"""Pictures worth looking at, drawn from the words of a prompt: the same words and seed, the same picture."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

SIZES: Final = {
    "21:9": (1536, 672),
    "16:9": (1344, 768),
    "3:2": (1248, 832),
    "4:3": (1184, 864),
    "5:4": (1152, 896),
    "1:1": (1024, 1024),
    "4:5": (896, 1152),
    "3:4": (864, 1184),
    "2:3": (832, 1248),
    "9:16": (768, 1344),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture to draw, the nth (from 1) of a task. With sources it is an edit. `serial` numbers the tasks."""

    task_id: str
    prompt: str
    nth: int
    aspect_ratio: str = "auto"
    output_format: str = "png"
    sources: tuple[Path, ...] = ()
    serial: int = 0


def seed_of(*words: object) -> int:
    """A number that is always the same for the same words."""
    return int.from_bytes(hashlib.sha256("\x1f".join(map(str, words)).encode()).digest()[:8])


def render(picture: Picture) -> bytes:
    """The picture as a file."""
    drawn = Image.new(
        "RGB", SIZES.get(picture.aspect_ratio, SIZES["1:1"]), (seed_of(picture.prompt) % 255, 90, 120)
    )
    file = io.BytesIO()
    drawn.save(file, picture.output_format.upper())
    return file.getvalue()
