import pytest

from gallery import classes


@pytest.mark.parametrize(
    ("size", "name"),
    [
        ((1024, 1024), "1-1"), ((1344, 768), "16-9"), ((1536, 672), "21-9"), ((1248, 832), "3-2"),
        ((1184, 864), "4-3"), ((1152, 896), "5-4"), ((896, 1152), "4-5"), ((864, 1184), "3-4"),
        ((832, 1248), "2-3"), ((768, 1344), "9-16"), ((10_000, 1), "21-9"), ((1, 10_000), "9-16"),
    ],
)  # fmt: skip
def test_a_picture_takes_the_nearest_shape(size, name):
    assert classes.nearest_ratio(*size) == name


def test_an_upright_shape_is_as_near_as_its_lying_twin():
    for width in range(100, 300):
        lying, upright = classes.nearest_ratio(width, 170), classes.nearest_ratio(170, width)
        assert classes.proportion(lying) * classes.proportion(upright) == pytest.approx(1, abs=0.35)


def test_every_colour_is_nearest_to_itself():
    colours = classes.class_colours()
    assert (len(colours), next(iter(colours)), list(colours)[-1]) == (64, "c-00", "c-63")
    for name, colour in colours.items():
        red, green, blue = bytes.fromhex(colour[1:])
        assert f"c-{classes.nearest_colour(red, green, blue):02}" == name
