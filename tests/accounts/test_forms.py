"""The words of the door."""

import pytest

pytestmark = pytest.mark.django_db


def test_the_address_is_called_the_same_as_everywhere(client):
    page = client.get("/accounts/login/").content.decode()
    assert "E-mail address" in page
    assert "Email" not in page
