"""Colours: perceptual tones between a hue for the shadows and a hue for the light (OKLCH)."""

import math
import random
from dataclasses import dataclass
from typing import Final

RGB = tuple[int, int, int]

# Words of a prompt -> hue in degrees, and how colourful.
HUES: Final[dict[str, tuple[float, float]]] = {
    "red": (27, 0.17),
    "crimson": (20, 0.16),
    "scarlet": (30, 0.18),
    "rust": (42, 0.12),
    "coral": (35, 0.14),
    "orange": (58, 0.15),
    "copper": (52, 0.11),
    "amber": (74, 0.14),
    "gold": (86, 0.13),
    "golden": (86, 0.13),
    "yellow": (100, 0.14),
    "sand": (80, 0.07),
    "ochre": (78, 0.10),
    "brown": (60, 0.06),
    "olive": (115, 0.08),
    "green": (145, 0.12),
    "emerald": (158, 0.12),
    "sage": (140, 0.05),
    "mint": (165, 0.08),
    "teal": (195, 0.10),
    "turquoise": (190, 0.11),
    "cyan": (205, 0.11),
    "blue": (255, 0.13),
    "navy": (262, 0.10),
    "indigo": (278, 0.14),
    "violet": (298, 0.14),
    "purple": (310, 0.14),
    "lavender": (300, 0.07),
    "magenta": (335, 0.17),
    "pink": (355, 0.12),
    "rose": (8, 0.11),
    "grey": (250, 0.012),
    "gray": (250, 0.012),
    "black": (260, 0.015),
    "white": (80, 0.012),
    "monochrome": (80, 0.004),
    "dusk": (48, 0.11),
    "dawn": (25, 0.10),
    "sunset": (45, 0.14),
    "autumn": (50, 0.12),
    "winter": (240, 0.05),
    "spring": (135, 0.09),
}
# Shadows and light that go well together, when no word asks for a colour.
PAIRS: Final[tuple[tuple[float, float], ...]] = (
    (275, 65),
    (250, 45),
    (205, 85),
    (320, 50),
    (165, 95),
    (25, 80),
    (235, 15),
    (265, 190),
    (295, 80),
)


@dataclass(frozen=True, slots=True)
class Palette:
    """Hues of the shadows, the light, and one that stands out."""

    shadow: float
    light: float
    accent: float
    chroma: float

    def tone(self, lightness: float, colour: float = 1.0) -> RGB:
        """The colour of this lightness (0 to 1); `colour` makes it paler or stronger."""
        share = _smooth(lightness)
        hue = self.shadow + _turn(self.shadow, self.light) * share
        fullness = 1 - 0.75 * abs(2 * lightness - 1) ** 2.2
        return oklch(lightness, self.chroma * fullness * colour, hue)

    def strong(self, lightness: float = 0.65) -> RGB:
        """The colour that stands out."""
        return oklch(lightness, max(self.chroma, 0.02) * 1.15, self.accent)


def palette_of(prompt: str, rng: random.Random) -> Palette:
    """The colours the prompt names, the first for the light, the second for the shadows; else a pair."""
    named = [HUES[word] for word in _words(prompt) if word in HUES]
    shadow, light = rng.choice(PAIRS)
    chroma = rng.uniform(0.085, 0.12)
    if named:
        light, chroma = named[0]
        chroma *= 0.92
        # Dark yellow is olive: warm light falls into red and violet shadows instead.
        near = (300, 335, 12) if 20 <= light <= 115 else (light - 62, light - 38, light + 38, light + 60)
        shadow = named[1][0] if len(named) > 1 else rng.choice(near)
    if len(named) > 1:
        chroma = max(chroma, named[1][1])
    accent = light + rng.choice((150, 180, 205)) if rng.random() < 0.5 else light
    return Palette(shadow, light, accent, chroma)


def oklch(lightness: float, chroma: float, hue: float) -> RGB:
    """sRGB of a perceptual colour, made paler until it exists. The matrices are Björn Ottosson's."""
    lightness = min(max(lightness, 0.0), 1.0)
    for _ in range(12):
        linear = _linear(lightness, chroma, math.radians(hue))
        if all(-0.002 <= part <= 1.002 for part in linear):
            break
        chroma *= 0.85
    red, green, blue = (_gamma(part) for part in linear)
    return red, green, blue


def _linear(lightness: float, chroma: float, angle: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(angle), chroma * math.sin(angle)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _gamma(part: float) -> int:
    part = min(max(part, 0.0), 1.0)
    curved = 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
    return round(255 * curved)


def _turn(start: float, end: float) -> float:
    """The shorter way round from one hue to another, in degrees."""
    return (end - start + 180) % 360 - 180


def _smooth(share: float) -> float:
    return share * share * (3 - 2 * share)


def _words(prompt: str) -> list[str]:
    return "".join(letter if letter.isalpha() else " " for letter in prompt.lower()).split()
