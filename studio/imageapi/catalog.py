"""The models of the API, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A shape the model draws, with the pixels it really answers; "auto" leaves them to the model: 0 × 0."""

    name: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What can be asked of one model. `price` is in credits a picture, `usual_seconds` a range for one.

    The first of `ratios` and the first of `formats` are what the API takes when nothing is said.
    """

    name: str
    title: str
    generate_path: str
    edit_path: str
    price: int
    most_images: int
    most_sources: int
    ratios: tuple[Ratio, ...]
    formats: tuple[str, ...]
    usual_seconds: tuple[int, int]
    switched_on: bool

    def ratio(self, name: str) -> Ratio:
        """The shape of that name; KeyError when this model has none."""
        for ratio in self.ratios:
            if ratio.name == name:
                return ratio
        raise KeyError(name)


GEMINI_25_FLASH = Model(
    name="gemini-2.5-flash",
    title="Gemini 2.5 Flash",
    generate_path="/v1/images/gemini/2.5/flash/generate/",
    edit_path="/v1/images/gemini/2.5/flash/edit/",
    price=5,
    most_images=4,
    most_sources=14,
    ratios=(
        Ratio(name="auto", width=0, height=0),
        Ratio(name="21:9", width=1536, height=672),
        Ratio(name="16:9", width=1344, height=768),
        Ratio(name="3:2", width=1248, height=832),
        Ratio(name="4:3", width=1184, height=864),
        Ratio(name="5:4", width=1152, height=896),
        Ratio(name="1:1", width=1024, height=1024),
        Ratio(name="4:5", width=896, height=1152),
        Ratio(name="3:4", width=864, height=1184),
        Ratio(name="2:3", width=832, height=1248),
        Ratio(name="9:16", width=768, height=1344),
    ),
    formats=("png", "jpeg", "webp"),
    usual_seconds=(30, 60),
    switched_on=True,
)

MODELS: Mapping[str, Model] = MappingProxyType({model.name: model for model in (GEMINI_25_FLASH,)})
