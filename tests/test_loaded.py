"""What a process has loaded is out of the collector's sight."""

import gc

import pytest

from studio import celery
from studio.supervisor import web


@pytest.fixture
def thawed():
    """Nothing is frozen, before and after the test."""
    gc.unfreeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("hook", [web.when_ready, web.post_worker_init])
def test_the_web_keeps_what_it_loaded_before_or_after_it_forks(thawed, hook):
    hook(None)
    assert gc.get_freeze_count() > 10_000


def test_before_the_fork_there_may_be_nothing_yet_to_keep(thawed, monkeypatch):
    monkeypatch.setattr(web.apps, "ready", False)
    web.when_ready(None)
    assert gc.get_freeze_count() == 0


def test_a_worker_does_so_once_it_is_ready(thawed):
    celery.worker_ready.send(sender=None)
    assert gc.get_freeze_count() > 10_000
