from io import StringIO

import pytest
from django.core.management import call_command

from gallery import search
from gallery.models import Image
from tests.gallery import pictures

pytestmark = pytest.mark.django_db


def test_pictures_that_came_past_the_studio_are_found_after_it(alice):
    pictures.rows(alice, 3, prompt="a red fox")
    said = StringIO()
    call_command("searchindex", stdout=said)
    assert said.getvalue() == "3 pictures can be found by what is said of them.\n"
    assert Image.objects.filter(search.said_of(search.terms("fox"))).count() == 3
