"""The brushes the scenes are painted with: gradients, glows, soft masks, noise, grading."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from studio.sandbox.palettes import RGB, Palette

Point = tuple[float, float]
Drawing = Callable[[ImageDraw.ImageDraw, int], None]

FINER: Final = 2  # masks are drawn this much larger, for smooth edges


@dataclass(slots=True)
class Sheet:
    """What a scene paints on, with its chance and its colours."""

    image: Image.Image
    rng: random.Random
    palette: Palette
    prompt: str

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.image.width

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.image.height

    @property
    def unit(self) -> float:
        """The shorter side, to measure things by."""
        return float(min(self.image.size))

    def says(self, *words: str) -> bool:
        """Whether the prompt has one of these words in it."""
        return any(word in self.prompt for word in words)

    def wash(self, *colours: RGB) -> None:
        """Fill with colours from top to bottom."""
        self.image.paste(gradient(self.image.size, colours))

    def lay(self, colour: RGB | Image.Image, mask: Image.Image) -> None:
        """Paint a colour, or a picture of the same size, through a mask."""
        if isinstance(colour, Image.Image):
            self.image.paste(colour, (0, 0), mask)
        else:
            self.image.paste(colour, (0, 0, *self.image.size), mask)

    def glow(
        self, centre: Point, radius: float, colour: RGB, *, strength: float = 1.0, power: float = 2.0
    ) -> None:
        """Add light that fades with the distance."""
        side = max(2, round(2 * radius))
        fade = halo(power, strength).resize((side, side), Image.Resampling.BICUBIC)
        corner = (round(centre[0] - radius), round(centre[1] - radius))
        light = Image.new("RGB", self.image.size)
        light.paste(colour, (*corner, corner[0] + side, corner[1] + side), fade)
        self.image.paste(ImageChops.screen(self.image, light))

    def shape(self, drawing: Drawing, *, blur: float = 0.0, strength: float = 1.0) -> Image.Image:
        """A mask, drawn by a function that gets the pen and the scale of its coordinates."""
        size = (self.width * FINER, self.height * FINER)
        mask = Image.new("L", size)
        drawing(ImageDraw.Draw(mask), FINER)
        mask = mask.reduce(FINER)
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur))
        return mask if strength == 1.0 else mask.point([round(value * strength) for value in range(256)])

    def polygon(self, points: Sequence[Point], *, blur: float = 0.0, strength: float = 1.0) -> Image.Image:
        """A mask with this outline."""
        return self.polygons([points], blur=blur, strength=strength)

    def polygons(
        self, shapes: Sequence[Sequence[Point]], *, blur: float = 0.0, strength: float = 1.0
    ) -> Image.Image:
        """A mask with all these outlines."""

        def fill(pen: ImageDraw.ImageDraw, k: int) -> None:
            for points in shapes:
                pen.polygon(scaled(points, k), fill=255)

        return self.shape(fill, blur=blur, strength=strength)

    def line(
        self, points: Sequence[Point], thick: float, *, blur: float = 0.0, strength: float = 1.0
    ) -> Image.Image:
        """A mask of one stroke."""
        return self.shape(
            lambda pen, k: pen.line(scaled(points, k), fill=255, width=round(thick * k)),
            blur=blur,
            strength=strength,
        )

    def ellipse(
        self, centre: Point, across: float, down: float, *, blur: float = 0.0, strength: float = 1.0
    ) -> Image.Image:
        """A mask; `across` and `down` are half axes."""
        (x, y) = centre
        box = [(x - across, y - down), (x + across, y + down)]
        return self.shape(lambda pen, k: pen.ellipse(scaled(box, k), fill=255), blur=blur, strength=strength)

    def fog(self, top: float, bottom: float, colour: RGB, strength: float) -> None:
        """A soft band between two heights, uneven as fog is."""
        bell = [round(255 * strength * math.sin(math.pi * step / 63) ** 1.5) for step in range(64)]
        strip = Image.new("L", (1, 64))
        strip.putdata(bell)
        mask = Image.new("L", self.image.size)
        height = max(1, round(bottom - top))
        mask.paste(strip.resize((self.width, height), Image.Resampling.BICUBIC), (0, round(top)))
        uneven = clouds(self.rng, self.image.size, (5, 9), 3).point(
            [min(255, 70 + value) for value in range(256)]
        )
        self.lay(colour, ImageChops.multiply(mask, uneven))


def scaled(points: Sequence[Point], k: float) -> list[Point]:
    """The points of a larger drawing."""
    return [(x * k, y * k) for x, y in points]


def between(start: Point, end: Point, share: float) -> Point:
    """A point on the way."""
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def rounded(profile: list[Point]) -> list[Point]:
    """The same line without corners (Chaikin's, three times)."""
    for _ in range(3):
        cut = [between(a, b, share) for a, b in pairwise(profile) for share in (0.25, 0.75)]
        profile = [profile[0], *cut, profile[-1]]
    return profile


def shifted(mask: Image.Image, right: int, down: int) -> Image.Image:
    """The same mask further to the right and down; what leaves the picture is gone."""
    return mask.transform(mask.size, Image.Transform.AFFINE, (1, 0, -right, 0, 1, -down))


def gradient(size: tuple[int, int], colours: Sequence[RGB]) -> Image.Image:
    """Colours from top to bottom, smoothly."""
    strip = Image.new("RGB", (1, len(colours)))
    strip.putdata(list(colours))
    # In two steps: a smooth curve first, since one leap would leave flat ends.
    return strip.resize((1, 8 * len(colours)), Image.Resampling.BICUBIC).resize(
        size, Image.Resampling.BILINEAR
    )


def across(size: tuple[int, int], colours: Sequence[RGB]) -> Image.Image:
    """Colours from left to right."""
    return gradient((size[1], size[0]), colours).transpose(Image.Transpose.ROTATE_90)


@cache
def halo(power: float, strength: float) -> Image.Image:
    """A light spot, 255 at most in the middle, 0 from the inscribed circle on."""
    return Image.radial_gradient("L").point(
        [round(255 * strength * (1 - v / 255) ** power) for v in range(256)]
    )


def clouds(rng: random.Random, size: tuple[int, int], cells: tuple[int, int], octaves: int) -> Image.Image:
    """Soft noise, about 128 in the middle; `cells` are the lumps of the first octave across and down."""
    total = Image.new("L", size, 128)
    for octave in range(octaves):
        lumps = (cells[0] << octave, cells[1] << octave)
        layer = Image.frombytes("L", lumps, rng.randbytes(lumps[0] * lumps[1]))
        layer = layer.resize(size, Image.Resampling.BICUBIC)
        total = layer if octave == 0 else Image.blend(total, layer, 0.5**octave * 0.62)
    return total


def contrast(mask: Image.Image, low: float, high: float, top: float = 255.0) -> Image.Image:
    """Stretch what lies between two values (0 to 255) over 0 to `top`, softly."""
    return mask.point([round(top * _ease((value - low) / (high - low))) for value in range(256)])


def skyline(rng: random.Random, width: int, *, lumps: float, rough: float, octaves: int = 6) -> list[float]:
    """Heights from 0 to 1 at every other pixel: the outline of hills; `rough` is the share of detail."""
    heights = [0.0] * (width // 2 + 2)
    total, share, count = 0.0, 1.0, lumps
    for _ in range(octaves):
        knots = [rng.random() for _ in range(math.ceil(count) + 3)]
        for x in range(len(heights)):
            place = x * count / len(heights)
            knot = int(place)
            part = _ease(place - knot)
            heights[x] += share * (knots[knot] * (1 - part) + knots[knot + 1] * part)
        total += share
        share, count = share * rough, count * 2.1
    return [height / total for height in heights]


def outline(heights: Sequence[float], base: float, rise: float, bottom: float) -> list[Point]:
    """The polygon under a skyline whose 0 is at `base` and whose 1 is `rise` higher."""
    line = [(2.0 * x, base - rise * height) for x, height in enumerate(heights)]
    return [(-2.0, bottom), *line, (line[-1][0] + 2, bottom)]


def finished(image: Image.Image, *, grain: float = 5.0) -> Image.Image:
    """Grade: a little more contrast, darker corners, film grain against bands."""
    curve = [round(255 * (0.82 * v / 255 + 0.18 * _ease(v / 255))) for v in range(256)]
    graded = image.point(curve * 3)
    corners = Image.radial_gradient("L").resize(image.size, Image.Resampling.BICUBIC)
    shade = contrast(corners, 120, 330, 255).point([255 - round(0.42 * v) for v in range(256)])
    graded = ImageChops.multiply(graded, Image.merge("RGB", (shade,) * 3))
    return ImageChops.add(graded, Image.merge("RGB", (_grain(image.size, grain),) * 3), 1, -128)


@cache
def _grain(size: tuple[int, int], amount: float) -> Image.Image:
    rng = random.Random(7)  # noqa: S311 (film grain, not secrets)
    side = 384
    first, second = (Image.frombytes("L", (side, side), rng.randbytes(side * side)) for _ in range(2))
    soft = Image.blend(first, second, 0.5).point([round(128 + (v - 128) * amount / 52) for v in range(256)])
    tiled = Image.new("L", size)
    for left in range(0, size[0], side):
        for top in range(0, size[1], side):
            tiled.paste(soft, (left, top))
    return tiled


def _ease(share: float) -> float:
    """0 to 1 with a soft start and end."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)
