"""The command as a person runs it: while the studio runs, while all is down, and with a round."""

import logging
import subprocess
import sys

import pytest
from django.core.management import call_command

from gallery.models import Image
from studio.credits.models import Entry
from studio.doctor import trial
from studio.doctor.checkup import Problem
from studio.management.commands import doctor
from studio.remote.secretfile import Secret
from tests.started import ENVIRONMENT, ROOT


def ask(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "doctor", *arguments],
        cwd=ROOT,
        env=ENVIRONMENT | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_with_everything_down_it_says_what_to_do_and_no_secret(tmp_path):
    said = ask(
        STUDIO_DATA_DIR=str(tmp_path),
        DATABASE_URL="postgres://studio:db-pass-word@127.0.0.1:9/studio",
        REDIS_URL="redis://:redis-pass-word@127.0.0.1:9/0",
        STUDIO_API_URL="http://127.0.0.1:9",
        STUDIO_API_KEY="live-key-0123456789",
        EMAIL_URL="smtp://ada%40example.com:mail-pass-word@127.0.0.1:9",
    )
    assert said.returncode == 1
    told = {line[6:16].strip(): line[:4] for line in said.stdout.splitlines()}
    wrong = {
        "database",
        "migrations",
        "broker",
        "worker",
        "beat",
        "messages",
        "line",
        "key",
        "wallet",
        "clock",
        "mail",
    }
    assert {name for name, mark in told.items() if mark == "LOOK"} == wrong
    assert "Traceback" not in said.stderr
    for secret in ("pass-word", "live-key"):
        assert secret not in said.stdout + said.stderr


@pytest.mark.django_db
def test_a_round_leaves_no_trace_in_books_and_gallery(settings):
    assert trial.look().startswith("A picture was ordered, sent, found ready with")
    assert not Image.objects.exists()
    assert not Entry.objects.exists()
    assert not list((settings.STUDIO_DATA_DIR / "tmp").glob("doctor-*"))


def test_a_round_that_fails_says_why(monkeypatch):
    monkeypatch.setattr(trial, "Pace", lambda **given: trial_pace(**given, starting_balance=0))
    with pytest.raises(Problem, match=r"A picture could not be made and saved: .*the order is waiting"):
        trial.look()


def trial_pace(**given):
    from studio.sandbox import Pace

    return Pace(**given)


@pytest.mark.django_db(transaction=True)
def test_each_check_has_a_line_and_problems_end_with_1(capsys):
    with pytest.raises(SystemExit, match="need a look"):
        call_command("doctor")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 14
    assert all(line.startswith(("ok    ", "LOOK  ")) for line in lines)


@pytest.mark.django_db(transaction=True)
def test_whoever_calls_it_hears_the_log_again_afterwards(capsys):
    before = logging.getLogger("studio").level
    with pytest.raises(SystemExit):
        call_command("doctor")
    assert logging.getLogger("studio").level == before < logging.CRITICAL


def test_a_secret_that_a_library_repeats_is_hidden(settings):
    settings.STUDIO_API_KEY = Secret("live-key-0123456789")
    assert doctor.without_secrets("no: live-key-0123456789!") == "no: ***!"
