"""What the pictures take, member by member: bytes for all, numbers for what the team sees."""

import csv
import html
import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gallery import library
from studio.office import storage
from tests.conftest import person
from tests.gallery import pictures

pytestmark = pytest.mark.django_db
WHERE = "/reports/storage/"


@pytest.fixture
def kept(alice, bob):
    """Alice has three pictures, one private and one in the trash; Bob has one, and one that is deleted for good."""
    pictures.rows(alice, 2, size=1000)
    pictures.rows(alice, 1, size=500, private=True)
    library.trash([pictures.Image.objects.filter(size=1000).first().pk], by=alice)
    pictures.rows(bob, 1, size=4096)
    gone = pictures.rows(bob, 1, size=99_999)[0]
    library.trash([gone.pk], by=bob)
    library.delete([gone.pk], by=bob)


def figures(admin_client_page: str) -> dict[str, list[str]]:
    """The rows of the table by their member."""
    body = admin_client_page.split("<tbody>")[1].split("</tbody>", maxsplit=1)[0]
    rows = [re.sub(r"<[^>]+>", "|", row) for row in body.split("</tr>")[:-1]]
    cells = [[cell.strip() for cell in html.unescape(row).split("|") if cell.strip()] for row in rows]
    return {row[0]: row[1:] for row in cells}


def page(client, user, where=WHERE) -> str:
    client.force_login(user)
    return client.get(where).content.decode()


def test_it_is_not_there_for_who_is_no_admin(client, alice):
    client.force_login(alice)
    assert client.get(WHERE).status_code == client.get("/reports/storage.csv").status_code == 404


def test_without_pictures_it_says_so(client, admin):
    assert "No pictures yet" in page(client, admin)


def test_private_pictures_are_bytes_and_are_not_counted(client, admin, kept):
    found = figures(page(client, admin))
    assert found["Alice"] == ["2", "2.4 KB", "1", "1000 bytes"]
    assert found["Bob"] == ["1", "4.0 KB", "—", "—"]


def test_a_private_picture_in_the_trash_is_not_counted_either(client, alice, admin, kept):
    library.trash([pictures.Image.objects.get(private=True).pk], by=alice)
    assert figures(page(client, admin))["Alice"] == ["2", "2.4 KB", "1", "1.5 KB"]


def test_the_rows_come_to_the_totals(client, admin, kept):
    table = storage.table()
    assert table.sums == {"pictures": 3, "bytes": 6596, "trashed": 1, "trashed_bytes": 1000}


def test_it_is_sorted_by_size_and_by_whatever_is_asked_for(client, admin, kept):
    assert list(figures(page(client, admin))) == ["Bob", "Alice"]
    assert list(figures(page(client, admin, f"{WHERE}?storage=name"))) == ["Alice", "Bob"]
    assert list(figures(page(client, admin, f"{WHERE}?storage=nonsense"))) == ["Bob", "Alice"]


def test_the_file_has_bytes(client, admin, kept):
    client.force_login(admin)
    answer = client.get("/reports/storage.csv")
    said = b"".join(answer).decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(said))
    assert head == ["Member", "E-mail address", "Pictures", "Size", "In the trash", "Size in the trash"]
    assert rows == [
        ["Bob", "bob@example.com", "1", "4096", "0", "0"],
        ["Alice", "alice@example.com", "2", "2500", "1", "1000"],
    ]


def test_who_left_is_named_as_such(client, admin, charlie):
    pictures.rows(charlie, 1)
    assert "not in the team any more" in page(client, admin)


def test_namesakes_are_told_apart(client, admin, alice, bob):
    pictures.rows(alice, 1)
    pictures.rows(bob, 1)
    assert "bob@example.com" not in page(client, admin)
    type(bob).objects.filter(pk=bob.pk).update(name="Alice")
    assert "bob@example.com" in page(client, admin)


def test_it_tells_how_much_room_is_left(client, admin, monkeypatch):
    assert "Room for data and pictures" in page(client, admin)
    monkeypatch.setattr(
        "studio.diskspace.rooms", lambda: (_ for _ in ()).throw(OSError(5, "Input/output error"))
    )
    assert "Input/output error" in page(client, admin)


def test_more_members_and_pictures_ask_no_more(client, admin, alice):
    def asked_for() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(client, admin)
        return len(queries)

    pictures.rows(alice, 1)
    page(client, admin)
    few = asked_for()
    for number in range(5):
        pictures.rows(person(f"New{number}"), 3)
    assert asked_for() == few
