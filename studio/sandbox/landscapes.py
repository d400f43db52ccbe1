"""Scenes from outside: hills, sea, night, forest, city."""

import math
import random
from functools import partial

from PIL import Image, ImageChops, ImageDraw

from studio.sandbox.paint import Drawing, Point, Sheet, clouds, contrast, gradient, outline, scaled, skyline
from studio.sandbox.palettes import RGB

Tower = tuple[float, float, float, float]  # left, top, right, bottom


def mountains(sheet: Sheet) -> None:
    """Ridges in layered haze under a low sun; dunes and hills are the smoother ones."""
    rng, tone, width, height = sheet.rng, sheet.palette.tone, sheet.width, sheet.height
    soft = sheet.says("dune", "desert", "hill")
    horizon = height * rng.uniform(0.42, 0.54)
    sheet.wash(tone(0.42), tone(0.58), tone(0.74), tone(0.88), tone(0.93), tone(0.9), tone(0.86))
    sun = (width * rng.uniform(0.22, 0.78), horizon - height * rng.uniform(0.04, 0.2))
    _sun(sheet, sun, sheet.unit * rng.uniform(0.035, 0.06))
    _streaks(sheet)
    layers = 5 if soft else 7
    for layer in range(layers):
        share = layer / (layers - 1)
        base = horizon + (height * 1.02 - horizon) * share**1.25
        rise = height * (0.2 - 0.05 * share) * rng.uniform(0.8, 1.25)
        line = skyline(
            rng, width, lumps=2.2 + 1.5 * share, rough=0.24 if soft else 0.47, octaves=3 if soft else 8
        )
        crest = 0.8 - 0.62 * share
        foot = min(0.9, crest + 0.16)
        body = gradient((width, height), [tone(crest), tone(crest), tone(foot), tone(crest - 0.02)])
        mask = sheet.polygon(outline(line, base, rise, height + 4))
        sheet.lay(_lit(sheet, body, soft=soft), mask)
        sheet.fog(base - rise * 0.35, base + height * 0.16, tone(0.9, 0.8), 0.5 * (1 - share))
    sheet.glow(sun, sheet.unit * 0.9, tone(0.8), strength=0.28, power=2.4)


def _sun(sheet: Sheet, place: Point, radius: float) -> None:
    tone = sheet.palette.tone
    sheet.glow(place, sheet.unit * 0.62, tone(0.9, 1.3), strength=0.55, power=2.6)
    sheet.lay(tone(0.985), sheet.ellipse(place, radius, radius, blur=1.2))
    sheet.glow(place, radius * 3.2, tone(0.95), strength=0.75, power=3.0)


def _streaks(sheet: Sheet) -> None:
    """Thin clouds, lit from below."""
    size = sheet.image.size
    mask = contrast(clouds(sheet.rng, size, (3, 12), 4), 132, 205, 150)
    fade = gradient(size, [(255,) * 3, (200,) * 3, (0,) * 3]).convert("L")
    sheet.lay(sheet.palette.tone(0.95, 0.8), ImageChops.multiply(mask, fade))


def _lit(sheet: Sheet, body: Image.Image, *, soft: bool) -> Image.Image:
    """Light and shadow on the slopes."""
    cells = (3, 4) if soft else (9, 14)
    relief = contrast(clouds(sheet.rng, body.size, cells, 3 if soft else 5), 60, 200)
    shaded = ImageChops.multiply(body, Image.new("RGB", body.size, (206, 200, 214)))
    return Image.composite(body, shaded, relief)


def sea(sheet: Sheet) -> None:
    """A horizon, a sun over it, and its path on the water."""
    rng, tone, width, height = sheet.rng, sheet.palette.tone, sheet.width, sheet.height
    horizon = round(height * rng.uniform(0.46, 0.58))
    sun = (width * rng.uniform(0.28, 0.72), horizon - height * rng.uniform(0.05, 0.16))
    sheet.wash(tone(0.36), tone(0.52), tone(0.72), tone(0.9), tone(0.86), tone(0.86), tone(0.86))
    _streaks(sheet)
    _sun(sheet, sun, sheet.unit * 0.05)
    sky = sheet.image.crop((0, 0, width, horizon)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    water = sky.resize((width, height - horizon), Image.Resampling.BICUBIC)
    dark = gradient(water.size, [tone(0.74), tone(0.46), tone(0.3), tone(0.2)])
    sheet.image.paste(Image.blend(water, dark, 0.6), (0, horizon))
    _waves(sheet, horizon, sun[0])
    _far_shore(sheet, horizon)
    if sheet.says("boat", "ship", "sail") or rng.random() < 0.5:
        _boat(sheet, horizon, (sun[0] + width * 0.27) % width)


def _waves(sheet: Sheet, horizon: int, sun: float) -> None:
    depth = sheet.height - horizon
    dark = sheet.shape(lambda pen, k: _strokes(pen, k, sheet, horizon, depth, None), blur=0.8, strength=0.5)
    sheet.lay(sheet.palette.tone(0.22), dark)
    light = sheet.shape(lambda pen, k: _strokes(pen, k, sheet, horizon, depth, sun), blur=0.7, strength=0.85)
    sheet.lay(sheet.palette.tone(0.96), light)
    sheet.glow((sun, horizon + depth * 0.08), sheet.unit * 0.5, sheet.palette.tone(0.8), strength=0.35)


def _strokes(
    pen: ImageDraw.ImageDraw, k: int, sheet: Sheet, horizon: int, depth: int, sun: float | None
) -> None:
    """Waves, longer and further apart the nearer they are; with a sun, only those that catch it."""
    rng = sheet.rng
    for _ in range(1300):
        near = rng.random() ** 1.7
        y = horizon + 1 + near * depth
        spread = sheet.width * (0.035 + 0.13 * near)
        x = rng.gauss(sun, spread) if sun is not None else rng.uniform(-40, sheet.width + 40)
        half = (3 + 46 * near) * rng.uniform(0.3, 1.0) * (0.55 if sun is not None else 1.3)
        thick = 0.5 + 2.6 * near
        pen.ellipse(scaled([(x - half, y - thick), (x + half, y + thick)], k), fill=rng.randint(90, 255))


def _far_shore(sheet: Sheet, horizon: int) -> None:
    line = skyline(sheet.rng, sheet.width, lumps=2.5, rough=0.42)
    heights = [max(0.0, height - 0.48) * 2 for height in line]
    shore = outline(heights, horizon + 1, sheet.height * 0.09, horizon + 1)
    sheet.lay(sheet.palette.tone(0.55), sheet.polygon(shore, blur=0.6))


def _boat(sheet: Sheet, horizon: int, x: float) -> None:
    s, y = sheet.unit * 0.05, horizon + sheet.height * 0.05
    hull = [
        (x - s, y - s * 0.1),
        (x + s, y - s * 0.1),
        (x + s * 0.66, y + s * 0.22),
        (x - s * 0.7, y + s * 0.22),
    ]
    main = [(x, y - s * 0.2), (x, y - s * 2.3), (x + s * 0.95, y - s * 0.28)]
    jib = [(x - s * 0.1, y - s * 0.24), (x - s * 0.08, y - s * 1.9), (x - s * 0.75, y - s * 0.28)]
    sheet.lay(
        sheet.palette.tone(0.12), sheet.ellipse((x, y + s * 0.5), s * 0.9, s * 0.3, blur=4, strength=0.5)
    )
    for part, light in ((hull, 0.16), (main, 0.9), (jib, 0.8)):
        sheet.lay(sheet.palette.tone(light), sheet.polygon(part))


def night(sheet: Sheet) -> None:
    """Stars, the Milky Way, a moon, and hills as silhouettes."""
    rng, tone, width, height = sheet.rng, sheet.palette.tone, sheet.width, sheet.height
    sheet.wash(tone(0.1), tone(0.15), tone(0.22), tone(0.34), tone(0.52), tone(0.6))
    _milky_way(sheet)
    sheet.lay((255, 250, 240), sheet.shape(lambda pen, k: _stars(pen, k, sheet)))
    for _ in range(6):
        place = (rng.uniform(0, width), rng.uniform(0, height * 0.6))
        sheet.glow(place, sheet.unit * rng.uniform(0.006, 0.013), (235, 240, 255), power=3.0)
    if sheet.says("moon") or rng.random() < 0.6:
        moon = (width * rng.uniform(0.15, 0.85), height * rng.uniform(0.14, 0.34))
        _sun(sheet, moon, sheet.unit * 0.045)
    for layer, light in enumerate((0.27, 0.17, 0.09)):
        base = height * (0.86 + 0.08 * layer)
        line = skyline(rng, width, lumps=2 + layer, rough=0.4, octaves=7)
        sheet.lay(tone(light), sheet.polygon(outline(line, base, height * 0.2, height + 4)))
        sheet.fog(base - height * 0.06, base + height * 0.1, tone(0.5), 0.2)
    sheet.lay(tone(0.05), sheet.shape(lambda pen, k: _trees(pen, k, sheet, height * 1.01, height * 0.12, 26)))


def _milky_way(sheet: Sheet) -> None:
    size = sheet.image.size
    band = Image.linear_gradient("L").point(
        [round(255 * math.sin(math.pi * v / 255) ** 5) for v in range(256)]
    )
    long = int(math.hypot(*size) * 1.3)
    band = band.resize((long, int(sheet.unit * 0.75))).rotate(sheet.rng.uniform(25, 60), expand=True)
    mask = Image.new("L", size)
    mask.paste(band, ((size[0] - band.width) // 2, int(size[1] * 0.36) - band.height // 2))
    dust = contrast(clouds(sheet.rng, size, (5, 5), 6), 70, 190)
    sheet.lay(
        sheet.palette.tone(0.78, 1.2),
        ImageChops.multiply(mask, dust).point([v * 6 // 10 for v in range(256)]),
    )


def _stars(pen: ImageDraw.ImageDraw, k: int, sheet: Sheet) -> None:
    rng = sheet.rng
    for _ in range(1500):
        x, y = rng.uniform(0, sheet.width), rng.uniform(0, sheet.height * 0.9)
        size = 0.35 + 1.3 * rng.random() ** 7
        pen.ellipse(
            scaled([(x - size, y - size), (x + size, y + size)], k), fill=int(60 + 195 * rng.random() ** 2)
        )


def forest(sheet: Sheet) -> None:
    """Rows of firs, the further the paler, with fog between them."""
    rng, tone, width, height = sheet.rng, sheet.palette.tone, sheet.width, sheet.height
    sheet.wash(tone(0.62), tone(0.74), tone(0.86), tone(0.88), tone(0.8), tone(0.7))
    light = (width * rng.uniform(0.25, 0.75), height * 0.34)
    sheet.glow(light, sheet.unit * 0.7, tone(0.95, 1.3), strength=0.55)
    _streaks(sheet)
    for layer in range(6):
        share = layer / 5
        foot = height * (0.56 + 0.5 * share)
        tall = height * (0.2 + 0.42 * share**1.2)
        count = int((30 - 25 * share) * width / sheet.unit)
        mask = sheet.shape(_row(sheet, foot, tall, count), blur=1.6 * (1 - share))
        sheet.lay(tone(0.8 - 0.66 * share**0.9), mask)
        sheet.fog(foot - tall * 0.75, foot + height * 0.16, tone(0.92, 0.8), 1.0 - 0.75 * share)
    _beams(sheet, light)


def _row(sheet: Sheet, foot: float, tall: float, count: int) -> Drawing:
    return lambda pen, k: _trees(pen, k, sheet, foot, tall, count)


def _trees(pen: ImageDraw.ImageDraw, k: int, sheet: Sheet, foot: float, tall: float, count: int) -> None:
    rng = sheet.rng
    for _ in range(count):
        x = rng.uniform(-0.05, 1.05) * sheet.width
        pen.polygon(
            scaled(_fir(rng, (x, foot + rng.uniform(-0.02, 0.03) * tall), tall * rng.uniform(0.6, 1.1)), k),
            fill=255,
        )
    ground = min(foot - tall * 0.02, sheet.height)
    pen.rectangle(scaled([(0, ground), (sheet.width, sheet.height + 2)], k), fill=255)


def _fir(rng: random.Random, foot: Point, tall: float) -> list[Point]:
    """The outline of a fir, with ragged branches."""
    x, y = foot
    wide = tall * rng.uniform(0.15, 0.22)
    left: list[Point] = []
    right: list[Point] = []
    tiers = max(7, int(tall / 16))
    for tier in range(1, tiers + 1):
        down = tier / tiers
        reach = wide * down**0.9
        level = y - tall * (1 - 0.94 * down)
        for side, sign in ((left, -1), (right, 1)):
            side.append((x + sign * reach * rng.uniform(0.75, 1.1), level + tall * 0.015 * rng.random()))
            side.append((x + sign * reach * rng.uniform(0.4, 0.55), level - tall * 0.012))
    trunk = wide * 0.09
    return [(x, y - tall), *right, (x + trunk, y), (x - trunk, y), *reversed(left)]


def _beams(sheet: Sheet, light: Point) -> None:
    rng, reach = sheet.rng, sheet.height * 1.3
    rays = []
    for _ in range(7):
        angle, wide = rng.uniform(0.7, 2.4), rng.uniform(0.02, 0.05)
        ends = [
            (light[0] + reach * math.cos(a), light[1] + reach * math.sin(a)) for a in (angle, angle + wide)
        ]
        rays.append([light, *ends])
    sheet.lay(sheet.palette.tone(0.97), sheet.polygons(rays, blur=14, strength=0.17))


def city(sheet: Sheet) -> None:
    """Towers at dusk with lit windows, in haze, over water."""
    rng, tone, width, height = sheet.rng, sheet.palette.tone, sheet.width, sheet.height
    shore = round(height * rng.uniform(0.76, 0.84))
    sheet.wash(tone(0.34), tone(0.46), tone(0.64), tone(0.84), tone(0.94), tone(0.9))
    _streaks(sheet)
    sheet.glow(
        (width * rng.uniform(0.2, 0.8), shore), sheet.unit * 0.9, sheet.palette.tone(0.88, 1.3), strength=0.6
    )
    for layer in range(4):
        light = 0.74 - 0.18 * layer
        towers = _towers(sheet, shore, height * (0.34 + 0.1 * layer))
        mask = sheet.shape(partial(_blocks, towers))
        sheet.lay(gradient((width, height), [tone(light - 0.04), tone(light), tone(light + 0.1)]), mask)
        if layer:
            lamps = sheet.shape(partial(_windows, towers, rng), strength=0.3 + 0.2 * layer)
            sheet.lay(tone(0.93, 1.5), lamps)
        sheet.fog(shore - height * 0.25, shore + height * 0.03, tone(0.9, 1.2), 0.5 - 0.1 * layer)
    _mirror(sheet, shore)


def _towers(sheet: Sheet, shore: float, tallest: float) -> list[Tower]:
    rng, towers, x = sheet.rng, [], -20.0
    while x < sheet.width:
        wide = sheet.unit * rng.uniform(0.035, 0.085)
        tall = tallest * (0.3 + 0.7 * rng.random() ** 1.8)
        towers.append((x, shore - tall, x + wide, shore))
        x += wide * rng.choice((0.8, 1.0, 1.02, 1.1))
    return towers


def _blocks(towers: list[Tower], pen: ImageDraw.ImageDraw, k: int) -> None:
    for number, (left, top, right, bottom) in enumerate(towers):
        pen.rectangle(scaled([(left, top), (right, bottom)], k), fill=255)
        middle, wide = (left + right) / 2, right - left
        if number % 3 == 0:
            pen.rectangle(
                scaled([(left + wide * 0.22, top - wide * 0.3), (right - wide * 0.22, top)], k), fill=255
            )
        if number % 5 == 0:
            pen.rectangle(scaled([(middle - 1, top - wide * 1.1), (middle + 1, top)], k), fill=255)


def _windows(towers: list[Tower], rng: random.Random, pen: ImageDraw.ImageDraw, k: int) -> None:
    for left, top, right, bottom in towers:
        lit = rng.uniform(0.05, 0.34)
        for row in range(int(top) + 9, int(bottom) - 6, 11):
            for column in range(int(left) + 6, int(right) - 8, 8):
                if rng.random() < lit:
                    pen.rectangle(
                        scaled([(column, row), (column + 3.5, row + 5)], k), fill=rng.randint(110, 255)
                    )


def _mirror(sheet: Sheet, shore: int) -> None:
    """The city upside down in dark water, broken by ripples."""
    width, depth = sheet.width, sheet.height - shore
    above = sheet.image.crop((0, shore - depth * 2, width, shore)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    water = (
        above.resize((width, depth))
        .resize((width, max(1, depth // 9)))
        .resize((width, depth), Image.Resampling.BICUBIC)
    )
    dark = gradient(water.size, [sheet.palette.tone(0.3), sheet.palette.tone(0.14)])
    sheet.image.paste(Image.blend(water, dark, 0.45), (0, shore))
    ripples = contrast(clouds(sheet.rng, (width, depth), (5, 24), 3), 140, 210, 70)
    plain: RGB = sheet.palette.tone(0.8)
    sheet.image.paste(plain, (0, shore, width, sheet.height), ripples)
