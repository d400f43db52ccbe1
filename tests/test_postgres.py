"""The PostgreSQL of the tests: found, private, and gone when they are over."""

import psycopg
import pytest

from tests import postgres
from tests.postgres import Cluster


@pytest.fixture
def debian(monkeypatch, tmp_path):
    """A machine with nothing but the folder of Debian's PostgreSQL."""
    monkeypatch.setattr(postgres, "DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", "")
    return tmp_path


def install(debian, version: str, *programs: str):
    folder = debian / version / "bin"
    folder.mkdir(parents=True)
    for name in programs:
        (folder / name).touch(0o755)
    return folder


def test_without_a_server_the_sentence_names_the_package(debian):
    install(debian, "15", "psql")
    with pytest.raises(FileNotFoundError, match="apt-get install postgresql"):
        Cluster()


def test_the_newest_of_several_is_taken(debian):
    for version in ("9.6", "15", "13"):
        install(debian, version, "initdb", "postgres")
    assert postgres.binaries() == debian / "15" / "bin"


def connected(cluster: Cluster, name: str) -> psycopg.Connection:
    return psycopg.connect(host=str(cluster.folder), port=5432, user="studio", dbname=name)


@pytest.mark.postgres
def test_it_listens_on_no_network_and_leaves_nothing():
    cluster = Cluster()
    try:
        with connected(cluster, "postgres") as client:
            assert client.execute("SHOW listen_addresses").fetchone() == ("",)
    finally:
        cluster.stop()
    assert not cluster.folder.exists()


@pytest.mark.postgres
def test_a_copy_has_the_tables_and_nothing_of_what_another_wrote(postgres, postgres_template):
    for _ in range(2):
        with connected(postgres, postgres.create(postgres_template)) as client:
            assert client.execute("SELECT count(*) FROM cache").fetchone() == (0,)
            client.execute("INSERT INTO cache VALUES ('key', 'value', now())")
