"""The models are data."""

from fractions import Fraction

import pytest

from studio.imageapi import GEMINI_25_FLASH, MODELS, ImageAPIError, errors


def test_gemini_25_flash_is_the_model_that_is_on():
    assert [model.name for model in MODELS.values() if model.switched_on] == ["gemini-2.5-flash"]
    assert MODELS["gemini-2.5-flash"] is GEMINI_25_FLASH


def test_its_ratios_are_the_documented_ones_in_their_order():
    names = ["auto", "21:9", "16:9", "3:2", "4:3", "5:4", "1:1", "4:5", "3:4", "2:3", "9:16"]
    assert [ratio.name for ratio in GEMINI_25_FLASH.ratios] == names


@pytest.mark.parametrize("ratio", GEMINI_25_FLASH.ratios[1:], ids=lambda ratio: ratio.name)
def test_pixels_fit_the_ratio(ratio):
    wide, high = map(int, ratio.name.split(":"))
    assert abs(Fraction(ratio.width, ratio.height) / Fraction(wide, high) - 1) < Fraction(1, 30)


def test_every_ratio_but_the_widest_has_an_upright_twin():
    for ratio in GEMINI_25_FLASH.ratios[2:]:
        twin = GEMINI_25_FLASH.ratio(":".join(reversed(ratio.name.split(":"))))
        assert (twin.width, twin.height) == (ratio.height, ratio.width)


def test_auto_has_no_pixels():
    assert (GEMINI_25_FLASH.ratio("auto").width, GEMINI_25_FLASH.ratio("auto").height) == (0, 0)


def test_an_unknown_ratio_is_a_key_error():
    with pytest.raises(KeyError):
        GEMINI_25_FLASH.ratio("7:5")


def test_every_error_is_drawn_in_the_tree():
    tree = ImageAPIError.__doc__
    for name, kind in vars(errors).items():
        if isinstance(kind, type):
            assert f"{name} " in tree or f"{name}\n" in tree
