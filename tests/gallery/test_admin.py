import pytest
from django.urls import reverse

from tests.gallery import pictures


@pytest.fixture
def office(client, admin):
    client.force_login(admin)
    return client


@pytest.mark.parametrize("table", ["image", "project", "parent"])
def test_the_admin_looks_and_changes_nothing(office, alice, media, table):
    child = pictures.made(alice, parents=[pictures.made(alice, prompt="a secret", private=True)])
    row = {"image": child, "project": child.project, "parent": child.parent_links.get()}[table]
    assert office.get(reverse(f"admin:gallery_{table}_changelist")).status_code == 200
    assert office.get(reverse(f"admin:gallery_{table}_change", args=[row.pk])).status_code == 200
    assert office.get(reverse(f"admin:gallery_{table}_add")).status_code == 403
    assert (
        office.post(reverse(f"admin:gallery_{table}_change", args=[row.pk]), {"name": "x"}).status_code == 403
    )
    assert (
        office.post(reverse(f"admin:gallery_{table}_delete", args=[row.pk]), {"post": "yes"}).status_code
        == 403
    )


def test_prompts_are_not_laid_open(office, alice, media):
    image = pictures.made(alice, prompt="a secret", private=True)
    for name, args in (("changelist", []), ("change", [image.pk])):
        page = office.get(reverse(f"admin:gallery_image_{name}", args=args)).content.decode()
        assert "a secret" not in page


def test_a_member_sees_no_raw_rows(client, bob):
    client.force_login(bob)
    assert client.get(reverse("admin:gallery_image_changelist")).status_code in {302, 403, 404}
