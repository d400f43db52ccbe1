"""How many looks the API allows in a window, when it counts them at all."""

import threading
import time
from collections import deque


class LookWindow:
    """The looks of the last `seconds`: no more than `most` are taken, and 0 is no limit."""

    def __init__(self, most: int, seconds: float) -> None:
        self.refused = 0
        self._most, self._seconds = most, seconds
        self._taken: deque[float] = deque(maxlen=most or None)
        self._lock = threading.Lock()

    def take(self) -> float:
        """Take a place: 0, or in how many seconds the next one is free."""
        if not self._most:
            return 0.0
        now = time.monotonic()
        with self._lock:
            wait = self._taken[0] + self._seconds - now if len(self._taken) == self._most else 0.0
            if wait > 0:
                self.refused += 1
                return wait
            self._taken.append(now)
        return 0.0
