"""From a prompt to pictures at home, and everything the API may answer on the way."""

import pytest

from gallery.models import Image

pytestmark = pytest.mark.flow


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
def test_four_pictures_come_home_in_the_format_asked_for(running, alice, output_format):
    job = running.ask(alice, num_images=4, output_format=output_format, aspect_ratio="16:9")
    running.rest(job)
    assert (job.state, job.delivered, job.captured) == ("done", 4, 20)
    pictures = Image.objects.filter(job=job.pk)
    assert {(image.format, image.width, image.height) for image in pictures} == {(output_format, 1344, 768)}
    running.check()
