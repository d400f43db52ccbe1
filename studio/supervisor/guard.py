"""Starts a program that dies with its parent: `python guard.py PARENT_PID PROGRAM [ARGUMENT ...]`.

Run by its path, so that it costs an interpreter without site packages and no import of the studio. It is a
program of its own because code between fork and exec is not safe. The wish to die outlives exec, not fork.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that forked it ends. Only Linux can do it."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def main() -> None:
    """Become the program, unless the parent is gone already."""
    parent, *command = sys.argv[1:]
    die_with_parent()
    # It may have died before the kernel knew our wish.
    if os.getppid() != int(parent):
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 — no shell is the point


if __name__ == "__main__":
    main()
