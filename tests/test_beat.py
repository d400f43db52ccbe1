"""The clock, while nobody answers it."""

import os
from datetime import timedelta

import pytest
from celery.schedules import crontab
from django.conf import settings as conf

from studio.beat import HeardScheduler
from studio.celery import app
from studio.jobs.models import Heard
from tests.installation import database_url
from tests.started import Started, wait_until

CLOCK = """
import sys, django
django.setup()
from celery.__main__ import main
from studio.beat import HeardScheduler
HeardScheduler.HEARD_SECONDS = 0.2
sys.argv = ["celery", "--skip-checks", "-A", "studio.celery:app", "beat", *sys.argv[1:]]
main()
"""


@pytest.fixture
def clock(tmp_path):
    """Beat as a process of its own, with the tests' database and a broker that is not there."""
    command = [
        "-c",
        CLOCK,
        "--scheduler",
        "studio.beat:HeardScheduler",
        "--schedule",
        str(tmp_path / "schedule"),
    ]
    given = {
        "DATABASE_URL": database_url(),
        "REDIS_URL": "redis://127.0.0.1:9/0",
    }
    started = Started([*command, f"--pidfile={tmp_path / 'pid'}"], tmp_path / "said", os.environ | given)
    yield started
    started.end()


@pytest.mark.flow
@pytest.mark.django_db(transaction=True)
def test_it_is_heard_of_again_and_again_while_the_broker_is_dead(clock):
    clock.wait_for("Connection refused")
    Heard.objects.all().delete()
    times = set()
    wait_until(lambda: times.update(Heard.objects.values_list("at", flat=True)) or len(times) > 5)
    assert clock.process.poll() is None, clock.text()


@pytest.mark.django_db(transaction=True)
def test_a_scheduler_that_is_closed_says_nothing_more(tmp_path, monkeypatch):
    monkeypatch.setattr(HeardScheduler, "HEARD_SECONDS", 0.01)
    scheduler = HeardScheduler(app=app, schedule_filename=str(tmp_path / "schedule"))
    wait_until(Heard.objects.filter(name="beat").exists)
    scheduler.close()
    scheduler.heard.join(10)
    assert not scheduler.heard.is_alive()


@pytest.fixture
def sent(monkeypatch):
    """The names of what a scheduler sends, to no broker."""
    names = []
    monkeypatch.setattr(HeardScheduler, "producer", None)
    monkeypatch.setattr(HeardScheduler, "apply_entry", lambda _self, entry, **_: names.append(entry.name))
    return names


@pytest.fixture
def scheduler(tmp_path):
    """Starts schedulers that share a file."""
    started = []

    def start() -> HeardScheduler:
        started.append(HeardScheduler(app=app, schedule_filename=str(tmp_path / "schedule")))
        return started[-1]

    yield start
    for one in started:
        one.close()
        one.heard.join(10)


class Shifted:
    """Celery's clock, put forward and back."""

    def __init__(self, monkeypatch) -> None:
        self.real, self.shift = app.now, timedelta()
        monkeypatch.setattr(app, "now", lambda: self.real() + self.shift)

    def forward(self, beat: HeardScheduler, seconds: float) -> None:
        """Let so much time pass, and beat do what is due by then."""
        self.shift += timedelta(seconds=seconds)
        while beat.tick() <= 0:
            pass


AT_A_MINUTE = {
    name for name, entry in conf.CELERY_BEAT_SCHEDULE.items() if isinstance(entry["schedule"], crontab)
}


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.django_db(transaction=True)
def test_a_clock_that_goes_back_an_hour_holds_up_nothing(scheduler, sent, monkeypatch, restarted):
    clock, beat = Shifted(monkeypatch), scheduler()
    clock.forward(beat, 61)
    assert {"sweep", "mail", "alarm"} <= set(sent)
    sent.clear()
    clock.shift -= timedelta(hours=1)
    if restarted:
        beat.close()
        beat = scheduler()
    clock.forward(beat, 0)
    clock.forward(beat, 4)
    # What has its minute of the hour may have it just now.
    assert [name for name in sent if name not in AT_A_MINUTE] == ["sweep"]
    clock.forward(beat, 60)
    assert {"sweep", "mail", "alarm"} <= set(sent)


def test_a_beat_whose_clock_is_half_a_minute_behind_the_workers_wakes_them_all_the_same(settings):
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        sweeps = entry["schedule"] == settings.STUDIO_SWEEP_SECONDS
        assert entry.get("options", {}).get("expires", 60) >= (10 * entry["schedule"] if sweeps else 60)


def test_a_broker_may_be_away_for_more_than_a_hundred_tries():
    class EnoughError(Exception):
        pass

    tries = []

    def failed(_error, _interval):
        tries.append(1)
        if len(tries) > 150:
            raise EnoughError

    with app.connection_for_write("redis://127.0.0.1:9/0") as broker, pytest.raises(EnoughError):
        broker.ensure_connection(
            failed, app.conf.broker_connection_max_retries, interval_start=0, interval_step=0, interval_max=0
        )
