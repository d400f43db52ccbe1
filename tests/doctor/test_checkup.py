"""Checks run side by side; one that hangs or breaks hides no other and tells no secret."""

import threading
import time

from studio.doctor.checkup import Check, Problem, run


def check(name, look, seconds=5.0) -> Check:
    return Check(name=name, look=look, seconds=seconds)


def broken() -> str:
    raise KeyError("pass-word-123")


def wrong() -> str:
    raise Problem("Too full.", "Too old.")


def test_one_that_hangs_is_told_in_time_and_the_others_too():
    never = threading.Event()
    began = time.monotonic()
    slow = [check(f"slow {number}", lambda: str(never.wait(20)), 0.3) for number in range(5)]
    found = list(run([*slow, check("quick", lambda: "Fine.")]))
    never.set()
    assert time.monotonic() - began < 2
    assert [one.fine for one in found] == [False] * 5 + [True]
    assert found[0].words == ["No answer within 0.3 seconds."]


def test_one_that_breaks_says_so_without_its_words():
    (found,) = run([check("odd", broken)])
    assert (found.fine, found.words) == (False, ["This could not be looked at: KeyError."])


def test_all_that_is_wrong_is_told_in_the_order_of_the_checks():
    found = list(run([check("first", wrong), check("second", lambda: "Fine.")]))
    assert [(one.name, one.fine, list(one.words)) for one in found] == [
        ("first", False, ["Too full.", "Too old."]),
        ("second", True, ["Fine."]),
    ]
