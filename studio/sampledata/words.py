"""What the people of the sample data type and call things."""

import random
from dataclasses import dataclass
from typing import Final

FIRST_NAMES: Final = (
    "Ada", "Ben", "Carla", "David", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kaya", "Lena", "Mateo", "Nora",
    "Omar", "Paula", "Rosa", "Sami", "Tilda", "Ugo",
)  # fmt: skip
LAST_NAMES: Final = (
    "Almeida", "Brandt", "Costa", "Demir", "Eriksen", "Fontana", "Girard", "Hoffmann", "Ivanova", "Jansen",
)  # fmt: skip
CLIENTS: Final = (
    "Nordlicht", "Bäckerei Kern", "Velomax", "Alpenquell", "Stadtwerke", "Lumen", "Hofgut", "Meridian", "Atelier Voss",
)  # fmt: skip
CAMPAIGNS: Final = (
    "Spring", "Summer", "Autumn", "Winter", "Launch", "Catalogue", "Website", "Packaging", "Social", "Fair",
)  # fmt: skip

# A theme, what it shows, and the tags that people give to it.
THEMES: Final[tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]] = (
    (
        ("a lighthouse", "a sailing boat", "a fishing harbour", "a wooden pier", "a rocky coast", "an ice floe"),
        ("sea", "coast", "travel", "blue"),
    ),
    (
        ("a red fox", "a snowy owl", "two deer", "a hedgehog", "a flock of cranes", "a sleeping lynx"),
        ("animals", "forest", "wildlife"),
    ),
    (
        ("a perfume bottle", "a ceramic cup", "a wristwatch", "a jar of honey", "a leather shoe", "a candle"),
        ("product", "packshot", "studio light"),
    ),
    (
        ("fresh bread", "a bowl of ramen", "a lemon tart", "ripe tomatoes", "a glass of iced tea", "pancakes"),
        ("food", "breakfast", "close-up"),
    ),
    (
        ("a portrait of a violinist", "an old fisherman", "a girl with freckles", "a potter at work", "a cyclist"),
        ("people", "portrait", "faces"),
    ),
    (
        ("a city skyline", "a tram in the rain", "a night market", "a stone bridge", "a roof garden", "a subway hall"),
        ("city", "architecture", "night"),
    ),
    (
        ("rolling hills", "a mountain lake", "a lavender field", "sand dunes", "a birch forest", "a glacier"),
        ("landscape", "nature", "wide"),
    ),
    (
        ("a reading room", "a spiral staircase", "a loft kitchen", "a winter garden", "a cinema of the fifties"),
        ("interior", "architecture", "light"),
    ),
    (
        ("an astronaut", "a paper dragon", "a clockwork whale", "a floating island", "a robot gardener"),
        ("fantasy", "illustration", "poster"),
    ),
    (
        ("folded silk", "marble with veins of gold", "drops on glass", "layers of paper", "ink in water"),
        ("abstract", "texture", "background"),
    ),
)  # fmt: skip
# What people put on their own photos.
BROUGHT: Final = ("reference", "photo")
PLACES: Final = (
    "at dusk", "in morning fog", "under falling snow", "on a white table", "against a blue wall", "by an open window",
    "in a greenhouse", "on a rooftop", "beside a river", "in an empty gallery", "among tall grass", "after the rain",
    "in the harbour of Trieste", "on a plain grey background", "under a starry sky", "in the old town of Graz",
)  # fmt: skip
LIGHTS: Final = (
    "soft light", "long shadows", "golden hour", "neon reflections", "overcast sky", "a single lamp", "backlit",
    "candle light", "harsh noon sun", "blue hour", "studio light from the left", "moonlight",
)  # fmt: skip
STYLES: Final = (
    "35 mm photograph", "watercolour", "shallow depth of field", "isometric illustration", "oil painting", "linocut",
    "macro shot", "wide angle", "flat vector style", "pencil sketch", "muted colours", "cinematic", "seen from above",
)  # fmt: skip
DETAILS: Final = (
    "no text", "room for a headline on the right", "no people", "calm colours", "high contrast", "very detailed",
    "the logo stays empty", "for a poster in portrait format", "as if seen from a boat", "with visible brush strokes",
)  # fmt: skip
CHANGES: Final = (
    "Make the sky {}", "Replace the background: {}", "The same, {}", "Take away the people, {}", "Warmer colours, {}",
    "Add a small dog, {}", "Turn it into a winter scene, {}", "Remove the text, {}", "Make it {}", "More contrast, {}",
)  # fmt: skip
ALBUMS: Final = (
    "Favourites of the client", "Covers", "Shortlist", "For the fair", "Mood board", "Press kit", "Wallpaper",
    "Rejected, but nice", "Catalogue page 12", "Reference", "Backgrounds", "Summer ideas", "To be printed",
)  # fmt: skip
NOTES: Final = (
    "The client likes this one.", "Crop the left edge before printing.", "Approved on the phone.", "Too dark.",
    "Use it with the blue headline.", "Ask the agency for the licence of the font.", "Second choice.",
)  # fmt: skip
FILE_NAMES: Final = (
    "IMG_{:04}.jpg",
    "DSC_{:04}.JPG",
    "PXL_{:08}.jpg",
    "scan {:03}.jpg",
    "Kampagne-final-v{}.jpg",
)


@dataclass(frozen=True, slots=True)
class Idea:
    """What somebody asked for, and the tags that fit it."""

    prompt: str
    tags: tuple[str, ...]


def idea(chance: random.Random) -> Idea:
    """A new picture's prompt: a few words or many."""
    subjects, tags = chance.choice(THEMES)
    parts = [f"{chance.choice(subjects)} {chance.choice(PLACES)}", chance.choice(LIGHTS)]
    parts += [chance.choice(STYLES)] if chance.random() < 0.8 else []
    parts += chance.sample(DETAILS, chance.choice((0, 0, 1, 2)))
    words = ", ".join(parts)
    return Idea(words[0].upper() + words[1:], tags)


def change(chance: random.Random, tags: tuple[str, ...]) -> Idea:
    """An edit's prompt."""
    words = chance.choice((*PLACES, *LIGHTS))
    return Idea(chance.choice(CHANGES).format(words), tags)


def people(count: int) -> list[str]:
    """So many different names, at most 200."""
    return [f"{first} {last}" for last in LAST_NAMES for first in FIRST_NAMES][:count]


def tags() -> list[str]:
    """All tags, each once."""
    return sorted({tag for _, theirs in THEMES for tag in theirs}.union(BROUGHT))
