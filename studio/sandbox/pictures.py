"""Pictures worth looking at, drawn from the words of a prompt: the same words and run, the same picture."""

import hashlib
import io
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from studio.sandbox import forms, landscapes, studies
from studio.sandbox.edits import edited
from studio.sandbox.paint import Sheet, finished
from studio.sandbox.palettes import palette_of

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
# A scene and the words that ask for it; the first that matches is drawn.
SCENES: Final[tuple[tuple[Callable[[Sheet], None], str], ...]] = (
    (
        forms.silk,
        "silk|satin|velvet|fabric|cloth|fold|drap|flow|wave pattern|abstract|texture|marble|smoke|liquid",
    ),
    (studies.portrait, "portrait|face|woman|man|girl|boy|person|figure|people|character|child|self"),
    (
        studies.still_life,
        "still life|bottle|vase|sphere|table|perfume|product|cup|mug|bowl|fruit|candle|chair|shoe|jar",
    ),
    (forms.leaves, "leaf|leaves|botan|plant|flower|fern|garden|jungle|herb|palm|floral|rose|tulip"),
    (
        forms.arches,
        "arch|corridor|hall|temple|cathedral|interior|room|stair|column|courtyard|museum|palace|church",
    ),
    (
        landscapes.city,
        "city|skyline|street|tower|building|urban|skyscraper|tokyo|york|harbou?r|neon|downtown",
    ),
    (landscapes.night, "night|star|milky|galaxy|moon|aurora|cosmos|space|sky"),
    (landscapes.forest, "forest|tree|wood|fog|mist|pine|fir|jungle|taiga|deer|fox|cabin"),
    (
        landscapes.sea,
        "sea|ocean|beach|water|lake|coast|lighthouse|boat|ship|sail|shore|river|bay|island|harbou?r",
    ),
    (
        landscapes.mountains,
        "mountain|peak|alp|dune|desert|hill|valley|canyon|landscape|volcano|ridge|snow|field",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture to draw: the nth (from 1) of a task; with sources it is an edit.

    `run` counts earlier orders of the same words, so that asking again gives another picture.
    `serial` counts tasks.
    """

    task_id: str
    prompt: str
    nth: int
    aspect_ratio: str = "auto"
    output_format: str = "png"
    sources: tuple[Path, ...] = ()
    run: int = 0
    serial: int = 0


def seed_of(*words: object) -> int:
    """A number that is always the same for the same words."""
    return int.from_bytes(hashlib.sha256("\x1f".join(map(str, words)).encode()).digest()[:8])


def size_of(ratio: str, ground: Image.Image | None) -> tuple[int, int]:
    """Pixels of a ratio; "auto" is square, or for an edit the ratio nearest to its first picture."""
    if ratio in SIZES:
        return SIZES[ratio]
    if not ground:
        return SIZES["1:1"]
    shape = ground.width / ground.height
    return min(SIZES.values(), key=lambda size: max(shape * size[1] / size[0], size[0] / size[1] / shape))


def render(picture: Picture) -> bytes:
    """The picture as a file."""
    drawn = draw(picture)
    file = io.BytesIO()
    if picture.output_format == "png":
        # Twice as fast as the default and hardly larger.
        drawn.save(file, "PNG", compress_level=4)
    else:
        drawn.save(file, picture.output_format.upper(), quality=90)
    return file.getvalue()


def draw(picture: Picture) -> Image.Image:
    """The picture, with the mark in its corner."""
    prompt = picture.prompt.lower()
    rng = random.Random(seed_of(prompt, picture.nth, picture.run))  # noqa: S311 (scenery, not secrets)
    palette = palette_of(prompt, rng)
    if picture.sources:
        inputs = [_opened(path) for path in picture.sources]
        image = edited(inputs, prompt, size_of(picture.aspect_ratio, inputs[0]), palette, rng)
    else:
        image = Image.new("RGB", size_of(picture.aspect_ratio, None))
        scene_of(prompt)(Sheet(image, rng, palette, prompt))
        image = finished(image)
    return marked(image)


def scene_of(prompt: str) -> Callable[[Sheet], None]:
    """The scene whose words come first in the prompt; by chance when it has none of them."""
    found = []
    for scene, words in SCENES:
        if match := re.search(rf"\b(?:{words})", prompt):
            found.append((match.start(), scene))
    if found:
        return min(found, key=lambda each: each[0])[1]
    return SCENES[seed_of(prompt) % len(SCENES)][0]


def marked(image: Image.Image) -> Image.Image:
    """Say in a corner what it is: no model has made this."""
    size = max(14, min(image.size) // 52)
    font = ImageFont.load_default(size)
    left, top, right, bottom = font.getbbox("sandbox")
    pad = size * 0.55
    wide, tall = right - left + 2 * pad, size + pad * 0.9
    x, y = image.width - wide - size, image.height - tall - size
    plate = Image.new("L", image.size)
    ImageDraw.Draw(plate).rounded_rectangle((x, y, x + wide, y + tall), tall / 2, fill=120)
    image.paste((10, 10, 14), (0, 0, *image.size), plate)
    middle = y + (tall - (bottom - top)) / 2 - top
    ImageDraw.Draw(image).text((x + pad - left, middle), "sandbox", font=font, fill=(240, 240, 240))
    return image


def _opened(path: Path) -> Image.Image:
    with Image.open(path) as source:
        # A JPEG is decoded small at once; fourteen of 20 MB would not fit otherwise.
        source.draft("RGB", (1600, 1600))
        source.thumbnail((1600, 1600))
        if "A" in source.getbands() or "transparency" in source.info:
            solid = Image.new("RGB", source.size, "white")
            solid.paste(source, mask=source.convert("RGBA").getchannel("A"))
            return solid
        return source.convert("RGB")
