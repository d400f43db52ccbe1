"""Edits: the first picture as the ground, changed as the words say, further ones inset."""

import random
from collections.abc import Callable
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from studio.sandbox.paint import clouds, contrast, finished
from studio.sandbox.palettes import RGB, Palette

Change = Callable[[Image.Image, Palette], Image.Image]


def edited(
    inputs: list[Image.Image], prompt: str, size: tuple[int, int], palette: Palette, rng: random.Random
) -> Image.Image:
    """The picture made from these."""
    ground = ImageOps.fit(inputs[0], size, Image.Resampling.LANCZOS)
    changes = [change for words, change in CHANGES if any(word in prompt for word in words)]
    for change in changes or [_tinted]:
        ground = change(ground, palette)
    # A light that falls differently each time, so that four pictures of one order are four.
    light = contrast(clouds(rng, size, (2, 2), 2), 60, 200, 90)
    ground = Image.composite(ImageEnhance.Brightness(ground).enhance(1.14), ground, light)
    return finished(_inset(ground, inputs[1:], palette), grain=3.0)


def _inset(ground: Image.Image, others: list[Image.Image], palette: Palette) -> Image.Image:
    """Small framed prints along the lower edge, each with its shadow."""
    if not others:
        return ground
    unit = min(ground.size)
    gap = int(unit * 0.03)
    room = (ground.width - gap) // len(others) - gap
    side = min(int(unit * 0.24), room)
    for number, other in enumerate(others):
        print_ = ImageOps.expand(ImageOps.fit(other, (side, side)), max(2, side // 28), palette.tone(0.97))
        place = (gap + number * (side + gap), gap)
        shadow = Image.new("L", ground.size)
        ImageDraw.Draw(shadow).rectangle(_moved(place, print_.size, side // 30), fill=150)
        ground.paste((8, 8, 12), (0, 0, *ground.size), shadow.filter(ImageFilter.GaussianBlur(side / 22)))
        ground.paste(print_, place)
    return ground


def _moved(place: tuple[int, int], size: tuple[int, int], by: int) -> tuple[int, int, int, int]:
    left, top = place[0] + by, place[1] + by
    return left, top, left + size[0], top + size[1]


def _toned(image: Image.Image, dark: RGB, middle: RGB, light: RGB) -> Image.Image:
    return ImageOps.colorize(ImageOps.grayscale(image), dark, light, middle)


def _tinted(image: Image.Image, palette: Palette) -> Image.Image:
    """The colours of the prompt over those of the picture."""
    toned = _toned(image, palette.tone(0.12, 1.3), palette.tone(0.58, 1.4), palette.tone(0.96, 1.2))
    return Image.blend(image, toned, 0.45)


def _warmer(image: Image.Image, _: Palette) -> Image.Image:
    return ImageChops.overlay(image, Image.new("RGB", image.size, (168, 128, 84)))


def _cooler(image: Image.Image, _: Palette) -> Image.Image:
    return ImageChops.overlay(image, Image.new("RGB", image.size, (96, 126, 166)))


def _night(image: Image.Image, _: Palette) -> Image.Image:
    """Day for night: dark, blue, with little colour left."""
    pale = ImageEnhance.Color(image).enhance(0.45)
    dark = ImageChops.multiply(pale, Image.new("RGB", image.size, (72, 92, 150)))
    lamps = (
        image.convert("L")
        .point([max(0, v - 175) * 2 for v in range(256)])
        .filter(ImageFilter.GaussianBlur(6))
    )
    return ImageChops.screen(
        dark,
        Image.composite(Image.new("RGB", image.size, (120, 104, 70)), Image.new("RGB", image.size), lamps),
    )


def _grey(image: Image.Image, _: Palette) -> Image.Image:
    return ImageOps.autocontrast(ImageOps.grayscale(image), cutoff=1).convert("RGB")


def _sepia(image: Image.Image, _: Palette) -> Image.Image:
    return _toned(image, (30, 18, 10), (140, 104, 72), (250, 238, 216))


def _blurred(image: Image.Image, _: Palette) -> Image.Image:
    """Sharp in the middle, soft towards the edges."""
    soft = image.filter(ImageFilter.GaussianBlur(min(image.size) / 45))
    edge = Image.radial_gradient("L").resize(image.size)
    return Image.composite(soft, image, contrast(edge, 40, 130))


def _mirrored(image: Image.Image, _: Palette) -> Image.Image:
    """The left half on both sides."""
    half = image.crop((0, 0, (image.width + 1) // 2, image.height))
    whole = image.copy()
    whole.paste(ImageOps.mirror(half), (image.width - half.width, 0))
    return whole


def _framed(image: Image.Image, palette: Palette) -> Image.Image:
    """A mount and a thin frame around it."""
    border = min(image.size) // 12
    mount = Image.new("RGB", image.size, palette.tone(0.95, 0.5))
    inner = (image.width - 2 * border, image.height - 2 * border)
    mount.paste(ImageOps.fit(image, inner), (border, border))
    pen = ImageDraw.Draw(mount)
    pen.rectangle(
        (border - 3, border - 3, image.width - border + 2, image.height - border + 2),
        outline=palette.tone(0.7),
        width=3,
    )
    pen.rectangle((0, 0, image.width - 1, image.height - 1), outline=palette.tone(0.2), width=border // 5)
    return mount


def _brighter(image: Image.Image, _: Palette) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(1.25)


def _darker(image: Image.Image, _: Palette) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(0.68)


def _vivid(image: Image.Image, _: Palette) -> Image.Image:
    return ImageEnhance.Contrast(ImageEnhance.Color(image).enhance(1.6)).enhance(1.1)


def _drawn(image: Image.Image, _: Palette) -> Image.Image:
    """Pencil lines over a pale wash."""
    lines = ImageOps.invert(
        ImageOps.grayscale(image).filter(ImageFilter.GaussianBlur(1)).filter(ImageFilter.FIND_EDGES)
    )
    flat = image.reduce(3).filter(ImageFilter.MedianFilter(3)).resize(image.size, Image.Resampling.BICUBIC)
    pale = Image.blend(flat, Image.new("RGB", image.size, (250, 246, 238)), 0.55)
    return ImageChops.multiply(pale, contrast(lines, 120, 250).convert("RGB"))


CHANGES: Final[tuple[tuple[tuple[str, ...], Change], ...]] = (
    (("mirror", "symmetr", "flip"), _mirrored),
    (("warm", "golden", "sunset", "summer", "autumn"), _warmer),
    (("cool", "cold", "winter", "icy", "snow"), _cooler),
    (("night", "moonlight", "midnight"), _night),
    (("sketch", "pencil", "drawing", "watercolo", "illustration"), _drawn),
    (("black and white", "monochrome", "grayscale", "greyscale", "noir"), _grey),
    (("sepia", "vintage", "antique", "old photo"), _sepia),
    (("bright", "light it", "sunny"), _brighter),
    (("dark", "moody"), _darker),
    (("vivid", "colourful", "colorful", "saturat", "pop art"), _vivid),
    (("blur", "bokeh", "dreamy", "soft focus"), _blurred),
    (("frame", "border", "poster"), _framed),
)
