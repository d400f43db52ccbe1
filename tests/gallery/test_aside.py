"""Work aside: done soon, by others, and never in anybody's way."""

import threading
import time

from gallery import aside, tasks
from tests.started import wait_until


def test_work_that_breaks_ends_no_thread():
    done = threading.Event()
    for _ in range(2 * aside.THREADS):
        aside.later(lambda: 1 / 0)
    aside.later(done.set)
    assert done.wait(10)


def test_two_hundred_previews_are_asked_for_at_once_and_hold_nobody_up(monkeypatch):
    go, made = threading.Event(), []

    def slowly(image_id: int) -> None:
        go.wait(10)
        made.append(image_id)

    monkeypatch.setattr(tasks, "make_previews", slowly)
    began = time.monotonic()
    for number in range(200):
        tasks.preview(number)
    assert time.monotonic() - began < 1
    assert made == []
    go.set()
    wait_until(lambda: len(made) == 200)
    assert sorted(made) == list(range(200))
