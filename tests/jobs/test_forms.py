"""An order as it is sent: what may be left out, and what two fields together mean."""

import pytest
from django.http import QueryDict

from gallery.models import Project
from studio.jobs.forms import PROMPT_LENGTH, OrderForm
from tests.gallery import pictures

pytestmark = pytest.mark.django_db


def form(owner, text: str) -> OrderForm:
    return OrderForm(QueryDict(text), owner=owner)


def test_the_apis_defaults_hold_for_what_is_left_out(alice):
    made = form(alice, "prompt=a+fox")
    assert made.is_valid()
    assert made.cleaned_data == {
        "prompt": "a fox",
        "num_images": 1,
        "aspect_ratio": "auto",
        "output_format": "png",
        "instead": None,
        "project": Project.objects.get(),
        "private": False,
        "fewer": None,
        "nonce": "",
        "sources": [],
    }


def test_a_prompt_of_just_the_longest_length_is_taken(alice):
    assert form(alice, f"prompt={'x' * PROMPT_LENGTH}").is_valid()
    assert not form(alice, f"prompt={'x' * (PROMPT_LENGTH + 1)}").is_valid()


@pytest.mark.parametrize("prompt", ["日本の狐 🦊", "a\nb", "100%25 \\ \" '"])
def test_a_prompt_may_be_any_words(alice, prompt):
    data = QueryDict(mutable=True)
    data["prompt"] = prompt
    made = OrderForm(data, owner=alice)
    assert made.is_valid()
    assert made.cleaned_data["prompt"] == prompt


@pytest.mark.parametrize("count", ["1", "4", " 2 ", "3.0"])
def test_every_number_the_model_makes_is_taken(alice, count):
    made = form(alice, f"prompt=x&num_images={count}")
    assert made.is_valid()
    assert made.cleaned_data["num_images"] == int(float(count))


def test_fewer_means_itself_whatever_is_chosen(alice):
    made = form(alice, "prompt=x&num_images=4&fewer=2")
    assert made.is_valid()
    assert made.cleaned_data["num_images"] == 2


def test_sources_keep_their_order_and_stand_once(alice):
    first, second = pictures.rows(alice, 2)
    made = form(alice, f"prompt=x&sources={second.pk}&sources={first.pk}&sources={second.pk}")
    assert made.is_valid()
    assert made.cleaned_data["sources"] == [second, first]


def test_a_team_picture_of_somebody_else_may_be_edited(alice, bob):
    (picture,) = pictures.rows(bob, 1)
    assert form(alice, f"prompt=x&sources={picture.pk}").is_valid()


def test_without_an_open_project_nothing_is_ordered(alice):
    Project.objects.update(archived_at="2026-01-01T00:00Z")
    made = form(alice, "prompt=x")
    assert made.errors["project"] == ["Every project is archived. Add one first."]
