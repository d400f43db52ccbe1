"""On the path of processes whose clock is faked: Debian 12's libfaketime refuses the call behind Python's sleep."""

import select
import time


def sleep(seconds: float) -> None:
    """Sleep by another call, which libfaketime leaves alone."""
    select.select([], [], [], seconds)


time.sleep = sleep
