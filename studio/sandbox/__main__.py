"""`python -m studio.sandbox --port P`: the sandbox as a process of its own."""

import argparse
import logging
import os
import signal
import sys
from pathlib import Path

from studio.sandbox.app import SandboxApp
from studio.sandbox.records import Pace
from studio.sandbox.server import ThreadingWSGIServer
from studio.sandbox.world import World

log = logging.getLogger("studio.sandbox")


def seconds_range(text: str) -> tuple[float, float]:
    """Seconds an image takes: "6", or a range "30-60"."""
    shortest, _, longest = text.partition("-")
    low, high = float(shortest), float(longest or shortest)
    if not 0 <= low <= high:
        raise ValueError(text)
    return low, high


def read_arguments(words: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m studio.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8010, help="0: any free port")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(os.environ.get("STUDIO_DATA_DIR") or "var") / "sandbox",
        help="tasks, wallet and pictures live here; else in the data folder",
    )
    parser.add_argument("--seconds", type=seconds_range, default="6", help="an image takes: 6, or 30-60")
    parser.add_argument("--per-minute", type=int, default=3, help="submits accepted in a window; 0: no limit")
    parser.add_argument("--window", type=float, default=60.0, help="seconds of that window")
    parser.add_argument("--results-live", type=float, default=86400.0, help="seconds until results are gone")
    parser.add_argument("--balance", default="1000.00", help="credits in the wallet of a new folder")
    parser.add_argument("--refill", action="store_true", help="fill the wallet up again before it is empty")
    parser.add_argument(
        "--stuck-progress", action="store_true", help="progress stays 0 until the pictures are ready"
    )
    parser.add_argument("--predraw", type=int, default=0, help="pictures to draw before serving")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM. 1 when the port can't be had."""
    given = read_arguments(words)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    pace = Pace(
        seconds=given.seconds,
        per_minute=given.per_minute,
        window_seconds=given.window,
        results_live_seconds=given.results_live,
        starting_balance=given.balance,
        refill=given.refill,
        stuck_progress=given.stuck_progress,
    )
    world = World(given.folder, pace=pace)
    world.predraw(given.predraw)
    try:
        server = ThreadingWSGIServer((given.host, given.port), SandboxApp(world))
    except OSError as error:
        sys.exit(f"The sandbox can't listen on {given.host}:{given.port}: {error.strerror}.")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    log.info("The sandbox listens on http://%s:%s", *server.server_address[:2])
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
