"""The two closed sets of a card's look, its shape and its colour: so pages need no style attribute."""

import math

RATIOS = ("9-16", "2-3", "3-4", "4-5", "1-1", "5-4", "4-3", "3-2", "16-9", "21-9")
LEVELS = 4
STEP = 256 // LEVELS
COLOURS = LEVELS**3


def proportion(name: str) -> float:
    """Width over height of a ratio class: "16-9" is 1.78."""
    width, height = name.split("-")
    return int(width) / int(height)


def nearest_ratio(width: int, height: int) -> str:
    """The ratio class of a picture of this size; an odd shape takes the nearest."""
    # Compared as logarithms, for twice as wide is as far away as twice as high.
    wanted = math.log(width / height)
    return min(RATIOS, key=lambda name: abs(math.log(proportion(name)) - wanted))


def nearest_colour(red: int, green: int, blue: int) -> int:
    """The colour class 0..63 that stands for a colour of three values 0..255."""
    return (red // STEP * LEVELS + green // STEP) * LEVELS + blue // STEP


def class_colours() -> dict[str, str]:
    """The 64 classes and their colours for a style sheet: {"c-00": "#202020", … "c-63": "#e0e0e0"}."""
    shades = [step * STEP + STEP // 2 for step in range(LEVELS)]
    mixed = [(red, green, blue) for red in shades for green in shades for blue in shades]
    return {f"c-{place:02}": "#{:02x}{:02x}{:02x}".format(*colour) for place, colour in enumerate(mixed)}
