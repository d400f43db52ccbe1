"""What a process has loaded it keeps: the garbage collector need not look through it again and again.

A full collection of Django, the libraries and our code took 100 ms, and came with every tenth page.
"""

import gc


def keep() -> None:
    """Take all that is there now out of the collector's sight for good."""
    gc.collect()
    gc.freeze()
