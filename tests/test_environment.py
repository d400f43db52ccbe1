"""Settings that can't work are refused at start: one sentence that names the setting, and no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def manage(data: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`manage.py COMMAND` in a process of its own, with nothing but these settings."""
    given = {"PATH": os.environ["PATH"], "STUDIO_DATA_DIR": str(data)} | environment
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        env=given,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def refusal(data: Path, **environment: str) -> str:
    run = manage(data, "check", **environment)
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    assert len(run.stderr.splitlines()) == 1, run.stderr
    return run.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TZ", "Mars/Phobos"),
        ("TZ", "../../etc/passwd"),
        ("TZ", "Europe"),
        ("STUDIO_BIND", ":8000"),
        ("STUDIO_BIND", "127.0.0.1:99999"),
        ("STUDIO_URL", "https://studio.example.com/app"),
        ("STUDIO_URL", "https://studio.example.com:80000"),
        ("STUDIO_URL", "https://studio.example.com:https"),
        ("STUDIO_URL", "https://[studio"),
        ("STUDIO_URL", "https://me@studio.example.com"),
        ("STUDIO_API_URL", "https://api.example.com:99999"),
        ("STUDIO_API_URL", "https://api.example.com?key=1"),
        ("STUDIO_SANDBOX_URL", "http://127.0.0.1:x"),
        ("STUDIO_ASSET_HOSTS", "cdn.lan"),
        ("STUDIO_ASSET_HOSTS", "https://cdn.lan:"),
        ("STUDIO_ASSET_HOSTS", "https://cdn.lan/pictures"),
        ("STUDIO_ASSET_HOSTS", "https://cdn.lan:8443,https://cdn.lan:70000"),
        ("STUDIO_ASSET_HOSTS", "https://*.lan"),
        ("DATABASE_URL", "sqlite://:memory:"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///file:shared?mode=memory"),
        ("DATABASE_URL", "postgres://me@db:99999/studio"),
        ("STUDIO_RETRY_MOST_SECONDS", "601"),
        ("STUDIO_POST_SECONDS", "180"),
        ("STUDIO_LEASE_SECONDS", "inf"),
        ("STUDIO_WORKER_THREADS", "0"),
        ("EMAIL_URL", "mail.example.com"),
        ("EMAIL_URL", "smtps://me@example.com:pw@mail.example.com"),
        ("EMAIL_URL", "consolemail://"),
        ("EMAIL_URL", "smtp://mail.example.com:99999"),
        ("EMAIL_URL", "smtp://mail.example.com/box"),
        ("EMAIL_URL", "smtp://"),
        ("STUDIO_MAIL_FROM", "studio"),
    ],
)
def test_nonsense_is_refused_in_words(tmp_path, name, value):
    assert name in refusal(tmp_path, **{name: value})


def test_a_mail_server_needs_somebody_to_write_in_the_name_of(tmp_path):
    assert "STUDIO_MAIL_FROM" in refusal(tmp_path, EMAIL_URL="smtp://me:pw@mail.example.com")


def test_the_password_of_a_mail_server_that_makes_no_sense_is_not_quoted(tmp_path):
    assert "hunter2" not in refusal(tmp_path, EMAIL_URL="smtp://me:hunter2@mail.example.com:x")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b" \n"])
def test_a_secret_key_that_is_none_is_refused(tmp_path, content):
    file = tmp_path / "key"
    file.write_bytes(content)
    assert str(file) in refusal(tmp_path, STUDIO_SECRET_KEY_FILE=str(file))


@pytest.mark.parametrize("path", ["/proc/nowhere/key", "/etc"])
def test_a_secret_key_file_that_cannot_be_had_is_named(tmp_path, path):
    assert f"{path} can't be read or made" in refusal(tmp_path, STUDIO_SECRET_KEY_FILE=path)


def test_a_data_folder_where_nothing_can_be_made_is_refused_though_it_has_a_key(tmp_path):
    (tmp_path / "secret-key").write_text("x" * 50)
    (tmp_path / "tmp").write_text("in the way")
    assert f"The data folder {tmp_path} can't be written" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TZ", "Europe/Berlin"),
        ("TZ", ":Europe/Berlin"),
        ("TZ", ":/etc/localtime"),
        ("TZ", "/etc/localtime"),
        ("TZ", ""),
        ("STUDIO_BIND", "[::]:8000"),
        ("STUDIO_URL", "https://Studio.example.com:8443/"),
        ("STUDIO_API_URL", "https://gateway.example.com/images"),
        ("STUDIO_ASSET_HOSTS", "https://cdn.lan:8443, http://10.0.0.5"),
        ("STUDIO_ASSET_HOSTS", ""),
        ("DATABASE_URL", "sqlite:////tmp/studio.sqlite3"),
        ("STUDIO_LEASE_SECONDS", "121"),
        ("EMAIL_URL", "smtp+tls://me%40example.com:p%2Fw@mail.example.com"),
        ("STUDIO_MAIL_FROM", "Studio <studio@example.com>"),
    ],
)
def test_what_makes_sense_is_taken(tmp_path, name, value):
    run = manage(tmp_path, "check", **{name: value})
    assert (run.returncode, run.stderr) == (0, "")


def test_a_path_to_a_zone_is_the_zone_it_leads_to(tmp_path):
    (tmp_path / "localtime").symlink_to("/usr/share/zoneinfo/Europe/Berlin")
    run = manage(
        tmp_path,
        "shell",
        "-v0",
        "-c",
        "from django.conf import settings; print(settings.TIME_ZONE)",
        TZ=f":{tmp_path / 'localtime'}",
    )
    assert run.stdout == "Europe/Berlin\n", run.stderr


LOST = """
from django.db import close_old_connections, connection
import psycopg

def server():
    with connection.cursor() as cursor:
        return cursor.execute("SELECT pg_backend_pid()").fetchone()[0]

first = server()
close_old_connections()
print(server() == first)
given = connection.get_connection_params()
with psycopg.connect(host=given["host"], port=given["port"], user=given["user"], dbname=given["dbname"]) as other:
    other.execute("SELECT pg_terminate_backend(%s, 10000)", [first])
close_old_connections()
print(server() == first)
"""


@pytest.mark.postgres
def test_a_connection_to_postgresql_is_kept_and_one_that_was_lost_is_made_again(postgres_database):
    url = postgres_database.url
    run = manage(postgres_database.folder, "shell", "-v0", "-c", LOST, DATABASE_URL=url)
    assert (run.stdout, run.stderr) == ("True\nFalse\n", "")


@pytest.mark.postgres
def test_an_address_of_postgresql_may_say_how_long_a_connection_is_kept(postgres_database):
    url = f"{postgres_database.url}&conn_max_age=5"
    asked = "from django.db import connection; print(connection.settings_dict['CONN_MAX_AGE'])"
    run = manage(postgres_database.folder, "shell", "-v0", "-c", asked, DATABASE_URL=url)
    assert run.stdout == "5\n", run.stderr
