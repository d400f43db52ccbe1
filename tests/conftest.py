"""The cast of every test: Alice owns, Bob is in the team, Charlie is a stranger."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as studio_settings
from django.db import connection
from pytest_django.plugin import blocking_manager_key

from studio.accounts.models import User
from studio.credits import ledger
from tests.databases import Database, sqlite
from tests.postgres import Cluster

# Tests that start processes mostly wait for them.
STARTERS = ("flow", "browser", "postgres")


def pytest_addoption(parser) -> None:
    told = "only tests that may find something else on another database"
    parser.addoption("--differing", action="store_true", help=told)


def pytest_configure() -> None:
    studio_settings.STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns without it


def pytest_unconfigure() -> None:
    shutil.rmtree(studio_settings.STUDIO_DATA_DIR, ignore_errors=True)


def empties_the_tables(item: pytest.Item) -> bool:
    """Whether a test commits, so that the tables are emptied after it."""
    marker = item.get_closest_marker("django_db")
    commits = {"transactional_db", "live_server"}.intersection(item.fixturenames)
    return bool(commits or (marker and marker.kwargs.get("transaction")))


def differs_by_database(item: pytest.Item) -> bool:
    """Whether a test can find something else on another database: it asks ours, in the words of Django alone.

    Not so one without a database, one in a browser (which tests pages), and one that has both kinds for itself.
    """
    asks = {"db", "transactional_db", "live_server"}.intersection(item.fixturenames)
    own = {"database", "sqlite_database", "postgres_database"}.intersection(item.fixturenames)
    spared = item.get_closest_marker("browser") or item.get_closest_marker("once")
    return bool((asks or item.get_closest_marker("django_db")) and not own and not spared)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Tests that empty the tables start with the rows that migrations made: all of them, or none can."""
    if config.getoption("differing"):
        alike = [item for item in items if not differs_by_database(item)]
        items[:] = [item for item in items if differs_by_database(item)]
        config.hook.pytest_deselected(items=alike)
    for item in items:
        if empties_the_tables(item):
            item.add_marker(pytest.mark.django_db(transaction=True, serialized_rollback=True), append=False)
    result = yield
    # Else the last minutes belong to one process that waits, and the others have nothing left to do.
    slow = {item.path for item in items if any(map(item.get_closest_marker, STARTERS))}
    items.sort(key=lambda item: item.path not in slow)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """Put the rows that migrations made back for the next test, whichever it is: xdist mixes them."""
    result = yield
    # After the last test the database itself is gone, and while all were skipped it never was there.
    there = hasattr(connection, "_test_serialized_contents")
    if nextitem is not None and there and empties_the_tables(item):
        with item.config.stash[blocking_manager_key].unblock():
            connection.creation.deserialize_db_from_string(connection._test_serialized_contents)
    return result


@pytest.fixture
def media(settings, tmp_path):
    """A media folder of the test's own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def person(name: str, **fields):
    """A member with an account; unlimited unless told otherwise."""
    credits = fields.pop("credits", None)
    user = User.objects.create_user(f"{name.lower()}@example.com", "correct horse", name=name, **fields)
    ledger.open_account(user, limited=credits is not None)
    if credits:
        ledger.grant(user, credits, key=f"test:{user.pk}", why=ledger.NOBODY)
    return user


@pytest.fixture
def alice(db):
    """Owns the pictures and jobs of the test."""
    return person("Alice")


@pytest.fixture
def bob(db):
    """Is in the team too."""
    return person("Bob")


@pytest.fixture
def charlie(db):
    """Was in the team: a stranger now."""
    return person("Charlie", is_active=False)


@pytest.fixture
def admin(db):
    """Answers for the credits."""
    return person("Ada", is_staff=True, is_superuser=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL for this process of the tests, started for the first that asks."""
    cluster = Cluster()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres, tmp_path_factory) -> str:
    """A migrated database that is copied."""
    name = postgres.create()
    Database(postgres.url(name), tmp_path_factory.mktemp("template")).migrate()
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory) -> Path:
    """The file of a migrated database that is copied."""
    folder = tmp_path_factory.mktemp("template")
    sqlite(folder).migrate()
    return folder / "studio.sqlite3"


@pytest.fixture
def postgres_database(postgres, postgres_template, tmp_path) -> Iterator[Database]:
    """A migrated PostgreSQL of the test's own."""
    name = postgres.create(postgres_template)
    yield Database(postgres.url(name), tmp_path)
    postgres.drop(name)


@pytest.fixture
def sqlite_database(sqlite_template, tmp_path) -> Database:
    """A migrated SQLite of the test's own."""
    shutil.copy(sqlite_template, tmp_path)
    return sqlite(tmp_path)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request) -> Database:
    """For the processes a test starts, a migrated database of its own: the test runs once with each kind."""
    return request.getfixturevalue(f"{request.param}_database")
