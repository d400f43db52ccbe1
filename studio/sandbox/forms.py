"""Scenes of one form repeated: leaves, arches, silk."""

import math

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageMath

from studio.sandbox.paint import Point, Sheet, across, between, clouds, contrast, gradient, scaled, shifted


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
    whole = sheet.image.size
    sheet.lay(
        Image.composite(
            gradient(whole, [tone(light + 0.1, 1.2), tone(light - 0.12, 1.2)]),
            Image.new("RGB", whole, tone(light, 1.1)),
            clouds(rng, whole, (4, 4), 2),
        ),
        mask,
    )
    veins = sheet.shape(lambda pen, k: _veins(pen, k, pieces), blur=soft, strength=0.5)
    sheet.lay(tone(min(0.95, light + 0.22)), veins)


def _on_arc(root: Point, tip: Point, bend: float, t: float) -> Point:
    x, y = between(root, tip, t)
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
                start = between(foot, tip, (step - 2) / 14)
                pen.line(scaled([start, between(start, edge, 0.85)], k), fill=150, width=k)


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
    mask = sheet.polygons(bands, blur=5)
    sheet.lay(tone(0.95), ImageChops.multiply(mask, sheet.polygon(floor)).point([v // 2 for v in range(256)]))


def silk(sheet: Sheet) -> None:
    """Folded cloth: a flowing height field, lit from the side."""
    # Cloth is soft: half the pixels do, at a quarter of the time.
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
