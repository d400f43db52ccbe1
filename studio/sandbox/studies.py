"""Scenes from inside: still life and portrait."""

from PIL import Image, ImageChops, ImageFilter

from studio.sandbox.paint import Point, Sheet, across, clouds, contrast, gradient, rounded, shifted


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


def _bottle(sheet: Sheet, foot: Point) -> None:
    size = sheet.unit * 0.46
    half = rounded(
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
    mask = sheet.line(gleam, size * 0.03, blur=2.5, strength=0.6)
    sheet.lay(sheet.palette.tone(0.97), mask)


def _vase(sheet: Sheet, foot: Point) -> None:
    size = sheet.unit * 0.36
    half = rounded(
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
        sheet.lay(sheet.palette.tone(0.3), sheet.line(bend, 2))
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
    half = rounded([(0.0, 0.0), (0.1, 0.02), (0.3, 0.09), (0.4, 0.24), (0.44, 1.2), (0.44, 1.3)])
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
        sheet.lay(sheet.palette.tone(0.25), sheet.line(brow, u * 0.009))
    sheet.lay(sheet.palette.strong(0.5), sheet.ellipse((x, y + u * 0.1), u * 0.034, u * 0.012))
