"""The few real files that all rows of the sample data share: painted by the sandbox, kept by the write protocol."""

import io
import random
from dataclasses import dataclass
from pathlib import Path

from PIL import Image as Pixels

from gallery import files
from studio.sampledata import words
from studio.sandbox import pictures

FEWEST, MOST_PAINTED, MOST_PHOTOS = 3, 40, 400


@dataclass(frozen=True, slots=True)
class Files:
    """Pictures that are stored: what the API made, and what people brought."""

    painted: list[files.Picture]
    photos: list[files.Picture]


def paint(count: int, chance: random.Random) -> Files:
    """As many as so many rows need: each painting hangs often, each photo once a member."""
    ratios = list(pictures.SIZES)
    works = []
    for number in range(max(FEWEST, min(MOST_PAINTED, count // 100))):
        wanted = pictures.Picture(
            task_id=f"sample {number}",
            prompt=words.idea(chance).prompt,
            nth=1,
            aspect_ratio=ratios[number % len(ratios)],
        )
        works.append(pictures.draw(wanted))
    photos = max(FEWEST, min(MOST_PHOTOS, count // 100))
    return Files(
        painted=[_kept(work, quality=88) for work in works],
        photos=[_kept(_cut(chance.choice(works), chance), quality=75) for _ in range(photos)],
    )


def _cut(work: Pixels.Image, chance: random.Random) -> Pixels.Image:
    """A piece of a painting, as small as a photo for trying out may be."""
    width, height = (round(side * chance.uniform(0.5, 0.95)) for side in work.size)
    left, top = chance.randint(0, work.width - width), chance.randint(0, work.height - height)
    piece = work.crop((left, top, left + width, top + height))
    piece.thumbnail((480, 480))
    return piece


def _kept(work: Pixels.Image, quality: int) -> files.Picture:
    """The whole way of the write protocol."""
    data = io.BytesIO()
    work.save(data, "JPEG", quality=quality)
    with files.incoming() as incoming:
        incoming.write(data.getvalue())
        incoming.flush()
        picture = files.examine(Path(incoming.name))
        files.store(picture)
    return picture
