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
        ("STUDIO_MEDIA_HANDOVER", "handed-over"),
        ("STUDIO_MEDIA_HANDOVER", "/"),
        ("STUDIO_MEDIA_HANDOVER", "/../media/"),
        ("STUDIO_MEDIA_HANDOVER", "/a b/"),
    ],
)
def test_nonsense_is_refused_in_words(tmp_path, name, value):
    assert name in refusal(tmp_path, **{name: value})


def test_a_mail_server_needs_somebody_to_write_in_the_name_of(tmp_path):
    assert "STUDIO_MAIL_FROM" in refusal(tmp_path, EMAIL_URL="smtp://me:pw@mail.example.com")


def test_the_password_of_a_mail_server_that_makes_no_sense_is_not_quoted(tmp_path):
    assert "hunter2" not in refusal(tmp_path, EMAIL_URL="smtp://me:hunter2@mail.example.com:x")


SAID = """
from django.conf import settings
print(settings.REDIS_URL, settings.DATABASES["default"]["NAME"], settings.EMAIL_HOST_PASSWORD)
"""


def test_addresses_with_a_password_in_them_may_stand_in_files(tmp_path):
    said = {
        "REDIS_URL": "redis://:pw@broker/1",
        "EMAIL_URL": "smtp://me%40example.com:hunter2@mail.example.com",
    }
    said["DATABASE_URL"] = f"sqlite:///{tmp_path / 'other.sqlite3'}"
    for name, value in said.items():
        (tmp_path / name).write_text(f"{value}\n")
    named = {f"{name}_FILE": str(tmp_path / name) for name in said}
    run = manage(tmp_path, "shell", "-v0", "-c", SAID, **named)
    assert run.stdout == f"redis://:pw@broker/1 {tmp_path / 'other.sqlite3'} hunter2\n", run.stderr


@pytest.mark.parametrize("name", ["REDIS_URL", "DATABASE_URL", "EMAIL_URL"])
@pytest.mark.parametrize("content", [None, b"", b" \n", b"# nothing\n", b"\xff\xfe"])
def test_a_file_that_was_named_and_says_nothing_is_refused(tmp_path, name, content):
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    if name == "EMAIL_URL" and content not in {None, b"\xff\xfe"}:
        # The file is there for who has a mail server; without one it says nothing.
        run = manage(tmp_path, "check", EMAIL_URL_FILE=str(tmp_path / "secret"))
        assert run.returncode == 0, run.stderr
        return
    assert f"check {name}_FILE" in refusal(tmp_path, **{f"{name}_FILE": str(tmp_path / "secret")})


def test_a_setting_and_its_file_at_once_are_refused_unquoted(tmp_path):
    (tmp_path / "secret").write_text("redis://:hunter2@broker")
    told = refusal(tmp_path, REDIS_URL="redis://:hunter3@broker", REDIS_URL_FILE=str(tmp_path / "secret"))
    assert "REDIS_URL_FILE are both set" in told
    assert "hunter" not in told


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


SERVERS = """
import threading, time
from django.db import connection
import psycopg

def server():
    with connection.cursor() as cursor:
        return cursor.execute("SELECT pg_backend_pid()").fetchone()[0]

first = server()
connection.close()
"""
# The pool may have made a second one while the first asked for it.
KEPT = """
known = {first}
for _ in range(3):
    known.add(server())
    connection.close()
held = server()
print(held in known and len(known) < 3)
thread = threading.Thread(target=lambda: (print(server() == held), connection.close()))
thread.start()
thread.join()
"""
LOST = """
given = connection.get_connection_params()
with psycopg.connect(host=given["host"], port=given["port"], user=given["user"], dbname=given["dbname"]) as other:
    other.execute("SELECT pg_terminate_backend(%s, 10000)", [first])
print(server() == first)
"""


def asked(database, code: str, **environment: str) -> str:
    """What code of the studio prints that works with a database."""
    given = {"DATABASE_URL": database.url, **environment}
    run = manage(database.folder, "shell", "-v0", "-c", SERVERS + code, **given)
    assert run.stderr == ""
    return run.stdout


@pytest.mark.postgres
def test_a_connection_to_postgresql_is_used_again_and_another_thread_has_its_own(postgres_database):
    assert asked(postgres_database, KEPT) == "True\nFalse\n"


@pytest.mark.postgres
def test_a_connection_to_postgresql_that_was_lost_is_made_again(postgres_database):
    assert asked(postgres_database, LOST) == "False\n"


@pytest.mark.postgres
def test_no_query_of_a_page_is_compiled(postgres_database):
    code = "cursor = connection.cursor(); cursor.execute('SHOW jit'); print(cursor.fetchone()[0])"
    assert asked(postgres_database, code) == "off\n"


@pytest.mark.postgres
def test_the_pool_has_a_connection_for_each_thread_of_a_worker(postgres_database):
    code = "print(connection.pool.max_size)"
    assert asked(postgres_database, code, STUDIO_WORKER_THREADS="40") == "168\n"


@pytest.mark.postgres
def test_an_address_of_postgresql_may_say_how_long_a_connection_is_kept_without_a_pool(postgres_database):
    pooled = "print(connection.settings_dict['CONN_MAX_AGE'], connection.pool)"
    address = f"{postgres_database.url}&conn_max_age=5"
    assert asked(postgres_database, pooled, DATABASE_URL=address) == "5 None\n"
