import pytest
from django.db import connection, transaction

from gallery import library, search
from gallery.models import Image, Tag, Tagged
from tests.gallery import pictures

pytestmark = pytest.mark.django_db


def found(typed: str) -> list[str]:
    """The prompts that fit what was typed, oldest first."""
    terms = search.terms(typed)
    return list(Image.objects.filter(search.said_of(terms)).order_by("pk").values_list("prompt", flat=True))


@pytest.fixture
def forest(alice):
    return pictures.said(
        alice, "A red fox in the snow", "red panda", "snow fox, red light", "Foxglove", "cat"
    )


# What nobody should type


@pytest.mark.parametrize(
    "typed",
    [
        '"', '"fox', 'fox"', '""', '"" -""', "-", "--", "*", "-*", "(", ")", "(fox", "fox)", "fox AND", "OR", "NOT fox",
        "NEAR(fox snow, 2)", "words:fox", "fox + snow", "^fox", "{fox}", "fox:*", "fox & !snow", "fox | snow", "<->",
        "'", "'; DROP TABLE gallery_words; --", "\\", "%", "_", "fox_", "\0", "fo\0x", "\x1f", "\ud800", "🦊",
        "x" * 10_000, "fox " * 5_000, '"' * 999, "- " * 999, "\u0301", "\n\t",
    ],
)  # fmt: skip
def test_whatever_is_typed_is_no_error(forest, typed):
    found(typed)
    found(f"red {typed}")


@pytest.mark.parametrize("typed", ["", "   ", '"', "-", "***", "!?", "🦊", "_"])
def test_where_no_word_is_typed_there_are_no_terms(typed):
    assert search.terms(typed) == []


def test_more_words_than_anybody_types_are_cut(forest):
    assert len(search.terms("a " * 200)) == search.MOST_TERMS


# What people type


@pytest.mark.parametrize(
    ("typed", "prompts"),
    [
        ("fox ", ["A red fox in the snow", "snow fox, red light"]),
        ("FOX ", ["A red fox in the snow", "snow fox, red light"]),
        ("fox snow ", ["A red fox in the snow", "snow fox, red light"]),
        ("fox", ["A red fox in the snow", "snow fox, red light", "Foxglove"]),
        ("fox* ", ["A red fox in the snow", "snow fox, red light", "Foxglove"]),
        ("fox* red ", ["A red fox in the snow", "snow fox, red light"]),
        ('"red fox"', ["A red fox in the snow"]),
        ('"fox red"', ["snow fox, red light"]),
        ("red-fox ", ["A red fox in the snow"]),
        ("red -fox", ["red panda"]),
        ('red -"red fox"', ["red panda", "snow fox, red light"]),
        ("-red -cat", ["Foxglove"]),
        ("-fox*", ["red panda", "cat"]),
        ("c", []),
        ("lion", []),
        ("lion -fox", []),
    ],
)  # fmt: skip
def test_words_beginnings_phrases_and_what_must_not_be(forest, typed, prompts):
    assert found(typed) == prompts


@pytest.mark.parametrize(
    ("prompt", "typed"),
    [
        ("Ein Füchschen im Schnée", "fuchschen schnee"),
        ("ein fuchs", "FÜCHS"),
        ("Straße", "strasse "),
        ("рыжая ЛИСА", "лиса "),
        ("東京の夜景", "夜景"),
        ("東京の夜景", "京の"),
        ("ｆｕｌｌ ｗｉｄｔｈ", "full width "),
        ("f/1.8 at 85mm", "85mm f "),
        ("snake_case_name", "case "),
        ("w" * 200, "w" * 200),
    ],
)
def test_case_accents_and_scripts_are_no_hindrance(alice, prompt, typed):
    pictures.said(alice, prompt, "something else")
    assert found(typed) == [prompt]


def test_a_phrase_does_not_reach_from_one_text_into_the_next(alice):
    image = pictures.made_of(alice, prompt="a red", note="fox", file_name="x.png")
    assert found('"red fox"') == []
    assert found("red fox x png") == [image.prompt]


# The index


def test_prompt_file_name_tags_and_note_are_found(alice):
    image = pictures.made_of(alice, prompt="one", file_name="two.png", note="three")
    tag = Tag.objects.create(key="four five")
    Tagged.objects.create(image=image, tag=tag, name="Four five", by=alice)
    search.index(image.pk)
    for typed in ("one", "two.png", "three", '"four five"', "one two three four"):
        assert found(typed) == ["one"], typed


def test_what_is_said_no_more_is_not_found_any_more(alice):
    (image,) = pictures.said(alice, "a red fox")
    Image.objects.filter(pk=image.pk).update(prompt="a cat")
    search.index(image.pk)
    assert found("fox") == []
    assert found("cat") == ["a cat"]


def test_a_kept_picture_and_an_upload_are_found_at_once(alice, media):
    pictures.made(alice, prompt="a red fox")
    library.upload(
        owner=alice, project=pictures.general(), file=pictures.file(name="holiday.png"), private=False
    )
    assert found("fox") == ["a red fox"]
    assert len(found("holiday")) == 1


def test_what_is_undone_leaves_no_word(alice, media):
    before = words_kept()
    with transaction.atomic():
        pictures.made(alice, prompt="a red fox")
        assert words_kept() == before + 1
        transaction.set_rollback(True)
    assert words_kept() == before


def words_kept() -> int:
    """The rows of the index; Django knows nothing of it, so tests that commit leave theirs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM gallery_words")
        return cursor.fetchone()[0]


def test_all_rows_that_came_past_the_library_are_found_after_an_index_of_all(alice, monkeypatch):
    monkeypatch.setattr(search, "AT_ONCE", 3)
    pictures.rows(alice, 7, prompt="a red fox")
    assert found("fox") == []
    assert search.index_all() == 7
    assert len(found("fox")) == 7


def test_indexing_many_costs_as_many_queries_as_one(alice, django_assert_num_queries):
    made = pictures.rows(alice, 50, prompt="a red fox")
    with django_assert_num_queries(3):
        search.index(*(image.pk for image in made))
