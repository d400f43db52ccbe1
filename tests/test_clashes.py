"""Two at the same rows at the same moment: the one who is refused reads why, and may try it again."""

import json

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from tests.gallery import pictures

pytestmark = pytest.mark.django_db
CLASHES = [{"sqlstate": "40P01"}, {"sqlstate": "55P03"}, {"sqlite_errorname": "SQLITE_BUSY"}]
# The database is away, or something is wrong.
TROUBLES = [{"sqlstate": "57P01"}, {"sqlstate": None}, {"sqlite_errorname": "SQLITE_FULL"}, {}]


class Driver(Exception):
    """What a database's driver says."""

    def __init__(self, **said):
        super().__init__("no")
        self.__dict__.update(said)


@pytest.fixture
def fails(monkeypatch):
    """Makes a function fail as the driver says."""

    def make(where: str, said: dict) -> None:
        def fail(*_args, **_said):
            raise OperationalError("no") from Driver(**said)

        monkeypatch.setattr(where, fail)

    return make


@pytest.mark.parametrize("said", CLASHES)
def test_a_script_hears_that_it_may_try_again(client, alice, fails, said):
    client.force_login(alice)
    fails("gallery.acts.do", said)
    fields = {"act": "hide", "images": pictures.rows(alice, 1)[0].pk}
    refused = client.post("/gallery/act/", fields, headers={"Accept": "application/json"})
    assert refused.status_code == 409
    assert "try it again" in json.loads(refused.content)["problem"]


def test_a_part_of_a_page_hears_it_without_being_swapped(client, alice, fails):
    client.force_login(alice)
    fails("gallery.library.add_album", CLASHES[0])
    refused = client.post("/albums/", {"name": "Summer"}, headers={"HX-Request": "true"})
    assert refused.status_code == 409
    assert "try it again" in json.loads(refused["HX-Trigger"])["toast"]["text"]


def test_to_say_so_asks_the_database_nothing(client, alice, fails):
    client.force_login(alice)
    fails("gallery.library.add_album", CLASHES[0])
    with CaptureQueriesContext(connection) as queries:
        client.post("/albums/", {"name": "Summer"})
    # Who asks, and nothing of what the frame around a page shows.
    assert [query["sql"].split(" FROM ")[1].split()[0] for query in queries] == [
        '"django_session"',
        '"accounts_user"',
    ]


@pytest.mark.parametrize("said", CLASHES)
def test_a_form_gets_a_page_that_says_so(client, alice, fails, said, caplog):
    client.force_login(alice)
    fails("gallery.library.add_album", said)
    refused = client.post("/albums/", {"name": "Summer"})
    assert refused.status_code == 409
    assert "Look, and try it again." in refused.content.decode()
    assert "database clash" in caplog.text


@pytest.mark.parametrize("said", TROUBLES)
def test_a_database_that_is_away_is_not_hidden(client, alice, fails, said):
    client.force_login(alice)
    fails("gallery.library.add_album", said)
    with pytest.raises(OperationalError):
        client.post("/albums/", {"name": "Summer"})
