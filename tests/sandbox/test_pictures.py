"""The pictures: right size and format, the same each time, made from what was given."""

import io
import random
import threading
import time

import pytest
from PIL import Image, ImageChops, ImageStat

from studio.sandbox import forms, landscapes, shelf, studies
from studio.sandbox.palettes import oklch, palette_of
from studio.sandbox.pictures import SCENES, SIZES, Picture, draw, render, scene_of, size_of

FAMILIES = [
    ("mountains in layered haze", landscapes.mountains),
    ("Dunes of sand", landscapes.mountains),
    ("the sea at noon", landscapes.sea),
    ("night sky", landscapes.night),
    ("a pine forest", landscapes.forest),
    ("city skyline at dusk", landscapes.city),
    ("still life with a bottle", studies.still_life),
    ("portrait of a woman", studies.portrait),
    ("botanical leaves", forms.leaves),
    ("arches and light", forms.arches),
    ("folded silk", forms.silk),
]


def picture(prompt="a lighthouse by the sea", nth=1, **options) -> Picture:
    return Picture(task_id="t", prompt=prompt, nth=nth, **options)


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def difference(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures are apart, from 0 to 255."""
    small = [each.convert("RGB").resize((48, 48)) for each in (one, other)]
    return sum(ImageStat.Stat(ImageChops.difference(*small)).mean) / 3


@pytest.fixture
def files(tmp_path):
    """Three pictures to edit, of clear colours and shapes."""
    paths = []
    for name, colour, size in (
        ("a", (200, 40, 40), (300, 200)),
        ("b", (40, 200, 60), (80, 80)),
        ("c", (40, 60, 220), (50, 90)),
    ):
        paths.append(tmp_path / f"{name}.png")
        Image.new("RGB", size, colour).save(paths[-1])
    return tuple(paths)


@pytest.mark.parametrize("ratio", ["auto", *SIZES])
def test_a_ratio_has_the_pixels_of_the_real_model(ratio):
    assert draw(picture("folded silk", aspect_ratio=ratio)).size == SIZES.get(ratio, (1024, 1024))


@pytest.mark.parametrize(("name", "kind"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP")])
def test_the_file_has_the_format_that_was_asked(name, kind):
    image = opened(render(picture(output_format=name)))
    assert (image.format, image.mode, image.size) == (kind, "RGB", (1024, 1024))


def test_a_png_weighs_about_what_the_real_model_sends():
    assert 700_000 < len(render(picture())) < 2_500_000


@pytest.mark.parametrize(("prompt", "scene"), FAMILIES)
def test_the_words_choose_the_scene(prompt, scene):
    assert scene_of(prompt.lower()) is scene


def test_the_first_word_that_means_a_scene_counts():
    assert scene_of("a forest by the sea") is landscapes.forest
    assert scene_of("the sea and a forest") is landscapes.sea


def test_words_that_mean_nothing_choose_a_scene_for_good():
    assert len({scene_of(f"qwerty {number}") for number in range(100)}) == len(SCENES)
    assert scene_of("qwerty") is scene_of("qwerty")


@pytest.mark.parametrize("prompt", [prompt for prompt, _ in FAMILIES])
def test_every_scene_is_drawn_in_time_and_is_not_flat(prompt):
    started = time.process_time()
    image = draw(picture(prompt, aspect_ratio="3:2"))
    assert time.process_time() - started < 2
    assert min(ImageStat.Stat(image.convert("L")).stddev) > 18


def test_the_same_words_and_run_give_the_same_bytes():
    assert render(picture()) == render(picture())


def test_pictures_of_one_order_and_repeated_orders_differ():
    first = draw(picture())
    assert difference(first, draw(picture(nth=2))) > 1
    assert difference(first, draw(picture(run=1))) > 1


def test_colour_words_colour_the_picture():
    red, blue = (ImageStat.Stat(draw(picture(f"{colour} mountains"))).mean for colour in ("red", "blue"))
    assert red[0] > red[2] + 30
    assert blue[2] > blue[0] + 30


def test_every_tone_exists_and_lighter_tones_are_lighter():
    palette = palette_of("amber and indigo", random.Random(1))
    tones = [palette.tone(step / 20) for step in range(21)]
    assert all(0 <= part <= 255 for tone in tones for part in tone)
    light = [sum(tone) for tone in tones]
    assert light == sorted(light)
    assert oklch(1.0, 0.0, 0) == (255, 255, 255)
    assert oklch(0.0, 0.0, 0) == (0, 0, 0)


@pytest.mark.parametrize("prompt", ["folded white silk", "black night sky", "pencil"])
def test_the_mark_can_be_read_on_every_picture(prompt, files):
    image = draw(picture(prompt, sources=files[:1] if prompt == "pencil" else ()))
    corner = image.crop((image.width - 120, image.height - 50, image.width, image.height)).convert("L")
    darkest, lightest = corner.getextrema()
    assert lightest - darkest > 100


def test_an_edit_takes_the_shape_of_its_first_picture_unless_told_otherwise(files):
    assert draw(picture(sources=files)).size == SIZES["3:2"]
    assert draw(picture(sources=files, aspect_ratio="9:16")).size == SIZES["9:16"]
    assert size_of("auto", Image.new("RGB", (50, 90))) == SIZES["9:16"]


def test_an_edit_stays_close_to_its_picture_and_not_equal(tmp_path):
    path = tmp_path / "source.png"
    source = draw(picture("portrait in coral"))
    source.save(path)
    image = draw(picture("make it warmer", sources=(path,)))
    assert 2 < difference(source, image) < 60


def test_further_pictures_are_inset_so_that_one_sees_them(files):
    alone, together = (draw(picture("violet", sources=files[:count])) for count in (1, 3))
    for colour in (1, 2):
        seen = together.crop((0, 0, together.width, 300)).getchannel(colour).getextrema()[1]
        assert seen > alone.crop((0, 0, alone.width, 300)).getchannel(colour).getextrema()[1] + 40


@pytest.mark.parametrize(
    "words",
    [
        "warmer",
        "colder",
        "at night",
        "black and white",
        "sepia",
        "blur",
        "frame",
        "brighter",
        "darker",
        "vivid",
        "sketch",
        "red",
    ],
)
def test_the_words_of_an_edit_change_the_picture(tmp_path, words):
    path = tmp_path / "source.png"
    draw(picture("still life, teal")).save(path)
    changed = draw(picture(words, sources=(path,)))
    assert difference(draw(picture("qqq mirror", sources=(path,))), changed) > 3


def test_black_and_white_has_no_colour(files):
    image = draw(picture("black and white", sources=files[:1])).crop((0, 0, 800, 600))
    red, green, blue = ImageStat.Stat(image).mean
    assert max(red, green, blue) - min(red, green, blue) < 1


def test_a_mirrored_picture_is_the_same_from_both_sides(tmp_path):
    path = tmp_path / "source.png"
    draw(picture("city skyline")).save(path)
    image = draw(picture("mirror it", sources=(path,)))
    left, right = (
        image.crop((0, 0, 512, 900)),
        image.crop((512, 0, 1024, 900)).transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    )
    assert difference(left, right) < 6


def test_a_transparent_picture_is_laid_on_white(tmp_path):
    path = tmp_path / "source.png"
    Image.new("RGBA", (100, 100), (0, 0, 0, 0)).save(path)
    assert ImageStat.Stat(draw(picture("frame", sources=(path,)))).mean[0] > 150


def test_fourteen_pictures_fit(files):
    assert draw(picture("together", sources=(files * 5)[:14], aspect_ratio="9:16")).size == SIZES["9:16"]


def test_a_picture_is_drawn_once_and_again_only_when_its_file_is_gone(caller, world):
    address = caller.assets(caller.task("a fern"))[0]
    assert list(world.folder.glob("drawn/*/*")) == []
    first = caller.get(address, timeout=30).content
    (path,) = world.folder.glob("drawn/*/*")
    assert path.read_bytes() == first
    path.unlink()
    assert caller.get(address, timeout=30).content == first


def test_the_same_prompt_again_is_another_picture_in_any_world_the_same(make_world, serve):
    seen = []
    for folder in ("one", "two"):
        caller = serve(make_world(folder))
        seen.append(
            [caller.get(caller.assets(caller.task("a fern"))[0], timeout=30).content for _ in range(2)]
        )
    assert seen[0] == seen[1]
    assert seen[0][0] != seen[0][1]


def test_pictures_drawn_ahead_take_turns_and_only_for_square_pngs(make_world, serve):
    world = make_world()
    world.predraw(2)
    caller = serve(world)
    ahead = [path.read_bytes() for path in sorted(world.folder.glob("ahead/*"))]
    got = [
        caller.get(caller.assets(caller.task(f"job {number}"))[0], timeout=30).content for number in range(3)
    ]
    assert got == [ahead[1], ahead[0], ahead[1]]
    assert list(world.folder.glob("drawn/*")) == []
    other = caller.get(caller.assets(caller.task(output_format="jpeg"))[0], timeout=30).content
    assert other not in ahead


def test_who_asks_again_and_again_waits_for_one_drawing(tmp_path, monkeypatch):
    drawn = []

    def slowly(picture: Picture) -> bytes:
        drawn.append(picture)
        time.sleep(0.2)
        return b"a picture"

    monkeypatch.setattr(shelf, "render", slowly)
    kept = shelf.Shelf(tmp_path)
    asking = [threading.Thread(target=kept.bytes_of, args=(picture(),)) for _ in range(4)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert (drawn, kept.bytes_of(picture())) == ([picture()], b"a picture")
