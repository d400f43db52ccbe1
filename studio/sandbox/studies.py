"""Scenes from inside: still life, portrait, leaves, arches, silk."""

import math

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageMath

from .paint import Point, Sheet, across, clouds, contrast, gradient, scaled, shifted


def still_life(sheet: Sheet) -> None:
    """A sphere, a bottle, a vase on a table, lit from the left, with soft shadows."""
    rng, tone, width, height = sheet.rng, sheet.palette.tone, sheet.width, sheet.height
    table = height * 0.66
    sheet.wash(tone(0.5), tone(0.62), tone(0.68), tone(0.6), tone(0.5))
    sheet.glow((width * 0.24, height * 0.26), sheet.unit * 0.85, tone(0.85), strength=0.5)
    _window_light(sheet)
    sheet.lay(
        gradient(sheet.image.size, [tone(0.8), tone(0.8), tone(0.84), tone(0.62)]), _below(sheet, table)
    )
    sheet.lay(tone(0.45), sheet.ellipse((width * 0.5, table), width * 0.7, 3, blur=3, strength=0.35))
    middle, floor, u = width * 0.5, height * 0.8, sheet.unit
    things = [
        (_bottle, middle - u * rng.uniform(0.16, 0.2), floor - u * 0.05),
        (_vase, middle + u * rng.uniform(0.1, 0.15), floor - u * 0.03),
        (_ball, middle - u * 0.02, floor + u * 0.06),
    ]
    for thing, x, y in things:
        thing(sheet, (x, y))
    if rng.random() < 0.7:
        _small_ball(sheet, (middle + u * 0.31, floor + u * 0.05))


def _window_light(sheet: Sheet) -> None:
    w, h = sheet.width, sheet.height
    pane = [(w * 0.42, h * 0.06), (w * 0.72, h * 0.02), (w * 0.84, h * 0.55), (w * 0.54, h * 0.6)]
    mask = sheet.polygon(pane, blur=sheet.unit * 0.025, strength=0.3)
    bars = [[(w * 0.56, 0), (w * 0.59, 0), (w * 0.71, h * 0.62), (w * 0.68, h * 0.62)]]
    dark = sheet.polygon(bars[0], blur=sheet.unit * 0.02)
    sheet.lay(sheet.palette.tone(0.93), ImageChops.subtract(mask, dark))


def _below(sheet: Sheet, table: float) -> Image.Image:
    return sheet.polygon(
        [(0, table), (sheet.width, table), (sheet.width, sheet.height), (0, sheet.height)], blur=0.8
    )


def _shadow(sheet: Sheet, foot: Point, wide: float, long: float) -> None:
    """A cast shadow to the right, darkest at the foot."""
    x, y = foot
    far = sheet.ellipse(
        (x + long * 0.55, y - wide * 0.02), long * 0.8, wide * 0.24, blur=wide * 0.16, strength=0.4
    )
    near = sheet.ellipse((x + wide * 0.12, y), wide * 0.62, wide * 0.15, blur=wide * 0.07, strength=0.6)
    for mask in (far, near):
        sheet.lay(sheet.palette.tone(0.2), mask)


def _turned(sheet: Sheet, outline: list[Point], lights: tuple[float, ...], *, strong: bool) -> None:
    """A thing of revolution: shaded from left to right inside its outline."""
    mask = sheet.polygon(outline)
    left, top, right, bottom = mask.getbbox() or (0, 0, 1, 1)
    palette = sheet.palette
    colours = [palette.strong(light) if strong else palette.tone(light, 1.1) for light in lights]
    body = Image.new("RGB", sheet.image.size)
    body.paste(across((right - left, bottom - top), colours), (left, top))
    sheet.lay(body, mask)


def _mirrored(foot: Point, size: float, half: list[Point]) -> list[Point]:
    """An outline from its right half: (half width, height over the foot), from the foot up."""
    x, y = foot
    right = [(x + across_ * size, y - up * size) for across_, up in half]
    left = [(x - across_ * size, y - up * size) for across_, up in reversed(half)]
    return right + left


def _smooth(half: list[Point]) -> list[Point]:
    """Round the corners of a profile (Chaikin, three times)."""
    for _ in range(3):
        pairs = list(zip(half, half[1:], strict=False))
        cut = [_between(a, b, t) for a, b in pairs for t in (0.25, 0.75)]
        half = [half[0], *cut, half[-1]]
    return half


def _between(a: Point, b: Point, t: float) -> Point:
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t


def _bottle(sheet: Sheet, foot: Point) -> None:
    size = sheet.unit * 0.46
    half = _smooth(
        [
            (0, -0.015),
            (0.13, -0.01),
            (0.15, 0.04),
            (0.15, 0.5),
            (0.14, 0.6),
            (0.05, 0.7),
            (0.045, 0.95),
            (0.055, 1.0),
            (0, 1.0),
        ]
    )
    _shadow(sheet, foot, size * 0.32, size * 0.5)
    _turned(sheet, _mirrored(foot, size, half), (0.3, 0.62, 0.44, 0.32, 0.2, 0.24), strong=False)
    gleam = [(foot[0] - size * 0.095, foot[1] - size * 0.08), (foot[0] - size * 0.07, foot[1] - size * 0.56)]
    mask = sheet.shape(
        lambda pen, k: pen.line(scaled(gleam, k), fill=255, width=int(size * 0.03 * k)),
        blur=2.5,
        strength=0.6,
    )
    sheet.lay(sheet.palette.tone(0.97), mask)


def _vase(sheet: Sheet, foot: Point) -> None:
    size = sheet.unit * 0.36
    half = _smooth(
        [
            (0, -0.02),
            (0.16, -0.015),
            (0.19, 0.05),
            (0.33, 0.3),
            (0.31, 0.56),
            (0.12, 0.72),
            (0.1, 0.84),
            (0.17, 0.93),
            (0.17, 0.94),
        ]
    )
    _stems(sheet, (foot[0], foot[1] - size * 0.85), size)
    _shadow(sheet, foot, size * 0.5, size * 0.7)
    _turned(sheet, _mirrored(foot, size, half), (0.72, 0.92, 0.86, 0.72, 0.52, 0.5), strong=False)
    mouth = (foot[0], foot[1] - size * 0.935)
    sheet.lay(sheet.palette.tone(0.36), sheet.ellipse(mouth, size * 0.165, size * 0.03))


def _stems(sheet: Sheet, mouth: Point, size: float) -> None:
    """Dry twigs with a few round leaves."""
    rng = sheet.rng
    for _ in range(5):
        lean, tall = rng.uniform(-0.55, 0.55), size * rng.uniform(0.6, 1.05)
        bend = [
            (mouth[0] + lean * tall * t**1.6, mouth[1] - tall * t) for t in (step / 12 for step in range(13))
        ]
        sheet.lay(
            sheet.palette.tone(0.3),
            sheet.shape(lambda pen, k, bend=bend: pen.line(scaled(bend, k), fill=255, width=2 * k)),
        )
        for x, y in bend[4::2]:
            radius = size * rng.uniform(0.025, 0.05)
            place = (x + rng.choice((-1, 1)) * radius, y)
            sheet.lay(
                sheet.palette.strong(rng.uniform(0.4, 0.7)), sheet.ellipse(place, radius, radius * 0.75)
            )


def _ball(sheet: Sheet, foot: Point) -> None:
    _sphere(sheet, foot, sheet.unit * 0.105, 0.62)


def _small_ball(sheet: Sheet, foot: Point) -> None:
    _sphere(sheet, foot, sheet.unit * 0.052, 0.74)


def _sphere(sheet: Sheet, foot: Point, radius: float, light: float) -> None:
    x, y = foot[0], foot[1] - radius
    _shadow(sheet, foot, radius * 1.7, radius * 2.2)
    strong = sheet.palette.strong
    sheet.lay(strong(light - 0.3), sheet.ellipse((x, y), radius, radius))
    inside = sheet.ellipse((x, y), radius, radius)
    for size, lift in ((1.25, 0.14), (0.95, 0.08), (0.62, 0.08)):
        light_at = (x - radius * 0.34, y - radius * 0.36)
        soft = sheet.ellipse(light_at, radius * size * 0.8, radius * size * 0.8, blur=radius * 0.28)
        light += lift / 3
        sheet.lay(strong(min(0.9, light)), ImageChops.multiply(soft, inside))
    rim = sheet.ellipse(
        (x + radius * 0.1, y + radius * 0.98), radius * 0.8, radius * 0.3, blur=radius * 0.16, strength=0.3
    )
    sheet.lay(sheet.palette.tone(0.8), ImageChops.multiply(rim, inside))
    sheet.glow((x - radius * 0.36, y - radius * 0.42), radius * 0.34, (255, 252, 245), strength=0.75)


def portrait(sheet: Sheet) -> None:
    """A figure as if cut from paper: hair, face in light and shade, shoulders, a disc behind."""
    rng, palette, width, height, u = sheet.rng, sheet.palette, sheet.width, sheet.height, sheet.unit
    tone = palette.tone
    sheet.wash(tone(0.84), tone(0.8), tone(0.74))
    x, y, flip = width * 0.5, height * 0.43, rng.choice((-1, 1))
    _cut(sheet, sheet.ellipse((x + flip * u * 0.1, y - u * 0.02), u * 0.36, u * 0.36), palette.strong(0.72))
    long_hair = rng.random() < 0.6
    hair = sheet.ellipse((x, y - u * 0.05), u * 0.19, u * 0.215)
    if long_hair:
        fall = [
            (x - u * 0.19, y - u * 0.05),
            (x + u * 0.19, y - u * 0.05),
            (x + u * 0.225, y + u * 0.3),
            (x - u * 0.225, y + u * 0.3),
        ]
        hair = ImageChops.lighter(hair, sheet.polygon(fall))
    _cut(sheet, hair, tone(0.24))
    _cut(sheet, _shoulders(sheet, (x, y)), tone(0.42, 1.3))
    neck = [
        (x - u * 0.062, y + u * 0.1),
        (x + u * 0.062, y + u * 0.1),
        (x + u * 0.085, y + u * 0.31),
        (x, y + u * 0.36),
        (x - u * 0.085, y + u * 0.31),
    ]
    _cut(sheet, sheet.polygon(neck), tone(0.66, 1.1))
    face = sheet.ellipse((x, y + u * 0.01), u * 0.125, u * 0.168)
    _cut(sheet, face, tone(0.86, 1.1))
    _features(sheet, (x, y), flip, face)
    fringe = ImageChops.multiply(hair, sheet.ellipse((x - flip * u * 0.1, y - u * 0.17), u * 0.24, u * 0.11))
    _cut(sheet, fringe, tone(0.2))
    paper = contrast(clouds(rng, sheet.image.size, (260, 260), 2), 40, 215, 26)
    sheet.lay(tone(0.95), paper)


def _cut(sheet: Sheet, mask: Image.Image, colour: tuple[int, int, int]) -> None:
    """Lay a piece of paper down, with the shadow it throws."""
    drop = int(sheet.unit * 0.007)
    shadow = shifted(mask, drop, drop).filter(ImageFilter.GaussianBlur(sheet.unit * 0.011))
    sheet.lay(sheet.palette.tone(0.14), shadow.point([v * 42 // 100 for v in range(256)]))
    sheet.lay(colour, mask)


def _shoulders(sheet: Sheet, centre: Point) -> Image.Image:
    x, y, u = *centre, sheet.unit
    half = _smooth([(0.0, 0.0), (0.1, 0.02), (0.3, 0.09), (0.4, 0.24), (0.44, 1.2), (0.44, 1.3)])
    top = y + u * 0.24
    right = [(x + a * u, top + d * u) for a, d in half]
    left = [(x - a * u, top + d * u) for a, d in reversed(half)]
    return sheet.polygon(right + left)


def _features(sheet: Sheet, centre: Point, flip: int, face: Image.Image) -> None:
    """The shaded half of the face with the line of the nose, eyes, a mouth."""
    x, y, u = *centre, sheet.unit
    side = x + flip * u * 0.3
    profile = [
        (x, y - u * 0.2),
        (x + flip * u * 0.008, y - u * 0.03),
        (x - flip * u * 0.03, y + u * 0.045),
        (x + flip * u * 0.004, y + u * 0.062),
        (x, y + u * 0.22),
        (side, y + u * 0.22),
        (side, y - u * 0.2),
    ]
    sheet.lay(sheet.palette.tone(0.58, 1.3), ImageChops.multiply(sheet.polygon(profile), face))
    for sign in (-1, 1):
        sheet.lay(
            sheet.palette.tone(0.2),
            sheet.ellipse((x + sign * u * 0.052, y - u * 0.012), u * 0.023, u * 0.0085),
        )
        brow = [(x + sign * u * 0.026, y - u * 0.052), (x + sign * u * 0.08, y - u * 0.046)]
        sheet.lay(
            sheet.palette.tone(0.25),
            sheet.shape(
                lambda pen, k, brow=brow: pen.line(scaled(brow, k), fill=255, width=int(u * 0.009 * k))
            ),
        )
    sheet.lay(sheet.palette.strong(0.5), sheet.ellipse((x, y + u * 0.1), u * 0.034, u * 0.012))


def leaves(sheet: Sheet) -> None:
    """Stems with leaves, laid over each other like a botanical plate."""
    rng, tone, width, height = sheet.rng, sheet.palette.tone, sheet.width, sheet.height
    dark = sheet.says("night", "dark", "jungle") or rng.random() < 0.4
    ground = (0.2, 0.26, 0.16) if dark else (0.94, 0.91, 0.86)
    sheet.wash(*(tone(light, 0.7) for light in ground))
    stems = 9
    for stem in range(stems):
        share = stem / (stems - 1)
        # One stem each share of the width, in any order, so that no side stays empty.
        root = (width * ((stem * 4 % stems) + rng.uniform(0, 1)) / stems, height * 1.2)
        tip = (root[0] + width * rng.uniform(-0.25, 0.25), height * rng.uniform(0.02, 0.5))
        light = (0.3 + 0.42 * share) if dark else (0.78 - 0.46 * share)
        _branch(sheet, root, tip, light, soft=4.5 * (1 - share) ** 2)


def _branch(sheet: Sheet, root: Point, tip: Point, light: float, *, soft: float) -> None:
    rng = sheet.rng
    bend = sheet.width * rng.uniform(-0.12, 0.12)
    line = [_on_arc(root, tip, bend, step / 24) for step in range(25)]
    pieces = []
    long = sheet.unit * rng.uniform(0.15, 0.24)
    slim = rng.uniform(0.16, 0.3)
    for step in range(3, 25, 2):
        heading = math.atan2(line[step][1] - line[step - 1][1], line[step][0] - line[step - 1][0])
        size = long * (1.1 - 0.6 * step / 25)
        pieces += [_leaf(line[step], heading + sign * rng.uniform(0.5, 0.9), size, slim) for sign in (-1, 1)]
    tone = sheet.palette.tone
    mask = sheet.shape(lambda pen, k: _fill(pen, k, pieces, line), blur=soft)
    drop = shifted(mask, 6, 9).filter(ImageFilter.GaussianBlur(9))
    sheet.lay(tone(0.1), drop.point([v * 30 // 100 for v in range(256)]))
    size = sheet.image.size
    sheet.lay(
        Image.composite(
            gradient(size, [tone(light + 0.1, 1.2), tone(light - 0.12, 1.2)]),
            Image.new("RGB", size, tone(light, 1.1)),
            clouds(rng, size, (4, 4), 2),
        ),
        mask,
    )
    veins = sheet.shape(lambda pen, k: _veins(pen, k, pieces), blur=soft, strength=0.5)
    sheet.lay(tone(min(0.95, light + 0.22)), veins)


def _on_arc(root: Point, tip: Point, bend: float, t: float) -> Point:
    x, y = _between(root, tip, t)
    return x + bend * math.sin(math.pi * t), y


def _leaf(foot: Point, heading: float, size: float, slim: float) -> list[Point]:
    """A pointed leaf: foot first, the tip in the middle of the list."""
    cos, sin = math.cos(heading), math.sin(heading)
    steps = [step / 14 for step in range(15)]
    half = [(t, slim * math.sin(math.pi * t**0.8) ** 0.9) for t in steps]
    flat = half + [(along, -wide) for along, wide in reversed(half)]
    return [(foot[0] + size * (a * cos - w * sin), foot[1] + size * (a * sin + w * cos)) for a, w in flat]


def _fill(pen: ImageDraw.ImageDraw, k: int, pieces: list[list[Point]], line: list[Point]) -> None:
    pen.line(scaled(line, k), fill=255, width=4 * k)
    for piece in pieces:
        pen.polygon(scaled(piece, k), fill=255)


def _veins(pen: ImageDraw.ImageDraw, k: int, pieces: list[list[Point]]) -> None:
    for piece in pieces:
        foot, tip = piece[0], piece[14]
        pen.line(scaled([foot, tip], k), fill=255, width=2 * k)
        for step in range(3, 12, 2):
            for edge in (piece[step], piece[29 - step]):
                start = _between(foot, tip, (step - 2) / 14)
                pen.line(scaled([start, _between(start, edge, 0.85)], k), fill=150, width=k)


def arches(sheet: Sheet) -> None:
    """A colonnade seen from inside: arch behind arch towards the light, its beams on the floor."""
    rng, tone, width, height = sheet.rng, sheet.palette.tone, sheet.width, sheet.height
    sheet.wash(tone(0.97), tone(0.95), tone(0.9))
    end = (width * rng.uniform(0.44, 0.56), height * 0.56)
    depth = 7
    for step in range(depth):
        share = step / (depth - 1)
        near = 0.16 * (1.0 / 0.16) ** share
        light = 0.9 - 0.62 * share**0.9
        opening = _arch(sheet, end, near)
        wall = across(
            sheet.image.size, [tone(light - 0.1), tone(light + 0.04), tone(light - 0.04), tone(light - 0.16)]
        )
        sheet.lay(wall, ImageChops.invert(opening))
        edge = ImageChops.subtract(opening, shifted(opening, max(2, int(9 * near)), 0))
        sheet.lay(tone(min(0.98, light + 0.2)), edge.point([v * 55 // 100 for v in range(256)]))
    _floor_light(sheet, end)
    sheet.glow(end, sheet.unit * 0.7, tone(0.96, 1.2), strength=0.6, power=2.6)


def _arch(sheet: Sheet, end: Point, near: float) -> Image.Image:
    """The opening at some distance; 1 is just outside the picture."""
    half = sheet.width * 0.47 * near
    floor = end[1] + (sheet.height * 1.04 - end[1]) * near
    spring = end[1] - sheet.height * 0.2 * near
    rise = min(half, sheet.height * 0.44 * near)
    x = end[0] + (sheet.width / 2 - end[0]) * near
    curve = [
        (x + half * math.cos(math.pi * t / 40), spring - rise * math.sin(math.pi * t / 40)) for t in range(41)
    ]
    return sheet.polygon([(x + half, floor), *curve, (x - half, floor)])


def _floor_light(sheet: Sheet, end: Point) -> None:
    w, h = sheet.width, sheet.height
    floor = [
        (end[0] - w * 0.05, end[1] + h * 0.07),
        (end[0] + w * 0.05, end[1] + h * 0.07),
        (w * 1.02, h * 1.02),
        (-w * 0.02, h * 1.02),
    ]
    tone = sheet.palette.tone
    sheet.lay(
        gradient(sheet.image.size, [tone(0.86), tone(0.84), tone(0.62), tone(0.3)]), sheet.polygon(floor)
    )
    bands = []
    for step in range(7):
        near, thick = 0.12 * 1.45**step, 0.05 * 1.45**step
        y = end[1] + h * 0.07 + (h - end[1]) * near
        bands.append(
            [
                (end[0] - w * near * 0.9, y),
                (end[0] + w * near * 1.1, y - h * 0.03 * near),
                (end[0] + w * near * 1.3, y + h * thick * 0.4),
                (end[0] - w * near * 1.1, y + h * thick * 0.5),
            ]
        )
    mask = sheet.shape(
        lambda pen, k: [pen.polygon(scaled(band, k), fill=255) for band in bands] and None, blur=5
    )
    sheet.lay(tone(0.95), ImageChops.multiply(mask, sheet.polygon(floor)).point([v // 2 for v in range(256)]))


def silk(sheet: Sheet) -> None:
    """Folded cloth: a flowing height field, lit from the side."""
    size = (sheet.width // 2, sheet.height // 2)
    slope, sheen = _folds(sheet, size)
    tone = sheet.palette.tone
    ramp = [tone(0.1 + 0.82 * value / 255, 1.25) for value in range(256)]
    channels = [slope.point([colour[part] for colour in ramp]) for part in range(3)]
    cloth = Image.merge("RGB", channels)
    accent = Image.new("RGB", size, sheet.palette.strong(0.62))
    cloth = Image.composite(
        ImageChops.soft_light(cloth, accent), cloth, contrast(clouds(sheet.rng, size, (2, 2), 2), 70, 190)
    )
    cloth = ImageChops.screen(
        cloth, Image.merge("RGB", [sheen.point([v * part // 700 for v in range(256)]) for part in tone(0.95)])
    )
    sheet.image.paste(cloth.resize(sheet.image.size, Image.Resampling.BICUBIC))


def _folds(sheet: Sheet, size: tuple[int, int]) -> tuple[Image.Image, Image.Image]:
    """The light on the cloth, and its sheen."""
    rng = sheet.rng
    warp = [_field(sheet, size, cells) for cells in ((2, 2), (3, 3), (5, 4))]
    ramp = Image.linear_gradient("L").convert("F")
    ramp_x = ramp.rotate(90).resize(size, Image.Resampling.BICUBIC)
    ramp_y = ramp.resize(size, Image.Resampling.BICUBIC)
    lean, folds = rng.uniform(-0.9, 0.9), rng.uniform(1.8, 2.8)
    phase = ImageMath.lambda_eval(
        lambda _: (
            (_["x"] * (1.0 / 255) + _["y"] * (lean / 255)) * folds
            + _["a"] * 1.7
            + _["b"] * 0.55
            + _["c"] * 0.1
            + 8.0
        ),
        x=ramp_x,
        y=ramp_y,
        a=warp[0],
        b=warp[1],
        c=warp[2],
    )
    wave = ImageMath.lambda_eval(
        lambda _: _wave(_["p"]) * 0.72 + _wave(_["p"] * 2.0 + _["b"] * 1.5) * 0.28, p=phase, b=warp[1]
    )
    step = max(2, size[0] // 170)
    moved = wave.transform(
        size, Image.Transform.AFFINE, (1, 0, step, 0, 1, step // 2), Image.Resampling.BILINEAR
    )
    slope = ImageMath.lambda_eval(
        lambda _: (_["w"] - _["m"]) * 900.0 + _["w"] * 105.0 + 72.0, w=wave, m=moved
    )
    # The last pixels have no neighbour to compare with.
    whole = slope.convert("L").crop((0, 0, size[0] - step - 1, size[1] - step - 1)).resize(size)
    soft = whole.filter(ImageFilter.GaussianBlur(1.2))
    return soft, contrast(soft, 170, 255)


def _wave(phase: "ImageMath._Operand") -> "ImageMath._Operand":
    """A soft wave from 0 to 1 with period 1."""
    t = phase % 1.0
    hill = t * (1.0 - t) * 4.0
    return hill * hill * (3.0 - hill * 2.0)


def _field(sheet: Sheet, size: tuple[int, int], cells: tuple[int, int]) -> Image.Image:
    """Smooth noise from 0 to 1 in floating point, so that folds have no steps."""
    lumps = (cells[0] + 2, cells[1] + 2)
    rough = Image.frombytes("L", lumps, sheet.rng.randbytes(lumps[0] * lumps[1])).convert("F")
    fine = rough.resize((lumps[0] * 12, lumps[1] * 12), Image.Resampling.BICUBIC).resize(
        size, Image.Resampling.BICUBIC
    )
    return fine.point(lambda value: value * (1 / 255) + 0)
